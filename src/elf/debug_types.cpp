#include "elf/debug_types.h"

#include <dwarf.h>
#include <linux/btf.h>

#include <algorithm>
#include <optional>

namespace tracer {

namespace {

constexpr int kMaxDepth = 48;
// Structures with their members that are kept of one program; pointers to others lead no further.
constexpr size_t kMaxBodies = 20000;
constexpr uint32_t kMaxMembers = 0xffff;

std::optional<uint64_t> number(Dwarf_Die* die, unsigned name) {
  Dwarf_Attribute attribute;
  Dwarf_Word value;
  if (!dwarf_attr_integrate(die, name, &attribute) || dwarf_formudata(&attribute, &value) != 0) return {};
  return value;
}

bool flag(Dwarf_Die* die, unsigned name) {
  Dwarf_Attribute attribute;
  bool value = false;
  return dwarf_attr_integrate(die, name, &attribute) && dwarf_formflag(&attribute, &value) == 0 && value;
}

std::string name_of(Dwarf_Die* die) {
  const char* name = dwarf_diename(die);
  return name ? name : "";
}

bool is_qualifier(int tag) {
  return tag == DW_TAG_const_type || tag == DW_TAG_volatile_type || tag == DW_TAG_restrict_type ||
         tag == DW_TAG_atomic_type;
}

bool is_pointer(int tag) {
  return tag == DW_TAG_pointer_type || tag == DW_TAG_reference_type || tag == DW_TAG_rvalue_reference_type;
}

bool referred_type(Dwarf_Die* die, Dwarf_Die& type) {
  Dwarf_Attribute attribute;
  return dwarf_attr_integrate(die, DW_AT_type, &attribute) && dwarf_formref_die(&attribute, &type);
}

uint32_t int_encoding(uint64_t encoding) {
  switch (encoding) {
    case DW_ATE_boolean:
      return BTF_INT_BOOL;
    case DW_ATE_signed:
    case DW_ATE_signed_char:
      return BTF_INT_SIGNED;
    default:
      return 0;
  }
}

// Elements of one dimension; 0 when open.
uint32_t elements(Dwarf_Die* range) {
  auto count = number(range, DW_AT_count);
  if (!count) {
    const auto last = number(range, DW_AT_upper_bound);
    // `int a[]` may say that its last index is -1.
    count = last && *last < UINT32_MAX ? *last + 1 : 0;
  }
  return *count <= UINT32_MAX ? static_cast<uint32_t>(*count) : 0;
}

// Bits from the record's start; none for members that have no place in it.
std::optional<uint64_t> member_bits(Dwarf_Die* member, uint32_t bit_size) {
  if (const auto bits = number(member, DW_AT_data_bit_offset)) return bits;
  const auto bytes = number(member, DW_AT_data_member_location);
  if (!bytes && !flag(member, DW_AT_external) && !flag(member, DW_AT_declaration)) return 0;  // of a union
  if (!bytes) return {};
  // DWARF 2 and 3 count from the most significant bit of the unit.
  const auto from_top = bit_size ? number(member, DW_AT_bit_offset) : std::nullopt;
  if (!from_top) return *bytes * 8;
  Dwarf_Die unit;
  const auto stated = number(member, DW_AT_byte_size);
  const uint64_t size = stated ? *stated : stripped_type(member, unit) ? type_size(&unit) : 0;
  const uint64_t top = *from_top + bit_size;
  return size * 8 >= top ? std::optional(*bytes * 8 + size * 8 - top) : std::nullopt;
}

}  // namespace

void each_child(Dwarf_Die* parent, const std::function<bool(Dwarf_Die*)>& visit) {
  Dwarf_Die child;
  if (dwarf_child(parent, &child) != 0) return;
  while (visit(&child)) {
    const void* before = child.addr;
    Dwarf_Die next;
    if (dwarf_siblingof(&child, &next) != 0 || next.addr <= before) return;
    child = next;
  }
}

bool stripped_type(Dwarf_Die* die, Dwarf_Die& type) {
  Dwarf_Die at = *die;
  for (int i = 0; i < kMaxDepth; ++i) {
    if (!referred_type(&at, type)) return false;
    const int tag = dwarf_tag(&type);
    if (tag != DW_TAG_typedef && !is_qualifier(tag)) return true;
    at = type;
  }
  return false;
}

uint64_t type_size(Dwarf_Die* type) {
  const int tag = dwarf_tag(type);
  if (is_pointer(tag)) return number(type, DW_AT_byte_size).value_or(8);
  Dwarf_Word size = 0;
  return dwarf_aggregate_size(type, &size) == 0 ? size : 0;
}

std::string type_text(Dwarf_Die* die) {
  std::string after;
  bool is_const = false;  // what comes next
  Dwarf_Die at = *die, type;
  for (int i = 0; i < kMaxDepth && referred_type(&at, type); ++i) {
    const int tag = dwarf_tag(&type);
    if (is_pointer(tag)) {
      const char* sign = tag == DW_TAG_pointer_type ? "*" : tag == DW_TAG_reference_type ? "&" : "&&";
      after.insert(0, std::string(sign) + (is_const ? " const" : ""));
      is_const = false;
    } else if (tag == DW_TAG_array_type) {
      after += "[]";
    } else if (tag == DW_TAG_subroutine_type) {
      return "void (" + after + ")()";
    } else if (is_qualifier(tag)) {
      is_const |= tag == DW_TAG_const_type;
    } else {
      const std::string name = name_of(&type);
      const char* kind = tag == DW_TAG_structure_type     ? "struct "
                         : tag == DW_TAG_union_type       ? "union "
                         : tag == DW_TAG_enumeration_type ? "enum "
                                                          : "";
      return (is_const ? "const " : "") + std::string(kind) + (name.empty() ? "(anonymous)" : name) + after;
    }
    at = type;
  }
  return (is_const ? "const void" : "void") + after;
}

uint32_t DebugTypes::type_of(Dwarf_Die* die) {
  Dwarf_Die referred;
  if (!referred_type(die, referred)) return 0;
  const uint32_t id = type(&referred, 0);
  fill_waiting();
  return id;
}

uint32_t DebugTypes::type(Dwarf_Die* die, int depth) {
  if (depth > kMaxDepth) return 0;
  if (const auto known = known_.find(die->addr); known != known_.end()) return known->second;
  const int tag = dwarf_tag(die);
  Dwarf_Die referred;
  if (is_qualifier(tag)) return referred_type(die, referred) ? type(&referred, depth + 1) : 0;
  if (is_pointer(tag) || tag == DW_TAG_typedef) {
    const bool pointer = tag != DW_TAG_typedef;
    const uint32_t kind = pointer ? BTF_KIND_PTR : BTF_KIND_TYPEDEF;
    const std::string name = pointer ? "" : name_of(die);
    const uint32_t id = known_[die->addr] = writer_.add(kind, name, 0);  // it may lead to itself
    const uint32_t to = referred_type(die, referred) ? type(&referred, depth + 1) : 0;
    writer_.set(id, kind, name, to, {}, 0, false);
    return id;
  }
  switch (tag) {
    case DW_TAG_base_type:
      return known_[die->addr] = base(die);
    case DW_TAG_structure_type:
    case DW_TAG_class_type:
      return record(die, BTF_KIND_STRUCT);
    case DW_TAG_union_type:
      return record(die, BTF_KIND_UNION);
    case DW_TAG_enumeration_type:
      return known_[die->addr] = enumeration(die);
    case DW_TAG_array_type:
      return known_[die->addr] = array(die, depth);
    case DW_TAG_subroutine_type:
      return known_[die->addr] = writer_.add(BTF_KIND_FUNC_PROTO, "", 0);
    default:
      return 0;
  }
}

uint32_t DebugTypes::base(Dwarf_Die* die) {
  const auto size = static_cast<uint32_t>(std::min<uint64_t>(type_size(die), 16));
  const uint64_t encoding = number(die, DW_AT_encoding).value_or(DW_ATE_unsigned);
  if (size == 0) return 0;
  if (encoding == DW_ATE_float || encoding == DW_ATE_complex_float || encoding == DW_ATE_decimal_float)
    return writer_.add(BTF_KIND_FLOAT, name_of(die), size);
  return writer_.add(BTF_KIND_INT, name_of(die), size, {int_encoding(encoding) << 24 | size * 8});
}

uint32_t DebugTypes::record(Dwarf_Die* die, uint32_t kind) {
  const std::string name = name_of(die);
  const bool whole = !flag(die, DW_AT_declaration) && bodies_ < kMaxBodies;
  if (!whole) return known_[die->addr] = writer_.add(BTF_KIND_FWD, name, 0, {}, 0, kind == BTF_KIND_UNION);
  ++bodies_;
  const auto size = static_cast<uint32_t>(std::min<uint64_t>(type_size(die), UINT32_MAX));
  const uint32_t id = known_[die->addr] = writer_.add(kind, name, size);
  waiting_.push_back({id, kind, *die});
  return id;
}

void DebugTypes::fill_waiting() {
  while (!waiting_.empty()) {
    Waiting next = waiting_.front();
    waiting_.pop_front();
    fill(next.id, next.kind, &next.die);
  }
}

void DebugTypes::fill(uint32_t id, uint32_t kind, Dwarf_Die* die) {
  BtfWriter::Words words;
  uint32_t count = 0;
  const auto size = static_cast<uint32_t>(std::min<uint64_t>(type_size(die), UINT32_MAX));
  each_child(die, [&](Dwarf_Die* child) {
    const int tag = dwarf_tag(child);
    if ((tag == DW_TAG_member || tag == DW_TAG_inheritance) && add_member(child, size, words)) ++count;
    return count < kMaxMembers;
  });
  writer_.set(id, kind, name_of(die), size, std::move(words), count, true);
}

// A base class is a member without name: its own members are found in it.
bool DebugTypes::add_member(Dwarf_Die* member, uint32_t record_size, BtfWriter::Words& words) {
  const auto bit_size =
      static_cast<uint32_t>(std::min<uint64_t>(number(member, DW_AT_bit_size).value_or(0), 64));
  const auto bits = member_bits(member, bit_size);
  Dwarf_Die referred;
  if (!bits || *bits > 0xffffff || *bits > uint64_t{record_size} * 8 || !referred_type(member, referred))
    return false;
  const std::string name = dwarf_tag(member) == DW_TAG_inheritance ? "" : name_of(member);
  if (bit_size && name.empty()) return false;  // padding
  const uint32_t of = type(&referred, 0);
  words.insert(words.end(), {writer_.string(name), of, bit_size << 24 | static_cast<uint32_t>(*bits)});
  return true;
}

uint32_t DebugTypes::enumeration(Dwarf_Die* die) {
  const auto size =
      static_cast<uint32_t>(type_size(die) == 8 ? 8 : std::clamp<uint64_t>(type_size(die), 1, 4));
  BtfWriter::Words words;
  uint32_t count = 0;
  bool negative = false;
  each_child(die, [&](Dwarf_Die* child) {
    Dwarf_Attribute attribute;
    Dwarf_Sword value = 0;
    if (dwarf_tag(child) != DW_TAG_enumerator || !dwarf_attr(child, DW_AT_const_value, &attribute) ||
        dwarf_formsdata(&attribute, &value) != 0)
      return true;
    negative |= value < 0;
    words.insert(words.end(), {writer_.string(name_of(child)), static_cast<uint32_t>(value)});
    if (size == 8) words.push_back(static_cast<uint32_t>(static_cast<uint64_t>(value) >> 32));
    return ++count < kMaxMembers;
  });
  return writer_.add(size == 8 ? BTF_KIND_ENUM64 : BTF_KIND_ENUM, name_of(die), size, std::move(words), count,
                     negative);
}

uint32_t DebugTypes::index_type() {
  if (index_type_ == 0) index_type_ = writer_.add(BTF_KIND_INT, "unsigned long", 8, {64});
  return index_type_;
}

uint32_t DebugTypes::array(Dwarf_Die* die, int depth) {
  Dwarf_Die element;
  if (!referred_type(die, element)) return 0;
  std::vector<uint32_t> dimensions;
  each_child(die, [&](Dwarf_Die* child) {
    if (dwarf_tag(child) == DW_TAG_subrange_type) dimensions.push_back(elements(child));
    return dimensions.size() < 16;
  });
  uint32_t of = type(&element, depth + 1);
  if (of == 0) return 0;
  if (dimensions.empty()) dimensions.push_back(0);
  for (auto count = dimensions.rbegin(); count != dimensions.rend(); ++count)
    of = writer_.add(BTF_KIND_ARRAY, "", 0, {of, index_type(), *count});
  return of;
}

}  // namespace tracer
