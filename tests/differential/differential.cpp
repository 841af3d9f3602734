// Differential testing: random programs, run by tracer and evaluated here; every byte must agree.
//
//   differential --session user|kernel [--count N] [--seed N] [--batch N] [--features LETTERS]
//                [--tracer PATH] [--objects FOLDER]
//   differential --session compile --objects FOLDER ...      only compile, into objects
//   differential --show SEED [--features LETTERS]            the program of a seed, and what it must write
//
// Several programs share one script, for the time that starting takes. When such a script disagrees, its
// programs are run one by one, and those that disagree alone are shown. Exit status 0 when all agree.
// A kernel session with `--objects` runs what a compile session with the same settings has left there:
// an emulated guest takes far longer to compile a script than to load and run it.
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include "program.h"

namespace tracer::differential {
namespace {

// m: macros, f: functions, l: `for` over maps, r: records, w: `while`, s: functions of strings.
constexpr const char* kFeatures = "mflrws";
// Far more than a batch takes, also in an emulated guest of a busy machine.
constexpr unsigned kMostSeconds = 300;

struct Settings {
  std::string session = "user", tracer, features = kFeatures, objects;
  uint64_t count = 300, seed = 1, batch = 4;
  bool show = false;
};

struct Ran {
  std::string out, err;
  int status = 0;
};

std::vector<std::string> command_of(const Settings& settings, const std::string& script,
                                    const std::string& object) {
  std::vector<std::string> command{settings.tracer, "-q"};
  if (settings.session == "user") command.push_back("--user");
  if (settings.session == "compile") command.insert(command.end(), {"--emit-elf", object});
  command.push_back(settings.session == "kernel" && !object.empty() ? object : script);
  return command;
}

// Both streams into files, so that neither can fill a pipe.
Ran run(const Settings& settings, const std::string& script, const std::string& object) {
  Ran ran;
  std::string base = std::filesystem::temp_directory_path() / ("differential." + std::to_string(getpid()));
  auto write_all = [](const std::string& path, const std::string& text) {
    FILE* file = fopen(path.c_str(), "w");
    if (!file) return;
    fwrite(text.data(), 1, text.size(), file);
    fclose(file);
  };
  auto read_all = [](const std::string& path) {
    std::string text;
    FILE* file = fopen(path.c_str(), "r");
    if (!file) return text;
    char buffer[65536];
    for (size_t got; (got = fread(buffer, 1, sizeof buffer, file)) > 0;) text.append(buffer, got);
    fclose(file);
    return text;
  };
  write_all(base + ".bt", script);
  std::vector<std::string> arguments = command_of(settings, base + ".bt", object);
  std::vector<char*> argv;
  for (std::string& each : arguments) argv.push_back(each.data());
  argv.push_back(nullptr);
  pid_t child = fork();
  if (child == 0) {
    alarm(kMostSeconds);
    dup2(open((base + ".out").c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600), 1);
    dup2(open((base + ".err").c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600), 2);
    execv(argv[0], argv.data());
    _exit(127);
  }
  int status = 0;
  waitpid(child, &status, 0);
  ran.status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  ran.out = read_all(base + ".out");
  ran.err = read_all(base + ".err");
  for (const char* end : {".bt", ".out", ".err"}) std::filesystem::remove(base + end);
  return ran;
}

struct Batch {
  std::string script, expected;
};

Batch batch_of(const std::vector<uint64_t>& seeds, const std::string& features) {
  Batch batch;
  // Two clauses of one script may each use every map: names differ by program.
  batch.script = "config = { max_map_keys = 512; perf_rb_pages = 1024 }\n";
  std::vector<MapText> maps;
  for (size_t i = 0; i < seeds.size(); ++i) {
    Program program = generate(seeds[i], "_" + std::to_string(i), features);
    Expected expected = evaluate(program);
    batch.script += script_of(program);
    batch.expected += expected.output;
    maps.insert(maps.end(), expected.maps.begin(), expected.maps.end());
  }
  std::sort(maps.begin(), maps.end(), [](const MapText& a, const MapText& b) { return a.name < b.name; });
  batch.expected += "\n\n";
  for (const MapText& map : maps) batch.expected += map.text;
  return batch;
}

std::string errors_in(const std::string& err) {
  constexpr size_t kMost = 3;
  std::string found;
  for (size_t at = 0, shown = 0; at < err.size() && shown < kMost;) {
    size_t end = std::min(err.find('\n', at), err.size());
    std::string line = err.substr(at, end - at);
    bool matters = line.find("ERROR") != std::string::npos || line.find("Lost") == 0;
    if (matters) found += line + "\n", ++shown;
    at = end + 1;
  }
  return found;
}

std::string first_difference(const std::string& want, const std::string& have) {
  size_t line = 1, start = 0;
  for (size_t i = 0; i < std::min(want.size(), have.size()) && want[i] == have[i]; ++i)
    if (want[i] == '\n') {
      ++line;
      start = i + 1;
    }
  auto line_at = [&](const std::string& text) {
    return start < text.size() ? text.substr(start, std::min(text.find('\n', start), text.size()) - start)
                               : "<end>";
  };
  return "line " + std::to_string(line) + ": expected `" + line_at(want) + "`, got `" + line_at(have) + "`";
}

std::string object_of(const Settings& settings, const std::vector<uint64_t>& seeds) {
  if (settings.objects.empty()) return {};
  return settings.objects + "/" + std::to_string(seeds.front()) + "-" + std::to_string(seeds.back()) + ".o";
}

// Empty when it agrees.
std::string trouble(const Settings& settings, const std::vector<uint64_t>& seeds, const std::string& object) {
  Batch batch = batch_of(seeds, settings.features);
  Ran ran = run(settings, batch.script, object);
  const bool compiles_only = settings.session == "compile";
  if (ran.status == 0 && (compiles_only || ran.out == batch.expected)) return {};
  std::string text = ran.status == 128 + SIGALRM ? "killed after " + std::to_string(kMostSeconds) + " s\n"
                                                 : "exit status " + std::to_string(ran.status) + "\n";
  text += errors_in(ran.err);
  if (compiles_only) return text;
  if (ran.status == 0 || !ran.out.empty()) text += first_difference(batch.expected, ran.out) + "\n";
  return text;
}

int run_all(const Settings& settings) {
  uint64_t bad = 0;
  for (uint64_t done = 0; done < settings.count;) {
    std::vector<uint64_t> seeds;
    for (; seeds.size() < settings.batch && done < settings.count; ++done)
      seeds.push_back(settings.seed + done);
    std::string whole = trouble(settings, seeds, object_of(settings, seeds));
    if (whole.empty()) continue;
    uint64_t before = bad;
    // Alone they are compiled anew.
    const std::string alone_object = settings.session == "compile" ? "/dev/null" : "";
    for (uint64_t seed : seeds) {
      std::string alone = seeds.size() > 1 ? trouble(settings, {seed}, alone_object) : whole;
      if (alone.empty()) continue;
      ++bad;
      printf("DISAGREES seed %llu: %s", static_cast<unsigned long long>(seed), alone.c_str());
    }
    if (bad == before) {
      ++bad;
      printf("DISAGREES together, seeds %llu to %llu: %s", static_cast<unsigned long long>(seeds.front()),
             static_cast<unsigned long long>(seeds.back()), whole.c_str());
    }
    fflush(stdout);
  }
  printf("%s session: %llu programs, %llu disagree\n", settings.session.c_str(),
         static_cast<unsigned long long>(settings.count), static_cast<unsigned long long>(bad));
  return bad == 0 && settings.count > 0 ? 0 : 1;
}

// False for an option that there is not.
bool take(Settings& settings, const std::string& name, const std::string& value) {
  if (name == "--session")
    settings.session = value;
  else if (name == "--tracer")
    settings.tracer = value;
  else if (name == "--objects")
    settings.objects = value;
  else if (name == "--features")
    settings.features = value == "none" ? "" : value;
  else if (name == "--count")
    settings.count = std::stoull(value);
  else if (name == "--seed" || name == "--show")
    settings.seed = std::stoull(value);
  else if (name == "--batch")
    settings.batch = std::max(1ull, std::stoull(value));
  else
    return false;
  settings.show |= name == "--show";
  return true;
}

int show(const Settings& settings) {
  Batch batch = batch_of({settings.seed}, settings.features);
  printf("%s\n/*\n%s*/\n", batch.script.c_str(), batch.expected.c_str());
  return 0;
}

}  // namespace
}  // namespace tracer::differential

int main(int argc, char** argv) {
  using namespace tracer::differential;
  Settings settings;
  settings.tracer = std::filesystem::canonical("/proc/self/exe").parent_path() / "tracer";
  for (int i = 1; i < argc; i += 2) {
    if (i + 1 < argc && take(settings, argv[i], argv[i + 1])) continue;
    fprintf(stderr, "differential: `%s` is no option, or lacks its value\n", argv[i]);
    return 2;
  }
  if (settings.session == "compile" && settings.objects.empty()) {
    fputs("differential: `--session compile` needs `--objects FOLDER`\n", stderr);
    return 1;
  }
  if (!settings.objects.empty()) std::filesystem::create_directories(settings.objects);
  return settings.show ? show(settings) : run_all(settings);
}
