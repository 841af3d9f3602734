#include "probes/kernel_info.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <functional>
#include <tuple>

#include "base/files.h"
#include "base/text.h"
#include "base/unique_fd.h"
#include "btf/type_db.h"
#include "elf/user_program.h"
#include "probes/kernel_features.h"
#include "probes/lockdown.h"

namespace tracer {
namespace {

constexpr const char* kMountHint = "mount it: mount -t tracefs tracefs /sys/kernel/tracing";

Error no_access(const std::string& path, int error) {
  std::string hint = error == EACCES || error == EPERM ? "run as root" : "";
  return {fmt::format("cannot read `{}`: {}", path, strerror(error)), hint};
}

// Calls `line` for each line of a file until it returns false. The kernel's lists are long and made
// while they are read: nothing past the hit is asked for.
Result<void> each_line(const std::string& path, const std::function<bool(std::string_view)>& line) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return std::unexpected(no_access(path, errno));
  std::string rest;
  char chunk[16384];
  for (;;) {
    ssize_t got = ::read(fd.get(), chunk, sizeof chunk);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::unexpected(no_access(path, errno));
    if (got == 0) break;
    rest.append(chunk, static_cast<size_t>(got));
    size_t begin = 0;
    for (size_t end = rest.find('\n'); end != std::string::npos; end = rest.find('\n', begin)) {
      if (!line(std::string_view(rest).substr(begin, end - begin))) return {};
      begin = end + 1;
    }
    rest.erase(0, begin);
  }
  if (!rest.empty()) line(rest);
  return {};
}

// Parts of functions that the compiler split off, and entries of removed code.
bool is_candidate(std::string_view name) {
  return !name.empty() && name.find(".part.") == std::string_view::npos &&
         !name.starts_with("__ftrace_invalid_address");
}

// `name` or `name [module]`, perhaps with more behind a tab.
KernelInfo::Function parse_list_line(std::string_view line) {
  size_t end = line.find_first_of(" \t");
  KernelInfo::Function result{std::string(line.substr(0, end)), {}};
  size_t open = line.find('['), close = line.find(']');
  if (open != std::string_view::npos && close != std::string_view::npos && close > open)
    result.module = line.substr(open + 1, close - open - 1);
  return result;
}

// `ffffffff81000000 T name	[module]`; none for data.
std::optional<KernelInfo::Function> parse_kallsyms_line(std::string_view line) {
  size_t kind = line.find(' ');
  if (kind == std::string_view::npos || kind + 3 >= line.size()) return {};
  if (!std::strchr("tTwW", line[kind + 1])) return {};
  return parse_list_line(line.substr(kind + 3));
}

Result<std::vector<std::string>> folders_in(const std::string& path) {
  DIR* dir = ::opendir(path.c_str());
  if (!dir) return std::unexpected(no_access(path, errno));
  std::vector<std::string> names;
  while (const dirent* entry = ::readdir(dir))
    if (entry->d_name[0] != '.' && entry->d_type == DT_DIR) names.emplace_back(entry->d_name);
  ::closedir(dir);
  std::sort(names.begin(), names.end());
  return names;
}

// Parts of attach points become parts of paths.
bool is_plain_name(std::string_view name) { return name.find('/') == std::string_view::npos && name != ".."; }

}  // namespace

KernelInfo::KernelInfo(std::string tracefs_root, std::string kallsyms_path,
                       std::string traceable_functions_path)
    : tracefs_root_(std::move(tracefs_root)),
      kallsyms_path_(kallsyms_path.empty() ? "/proc/kallsyms" : std::move(kallsyms_path)),
      traceable_functions_path_(std::move(traceable_functions_path)),
      own_list_(!traceable_functions_path_.empty()) {}

KernelInfo::~KernelInfo() = default;

Result<std::string> KernelInfo::tracefs_path(std::string_view below) {
  if (tracefs_root_.empty()) tracefs_root_ = tracefs();
  if (!tracefs_root_.empty()) return fmt::format("{}/{}", tracefs_root_, below);
  if (::eaccess("/sys/kernel/tracing", R_OK | X_OK) != 0 && errno == EACCES)
    return fail("cannot read `/sys/kernel/tracing`: Permission denied", "run as root");
  // Its folder is empty then.
  if (kernel_lockdown() == Lockdown::Confidentiality) return std::unexpected(lockdown_error());
  return fail("the kernel's tracing file system is not mounted", kMountHint);
}

// ---------------------------------------------------------------- functions

