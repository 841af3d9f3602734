#include "btf/btf_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/unique_fd.h"

namespace tracer {
namespace {

// Bytes that follow a type's header; -1 for a kind that is not known.
int64_t bytes_after_header(const btf_type& type) {
  int64_t count = BTF_INFO_VLEN(type.info);
  switch (BTF_INFO_KIND(type.info)) {
    case BTF_KIND_INT:
    case BTF_KIND_VAR:
    case BTF_KIND_DECL_TAG:
      return 4;
    case BTF_KIND_ARRAY:
      return sizeof(btf_array);
    case BTF_KIND_STRUCT:
    case BTF_KIND_UNION:
      return count * static_cast<int64_t>(sizeof(btf_member));
    case BTF_KIND_ENUM:
      return count * static_cast<int64_t>(sizeof(btf_enum));
    case BTF_KIND_ENUM64:
      return count * static_cast<int64_t>(sizeof(btf_enum64));
    case BTF_KIND_FUNC_PROTO:
      return count * static_cast<int64_t>(sizeof(btf_param));
    case BTF_KIND_DATASEC:
      return count * static_cast<int64_t>(sizeof(btf_var_secinfo));
    case BTF_KIND_PTR:
    case BTF_KIND_FWD:
    case BTF_KIND_TYPEDEF:
    case BTF_KIND_VOLATILE:
    case BTF_KIND_CONST:
    case BTF_KIND_RESTRICT:
    case BTF_KIND_FUNC:
    case BTF_KIND_FLOAT:
    case BTF_KIND_TYPE_TAG:
      return 0;
    default:
      return -1;
  }
}

Result<size_t> read_all(int fd, char* to, size_t size) {
  size_t done = 0;
  while (done < size) {
    ssize_t got = ::read(fd, to + done, size - done);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail(std::strerror(errno));
    if (got == 0) break;
    done += static_cast<size_t>(got);
  }
  return done;
}

}  // namespace

BtfFile::~BtfFile() {
  if (mapped_) ::munmap(mapped_, mapped_size_);
}

// Kernels since 6.16 let vmlinux's BTF be mapped, which spares copying it. Only what sysfs serves is
// mapped: an ordinary file could shrink under us. Other bytes are read into fresh pages at once, which
// costs a third of what faulting them in one by one does.
Result<std::unique_ptr<BtfFile>> BtfFile::open(const std::string& path, const BtfFile* base) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return fail("cannot open `" + path + "`: " + std::strerror(errno));
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0 || !S_ISREG(info.st_mode)) return fail("`" + path + "` is not a file");
  if (info.st_size == 0) return fail("`" + path + "` is empty");
  std::unique_ptr<BtfFile> file(new BtfFile);
  file->base_ = base;
  file->mapped_size_ = file->size_ = static_cast<size_t>(info.st_size);
  void* map = MAP_FAILED;
  if (path.starts_with("/sys/"))
    map = ::mmap(nullptr, file->size_, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd.get(), 0);
  if (map == MAP_FAILED) {
    map = ::mmap(nullptr, file->size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1,
                 0);
    if (map == MAP_FAILED) return fail("no memory for `" + path + "`");
    auto got = read_all(fd.get(), static_cast<char*>(map), file->size_);
    if (!got) {
      ::munmap(map, file->mapped_size_);
      return fail("cannot read `" + path + "`: " + got.error().text);
    }
    file->size_ = *got;
  }
  file->mapped_ = map;
  file->data_ = static_cast<const char*>(map);
  if (auto done = file->index(); !done) return fail("`" + path + "` is no valid BTF: " + done.error().text);
  return file;
}

Result<std::unique_ptr<BtfFile>> BtfFile::parse(std::string bytes, const BtfFile* base) {
  std::unique_ptr<BtfFile> file(new BtfFile);
  file->base_ = base;
  file->owned_ = std::move(bytes);
  file->data_ = file->owned_.data();
  file->size_ = file->owned_.size();
  if (auto done = file->index(); !done) return std::unexpected(done.error());
  return file;
}

