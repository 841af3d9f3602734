// From BTF's types to the language's (LANGUAGE 4): the rules, without any lookup by name.
#pragma once

#include <functional>
#include <optional>

#include "btf/btf_file.h"
#include "btf/type_db.h"

namespace tracer {

// A type in one of the blobs that a TypeDb holds.
struct BtfRef {
  const BtfFile* file = nullptr;
  uint32_t unit = 0;  // number of the blob: 0 is vmlinux, then modules in order of need
  uint32_t id = 0;

  const btf_type* type() const { return file->type(id); }
  BtfRef at(uint32_t other) const { return {file, unit, other}; }
};

// The CTypeId of a struct, union or enum. Types of vmlinux have one id, whichever module's blob
// led there.
CTypeId c_type_id(const BtfRef& ref);
constexpr uint32_t unit_of(CTypeId id) { return id >> 24; }
constexpr uint32_t btf_id_of(CTypeId id) { return id & BtfFile::kMaxId; }

// Typedefs, qualifiers and type tags taken off.
BtfRef strip(BtfRef ref);

// `space` is that of pointers that are not marked. Kind None for what the language has no type
// for (floating point).
Type to_type(const BtfRef& ref, AddressSpace space);

// Calls `each` for every member, those of anonymous members too, until it returns false.
// Offsets are from the start of `structure` (a BTF_KIND_STRUCT or UNION).
using MemberVisitor = std::function<bool(std::string_view name, const std::function<Field()>& field)>;
void for_each_member(const BtfRef& structure, AddressSpace space, const MemberVisitor& each);

std::vector<Enumerator> enumerators_of(const BtfRef& enumeration);
FunctionType function_type(const BtfRef& prototype, AddressSpace space);

}  // namespace tracer
