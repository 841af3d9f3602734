// What events cost: a loop of system calls on one CPU, each of which becomes a line, by tracer and by a
// consumer written by hand around the same program of the kernel (libbpf's ring buffer, fprintf).
//
//   bench_events [--events N] [--runs N]     default: 1000000 events, the best of 5 runs
//
// It attaches to the system calls of a process of its own, as a raw tracepoint, and needs the right to do so.
// The status is 1 when an event was lost, or the figures could not be taken.
#include <bpf/libbpf.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

double cpu_seconds(int who) {
  rusage usage{};
  getrusage(who, &usage);
  auto seconds = [](const timeval& time) { return double(time.tv_sec) + double(time.tv_usec) / 1e6; };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

struct Figures {
  double loop = 0;     // seconds that the loop took
  double cpu = 0;      // seconds of CPU of the consumer
  uint64_t lines = 0;  // that were written
};

// The process that makes the events: it waits for a byte, makes them, and tells how long it took.
class Loop {
 public:
  explicit Loop(int events) {
    int go[2], told[2];
    if (pipe2(go, O_CLOEXEC) != 0 || pipe2(told, O_CLOEXEC) != 0) return;
    pid_ = fork();
    if (pid_ == 0) {
      close(go[1]);  // or it would wait for itself
      run(events, go[0], told[1]);
    }
    close(go[0]);
    close(told[1]);
    go_ = go[1];
    told_ = told[0];
  }
  ~Loop() {
    close(go_);
    close(told_);
    if (pid_ > 0) waitpid(pid_, nullptr, 0);
  }
  pid_t pid() const { return pid_; }
  int told() const { return told_; }  // readable when it is done
  void start() const { (void)!write(go_, "g", 1); }
  double seconds() const {
    double took = 0;
    return read(told_, &took, sizeof took) == sizeof took ? took : 0;
  }

 private:
  [[noreturn]] static void run(int events, int go, int told) {
    char byte;
    if (read(go, &byte, 1) == 1) {
      const auto begin = Clock::now();
      for (int i = 0; i < events; ++i) syscall(SYS_getppid);
      const double took = seconds_since(begin);
      (void)!write(told, &took, sizeof took);
    }
    _exit(0);
  }
  pid_t pid_ = -1;
  int go_ = -1, told_ = -1;
};

struct Place {
  std::string tracer, script, object, output;
};

std::string script_for(pid_t pid) {
  return fmt::format(
      "rawtracepoint:sys_enter /pid == {}/ {{ if (args.id == {}) {{ printf(\"%d %s\\n\", pid, comm); }} }}",
      pid, SYS_getppid);
}

uint64_t lines_in(const std::string& path, pid_t pid) {
  std::ifstream file(path);
  const std::string begin = fmt::format("{} ", pid);
  uint64_t count = 0;
  for (std::string line; std::getline(file, line);) count += line.starts_with(begin);
  return count;
}

pid_t start(const std::vector<std::string>& arguments, int error) {
  const pid_t pid = fork();
  if (pid != 0) return pid;
  dup2(error, STDERR_FILENO);
  std::vector<char*> argv;
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  execv(argv[0], argv.data());
  _exit(127);
}

Figures untraced(int events) {
  const Loop loop(events);
  loop.start();
  return {loop.seconds(), 0, static_cast<uint64_t>(events)};
}

Figures by_tracer(const Place& place, int events) {
  const Loop loop(events);
  int errors[2];
  if (pipe2(errors, O_CLOEXEC) != 0) return {};
  const pid_t pid = start(
      {place.tracer, "-o", place.output, "-p", std::to_string(loop.pid()), "-e", script_for(loop.pid())},
      errors[1]);
  close(errors[1]);
  std::string said;
  char buffer[4096];
  for (ssize_t got; said.find("Attached") == said.npos && (got = read(errors[0], buffer, sizeof buffer)) > 0;)
    said.append(buffer, static_cast<size_t>(got));
  // What it took to compile and to attach is no part of it.
  const std::string stat = fmt::format("/proc/{}/stat", pid);
  auto ticks = [&] {
    std::ifstream file(stat);
    std::string word;
    uint64_t sum = 0;
    for (int i = 1; i <= 15 && file >> word; ++i)
      if (i >= 14) sum += std::stoull(word);
    return double(sum) / double(sysconf(_SC_CLK_TCK));
  };
  const double before = ticks();
  loop.start();
  Figures figures;
  figures.loop = loop.seconds();
  int status = 0;
  rusage usage{};
  wait4(pid, &status, 0, &usage);
  for (ssize_t got; (got = read(errors[0], buffer, sizeof buffer)) > 0;)
    said.append(buffer, static_cast<size_t>(got));
  close(errors[0]);
  figures.cpu = double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6 - before;
  figures.lines = lines_in(place.output, loop.pid());
  if (status != 0 || said.find("lost") != said.npos) fmt::print(stderr, "{}", said);
  return figures;
}

// As the record of the script's one event is laid out (`tracer -d plan` shows it).
struct Event {
  uint32_t event, probe, pid;
  char comm[16];
};

int print_event(void* file, void* data, size_t size) {
  if (size < sizeof(Event)) return 0;
  const auto* event = static_cast<const Event*>(data);
  fprintf(static_cast<FILE*>(file), "%d %.16s\n", static_cast<int>(event->pid), event->comm);
  return 0;
}

Figures by_hand(const Place& place, int events) {
  const Loop loop(events);
  const int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
  int status = 0;
  waitpid(start({place.tracer, "--emit-elf", place.object, "-e", script_for(loop.pid())}, null), &status, 0);
  close(null);
  bpf_object* object = status == 0 ? bpf_object__open(place.object.c_str()) : nullptr;
  if (!object) return {};
  // As large as tracer's own on a machine with 8 GiB free, or more.
  constexpr uint32_t kRing = 4 << 20;
  if (bpf_map* ring = bpf_object__find_map_by_name(object, "tracer_data"))
    bpf_map__set_max_entries(ring, kRing);
  Figures figures;
  FILE* const output = fopen(place.output.c_str(), "w");
  bpf_link* link = nullptr;
  bpf_program* program = bpf_object__next_program(object, nullptr);
  if (output && program && bpf_object__load(object) == 0) link = bpf_program__attach(program);
  if (link) {
    ring_buffer* ring = ring_buffer__new(bpf_object__find_map_fd_by_name(object, "tracer_data"), print_event,
                                         output, nullptr);
    const double before = cpu_seconds(RUSAGE_SELF);
    loop.start();
    fcntl(loop.told(), F_SETFL, O_NONBLOCK);
    while (figures.loop == 0) {
      ring_buffer__poll(ring, 100);
      figures.loop = loop.seconds();
    }
    ring_buffer__consume(ring);
    fflush(output);
    figures.cpu = cpu_seconds(RUSAGE_SELF) - before;
    ring_buffer__free(ring);
    bpf_link__destroy(link);
  }
  if (output) fclose(output);
  bpf_object__close(object);
  figures.lines = lines_in(place.output, loop.pid());
  return figures;
}

}  // namespace

