// Runs script cases (case_file.h) in one session and says which hold.
//
//   run_cases --session user|kernel|compile [--update] [--tracer PATH] [--workload PATH] FILE|FOLDER...
//
// `--update` rewrites what is expected in those that do not hold. Exit status 0 when all that apply hold. In
// a guest it is run once for all cases.
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <filesystem>

#include "base/text.h"
#include "base/unique_fd.h"
#include "case_file.h"
#include "json_lines.h"

extern char** environ;

namespace tracer::test {
namespace {

struct Settings {
  std::string session = "user";
  std::string tracer, workload;
  std::string build;  // where test programs are built
  bool update = false;
  int seconds = 60;
  std::vector<std::string> paths;
};

struct Outcome {
  std::string out, err;
  int status = 0;
  bool timed_out = false, started = true;
};

// Reads both pipes until they close, or the time is over.
bool drain(int out, int err, Outcome& outcome, std::chrono::steady_clock::time_point deadline) {
  pollfd fds[2] = {{out, POLLIN, 0}, {err, POLLIN, 0}};
  std::string* texts[2] = {&outcome.out, &outcome.err};
  int open = 2;
  while (open > 0) {
    auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0 || poll(fds, 2, static_cast<int>(left.count())) == 0) return false;
    for (int i = 0; i < 2; i++) {
      if (fds[i].fd < 0 || fds[i].revents == 0) continue;
      char buffer[65536];
      ssize_t got = read(fds[i].fd, buffer, sizeof buffer);
      if (got > 0) {
        texts[i]->append(buffer, static_cast<size_t>(got));
      } else {
        fds[i].fd = -1;
        open--;
      }
    }
  }
  return true;
}

// A file that holds the text and is read from its start.
UniqueFd file_with(const std::string& text) {
  UniqueFd file(memfd_create("input", MFD_CLOEXEC));
  if (!file || write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) return {};
  lseek(file.get(), 0, SEEK_SET);
  return file;
}

Outcome run_command(const std::vector<std::string>& arguments, const std::string& input, int seconds) {
  std::vector<char*> argv;
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  int out[2], err[2];
  Outcome outcome;
  if (pipe2(out, O_CLOEXEC) != 0 || pipe2(err, O_CLOEXEC) != 0) return outcome;
  UniqueFd out_read(out[0]), out_write(out[1]), err_read(err[0]), err_write(err[1]);

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  const UniqueFd input_file = file_with(input);
  posix_spawn_file_actions_adddup2(&actions, input_file.get(), 0);
  posix_spawn_file_actions_adddup2(&actions, out[1], 1);
  posix_spawn_file_actions_adddup2(&actions, err[1], 2);
  pid_t pid = -1;
  int failed = posix_spawn(&pid, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (failed) {
    outcome.err = fmt::format("cannot start {}: {}", argv[0], strerror(failed));
    outcome.status = 127;
    outcome.started = false;
    return outcome;
  }
  out_write.reset();
  err_write.reset();
  auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
  outcome.timed_out = !drain(out_read.get(), err_read.get(), outcome, deadline);
  if (outcome.timed_out) kill(pid, SIGKILL);
  int status = 0;
  waitpid(pid, &status, 0);
  outcome.status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  return outcome;
}

std::vector<std::string> command_of(const Case& c, const Settings& settings) {
  std::vector<std::string> command{settings.tracer};
  if (c.command) {
    command.insert(command.end(), c.command->begin(), c.command->end());
    return command;
  }
  if (settings.session == "user") command.push_back("--user");
  if (settings.session == "compile") {
    command.push_back("--emit-elf");
    command.push_back("/dev/null");
  }
  command.insert(command.end(), c.options.begin(), c.options.end());
  if (!c.workload.empty()) {
    std::string workload = c.workload;
    if (workload.starts_with("workload")) workload = settings.workload + workload.substr(strlen("workload"));
    command.push_back("-c");
    command.push_back(workload);
  }
  if (c.input) {
    command.push_back("-i");
  } else {
    command.push_back("-e");
    command.push_back(c.script);
  }
  command.insert(command.end(), c.parameters.begin(), c.parameters.end());
  return command;
}

void replace_all(std::string& text, const std::string& from, const std::string& to) {
  for (size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
}

// `%BUILD%` in a case is the folder of the built test programs, which no case can know.
void fill_in_build(Case& c, const std::string& build) {
  auto fill = [&](std::string& text) { replace_all(text, "%BUILD%", build); };
  fill(c.script);
  fill(c.workload);
  for (auto* list : {&c.options, &c.parameters}) std::for_each(list->begin(), list->end(), fill);
  if (c.command) std::for_each(c.command->begin(), c.command->end(), fill);
  if (c.expected_out) fill(*c.expected_out);
  if (c.expected_err) fill(*c.expected_err);
}

std::string judge(const Case& c, const Outcome& outcome) {
  if (outcome.timed_out) return "timed out";
  if (c.expected_out)
    if (std::string difference = compare(*c.expected_out, outcome.out); !difference.empty())
      return "standard output, " + difference;
  // What is no wrong usage and not the text of an option such as --help.
  const std::vector<std::string>& arguments = c.command ? *c.command : c.options;
  if (asks_for_json(arguments) && outcome.status != 2) {
    static const JsonLines kSchema;
    if (std::string wrong = kSchema.check(outcome.out); !wrong.empty()) return "standard output, " + wrong;
  }
  if (c.expected_err)
    if (std::string difference = compare(*c.expected_err, outcome.err); !difference.empty())
      return "standard error, " + difference;
  if (outcome.status != c.status)
    return fmt::format("exit status {} instead of {}", outcome.status, c.status);
  return {};
}

bool applies(const Case& c, const Settings& settings) {
  auto has = [](const std::vector<std::string>& list, const std::string& word) {
    return std::find(list.begin(), list.end(), word) != list.end();
  };
  if (!has(c.sessions, settings.session)) return false;
  if (settings.session != "kernel" || c.kernels.empty()) return true;
  utsname name{};
  uname(&name);
  return std::any_of(c.kernels.begin(), c.kernels.end(), [&](const std::string& kernel) {
    return std::string_view(name.release).starts_with(kernel + ".");
  });
}

std::vector<std::string> case_files(const std::vector<std::string>& paths) {
  std::vector<std::string> files;
  for (const std::string& path : paths) {
    if (!std::filesystem::is_directory(path)) {
      files.push_back(path);
      continue;
    }
    for (const auto& entry : std::filesystem::recursive_directory_iterator(path))
      if (entry.path().extension() == ".case") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

int run_all(const Settings& settings) {
  int passed = 0, failed = 0, other = 0;
  for (const std::string& file : case_files(settings.paths)) {
    std::string error;
    auto c = read_case(file, error);
    if (!c) {
      fmt::print("FAILED {}\n", error);
      failed++;
      continue;
    }
    if (!applies(*c, settings)) {
      other++;
      continue;
    }
    fill_in_build(*c, settings.build);
    Outcome outcome = run_command(command_of(*c, settings), c->input.value_or(""), settings.seconds);
    std::string difference = judge(*c, outcome);
    if (difference.empty()) {
      passed++;
      continue;
    }
    if (settings.update && !outcome.timed_out && outcome.started) {
      replace_all(outcome.out, settings.build, "%BUILD%");
      replace_all(outcome.err, settings.build, "%BUILD%");
      update_case(*c, outcome.out, outcome.err, outcome.status);
      fmt::print("updated {}\n", file);
      continue;
    }
    failed++;
    fmt::print("FAILED {}: {}\n  stdout:\n{}\n  stderr:\n{}\n", file, difference, outcome.out, outcome.err);
    fflush(stdout);
  }
  fmt::print("{} session: {} passed, {} failed ({} are for other sessions)\n", settings.session, passed,
             failed, other);
  return failed == 0 && (passed > 0 || settings.update) ? 0 : 1;
}

}  // namespace
}  // namespace tracer::test

int main(int argc, char** argv) {
  using namespace tracer::test;
  Settings settings;
  std::string here = std::filesystem::canonical("/proc/self/exe").parent_path();
  settings.tracer = here + "/tracer";
  settings.workload = here + "/workload";
  settings.build = here;
  for (int i = 1; i < argc; i++) {
    std::string argument = argv[i];
    bool more = i + 1 < argc;
    if (argument == "--session" && more) {
      settings.session = argv[++i];
    } else if (argument == "--tracer" && more) {
      settings.tracer = argv[++i];
    } else if (argument == "--workload" && more) {
      settings.workload = argv[++i];
    } else if (argument == "--update") {
      settings.update = true;
    } else {
      settings.paths.push_back(argument);
    }
  }
  return run_all(settings);
}
