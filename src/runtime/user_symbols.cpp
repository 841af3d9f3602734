#include "runtime/user_symbols.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/auxv.h>
#include <unistd.h>

#include <map>
#include <optional>
#include <unordered_map>
#include <utility>

#include "base/files.h"
#include "base/unique_fd.h"
#include "elf/demangle.h"
#include "elf/elf_symbols.h"
#include "elf/process_maps.h"
#include "runtime/perf_map.h"

namespace tracer {

namespace {

// A file that some process has mapped; open from when it was first seen, so that it can be read even when
// it has been deleted or its file system is gone.
struct MappedFile {
  UniqueFd fd;
  std::optional<ElfSymbols> symbols;  // once an address of it was asked for
};

struct Process {
  std::vector<Mapping> mappings;
  std::optional<PerfMap> compiled_code;
};

constexpr const char* kVdso = "[vdso]";

// The kernel's own code in processes is the same in all of them.
ElfSymbols read_vdso() {
  constexpr size_t kSize = 8192;
  const auto* image = reinterpret_cast<const std::byte*>(getauxval(AT_SYSINFO_EHDR));
  return image ? ElfSymbols::of_memory({image, kSize}) : ElfSymbols();
}

}  // namespace

struct UserSymbols::Impl {
  std::string proc;
  bool demangled = true;
  std::unordered_map<pid_t, Process> processes;
  std::map<std::pair<uint64_t, uint64_t>, MappedFile> files;  // by device and inode
  std::optional<ElfSymbols> vdso;
  std::unordered_map<std::string, std::string> shown;  // demangled names

  bool read_mappings(pid_t pid);
  void open_file(pid_t pid, const Mapping& mapping);
  const Mapping* mapping_of(pid_t pid, uint64_t address);
  ElfSymbols::Name symbol_of(const Mapping& mapping, uint64_t address);
  Name compiled(pid_t pid, uint64_t address);
  std::string_view shown_name(std::string_view name);
};

UserSymbols::UserSymbols(std::string proc) : impl_(std::make_unique<Impl>()) {
  impl_->proc = std::move(proc);
}
UserSymbols::~UserSymbols() = default;

void UserSymbols::set_demangle(bool demangle) { impl_->demangled = demangle; }
void UserSymbols::remember(pid_t process) { impl_->read_mappings(process); }

// False when there is nothing to be read, because the process has ended.
bool UserSymbols::Impl::read_mappings(pid_t pid) {
  auto text = read_file(fmt::format("{}/{}/maps", proc, pid));
  if (!text || text->empty()) return false;
  Process& process = processes[pid];
  process.mappings = parse_maps(*text);
  process.compiled_code.reset();
  for (const Mapping& mapping : process.mappings)
    if (mapping.inode != 0) open_file(pid, mapping);
  return true;
}

void UserSymbols::Impl::open_file(pid_t pid, const Mapping& mapping) {
  MappedFile& file = files[{mapping.device, mapping.inode}];
  if (file.fd) return;
  // As the process sees it, which may have another root; then what is mapped, whatever its name is now.
  const std::string folder = fmt::format("{}/{}", proc, pid);
  for (const std::string& path :
       {folder + "/root" + mapping.path,
        fmt::format("{}/map_files/{:x}-{:x}", folder, mapping.start, mapping.end)}) {
    file.fd.reset(open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (file.fd) return;
  }
}

// A process may have mapped more since it was looked at.
const Mapping* UserSymbols::Impl::mapping_of(pid_t pid, uint64_t address) {
  for (bool again : {false, true}) {
    if (again && !read_mappings(pid)) return nullptr;
    const auto known = processes.find(pid);
    if (known == processes.end()) continue;
    if (const Mapping* found = find_mapping(known->second.mappings, address)) return found;
  }
  return nullptr;
}

ElfSymbols::Name UserSymbols::Impl::symbol_of(const Mapping& mapping, uint64_t address) {
  const uint64_t place = address - mapping.start + mapping.offset;
  if (mapping.path == kVdso) {
    if (!vdso) vdso = read_vdso();
    return vdso->find(place);
  }
  const auto found = files.find({mapping.device, mapping.inode});
  if (found == files.end() || !found->second.fd) return {};
  MappedFile& file = found->second;
  if (!file.symbols) file.symbols = ElfSymbols::of_file(file.fd.get(), mapping.path);
  return file.symbols->find(place);
}

// Code that a virtual machine has made, if it says so.
UserSymbols::Name UserSymbols::Impl::compiled(pid_t pid, uint64_t address) {
  Process& process = processes[pid];
  if (!process.compiled_code) process.compiled_code = PerfMap::read(proc, pid);
  const PerfMap::Name found = process.compiled_code->find(address);
  return {found.name, "", found.offset};
}

std::string_view UserSymbols::Impl::shown_name(std::string_view name) {
  if (!demangled || !name.starts_with("_Z")) return name;
  auto [entry, is_new] = shown.try_emplace(std::string(name));
  if (is_new) entry->second = demangle(name);
  return entry->second;
}

UserSymbols::Name UserSymbols::find(pid_t process, uint64_t address) {
  const Mapping* mapping = address == 0 ? nullptr : impl_->mapping_of(process, address);
  if (!mapping) return {};
  if (mapping->inode == 0 && mapping->path != kVdso) return impl_->compiled(process, address);
  const ElfSymbols::Name found = impl_->symbol_of(*mapping, address);
  return {impl_->shown_name(found.name), mapping->path, found.offset};
}

}  // namespace tracer