int main(int argc, char** argv) {
  int events = 1'000'000, runs = 5;
  for (int i = 1; i + 1 < argc; i++) {
    if (strcmp(argv[i], "--events") == 0) events = std::max(1, atoi(argv[i + 1]));
    if (strcmp(argv[i], "--runs") == 0) runs = std::max(1, atoi(argv[i + 1]));
  }
  namespace fs = std::filesystem;
  const fs::path folder = fs::temp_directory_path() / fmt::format("bench_events.{}", getpid());
  fs::create_directories(folder);
  const Place place{fs::read_symlink("/proc/self/exe").parent_path() / "tracer", folder / "script.bt",
                    folder / "script.o", folder / "output"};
  struct Row {
    const char* name;
    Figures (*run)(const Place&, int);
    Figures best;
    uint64_t lost;
  } rows[] = {{"untraced", [](const Place&, int count) { return untraced(count); }, {}, 0},
              {"tracer", by_tracer, {}, 0},
              {"by hand", by_hand, {}, 0}};
  // Side by side, so that what else the machine does strikes all of them.
  for (int run = 0; run < runs; ++run)
    for (Row& row : rows) {
      const Figures figures = row.run(place, events);
      row.lost = std::max(row.lost, static_cast<uint64_t>(events) - figures.lines);
      if (row.best.loop == 0 || figures.loop < row.best.loop) row.best.loop = figures.loop;
      if (row.best.cpu == 0 || figures.cpu < row.best.cpu) row.best.cpu = figures.cpu;
    }
  fs::remove_all(folder);
  fmt::print("{} events, the best of {} runs\n{:<10}{:>12}{:>20}{:>14}\n", events, runs, "", "loop ns",
             "consumer CPU ns", "lost (most)");
  for (const Row& row : rows)
    fmt::print("{:<10}{:>12.0f}{:>20.0f}{:>14}\n", row.name, row.best.loop / events * 1e9,
               row.best.cpu / events * 1e9, row.lost);
  const auto& [nothing, tracer, hand] = rows;
  if (hand.best.loop > 0 && hand.best.cpu > 0)
    fmt::print("tracer to by hand: loop {:.2f}, consumer CPU {:.2f}\n", tracer.best.loop / hand.best.loop,
               tracer.best.cpu / hand.best.cpu);
  return tracer.lost == 0 && tracer.best.loop > 0 && nothing.best.loop > 0 ? 0 : 1;
}