Result<void> BtfFile::check_header() {
  btf_header header{};
  if (size_ < sizeof header) return fail("it is too short for a header");
  std::memcpy(&header, data_, sizeof header);
  if (header.magic == __builtin_bswap16(BTF_MAGIC)) return fail("it is of the other byte order");
  if (header.magic != BTF_MAGIC) return fail("it does not begin with the BTF magic number");
  if (header.version != BTF_VERSION) return fail("its version is unknown");
  if (header.hdr_len < sizeof header || header.hdr_len > size_) return fail("its header is damaged");
  uint64_t rest = size_ - header.hdr_len;
  auto inside = [&](uint64_t offset, uint64_t length) { return offset <= rest && length <= rest - offset; };
  if (!inside(header.type_off, header.type_len) || !inside(header.str_off, header.str_len))
    return fail("a section lies outside the data");
  if ((header.hdr_len + header.type_off) % 4 != 0) return fail("its types are not aligned");
  types_ = data_ + header.hdr_len + header.type_off;
  types_size_ = header.type_len;
  strings_ = data_ + header.hdr_len + header.str_off;
  strings_size_ = header.str_len;
  // A final NUL makes every offset inside the section a terminated string.
  if (strings_size_ == 0 || strings_[strings_size_ - 1] != '\0')
    return fail("its strings are not terminated");
  return {};
}

Result<void> BtfFile::index() {
  if (auto header = check_header(); !header) return header;
  if (base_) {
    first_id_ = base_->end_id();
    first_string_ = base_->first_string_ + static_cast<uint32_t>(base_->strings_size_);
  }
  offsets_.reserve(types_size_ / 24);  // a kernel's types take 25 bytes on average
  size_t offset = 0;
  while (offset < types_size_) {
    if (types_size_ - offset < sizeof(btf_type)) return fail("its last type is cut off");
    const auto& type = *reinterpret_cast<const btf_type*>(types_ + offset);
    int64_t more = bytes_after_header(type);
    if (more < 0) return fail("it has a type of unknown kind " + std::to_string(BTF_INFO_KIND(type.info)));
    if (types_size_ - offset - sizeof(btf_type) < static_cast<uint64_t>(more))
      return fail("its last type is cut off");
    offsets_.push_back(static_cast<uint32_t>(offset));
    offset += sizeof(btf_type) + static_cast<size_t>(more);
  }
  if (end_id() > kMaxId) return fail("it has too many types");
  return {};
}

const btf_type* BtfFile::type(uint32_t id) const {
  if (id < first_id_) return base_ ? base_->type(id) : nullptr;
  uint32_t index = id - first_id_;
  if (index >= offsets_.size()) return nullptr;
  return reinterpret_cast<const btf_type*>(types_ + offsets_[index]);
}

std::string_view BtfFile::string(uint32_t offset) const {
  if (offset < first_string_) return base_->string(offset);
  uint32_t own = offset - first_string_;
  return own < strings_size_ ? std::string_view(strings_ + own) : std::string_view();
}

std::vector<uint32_t> BtfFile::string_offsets(std::string_view name) const {
  std::vector<uint32_t> found = base_ ? base_->string_offsets(name) : std::vector<uint32_t>();
  if (name.empty()) return found;
  std::string needle = '\0' + std::string(name) + '\0';
  // The section begins with the empty string; a module's own begins with a name at once.
  if (strings_size_ > name.size() && std::string_view(strings_) == name) found.push_back(first_string_);
  const char* end = strings_ + strings_size_;
  for (const char* at = strings_; at < end;) {
    auto* hit =
        static_cast<const char*>(::memmem(at, static_cast<size_t>(end - at), needle.data(), needle.size()));
    if (!hit) break;
    found.push_back(first_string_ + static_cast<uint32_t>(hit + 1 - strings_));
    at = hit + 1;
  }
  return found;
}

uint32_t BtfFile::find(std::string_view name, KindMask kinds) const {
  std::vector<uint32_t> names = string_offsets(name);
  if (names.empty()) return 0;
  uint32_t first = names.front();
  for (size_t i = 0; i < offsets_.size(); i++) {
    const auto& type = *reinterpret_cast<const btf_type*>(types_ + offsets_[i]);
    bool named = type.name_off == first ||
                 (names.size() > 1 && std::find(names.begin(), names.end(), type.name_off) != names.end());
    if (named && (kinds & kind_bit(BTF_INFO_KIND(type.info)))) return first_id_ + static_cast<uint32_t>(i);
  }
  return 0;
}

}  // namespace tracer
