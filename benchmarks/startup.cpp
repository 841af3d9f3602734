// What one-liners cost from start to end: CPU time, wall time and peak memory of the whole process,
// beside bpftrace in the same run where it is installed.
//
//   bench_startup [--runs N] [--kernel]     --kernel adds what needs kprobes (run it in a guest)
//
// Then the first of them compiled ahead of time, and what a clause costs in an interactive session that is
// open: of eleven, less that of one.
//
// Each figure is the median of N runs (default 9).
#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include "base/files.h"

extern char** environ;

namespace {

struct Cost {
  double cpu_ms = 0, wall_ms = 0, memory_mib = 0;
  bool failed = false;
};

struct OneLiner {
  const char* name;
  const char* program;  // for tracer
  const char* peer;     // the same for bpftrace
  bool has_command;     // started with -c
  bool needs_kprobes;
};

constexpr OneLiner kOneLiners[] = {
    {"begin and exit", "begin { exit(); }", "BEGIN { exit(); }", false, false},
    {"tracepoint count", "tracepoint:syscalls:sys_enter_getppid /pid == cpid/ { @ = count(); }",
     "tracepoint:syscalls:sys_enter_getppid /pid == cpid/ { @ = count(); }", true, false},
    {"kprobe, BTF field",
     "kprobe:tcp_connect /pid == cpid/ { @[((struct sock *)arg0).__sk_common.skc_dport] = count(); }",
     "kprobe:tcp_connect /pid == cpid/ { @[((struct sock *)arg0)->__sk_common.skc_dport] = count(); }", true,
     true},
};

// `input`: a file for standard input.
Cost run_once(const std::vector<std::string>& arguments, const std::string& input = "/dev/null") {
  std::vector<char*> argv;
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, input.c_str(), O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
  auto begin = std::chrono::steady_clock::now();
  pid_t pid = -1;
  Cost cost;
  if (posix_spawn(&pid, argv[0], &actions, nullptr, argv.data(), environ) != 0) {
    cost.failed = true;
    return cost;
  }
  int status = 0;
  rusage usage{};
  wait4(pid, &status, 0, &usage);
  posix_spawn_file_actions_destroy(&actions);
  auto milliseconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) * 1e3 + static_cast<double>(t.tv_usec) / 1e3;
  };
  cost.wall_ms = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
  cost.cpu_ms = milliseconds(usage.ru_utime) + milliseconds(usage.ru_stime);
  cost.memory_mib = static_cast<double>(usage.ru_maxrss) / 1024;
  cost.failed = status != 0;
  return cost;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

Cost measure(const std::vector<std::string>& arguments, int runs, const std::string& input = "/dev/null") {
  std::vector<double> cpu, wall, memory;
  run_once(arguments, input);  // fills the page cache
  for (int i = 0; i < runs; i++) {
    Cost cost = run_once(arguments, input);
    if (cost.failed) return cost;
    cpu.push_back(cost.cpu_ms);
    wall.push_back(cost.wall_ms);
    memory.push_back(cost.memory_mib);
  }
  return {median(cpu), median(wall), median(memory), false};
}

void print_row(const char* name, const char* tool, const Cost& cost, const Cost* peer) {
  if (cost.failed) {
    fmt::print("{:<19} {:<9} did not run\n", name, tool);
    return;
  }
  fmt::print("{:<19} {:<9} {:8.1f} {:9.1f} {:9.1f}", name, tool, cost.cpu_ms, cost.wall_ms, cost.memory_mib);
  if (peer && !peer->failed)
    fmt::print("   1/{:.1f} 1/{:.1f} 1/{:.1f}", peer->cpu_ms / cost.cpu_ms, peer->wall_ms / cost.wall_ms,
               peer->memory_mib / cost.memory_mib);
  fmt::print("\n");
}

// The first one-liner again, compiled ahead of time.
Cost measure_stand_alone(const std::string& tracer, int runs) {
  const std::string program =
      std::filesystem::temp_directory_path() / fmt::format("bench_startup_{}", getpid());
  Cost cost = run_once({tracer, "--aot", program, "-e", kOneLiners[0].program});
  if (!cost.failed) cost = measure({program}, runs);
  std::filesystem::remove(program);
  return cost;
}

// From Enter to attached: what one more clause costs in a session that is open.
Cost measure_clause(const std::string& tracer, bool kernel, int runs) {
  constexpr int kMore = 10;
  const std::string clause =
      kernel ? "kprobe:tcp_connect { @c[comm] = count(); }\n" : "interval:s:1000 { @c[comm] = count(); }\n";
  std::vector<std::string> arguments{tracer, "-i"};
  if (!kernel) arguments.push_back("--user");
  const auto folder = std::filesystem::temp_directory_path();
  const auto cost_of = [&](int clauses) {
    const std::string path = folder / fmt::format("bench_startup_{}", getpid());
    std::string text;
    for (int i = 0; i < clauses; i++) text += clause;
    Cost cost;
    cost.failed = !tracer::write_file(path, text);
    if (!cost.failed) cost = measure(arguments, runs, path);
    std::filesystem::remove(path);
    return cost;
  };
  const Cost one = cost_of(1), many = cost_of(1 + kMore);
  return {(many.cpu_ms - one.cpu_ms) / kMore, (many.wall_ms - one.wall_ms) / kMore,
          (many.memory_mib - one.memory_mib) / kMore, one.failed || many.failed};
}

}  // namespace

int main(int argc, char** argv) {
  int runs = 9;
  bool kernel = false;
  for (int i = 1; i < argc; i++) {
    if (strcmp(argv[i], "--kernel") == 0) kernel = true;
    if (strcmp(argv[i], "--runs") == 0 && i + 1 < argc) runs = std::max(1, atoi(argv[++i]));
  }
  std::string here = std::filesystem::canonical("/proc/self/exe").parent_path();
  std::string tracer = here + "/tracer";
  std::string peer = tracer::find_in_path("bpftrace");
  std::string command = here + "/workload getppid 1";

  fmt::print("{:<19} {:<9} {:>8} {:>9} {:>9}   of bpftrace: CPU wall memory\n", "one-liner", "tool", "CPU ms",
             "wall ms", "peak MiB");
  bool failed = false;
  Cost start;
  for (const OneLiner& one : kOneLiners) {
    if (one.needs_kprobes && !kernel) continue;
    auto arguments = [&](const std::string& tool, const char* program) {
      std::vector<std::string> list{tool, "-e", program};
      if (one.has_command) list.insert(list.end(), {"-c", command});
      return list;
    };
    Cost other;
    other.failed = true;
    if (!peer.empty()) other = measure(arguments(peer, one.peer), runs);
    Cost own = measure(arguments(tracer, one.program), runs);
    failed |= own.failed;
    if (&one == kOneLiners) start = own;
    print_row(one.name, "tracer", own, &other);
    if (!peer.empty()) print_row(one.name, "bpftrace", other, nullptr);
  }
  const Cost stand_alone = measure_stand_alone(tracer, runs);
  failed |= stand_alone.failed;
  print_row("the first, --aot", "tracer", stand_alone, nullptr);
  const Cost clause = measure_clause(tracer, kernel, runs);
  failed |= clause.failed;
  print_row("clause of a session", "tracer", clause, nullptr);
  if (!clause.failed)
    fmt::print("{:<19} 1/{:.1f} of the CPU time of `{}`\n", "", start.cpu_ms / clause.cpu_ms,
               kOneLiners[0].name);
  if (peer.empty()) fmt::print("bpftrace is not installed (scripts/install-deps --bench): no ratios\n");
  return failed ? 1 : 0;
}
