#include "runtime/user_symbols.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <map>
#include <tuple>
#include <unordered_map>

#include "base/files.h"
#include "base/text.h"
#include "elf/demangle.h"
#include "runtime/perf_map.h"

namespace tracer {

namespace {

constexpr uint64_t kMillisecond = 1'000'000;
constexpr uint64_t kReadAgain =
    20 * kMillisecond;                            // least time between two looks at what a process has mapped
constexpr uint64_t kAtOnce = 200 * kMillisecond;  // of reading ahead before anything is attached
constexpr uint64_t kSlice = 10 * kMillisecond;    // of reading the rest at a time
constexpr uint64_t kNarrowEnd = uint64_t{1} << 32;  // processes of 32 bits have code below
constexpr int kMostAncestors = 4;

// The kernel's own code in processes is the same in all of them.
ElfSymbols read_vdso() {
  const auto text = read_file("/proc/self/maps");
  if (!text) return {};
  for (const Mapping& mapping : parse_maps(*text))
    if (mapping.path == "[vdso]")
      return ElfSymbols::of_memory(
          {reinterpret_cast<const std::byte*>(mapping.start), mapping.end - mapping.start});
  return {};
}

// From the monotonic clock to the one by which files are dated.
uint64_t as_real_time(uint64_t monotonic) {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  return uint64_t(now.tv_sec) * 1'000'000'000 + uint64_t(now.tv_nsec) - (monotonic_now() - monotonic);
}

// Virtual machines map what they make twice: to be written and to be run.
bool is_shared_memory(const CodeRange& range) {
  return range.file && (range.file->path.starts_with("/memfd:") || range.file->path.starts_with("/dev/"));
}

// A process in a PID namespace of its own names files by the number it has there: the last one.
std::string innermost_id(const std::string& proc, pid_t process) {
  auto status = read_file(fmt::format("{}/{}/status", proc, process));
  if (status)
    for (std::string_view line : split(*status, '\n'))
      if (line.starts_with("NSpid:")) return std::string(trim(line.substr(line.find_last_of("\t "))));
  return {};
}

// What of the file system a process sees: its mount namespace and its root in it.
using View = std::tuple<uint64_t, uint64_t, uint64_t>;
View view_of(const std::string& process) {
  struct stat space {
  }, root{};
  if (stat((process + "/ns/mnt").c_str(), &space) != 0 || stat((process + "/root").c_str(), &root) != 0)
    return {};
  return {space.st_ino, root.st_dev, root.st_ino};
}

}  // namespace

bool names_user_code(const Plan& plan) {
  return std::ranges::any_of(plan.events,
                             [](const EventPlan& event) { return event.kind == EventKind::ProcessSeen; });
}

struct UserSymbols::Impl {
  Impl(std::string path, const Limits& with)
      : proc(std::move(path)), limits(with), files(with.files), images(proc, files, with.processes) {
    images.on_range = [this](pid_t pid, const CodeRange& range) {
      if (range.file) (void)files.open(range.file, places(pid, range));
    };
  }

  std::string proc;
  Limits limits;
  bool demangled = true, with_sources = true, lazy = false;
  CodeFiles files;
  ProcessImages images;
  ProcessRecords records;
  std::function<void(const ProcessRecord&)> listener;
  uint64_t lost_at = 0;        // when records were last lost; 0: never
  std::vector<pid_t> to_read;  // processes that ran at the start
  std::optional<ElfSymbols> vdso;
  std::unordered_map<std::string, std::string> shown;  // demangled names
  std::unordered_map<pid_t, PerfMap> compiled;
  std::map<View, std::weak_ptr<UniqueFd>> roots;
  View own_view = view_of("/proc/self");
  Code answer;
  std::string own_name;  // of compiled code

  void look();
  void read_ahead(uint64_t nanoseconds);
  void refresh(pid_t pid);
  FilePlaces places(pid_t pid, const CodeRange& range);
  void keep_root(pid_t pid, Process& process);
  const CodeRange* locate(pid_t pid, uint64_t address);
  PerfMap& compiled_code(pid_t pid);
  ElfSymbols::Name symbol(const CodeRange& range, uint64_t address);
  void add_sources(const CodeRange& range, uint64_t address);
  bool resolve(pid_t pid, uint64_t address, bool sources);
  std::string_view shown_name(std::string_view name);
};

UserSymbols::UserSymbols(std::string proc) : UserSymbols(std::move(proc), Limits{}) {}
UserSymbols::UserSymbols(std::string proc, const Limits& limits)
    : impl_(std::make_unique<Impl>(std::move(proc), limits)) {}
UserSymbols::~UserSymbols() = default;

void UserSymbols::configure(const Config& config) {
  impl_->demangled = config.cpp_demangle;
  impl_->with_sources = config.show_debug_info;
  impl_->lazy = config.lazy_symbolication;
  if (config.cache_user_symbols != SymbolCache::None) return;
  // The one in use is all that is kept.
  CodeFiles::Limits limits = impl_->limits.files;
  limits.table_bytes = 0;
  limits.sources = 1;
  impl_->files.set_limits(limits);
}

Result<void> UserSymbols::follow() {
  if (impl_->records.is_open()) return {};
  if (auto opened = impl_->records.open(); !opened) return opened;
  if (impl_->lazy) return {};
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(impl_->proc, error)) {
    const std::string name = entry.path().filename();
    pid_t pid = 0;
    const auto [end, bad] = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (bad == std::errc() && *end == '\0') impl_->to_read.push_back(pid);
  }
  impl_->read_ahead(kAtOnce);
  return {};
}

