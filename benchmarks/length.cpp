// How the time to compile grows with a script's length: statements ten times as many, or as many
// clauses, in ratio to ten times the time. 1.0 is linear.
//
//   bench_length [--runs N]     CPU time of `tracer --emit-elf`, least of N runs (default 3)
#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <string>

#include "base/files.h"

extern char** environ;

namespace {

constexpr int kFew = 200, kMany = 2000;

struct Shape {
  const char* name;
  std::string (*script)(int count);
};

std::string clause_of(int count, const char* format) {
  std::string text = "begin {\n";
  for (int i = 0; i < count; i++) text += fmt::format(fmt::runtime(format), i);
  return text + "}\n";
}

const Shape kShapes[] = {
    {"assignments to a map", [](int n) { return clause_of(n, "  @a[{0}] = {0};\n"); }},
    {"assignments to variables",
     [](int n) { return clause_of(n, "  let $v{0} = (int64)pid + {0};\n  @s = $v{0};\n"); }},
    {"printf", [](int n) { return clause_of(n, "  printf(\"%d %s\\n\", {0}, comm);\n"); }},
    {"conditions", [](int n) { return clause_of(n, "  if (pid == {0}) {{ @c[{0}] = count(); }}\n"); }},
    {"clauses",
     [](int n) {
       std::string text = "config = { max_bpf_progs = 5000; max_probes = 5000; }\n";
       for (int i = 0; i < n; i++) text += fmt::format("interval:s:{} {{ @[{}] = count(); }}\n", i + 1, i);
       return text;
     }},
};

// Milliseconds of CPU; below 0 when tracer fails.
double compile(const std::string& tracer, const std::string& script, const std::string& object) {
  const char* argv[] = {tracer.c_str(), "--emit-elf", object.c_str(), script.c_str(), nullptr};
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
  pid_t pid = -1;
  const bool started = posix_spawn(&pid, argv[0], &actions, nullptr, const_cast<char**>(argv), environ) == 0;
  posix_spawn_file_actions_destroy(&actions);
  int status = 0;
  rusage usage{};
  if (!started || wait4(pid, &status, 0, &usage) != pid || status != 0) return -1;
  auto milliseconds = [](const timeval& time) { return time.tv_sec * 1e3 + time.tv_usec / 1e3; };
  return milliseconds(usage.ru_utime) + milliseconds(usage.ru_stime);
}

}  // namespace

int main(int argc, char** argv) {
  int runs = 3;
  for (int i = 1; i + 1 < argc; i++)
    if (std::string(argv[i]) == "--runs") runs = std::max(1, std::atoi(argv[i + 1]));

  namespace fs = std::filesystem;
  const std::string tracer = fs::read_symlink("/proc/self/exe").parent_path() / "tracer";
  const fs::path folder = fs::temp_directory_path() / fmt::format("bench_length.{}", getpid());
  fs::create_directories(folder);
  const std::string script = folder / "script.bt", object = folder / "script.o";
  bool failed = false;
  fmt::print("{:<28}{:>10}{:>10}{:>8}\n", "CPU ms", kFew, kMany, "ratio");
  for (const Shape& shape : kShapes) {
    double times[2] = {0, 0};
    for (int which = 0; which < 2; which++) {
      if (!tracer::write_file(script, shape.script(which == 0 ? kFew : kMany))) return 1;
      for (int run = 0; run < runs; run++) {
        const double time = compile(tracer, script, object);
        failed |= time < 0;
        times[which] = run == 0 ? time : std::min(times[which], time);
      }
    }
    fmt::print("{:<28}{:>10.1f}{:>10.1f}{:>8.2f}\n", shape.name, times[0], times[1],
               times[1] / times[0] / (double(kMany) / kFew));
  }
  fs::remove_all(folder);
  if (failed) fmt::print(stderr, "bench_length: some script did not compile\n");
  return failed ? 1 : 0;
}
