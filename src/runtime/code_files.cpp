#include "runtime/code_files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>

#include "elf/elf_file.h"

namespace tracer {

namespace {

constexpr size_t kMostFrames = 16384;  // remembered of one file

uint64_t changed_at(const struct stat& status) {
  return uint64_t(status.st_ctim.tv_sec) * 1'000'000'000 + uint64_t(status.st_ctim.tv_nsec);
}

// No device and no pipe, which act when they are opened.
UniqueFd open_regular(const std::string& path, struct stat& status) {
  const UniqueFd place(::open(path.c_str(), O_PATH | O_CLOEXEC));
  if (!place || fstat(place.get(), &status) != 0 || !S_ISREG(status.st_mode)) return {};
  return UniqueFd(::open(fmt::format("/proc/self/fd/{}", place.get()).c_str(), O_RDONLY | O_CLOEXEC));
}

std::string build_id_bytes(const ElfFile& file) {
  const std::string digits = file.build_id();
  std::string bytes;
  for (size_t i = 0; i + 1 < digits.size(); i += 2)
    bytes += static_cast<char>(std::stoi(digits.substr(i, 2), nullptr, 16));
  return bytes;
}

std::string build_id_of(int fd) {
  const auto file = ElfFile::of_descriptor(fd, "");
  return file ? build_id_bytes(*file) : std::string();
}

// Whether what was opened under a name is what was mapped. Numbers of inodes are not the same in all layers
// of some file systems, so a file that has not been changed since counts too.
bool is_same(const FileIdentity& identity, const struct stat& status, const std::string& build_id,
             uint64_t mapped_at) {
  if (!identity.build_id.empty()) return identity.build_id == build_id;
  return identity.inode == status.st_ino || (mapped_at != 0 && changed_at(status) <= mapped_at);
}

std::string_view without_deleted(std::string_view path) {
  constexpr std::string_view kDeleted = " (deleted)";
  if (path.ends_with(kDeleted)) path.remove_suffix(kDeleted.size());
  return path;
}

}  // namespace

std::shared_ptr<CodeFile> CodeFiles::file(const FileIdentity& identity, std::string_view path) {
  if (files_.size() >= next_cleanup_) forget_unused();
  std::weak_ptr<CodeFile>& known = files_[{identity, std::string(path)}];
  if (auto found = known.lock()) return found;
  auto made = std::make_shared<CodeFile>();
  made->identity = identity;
  made->path = path;
  known = made;
  return made;
}

void CodeFiles::forget_unused() {
  std::erase_if(files_, [](const auto& each) { return each.second.expired(); });
  std::erase_if(opened_, [](const auto& each) { return each.expired(); });
  next_cleanup_ = std::max<size_t>(1024, files_.size() * 2);
}

bool CodeFiles::open(const std::shared_ptr<CodeFile>& file, const FilePlaces& places) {
  if (file->fd) return true;
  const std::string path(without_deleted(file->path));
  std::vector<std::string> names;
  if (!places.mapped.empty()) names.push_back(places.mapped);
  for (const std::string& root : places.roots) names.push_back(root + path);
  for (const std::string& name : names) {
    struct stat status;
    UniqueFd fd = open_regular(name, status);
    if (!fd) continue;
    const std::string build_id = build_id_of(fd.get());
    if (!is_same(file->identity, status, build_id, places.mapped_at)) continue;
    file->fd = std::move(fd);
    // Tables are shared by all files with the same contents.
    if (file->identity.build_id.empty()) file->identity.build_id = build_id;
    opened_.push_back(file);
    while (opened_.size() > limits_.descriptors) {
      if (const auto oldest = opened_.front().lock()) oldest->fd.reset();
      opened_.pop_front();
    }
    return true;
  }
  file->missing = true;
  return false;
}

CodeTables* CodeFiles::tables(CodeFile& file) {
  auto known = file.tables.lock();
  auto place = tables_.end();
  if (known)
    place = std::ranges::find(tables_, known, &Kept::tables);
  else if (!file.identity.build_id.empty())
    place = std::ranges::find(tables_, file.identity.build_id, &Kept::build_id);
  if (place != tables_.end()) {
    tables_.splice(tables_.begin(), tables_, place);
    file.tables = tables_.front().tables;
    return tables_.front().tables.get();
  }
  if (!file.fd) return nullptr;
  Kept kept{std::make_shared<CodeTables>(), file.identity.build_id, 0};
  kept.tables->symbols = ElfSymbols::of_file(file.fd.get(), std::string(without_deleted(file.path)));
  kept.bytes = kept.tables->symbols.bytes();
  file.tables = kept.tables;
  tables_.push_front(std::move(kept));
  keep_few();
  return tables_.front().tables.get();
}

const std::vector<SourceFrame>& CodeFiles::source_frames(CodeFile& file, uint64_t file_offset) {
  static const std::vector<SourceFrame> kNone;
  CodeTables* found = tables(file);
  if (!found) return kNone;
  if (const auto known = found->frames.find(file_offset); known != found->frames.end()) return known->second;
  if (!found->looked_for_sources && file.fd) {
    found->looked_for_sources = true;
    found->sources = SourceFrames::open(file.fd.get(), std::string(without_deleted(file.path)));
    keep_few();
  }
  const auto address = found->symbols.address(file_offset);
  if (!found->sources || !address) return kNone;
  if (found->frames.size() >= kMostFrames) found->frames.clear();
  return found->frames[file_offset] = found->sources->find(*address);
}

size_t CodeFiles::kept_sources() const {
  return static_cast<size_t>(
      std::ranges::count_if(tables_, [](const Kept& each) { return each.tables->sources != nullptr; }));
}

// The first is in use.
void CodeFiles::keep_few() {
  size_t bytes = 0, sources = 0;
  for (auto each = tables_.begin(); each != tables_.end();) {
    bytes += each->bytes;
    if (each != tables_.begin() && bytes > limits_.table_bytes) {
      bytes -= each->bytes;
      each = tables_.erase(each);
      continue;
    }
    if (each->tables->sources && ++sources > limits_.sources) {
      each->tables->sources.reset();
      each->tables->looked_for_sources = false;
    }
    ++each;
  }
}

}  // namespace tracer
