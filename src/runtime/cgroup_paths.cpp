#include "runtime/cgroup_paths.h"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <optional>

#include "base/files.h"
#include "base/text.h"

namespace tracer {

namespace {

namespace fs = std::filesystem;

constexpr const char* kUnified = "unified";

// The number of a cgroup's folder is its id.
uint64_t folder_number(const std::string& path) {
  struct stat folder {};
  return stat(path.c_str(), &folder) == 0 ? folder.st_ino : 0;
}

std::vector<CgroupHierarchy> hierarchies() {
  auto mounts = read_file("/proc/self/mountinfo");
  return mounts ? parse_cgroup_mounts(*mounts) : std::vector<CgroupHierarchy>{};
}

// Path below the mount point, `/` for the root.
std::optional<std::string> find_cgroup(const std::string& top, uint64_t id) {
  if (folder_number(top) == id) return "/";
  std::error_code error;
  auto folders = fs::recursive_directory_iterator(top, fs::directory_options::skip_permission_denied, error);
  for (; !error && folders != fs::recursive_directory_iterator(); folders.increment(error)) {
    std::error_code ignored;
    if (!folders->is_directory(ignored)) continue;
    const std::string path = folders->path().string();
    if (folder_number(path) == id) return path.substr(top.size());
  }
  return std::nullopt;
}

}  // namespace

// `36 35 0:30 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw`
std::vector<CgroupHierarchy> parse_cgroup_mounts(std::string_view mountinfo) {
  constexpr size_t kMountPoint = 4;
  std::vector<CgroupHierarchy> found;
  for (std::string_view line : split(mountinfo, '\n')) {
    const auto words = split(line, ' ');
    const auto dash = std::find(words.begin(), words.end(), "-");
    if (words.size() <= kMountPoint || words.end() - dash < 2) continue;
    const std::string_view system = *std::next(dash);
    if (system != "cgroup" && system != "cgroup2") continue;
    std::string folder(words[kMountPoint]);
    const bool known = std::any_of(found.begin(), found.end(),
                                   [&](const CgroupHierarchy& each) { return each.folder == folder; });
    if (known) continue;
    std::string name = system == "cgroup2" ? kUnified : fs::path(folder).filename().string();
    found.push_back({std::move(name), std::move(folder)});
  }
  return found;
}

std::string cgroup_path_text(uint64_t id, std::string_view filter) {
  std::string text;
  for (const CgroupHierarchy& each : hierarchies()) {
    if (!filter.empty() && !glob_match(filter, each.name)) continue;
    const auto path = find_cgroup(each.folder, id);
    if (!path) continue;
    if (!text.empty()) text += ',';
    text += each.name + ':' + *path;
  }
  return text;
}

uint64_t own_cgroup_id() {
  auto text = read_file("/proc/self/cgroup");
  if (!text) return 0;
  for (std::string_view line : split(*text, '\n')) {
    if (!line.starts_with("0::")) continue;
    for (const CgroupHierarchy& each : hierarchies())
      if (each.name == kUnified) return folder_number(each.folder + std::string(line.substr(3)));
  }
  return 0;
}

}  // namespace tracer