void UserSymbols::tell(std::function<void(const ProcessRecord&)> listener) {
  impl_->listener = std::move(listener);
}

void UserSymbols::look() { impl_->look(); }
bool UserSymbols::has_more() const { return !impl_->to_read.empty(); }
int UserSymbols::event_fd() const { return impl_->records.fd(); }
size_t UserSymbols::known_processes() const { return impl_->images.size(); }
const CodeFiles& UserSymbols::files() const { return impl_->files; }

void UserSymbols::Impl::look() {
  const auto apply = [this](const ProcessRecord& record) {
    images.apply(record);
    if (listener) listener(record);
  };
  if (records.read(apply)) lost_at = monotonic_now();
  if (!to_read.empty()) read_ahead(kSlice);
}

// Files without a name are found only as long as their process lives.
void UserSymbols::Impl::read_ahead(uint64_t nanoseconds) {
  const uint64_t until = monotonic_now() + nanoseconds;
  for (; !to_read.empty() && monotonic_now() < until; to_read.pop_back()) {
    const pid_t pid = to_read.back();
    const Process* known = images.find(pid);
    if ((known && !known->images.empty()) || !images.read(pid)) continue;
    const std::shared_ptr<Image> image = images.find(pid)->images.back();
    for (const CodeRange& range : image->ranges)
      if (range.file && range.file->path.ends_with(" (deleted)"))
        (void)files.open(range.file, places(pid, range));
  }
}

// Folders under which the process's files may be found, also when it has ended: its own root, that of those
// who made it, ours.
FilePlaces UserSymbols::Impl::places(pid_t pid, const CodeRange& range) {
  FilePlaces result;
  result.mapped = fmt::format("{}/{}/map_files/{:x}-{:x}", proc, pid, range.start, range.end);
  for (int i = 0; i < kMostAncestors && pid > 0; ++i) {
    result.roots.push_back(fmt::format("{}/{}/root", proc, pid));
    const Process* process = images.find(pid);
    if (i == 0 && process && !process->images.empty())
      result.mapped_at = as_real_time(process->images.back()->since);
    if (process && process->root)
      result.roots.push_back(fmt::format("/proc/self/fd/{}", process->root->get()));
    pid = process ? process->parent : 0;
  }
  result.roots.emplace_back();
  return result;
}

