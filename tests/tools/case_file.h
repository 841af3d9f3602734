// A script case: one file with the script, how it is run, and what must come out.
//
//   # what the case shows
//   --- script          this, an input, or a command
//   begin { @a[1] = hist(7); }
//   --- input           lines of an interactive session: `tracer -i` reads them
//   --- command         all arguments of tracer, one a line; for cases of the command line itself
//   --- sessions        any of: user kernel compile; default: user kernel
//   --- kernels         guests it is for; default: all
//   --- options         options of tracer, split at blanks
//   --- parameters      positional parameters, one a line
//   --- workload        command given with -c; `workload` is the test's own program
//   --- covers          rows of docs/reference.md that the case shows; see tests/reference_rows
//   --- expect          standard output
//   --- stderr          standard error
//   --- status          exit status; default 0
//
// In expected text `{{...}}` is a regular expression within its line, and a line `...` stands for
// any number of lines. `%SCRIPT%` stands for the script's path when the case is run as a file, `%BUILD%` for
// the folder with the built test programs.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace tracer::test {

struct Case {
  std::string path, name, title;
  std::string script;
  std::optional<std::string> input;                 // instead of a script
  std::optional<std::vector<std::string>> command;  // likewise
  std::vector<std::string> sessions, kernels, options, parameters;
  std::string workload;
  std::optional<std::string> expected_out, expected_err;
  int status = 0;
};

// Fails with a sentence in `error` when the file has an unknown or missing section.
std::optional<Case> read_case(const std::string& path, std::string& error);

// Rewrites the sections `expect`, `stderr` and `status` of the file.
bool update_case(const Case& c, const std::string& out, const std::string& err, int status);

// Empty when `actual` is what `expected` says; else the first difference, in words.
std::string compare(const std::string& expected, const std::string& actual);

}  // namespace tracer::test
