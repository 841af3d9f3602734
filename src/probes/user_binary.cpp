#include "probes/user_binary.h"

#include <dirent.h>
#include <fmt/format.h>
#include <glob.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <set>

#include "base/files.h"
#include "base/text.h"
#include "elf/library_cache.h"
#include "elf/needed_libraries.h"
#include "elf/process_maps.h"
#include "elf/zip_archive.h"
#include "probes/diagnostics.h"
#include "probes/match_report.h"

namespace tracer {

namespace {

// The file system as a process sees it.
class View {
 public:
  explicit View(int32_t pid) : pid_(pid) {
    if (pid == 0) return;
    struct stat ours, theirs;
    const std::string root = fmt::format("/proc/{}/root", pid);
    // A mount namespace of its own can show another file under the same name, even with the same root.
    const bool same_root = stat("/", &ours) == 0 && stat((root + "/").c_str(), &theirs) == 0 &&
                           ours.st_dev == theirs.st_dev && ours.st_ino == theirs.st_ino;
    if (!same_root || namespace_of("self") != namespace_of(std::to_string(pid))) root_ = root;
  }

  int32_t pid() const { return pid_; }
  std::string file(const std::string& path) const { return root_ + path; }
  const std::string& root() const { return root_; }

  // The archive's part of `a.apk!/lib/x.so`, the path itself otherwise.
  static std::string_view outer(std::string_view path) { return path.substr(0, path.find("!/")); }

  bool is_file(const std::string& path) const {
    struct stat status;
    return stat(file(std::string(outer(path))).c_str(), &status) == 0 && S_ISREG(status.st_mode);
  }
  bool is_program(const std::string& path) const {
    return is_file(path) && eaccess(file(path).c_str(), X_OK) == 0;
  }

  UserBinary binary(std::string path) const {
    UserBinary found{path, file(path), 0};
    const size_t inner = path.find("!/");
    if (inner == std::string::npos) return found;
    found.file = file(path.substr(0, inner));
    if (auto offset = stored_entry(found.file, std::string_view(path).substr(inner + 2))) {
      found.file_offset = *offset;
      return found;
    }
    return {};
  }

 private:
  static std::string namespace_of(const std::string& process) {
    char text[64];
    const ssize_t size = readlink(("/proc/" + process + "/ns/mnt").c_str(), text, sizeof text);
    return size > 0 ? std::string(text, static_cast<size_t>(size)) : "";
  }

  int32_t pid_;
  std::string root_;  // empty: ours
};

bool has_star(std::string_view text) { return text.find('*') != std::string_view::npos; }
bool has_slash(std::string_view text) { return text.find('/') != std::string_view::npos; }

// ---------------------------------------------------------------- what processes have mapped

std::vector<std::string> mapped_files(int32_t pid) {
  auto text = read_file(fmt::format("/proc/{}/maps", pid));
  std::vector<std::string> paths;
  if (!text) return paths;
  for (const Mapping& mapping : parse_maps(*text))
    if (mapping.inode != 0 && mapping.path.starts_with('/') && !mapping.path.ends_with(" (deleted)"))
      paths.push_back(mapping.path);
  std::sort(paths.begin(), paths.end());
  paths.erase(std::unique(paths.begin(), paths.end()), paths.end());
  return paths;
}

std::vector<int32_t> running_processes() {
  std::vector<int32_t> result;
  DIR* folder = opendir("/proc");
  if (!folder) return result;
  while (const dirent* entry = readdir(folder))
    if (const int pid = std::atoi(entry->d_name); pid > 0) result.push_back(pid);
  closedir(folder);
  std::sort(result.begin(), result.end());
  return result;
}

// Tells each file once, whatever names lead to it.
class EachFileOnce {
 public:
  // False for one that was told before, and for one that is not there.
  bool operator()(const std::string& file) {
    struct stat status;
    return stat(file.c_str(), &status) == 0 && S_ISREG(status.st_mode) &&
           seen_.emplace(status.st_dev, status.st_ino).second;
  }