void UserSymbols::Impl::keep_root(pid_t pid, Process& process) {
  const std::string folder = fmt::format("{}/{}", proc, pid);
  if (process.inner_id.empty()) process.inner_id = innermost_id(proc, pid);
  const View view = view_of(folder);
  if (view == View{} || view == own_view) return;
  std::weak_ptr<UniqueFd>& known = roots[view];
  process.root = known.lock();
  if (process.root) return;
  UniqueFd fd(open((folder + "/root").c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return;
  process.root = std::make_shared<UniqueFd>(std::move(fd));
  known = process.root;
  std::erase_if(roots, [](const auto& each) { return each.second.expired(); });
}

void UserSymbols::remember(pid_t pid) {
  Impl& self = *impl_;
  self.look();
  const Process* known = self.images.find(pid);
  // Without records there is no other way to learn of what was mapped since.
  if (!known || known->images.empty() || !self.records.is_open()) self.images.read(pid);
  self.images.ask(pid);
  Process* process = self.images.find(pid);
  if (!process || process->images.empty()) return;
  self.keep_root(pid, *process);
  bool makes_code = false;
  const std::shared_ptr<Image> image = process->images.back();
  for (const CodeRange& range : image->ranges) {
    if (range.file && !range.file->fd) (void)self.files.open(range.file, self.places(pid, range));
    makes_code |= range.kind == CodeRange::Kind::Own;
  }
  if (makes_code) (void)self.compiled_code(pid);
}

// Before an address is given up: what happened since, and what no record told of.
void UserSymbols::Impl::refresh(pid_t pid) {
  look();
  const Process* process = images.find(pid);
  if (process && !process->images.empty()) {
    const Image& newest = *process->images.back();
    if (records.is_open() && std::max(newest.since, newest.read_at) >= lost_at) return;
    if (monotonic_now() - newest.read_at < kReadAgain) return;
  }
  images.read(pid);
}

const CodeRange* UserSymbols::Impl::locate(pid_t pid, uint64_t address) {
  for (const bool again : {false, true}) {
    if (again) refresh(pid);
    const Process* process = images.find(pid);
    if (!process) continue;
    for (size_t i = process->images.size(); i-- > 0;)
      if (const CodeRange* found = process->images[i]->find(address)) return found;
  }
  return nullptr;
}

// Code that a virtual machine has made, if it says so.
PerfMap& UserSymbols::Impl::compiled_code(pid_t pid) {
  if (compiled.size() > limits.compiled_code) compiled.clear();
  PerfMap& map = compiled[pid];
  if (map.is_open()) return map;
  const Process* process = images.find(pid);
  const std::string id = process && !process->inner_id.empty() ? process->inner_id : innermost_id(proc, pid);
  for (const std::string& root : places(pid, {}).roots)
    if (map.open(fmt::format("{}/tmp/perf-{}.map", root, id.empty() ? std::to_string(pid) : id))) break;
  return map;
}

ElfSymbols::Name UserSymbols::Impl::symbol(const CodeRange& range, uint64_t address) {
  const uint64_t place = address - range.start + range.offset;
  if (range.kind == CodeRange::Kind::KernelPage) {
    if (address < kNarrowEnd) return {};
    if (!vdso) vdso = read_vdso();
    return vdso->find(place);
  }
  CodeTables* tables = files.tables(*range.file);
  return tables ? tables->symbols.find(place) : ElfSymbols::Name();
}

std::string_view UserSymbols::Impl::shown_name(std::string_view name) {
  if (!demangled || !is_mangled(name)) return name;
  if (shown.size() >= limits.shown_names) shown.clear();
  auto [entry, is_new] = shown.try_emplace(std::string(name));
  if (is_new) entry->second = demangle(name);
  return entry->second;
}

// Lines, and the functions that were inlined there, to the one frame that is known.
void UserSymbols::Impl::add_sources(const CodeRange& range, uint64_t address) {
  const std::vector<SourceFrame>& sources =
      files.source_frames(*range.file, address - range.start + range.offset);
  if (sources.empty()) return;
  const Frame outer = answer.frames.front();
  answer.frames.clear();
  for (const SourceFrame& source : sources) {
    const bool last = &source == &sources.back();
    Frame frame{shown_name(source.function), 0, true, source.file, source.line};
    if (last) {
      frame = outer;
      frame.source = source.file;
      frame.line = source.line;
    }
    answer.frames.push_back(frame);
  }
}

bool UserSymbols::Impl::resolve(pid_t pid, uint64_t address, bool sources) {
  answer = {};
  const CodeRange* range = address == 0 ? nullptr : locate(pid, address);
  if (!range) return false;
  if (range->kind == CodeRange::Kind::Own || is_shared_memory(*range)) {
    const PerfMap::Name found = compiled_code(pid).find(address);
    if (!found.name.empty()) {
      answer.frames.push_back({found.name, found.offset});
      return true;
    }
    if (!range->file) return false;
  }
  if (range->file) {
    answer.file = range->file->path;
    if (!range->file->fd && !range->file->missing) (void)files.open(range->file, places(pid, *range));
  } else {
    answer.file = "[vdso]";
  }
  const ElfSymbols::Name found = symbol(*range, address);
  if (found.name.empty()) return false;
  answer.frames.push_back({shown_name(found.name), found.offset});
  if (sources && with_sources && range->file) add_sources(*range, address);
  return true;
}

// Behind a call that never returns another function may begin; a frame that a signal made begins with its
// function.
const UserSymbols::Code& UserSymbols::code(pid_t process, uint64_t address, bool returned_to) {
  Impl& self = *impl_;
  if (returned_to && address > 0 && self.resolve(process, address - 1, true)) {
    ++self.answer.frames.back().offset;
    return self.answer;
  }
  self.resolve(process, address, true);
  return self.answer;
}

UserSymbols::Name UserSymbols::find(pid_t process, uint64_t address) {
  impl_->resolve(process, address, false);
  const Code& found = impl_->answer;
  if (found.frames.empty()) return {{}, found.file, 0};
  return {found.frames.back().name, found.file, found.frames.back().offset};
}

}  // namespace tracer
