// Makes a BTF blob of types that come from elsewhere than a file. Knows the encoding and nothing
// of C.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "btf/btf_file.h"

namespace tracer {

class BtfWriter {
 public:
  // The blob continues that of `base` (null: stands alone): ids and string offsets follow its own,
  // types may refer to it.
  explicit BtfWriter(const BtfFile* base);

  // The words after a type's header, as linux/btf.h has them.
  using Words = std::vector<uint32_t>;

  // Ids count up in the order of these calls. `size_or_type`: the type's size, or the id of what
  // it refers to.
  uint32_t add(uint32_t kind, std::string_view name, uint32_t size_or_type, Words words = {},
               uint32_t length = 0, bool flag = false);
  // For types that refer to themselves: the id first, what it is later.
  void set(uint32_t id, uint32_t kind, std::string_view name, uint32_t size_or_type, Words words,
           uint32_t length, bool flag);
  uint32_t string(std::string_view text);

  // The whole blob, for BtfFile::parse.
  std::string bytes() const;

 private:
  struct Entry {
    btf_type header{};
    Words words;
  };
  uint32_t first_id_;
  uint32_t first_string_;
  std::string strings_;
  std::map<std::string, uint32_t, std::less<>> known_strings_;
  std::vector<Entry> entries_;
};

}  // namespace tracer