 private:
  std::set<std::pair<dev_t, ino_t>> seen_;
};

// Whichever processes have mapped it and under which names.
std::vector<UserBinary> all_mapped(int32_t target_pid) {
  std::vector<UserBinary> found;
  EachFileOnce is_new;
  for (const int32_t pid : target_pid ? std::vector{target_pid} : running_processes()) {
    const View view(pid);
    for (const std::string& path : mapped_files(pid)) {
      const std::string file = view.file(path);
      if (is_new(file)) found.push_back({path, file, 0});
    }
  }
  std::sort(found.begin(), found.end(),
            [](const UserBinary& a, const UserBinary& b) { return a.path < b.path; });
  return found;
}

// ---------------------------------------------------------------- names

std::vector<std::string> in_path_folders(const std::string& name, const View& view) {
  const char* folders = std::getenv("PATH");
  std::vector<std::string> found;
  EachFileOnce is_new;  // /bin is often /usr/bin
  for (std::string_view folder : split(folders ? folders : "/usr/local/bin:/usr/bin:/bin", ':')) {
    std::string path = fmt::format("{}/{}", folder, name);
    if (!folder.starts_with('/') || !view.is_program(path)) continue;
    if (is_new(view.file(path))) found.push_back(std::move(path));
  }
  return found;
}

// What the process of -p has mapped comes first, then the dynamic linker's order. Where headers are
// installed, libx.so is the same file as libx.so.3.
std::vector<std::string> libraries_named(const std::string& name, const View& view) {
  std::vector<std::string> found;
  std::set<std::string> names;
  EachFileOnce is_new;
  auto take = [&](const std::string& library, const std::string& path) {
    if (is_library_name(name, library) && names.insert(library).second && is_new(view.file(path)))
      found.push_back(path);
  };
  if (view.pid())
    for (const std::string& path : mapped_files(view.pid())) take(path.substr(path.rfind('/') + 1), path);
  if (!found.empty()) return found;
  if (auto cache = read_file(view.file("/etc/ld.so.cache")))
    for (const Library& library : parse_library_cache(*cache))
      if (view.is_file(library.path)) take(library.name, library.path);
  return found;
}

std::vector<std::string> matching_files(const std::string& pattern, const View& view) {
  glob_t found{};
  std::vector<std::string> paths;
  EachFileOnce is_new;
  if (glob(view.file(pattern).c_str(), 0, nullptr, &found) == 0) {
    for (size_t i = 0; i < found.gl_pathc; ++i) {
      std::string path = std::string(found.gl_pathv[i]).substr(view.root().size());
      if (view.is_file(path) && is_new(view.file(path))) paths.push_back(std::move(path));
    }
  }
  globfree(&found);
  return paths;
}

std::string absolute(const std::string& path) {
  std::error_code error;
  const auto full = std::filesystem::absolute(path, error);
  return error ? path : full.lexically_normal().string();
}

// Paths that a name means; several where only the first is to be taken (`choose`).
struct Found {
  std::vector<std::string> paths;
  bool choose = false;
};

Found look_up(const std::string& name, const View& view) {
  if (has_star(name)) {
    // A pattern without folder: programs of PATH, libraries of the linker.
    if (has_slash(name)) return {matching_files(absolute(name), view), false};
    Found found;
    const char* folders = std::getenv("PATH");
    for (std::string_view folder : split(folders ? folders : "/usr/bin:/bin", ':'))
      if (folder.starts_with('/'))
        for (std::string& path : matching_files(fmt::format("{}/{}", folder, name), view))
          if (view.is_program(path)) found.paths.push_back(std::move(path));
    return found;
  }
  if (has_slash(name)) {
    std::string path = absolute(name);
    return view.is_file(path) ? Found{{path}, false} : Found{};
  }
  if (Found programs{in_path_folders(name, view), true}; !programs.paths.empty()) return programs;
  if (name.starts_with("lib")) return {libraries_named(name, view), true};
  return {};
}

// ---------------------------------------------------------------- reports

std::string advice(const std::string& name) {
  if (has_slash(name)) {
    const std::string last = name.substr(name.rfind('/') + 1);
    const Found elsewhere = last.empty() || has_star(last) ? Found() : look_up(last, View(0));
    return elsewhere.paths.empty() ? "" : fmt::format("did you mean `{}`?", elsewhere.paths.front());
  }
  return name.starts_with("lib")
             ? "it is neither a program in PATH nor a library that the dynamic linker knows"
             : "it is not a program in PATH; a path has a slash: `./" + name + "`";
}

void report_missing(const ProbeSpec& spec, Matching& matching) {
  if (matching.missing == MissingProbes::Ignore) return;
  const bool skip = matching.missing == MissingProbes::Warn;
  matching.diags
      .report(binary_span(spec), skip ? diag::binary_not_found_skip : diag::binary_not_found,
              provider_info(spec.provider).name, spec.module.empty() ? "*" : spec.module)
      .hint(spec.module.empty()
                ? fmt::format("process {} maps no file: is it a thread of the kernel?", spec.target_pid)
                : advice(spec.module));
}

}  // namespace

Span binary_span(const ProbeSpec& spec) {
  const size_t last = spec.part_spans.size();
  return last > 2 ? spec.part_spans[1] : last == 2 ? spec.part_spans[0] : spec.span;
}

bool means_many_binaries(const ProbeSpec& spec) { return spec.module.empty() || has_star(spec.module); }

std::vector<UserBinary> list_binaries(std::string_view pattern, int32_t target_pid) {
  if (pattern.empty() || pattern == "*") return all_mapped(target_pid);
  const View view(target_pid);
  Found found = look_up(std::string(pattern), view);
  if (found.choose && found.paths.size() > 1) found.paths.resize(1);
  std::vector<UserBinary> result;
  for (std::string& path : found.paths)
    if (UserBinary binary = view.binary(std::move(path)); !binary.path.empty())
      result.push_back(std::move(binary));
  return result;
}

// What the process of -c will have mapped when it begins to run.
static std::vector<UserBinary> files_of_child(const std::string& program) {
  const std::string path = absolute(program);
  std::vector<UserBinary> found{{path, path, 0}};
  for (const std::string& library : needed_libraries(path)) found.push_back({library, library, 0});
  return found;
}

std::vector<UserBinary> find_binaries(const ProbeSpec& spec, Matching& matching) {
  if (spec.module == "*" && !spec.child_program.empty()) return files_of_child(spec.child_program);
  if (!means_many_binaries(spec)) {
    const Found found = look_up(spec.module, View(spec.target_pid));
    if (found.choose && found.paths.size() > 1)
      matching.diags.report(binary_span(spec), diag::several_binaries, spec.module, found.paths.front())
          .hint("others: " + fmt::format("{}", fmt::join(found.paths.begin() + 1, found.paths.end(), ", ")));
  }
  std::vector<UserBinary> found = list_binaries(spec.module, spec.target_pid);
  if (found.empty()) report_missing(spec, matching);
  return found;
}

}  // namespace tracer
