#include "elf/debug_places.h"

#include <dwarf.h>

#include <algorithm>
#include <cstdlib>

#include "elf/debug_types.h"

namespace tracer {

namespace {

using Kind = ValuePlace::Kind;

constexpr uint64_t kWord = 8;
constexpr uint64_t kMostInRegisters = 16;
constexpr int kMaxDepth = 16;

std::optional<int32_t> breg(const Dwarf_Op& op) {
  if (op.atom >= DW_OP_breg0 && op.atom <= DW_OP_breg31) return op.atom - DW_OP_breg0;
  return {};
}

std::optional<int32_t> reg(const Dwarf_Op& op) {
  if (op.atom >= DW_OP_reg0 && op.atom <= DW_OP_reg31) return op.atom - DW_OP_reg0;
  if (op.atom == DW_OP_regx) return static_cast<int32_t>(op.number);
  return {};
}

// `DW_OP_lit3 DW_OP_stack_value` and the like.
std::optional<int64_t> constant_of(const Dwarf_Op* ops, size_t count) {
  if (count != 2 || ops[1].atom != DW_OP_stack_value) return {};
  const uint8_t atom = ops[0].atom;
  if (atom >= DW_OP_lit0 && atom <= DW_OP_lit31) return atom - DW_OP_lit0;
  if (atom >= DW_OP_const1u && atom <= DW_OP_consts) return static_cast<int64_t>(ops[0].number);
  return {};
}

// The canonical frame address, as a register and a distance.
ValuePlace frame_address(uint64_t address, Dwarf_CFI* const frames[2]) {
  for (Dwarf_CFI* table : {frames[0], frames[1]}) {
    Dwarf_Frame* frame = nullptr;
    if (!table || dwarf_cfi_addrframe(table, address, &frame) != 0) continue;
    Dwarf_Op* ops = nullptr;
    size_t count = 0;
    ValuePlace place;
    if (dwarf_frame_cfa(frame, &ops, &count) == 0 && count == 1) {
      if (const auto base = breg(ops[0]))
        place = {Kind::Memory, *base, static_cast<int64_t>(ops[0].number)};
      else if (ops[0].atom == DW_OP_bregx)
        place = {Kind::Memory, static_cast<int32_t>(ops[0].number), static_cast<int64_t>(ops[0].number2)};
    }
    std::free(frame);
    if (place.kind == Kind::Memory) return place;
  }
  return {Kind::Unknown};
}

// What DW_OP_fbreg counts from.
ValuePlace frame_base(Dwarf_Die* function, uint64_t address, Dwarf_CFI* const frames[2]) {
  Dwarf_Attribute attribute;
  Dwarf_Op* ops = nullptr;
  size_t count = 0;
  if (!dwarf_attr_integrate(function, DW_AT_frame_base, &attribute) ||
      dwarf_getlocation_addr(&attribute, address, &ops, &count, 1) != 1 || count != 1)
    return {Kind::Unknown};
  if (ops[0].atom == DW_OP_call_frame_cfa) return frame_address(address, frames);
  if (const auto base = reg(ops[0])) return {Kind::Memory, *base, 0};
  if (const auto base = breg(ops[0])) return {Kind::Memory, *base, static_cast<int64_t>(ops[0].number)};
  return {Kind::Unknown};
}

bool is_float(Dwarf_Die* type) {
  Dwarf_Attribute attribute;
  Dwarf_Word encoding = 0;
  return dwarf_tag(type) == DW_TAG_base_type && dwarf_attr(type, DW_AT_encoding, &attribute) &&
         dwarf_formudata(&attribute, &encoding) == 0 &&
         (encoding == DW_ATE_float || encoding == DW_ATE_complex_float);
}

bool is_record(int tag) {
  return tag == DW_TAG_structure_type || tag == DW_TAG_class_type || tag == DW_TAG_union_type;
}

bool is_aggregate(int tag) { return is_record(tag) || tag == DW_TAG_array_type; }

// Marks the words of a structure that hold something other than floating-point numbers.
void mark_integers(Dwarf_Die* type, uint64_t offset, bool (&integer)[2], int depth) {
  if (depth > kMaxDepth) return;
  if (is_float(type)) return;
  const int tag = dwarf_tag(type);
  if (!is_record(tag)) {
    Dwarf_Die element;
    if (tag == DW_TAG_array_type && stripped_type(type, element) && is_float(&element)) return;
    const uint64_t last = offset + std::max<uint64_t>(type_size(type), 1) - 1;
    for (uint64_t word = offset / kWord; word <= last / kWord && word < 2; ++word) integer[word] = true;
    return;
  }
  each_child(type, [&](Dwarf_Die* child) {
    const int kind = dwarf_tag(child);
    if (kind != DW_TAG_member && kind != DW_TAG_inheritance) return true;
    Dwarf_Attribute attribute;
    Dwarf_Word at = 0;
    if (dwarf_attr(child, DW_AT_data_bit_offset, &attribute)) {
      dwarf_formudata(&attribute, &at);
      at /= 8;
    } else if (dwarf_attr(child, DW_AT_data_member_location, &attribute)) {
      dwarf_formudata(&attribute, &at);
    } else if (dwarf_attr(child, DW_AT_external, &attribute)) {
      return true;  // static
    }
    Dwarf_Die member;
    if (stripped_type(child, member)) mark_integers(&member, offset + at, integer, depth + 1);
    return true;
  });
}

// C++ passes the address of objects whose copies must be made by code.
bool passed_by_address(Dwarf_Die* type) {
  Dwarf_Attribute attribute;
  Dwarf_Word convention = 0;
  return dwarf_attr(type, DW_AT_calling_convention, &attribute) &&
         dwarf_formudata(&attribute, &convention) == 0 && convention == DW_CC_pass_by_reference;
}

}  // namespace

ValuePlace place_at(Dwarf_Die* parameter, Dwarf_Die* function, uint64_t address, Dwarf_CFI* const frames[2]) {
  Dwarf_Attribute attribute;
  Dwarf_Sword constant = 0;
  if (dwarf_attr_integrate(parameter, DW_AT_const_value, &attribute) &&
      dwarf_formsdata(&attribute, &constant) == 0)
    return {Kind::Constant, -1, constant};
  Dwarf_Op* ops = nullptr;
  size_t count = 0;
  if (!dwarf_attr_integrate(parameter, DW_AT_location, &attribute) ||
      dwarf_getlocation_addr(&attribute, address, &ops, &count, 1) != 1 || count == 0)
    return {};
  if (const auto value = constant_of(ops, count)) return {Kind::Constant, -1, *value};
  if (count != 1) return {Kind::Unknown};
  if (const auto in = reg(ops[0])) return {Kind::Register, *in, 0};
  if (const auto base = breg(ops[0])) return {Kind::Memory, *base, static_cast<int64_t>(ops[0].number)};
  if (ops[0].atom != DW_OP_fbreg) return {Kind::Unknown};
  ValuePlace place = frame_base(function, address, frames);
  // As the machine adds addresses; in a damaged file the sum may wrap.
  place.displacement = static_cast<int64_t>(static_cast<uint64_t>(place.displacement) + ops[0].number);
  return place;
}

PassedValue how_passed(Dwarf_Die* typed) {
  Dwarf_Die type;
  if (!stripped_type(typed, type)) return {Passing::Nothing, 0, false};
  const uint64_t size = type_size(&type);
  if (is_float(&type)) return {size <= kWord ? Passing::Float : Passing::Memory, 0, false};
  if (!is_aggregate(dwarf_tag(&type))) {
    const bool wide = size > kWord && size <= kMostInRegisters;
    return {Passing::Integer, wide ? 2u : 1u, wide};
  }
  if (passed_by_address(&type)) return {Passing::Integer, 1, true};
  if (size == 0 || size > kMostInRegisters) return {Passing::Memory, 0, true};
  bool integer[2] = {false, false};
  mark_integers(&type, 0, integer, 0);
  const bool two = size > kWord;
  if (!integer[0] && !(two && integer[1])) return {Passing::Float, 0, true};
  const bool mixed = two && integer[0] != integer[1];
  return {mixed ? Passing::Float : Passing::Integer, uint32_t{integer[0]} + (two && integer[1]), true};
}

}  // namespace tracer
