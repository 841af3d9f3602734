#include "runtime/kernel_lines.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/utsname.h>

#include <cstdlib>
#include <span>
#include <string_view>

#include "base/files.h"
#include "base/unique_fd.h"
#include "elf/elf_file.h"

namespace tracer {

namespace {

constexpr size_t kMostKnown = 65536;  // addresses

std::vector<std::string> places(const std::string& root, const std::string& id) {
  std::vector<std::string> paths;
  for (const char* variable : {"TRACER_VMLINUX", "BPFTRACE_VMLINUX"})
    if (const char* path = std::getenv(variable); path && *path) paths.emplace_back(path);
  utsname system;
  uname(&system);
  const char* release = system.release;
  paths.push_back(fmt::format("{}/usr/lib/debug/boot/vmlinux-{}", root, release));
  paths.push_back(fmt::format("{}/usr/lib/debug/lib/modules/{}/vmlinux", root, release));
  paths.push_back(fmt::format("{}/lib/modules/{}/build/vmlinux", root, release));
  paths.push_back(fmt::format("{}/usr/lib/debug/.build-id/{}/{}.debug", root, id.substr(0, 2), id.substr(2)));
  paths.push_back(fmt::format("{}/boot/vmlinux-{}", root, release));
  return paths;
}

}  // namespace

std::string kernel_debug_file(const std::string& root) {
  const auto notes = read_file(root + "/sys/kernel/notes");
  const std::string id = notes ? build_id_of(std::as_bytes(std::span(*notes))) : std::string();
  if (id.size() < 4) return {};
  for (const std::string& path : places(root, id))
    if (const auto file = ElfFile::open(path); file && file->build_id() == id) return path;
  return {};
}

std::unique_ptr<KernelLines> KernelLines::open(const std::string& path, uint64_t place,
                                               std::string_view landmark) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return nullptr;
  const auto file = ElfFile::of_descriptor(fd.get(), path);
  if (!file) return nullptr;
  uint64_t in_file = 0;
  file->each_symbol([&](const ElfSymbol& symbol) {
    if (symbol.name == landmark) in_file = symbol.address;
  });
  auto frames = in_file ? SourceFrames::open(fd.get(), path) : nullptr;
  if (!frames) return nullptr;
  return std::unique_ptr<KernelLines>(new KernelLines(std::move(frames), place - in_file));
}

const std::vector<SourceFrame>& KernelLines::find(uint64_t address) {
  if (known_.size() >= kMostKnown) known_.clear();
  const auto [entry, is_new] = known_.try_emplace(address);
  if (is_new) entry->second = frames_->find(address - distance_);
  return entry->second;
}

}  // namespace tracer
