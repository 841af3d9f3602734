#include "runtime/kernel_unwinder.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "base/files.h"
#include "elf/needed_libraries.h"
#include "elf/unwind_table.h"

namespace tracer {

namespace {

// Room for libraries that are loaded later: 8 MiB.
constexpr uint32_t kMoreRows = 512 * 1024;
constexpr const char* kVdso = "[vdso]";

Result<ElfFile> read_vdso() {
  const auto text = read_file("/proc/self/maps");
  for (const Mapping& mapping : parse_maps(text ? *text : ""))
    if (mapping.path == kVdso)
      return ElfFile::of_memory(
          {reinterpret_cast<const std::byte*>(mapping.start), mapping.end - mapping.start}, kVdso);
  return fail("no vdso");
}

bool executes(pid_t pid, const std::string& program) {
  std::error_code error;
  return std::filesystem::equivalent(fmt::format("/proc/{}/exe", pid), program, error);
}

template <typename Value>
Result<void> write_array(int fd, uint32_t first, const std::vector<Value>& values) {
  std::vector<uint32_t> keys(values.size());
  for (uint32_t i = 0; i < keys.size(); ++i) keys[i] = first + i;
  auto count = static_cast<uint32_t>(values.size());
  if (count == 0 || bpf_map_update_batch(fd, keys.data(), values.data(), &count, nullptr) == 0) return {};
  return fail(fmt::format("tables for unwinding could not be written: {}", std::strerror(errno)));
}

}  // namespace

KernelUnwinder::KernelUnwinder(std::vector<pid_t> processes, const std::string& program)
    : processes_(processes.begin(), processes.end()), changed_(processes_) {
  // What is going to execute another program has nothing that counts yet.
  if (!program.empty()) std::erase_if(changed_, [&](pid_t pid) { return !executes(pid, program); });
  for (const pid_t pid : changed_) {
    const auto text = read_file(fmt::format("/proc/{}/maps", pid));
    for (const Mapping& mapping : parse_maps(text ? *text : "")) (void)table_of(pid, mapping);
  }
  if (program.empty()) return;
  std::vector<std::string> paths = needed_libraries(program);
  paths.push_back(program);
  for (const std::string& path : paths) {
    const auto file = ElfFile::open(path);
    if (!file) continue;
    if (const std::string id = file->build_id(); !id.empty() && !tables_.contains(id))
      tables_[id] = read_table(*file);
  }
}

KernelUnwinder::Table KernelUnwinder::read_table(const ElfFile& file) {
  Table table;
  table.rows = read_unwind_table(file);
  table.count = static_cast<uint32_t>(table.rows.size());
  for (const Segment& segment : file.segments())
    if (segment.executable) table.parts.push_back({segment.file_offset, segment.size, segment.address});
  return table;
}

// Null for memory that is no file's.
KernelUnwinder::Table* KernelUnwinder::table_of(pid_t pid, const Mapping& mapping) {
  if (mapping.path == kVdso) {
    const auto [known, is_new] = tables_.try_emplace(kVdso);
    if (const auto file = is_new ? read_vdso() : fail(""); file) known->second = read_table(*file);
    return &known->second;
  }
  if (mapping.inode == 0 || !mapping.path.starts_with('/')) return nullptr;
  const auto file = files_.file({"", mapping.device, mapping.inode}, mapping.path);
  FilePlaces places;
  places.mapped = fmt::format("/proc/{}/map_files/{:x}-{:x}", pid, mapping.start, mapping.end);
  places.roots = {fmt::format("/proc/{}/root", pid)};
  if (!files_.open(file, places)) return nullptr;
  const auto elf = ElfFile::of_descriptor(file->fd.get(), mapping.path);
  if (!elf) return nullptr;
  const std::string id = elf->build_id();
  const auto [known, is_new] =
      tables_.try_emplace(id.empty() ? fmt::format("{}:{}", mapping.device, mapping.inode) : id);
  if (is_new) known->second = read_table(*elf);
  return &known->second;
}

void KernelUnwinder::prepare(bpf_object* object) {
  most_rows_ = kMoreRows;
  for (const auto& [key, table] : tables_) most_rows_ += table.count;
  bpf_map__set_max_entries(bpf_object__find_map_by_name(object, kUnwindRows), most_rows_);
}

Result<void> KernelUnwinder::open(bpf_object* object) {
  rows_fd_ = bpf_object__find_map_fd_by_name(object, kUnwindRows);
  mappings_fd_ = bpf_object__find_map_fd_by_name(object, kUnwindMappings);
  processes_fd_ = bpf_object__find_map_fd_by_name(object, kUnwindProcesses);
  for (auto& [key, table] : tables_)
    if (auto written = write(table, key); !written) return std::unexpected(written.error());
  return update();
}

// False when there is no room.
Result<bool> KernelUnwinder::write(Table& table, const std::string& path) {
  if (table.written) return true;
  if (table.count > most_rows_ - next_row_) {
    if (!table.rows.empty())
      warnings_.push_back(fmt::format(
          "dw_ustack: there is no room for the unwinding table of {}; stacks end where its code is reached",
          path));
    table.rows.clear();
    return false;
  }
  if (auto done = write_array(rows_fd_, next_row_, table.rows); !done) return std::unexpected(done.error());
  table.first = next_row_;
  next_row_ += table.count;
  table.rows = {};
  table.written = true;
  return true;
}

void KernelUnwinder::notice(const ProcessRecord& record) {
  switch (record.kind) {
    case ProcessRecord::Kind::Fork:
      if (!processes_.contains(record.parent) || processes_.size() >= kMostUnwindProcesses) return;
      processes_.insert(record.process);
      changed_.insert(record.process);
      return;
    case ProcessRecord::Kind::End:
      if (processes_.erase(record.process) == 0) return;
      changed_.erase(record.process);
      bpf_map_delete_elem(processes_fd_, &record.process);
      return;
    default:
      if (processes_.contains(record.process)) changed_.insert(record.process);
  }
}

// When the room for mappings has been used once, all of them are written anew from its beginning: programs
// that look there at that moment find no caller.
Result<void> KernelUnwinder::update() {
  bool anew = false;
  while (!changed_.empty()) {
    const pid_t pid = *changed_.begin();
    changed_.erase(changed_.begin());
    const auto mappings = mappings_of(pid);
    if (!mappings) return std::unexpected(mappings.error());
    if (mappings->size() > kMostUnwindMappings - next_mapping_) {
      if (std::exchange(anew, true)) break;
      next_mapping_ = 0;
      changed_ = processes_;
      continue;
    }
    if (auto done = hand_over(pid, *mappings); !done) return done;
  }
  return {};
}

Result<void> KernelUnwinder::update(pid_t process) {
  if (processes_.contains(process)) changed_.insert(process);
  return update();
}

Result<std::vector<UnwindMapping>> KernelUnwinder::mappings_of(pid_t pid) {
  std::vector<UnwindMapping> result;
  const auto text = read_file(fmt::format("/proc/{}/maps", pid));
  for (const Mapping& mapping : parse_maps(text ? *text : "")) {
    Table* table = table_of(pid, mapping);
    if (!table || table->count == 0) continue;
    const auto written = write(*table, mapping.path);
    if (!written) return std::unexpected(written.error());
    if (!*written) continue;
    // The kernel maps whole pages: the mapping may begin before the segment.
    const auto holds = [&](const Part& part) {
      return part.offset < mapping.offset + (mapping.end - mapping.start) &&
             mapping.offset < part.offset + part.size;
    };
    const auto part = std::ranges::find_if(table->parts, holds);
    if (part == table->parts.end()) continue;
    result.push_back({mapping.start, mapping.end,
                      mapping.start - mapping.offset + part->offset - part->address, table->first,
                      table->count});
  }
  return result;
}

// The new mappings stand in place before the process is told of them.
Result<void> KernelUnwinder::hand_over(pid_t pid, const std::vector<UnwindMapping>& mappings) {
  const uint32_t most = 1u << kMappingSteps;
  const UnwindProcess process{next_mapping_, std::min(static_cast<uint32_t>(mappings.size()), most)};
  if (auto done = write_array(mappings_fd_, next_mapping_, mappings); !done) return done;
  next_mapping_ += static_cast<uint32_t>(mappings.size());
  if (bpf_map_update_elem(processes_fd_, &pid, &process, BPF_ANY) == 0) return {};
  return fail(fmt::format("process {} could not be told to the kernel: {}", pid, std::strerror(errno)));
}

}  // namespace tracer
