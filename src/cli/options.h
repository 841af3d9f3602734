// The command line (LANGUAGE 10).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ast/check.h"
#include "btf/c_headers.h"
#include "runtime/output.h"

namespace tracer {

struct Options {
  // What to run: exactly one of `program` (-e) and `file` ("-" is standard input), or neither
  // with `list` by pattern.
  std::optional<std::string> program;
  std::string file;
  std::vector<std::string> positional;
  std::vector<ast::NamedParameter> named;  // after `--`

  bool info = false;
  bool list = false;
  std::string list_pattern;  // empty: all probes, or those of the script
  bool verbose = false;
  bool quiet = false;
  bool user_session = false;
  bool interactive = false;  // -i, or a terminal and no script
  std::string watch;         // --watch: interval; empty: not asked for
  int32_t pid = 0;
  std::vector<int32_t> dwarf_pids;
  std::string command;
  bool child_status = false;
  std::string output_file;
  OutputFormat format = OutputFormat::Text;
  Buffering buffering = Buffering::Line;
  bool k_warnings = false;
  bool no_warnings = false;
  bool unsafe = false;
  std::vector<std::string> features_off;
  std::string traceable_functions;
  std::vector<std::string> debug_folders;  // --debuginfo
  CHeaderOptions headers;                  // -I, --include
  std::string probe_filter;
  bool dry_run = false;
  bool fmt = false;
  RunMode mode = RunMode::Trace;  // --test, --bench
  bool compile_only = false;      // --mode codegen
  bool compiler_bench = false;    // --mode compiler-bench
  std::vector<std::string> debug_stages;
  std::string emit_elf;
  std::string aot;  // --aot: the program to write
  std::string emit_llvm;

  bool debug(const char* stage) const;
  // What is compiled is kept, not run.
  bool saves() const { return !emit_elf.empty() || !aot.empty(); }
};

// What the command line asks for: options to act on, or a text to print and the exit status
// (help, version, wrong usage).
struct ParsedOptions {
  std::optional<Options> options;
  std::string text;
  bool to_stderr = false;
  int status = 0;
};
ParsedOptions parse_options(int argc, const char* const* argv);

}  // namespace tracer