Result<const std::vector<KernelInfo::Function>*> KernelInfo::traceable_functions() {
  if (traceable_) return &*traceable_;
  std::string path = traceable_functions_path_;
  if (path.empty()) {
    auto list = tracefs_path("available_filter_functions");
    if (!list) return std::unexpected(list.error());
    path = *list;
  }
  std::vector<Function> functions;
  auto done = each_line(path, [&](std::string_view line) {
    Function function = parse_list_line(line);
    if (is_candidate(function.name)) functions.push_back(std::move(function));
    return true;
  });
  if (!done) return std::unexpected(done.error());
  auto key = [](const Function& f) { return std::tie(f.name, f.module); };
  std::sort(functions.begin(), functions.end(),
            [&](const auto& a, const auto& b) { return key(a) < key(b); });
  functions.erase(std::unique(functions.begin(), functions.end(),
                              [&](const auto& a, const auto& b) { return key(a) == key(b); }),
                  functions.end());
  traceable_ = std::move(functions);
  return &*traceable_;
}

std::optional<KernelInfo::Function> KernelInfo::find_function(std::string_view name) {
  if (!is_candidate(name)) return {};
  if (auto known = found_.find(name); known != found_.end()) return known->second;
  std::optional<Function> result;
  auto take = [&](std::optional<Function> function) {
    if (!function || function->name != name) return true;
    result = std::move(function);
    return false;
  };
  // The list takes the kernel a while to write: who asks for a second name that is not in it may ask for
  // more.
  if (read_to_its_end_ && !traceable_) (void)traceable_functions();
  if (traceable_) {
    for (const Function& function : *traceable_)
      if (!take(function)) break;
  } else {
    std::string path = traceable_functions_path_;
    if (path.empty()) path = tracefs_path("available_filter_functions").value_or("");
    auto done = each_line(
        path, [&](std::string_view line) { return !line.starts_with(name) || take(parse_list_line(line)); });
    if (!done && !own_list_)
      (void)each_line(kallsyms_path_, [&](std::string_view line) { return take(parse_kallsyms_line(line)); });
  }
  if (!result) read_to_its_end_ = true;
  found_.emplace(std::string(name), result);
  return result;
}

bool KernelInfo::is_kernel_function(std::string_view name) {
  bool found = false;
  (void)each_line(kallsyms_path_, [&](std::string_view line) {
    auto function = parse_kallsyms_line(line);
    found = function && function->name == name;
    return !found;
  });
  return found;
}

bool KernelInfo::is_module_loaded(std::string_view module) {
  std::string wanted(module);
  std::replace(wanted.begin(), wanted.end(), '-', '_');
  bool found = false;
  (void)each_line("/proc/modules", [&](std::string_view line) {
    found = line.substr(0, line.find(' ')) == wanted;
    return !found;
  });
  return found;
}

// ---------------------------------------------------------------- tracepoints

Result<std::vector<std::string>> KernelInfo::tracepoint_categories() {
  auto path = tracefs_path("events");
  return path ? folders_in(*path) : std::unexpected(path.error());
}

Result<std::vector<std::string>> KernelInfo::tracepoint_events(std::string_view category) {
  if (!is_plain_name(category)) return fail(fmt::format("`{}` is no name of a category", category));
  auto path = tracefs_path(fmt::format("events/{}", category));
  return path ? folders_in(*path) : std::unexpected(path.error());
}

Result<std::string> KernelInfo::tracepoint_format(std::string_view category, std::string_view event) {
  if (!is_plain_name(category) || !is_plain_name(event))
    return fail(fmt::format("`{}:{}` is no name of a tracepoint", category, event));
  auto path = tracefs_path(fmt::format("events/{}/{}/format", category, event));
  return path ? read_file(*path) : std::unexpected(path.error());
}

Result<uint32_t> KernelInfo::tracepoint_id(std::string_view category, std::string_view event) {
  if (!is_plain_name(category) || !is_plain_name(event))
    return fail(fmt::format("`{}:{}` is no name of a tracepoint", category, event));
  auto path = tracefs_path(fmt::format("events/{}/{}/id", category, event));
  if (!path) return std::unexpected(path.error());
  auto text = read_file(*path);
  if (!text) return std::unexpected(text.error());
  std::string_view digits = trim(*text);
  uint32_t id = 0;
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), id);
  if (error != std::errc() || digits.empty()) return fail(fmt::format("`{}` holds no number", *path));
  return id;
}

// ---------------------------------------------------------------- features and types

bool KernelInfo::has(Feature feature) {
  if (auto known = features_.find(feature); known != features_.end()) return known->second;
  bool result = try_feature(feature);
  features_[feature] = result;
  return result;
}

void KernelInfo::turn_off(Feature feature) { features_[feature] = false; }

Result<UserProgram*> KernelInfo::user_program(const std::string& file, uint64_t begin) {
  const std::pair key(file, begin);
  auto known = user_programs_.find(key);
  if (known == user_programs_.end())
    known = user_programs_.emplace(key, UserProgram::open(file, begin)).first;
  if (!known->second) return std::unexpected(known->second.error());
  return known->second->get();
}

TypeDb& KernelInfo::types() {
  if (!types_) types_ = std::make_unique<TypeDb>();
  return *types_;
}

}  // namespace tracer
