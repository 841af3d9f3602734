#include "btf/btf_writer.h"

namespace tracer {
namespace {

void append(std::string& bytes, const void* data, size_t size) {
  bytes.append(static_cast<const char*>(data), size);
}

}  // namespace

BtfWriter::BtfWriter(const BtfFile* base)
    : first_id_(base ? base->end_id() : 1), first_string_(base ? base->end_string() : 0) {
  strings_.push_back('\0');  // offset 0 of a blob that stands alone is the empty name
}

uint32_t BtfWriter::string(std::string_view text) {
  if (text.empty()) return 0;
  if (auto known = known_strings_.find(text); known != known_strings_.end()) return known->second;
  auto offset = first_string_ + static_cast<uint32_t>(strings_.size());
  strings_ += text;
  strings_ += '\0';
  known_strings_.emplace(text, offset);
  return offset;
}

uint32_t BtfWriter::add(uint32_t kind, std::string_view name, uint32_t size_or_type, Words words,
                        uint32_t length, bool flag) {
  entries_.emplace_back();
  uint32_t id = first_id_ + static_cast<uint32_t>(entries_.size()) - 1;
  set(id, kind, name, size_or_type, std::move(words), length, flag);
  return id;
}

void BtfWriter::set(uint32_t id, uint32_t kind, std::string_view name, uint32_t size_or_type, Words words,
                    uint32_t length, bool flag) {
  Entry& entry = entries_[id - first_id_];
  entry.header.name_off = string(name);
  entry.header.info = uint32_t{flag} << 31 | kind << 24 | length;
  entry.header.size = size_or_type;
  entry.words = std::move(words);
}

std::string BtfWriter::bytes() const {
  std::string types;
  for (const Entry& entry : entries_) {
    append(types, &entry.header, sizeof entry.header);
    append(types, entry.words.data(), entry.words.size() * sizeof(uint32_t));
  }
  btf_header header{};
  header.magic = BTF_MAGIC;
  header.version = BTF_VERSION;
  header.hdr_len = sizeof header;
  header.type_len = static_cast<uint32_t>(types.size());
  header.str_off = header.type_len;
  header.str_len = static_cast<uint32_t>(strings_.size());
  std::string result;
  append(result, &header, sizeof header);
  return result + types + strings_;
}

}  // namespace tracer
