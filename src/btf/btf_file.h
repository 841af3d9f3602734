// The bytes of one BTF blob, read in place: the type section is indexed once, names are found by
// comparing string offsets. Knows the encoding and nothing of C.
#pragma once

#include <linux/btf.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tracer {

// Set of BTF_KIND_*, one bit each.
using KindMask = uint32_t;
constexpr KindMask kind_bit(uint32_t kind) { return 1u << kind; }

class BtfFile {
 public:
  // Ids are kept in 24 bits (c_type.h).
  static constexpr uint32_t kMaxId = (1u << 24) - 1;

  // `base` (borrowed, must outlive the result) is vmlinux's for a module's BTF, else null.
  static Result<std::unique_ptr<BtfFile>> open(const std::string& path, const BtfFile* base);
  static Result<std::unique_ptr<BtfFile>> parse(std::string bytes, const BtfFile* base);
  ~BtfFile();
  BtfFile(const BtfFile&) = delete;
  BtfFile& operator=(const BtfFile&) = delete;

  // Ids of this blob are [first_id, end_id); smaller ones are the base's.
  uint32_t first_id() const { return first_id_; }
  uint32_t end_id() const { return first_id_ + static_cast<uint32_t>(offsets_.size()); }
  // Null for 0 (void) and for ids that do not exist. What follows the header by its kind
  // (members, parameters, ...) was checked to lie inside the blob.
  const btf_type* type(uint32_t id) const;
  // Offset after the last of our strings: where those of a blob on top of this one begin.
  uint32_t end_string() const { return first_string_ + static_cast<uint32_t>(strings_size_); }
  // Empty for offsets outside.
  std::string_view string(uint32_t offset) const;
  std::string_view name(const btf_type* type) const { return string(type->name_off); }
  // True when `offset` holds that name.
  bool is_named(uint32_t offset, std::string_view name) const { return string(offset) == name; }

  // First type of this blob (not the base's) with that name and a kind of the mask; 0: none.
  uint32_t find(std::string_view name, KindMask kinds) const;
  // Offsets at which the string section has that name; one, save in blobs with duplicates.
  std::vector<uint32_t> string_offsets(std::string_view name) const;

 private:
  BtfFile() = default;
  Result<void> index();
  Result<void> check_header();

  std::string owned_;  // bytes given to parse()
  void* mapped_ = nullptr;
  size_t mapped_size_ = 0;
  const char* data_ = nullptr;
  size_t size_ = 0;

  const BtfFile* base_ = nullptr;
  const char* types_ = nullptr;
  size_t types_size_ = 0;
  const char* strings_ = nullptr;
  size_t strings_size_ = 0;
  uint32_t first_string_ = 0;  // offset of our first string: size of the base's strings
  uint32_t first_id_ = 1;
  std::vector<uint32_t> offsets_;  // of each type in the type section
};

}  // namespace tracer
