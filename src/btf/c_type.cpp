#include "btf/c_type.h"

#include <algorithm>

namespace tracer {
namespace {

// Longest chain of typedefs, qualifiers, pointers and array dimensions that is followed: damaged
// BTF may have circles.
constexpr int kMaxChain = 64;
constexpr int kMaxAnonymousDepth = 16;

template <typename T>
const T* after(const btf_type* type) {
  return reinterpret_cast<const T*>(type + 1);
}
uint32_t kind(const btf_type* type) { return type ? BTF_INFO_KIND(type->info) : uint32_t{BTF_KIND_UNKN}; }
uint32_t length(const btf_type* type) { return BTF_INFO_VLEN(type->info); }
bool flag(const btf_type* type) { return BTF_INFO_KFLAG(type->info); }

bool is_transparent(uint32_t k) {
  return k == BTF_KIND_TYPEDEF || k == BTF_KIND_CONST || k == BTF_KIND_VOLATILE || k == BTF_KIND_RESTRICT ||
         k == BTF_KIND_TYPE_TAG;
}

Type convert(const BtfRef& ref, AddressSpace space, int depth);

Type convert_int(const btf_type* type) {
  uint32_t encoding = BTF_INT_ENCODING(*after<uint32_t>(type));
  if (encoding & BTF_INT_BOOL) return type->size == 1 ? bool_type() : int_type(type->size, false);
  // __int128 is no integer of the language; its halves can be read.
  if (type->size == 16) return array_type(int_type(8, false), 2);
  if (type->size != 1 && type->size != 2 && type->size != 4 && type->size != 8) return {};
  return int_type(type->size, encoding & BTF_INT_SIGNED);
}

Type convert_named(const BtfRef& ref, const btf_type* type, TypeKind to) {
  Type result;
  result.kind = to;
  result.size = type->size;
  result.name = ref.file->name(type);
  result.c_type = c_type_id(ref);
  return result;
}

Type convert_struct(const BtfRef& ref, const btf_type* type) {
  Type result = convert_named(ref, type, TypeKind::Struct);
  bool forward = kind(type) == BTF_KIND_FWD;
  result.is_union = forward ? flag(type) : kind(type) == BTF_KIND_UNION;
  if (forward) result.size = 0;
  return result;
}

Type convert_enum(const BtfRef& ref, const btf_type* type) {
  Type result = convert_named(ref, type, TypeKind::Enum);
  result.is_signed = flag(type);
  return result;
}

// The tags that stand between a pointer and what it points to: `__user`, `__percpu`, `__rcu`.
struct PointerTags {
  bool user = false;
  bool cannot_follow = false;
};

PointerTags pointer_tags(BtfRef pointee) {
  PointerTags tags;
  for (int i = 0; i < kMaxChain; i++) {
    const btf_type* type = pointee.type();
    if (!is_transparent(kind(type))) break;
    if (kind(type) == BTF_KIND_TYPE_TAG && !flag(type)) {
      std::string_view tag = pointee.file->name(type);
      if (tag == "user")
        tags.user = true;
      else if (tag != "rcu")
        tags.cannot_follow = true;
    }
    pointee.id = type->type;
  }
  return tags;
}

Type convert_pointer(const BtfRef& ref, const btf_type* type, AddressSpace space, int depth) {
  BtfRef pointee = ref.at(type->type);
  PointerTags tags = pointer_tags(pointee);
  if (tags.user) space = AddressSpace::User;
  uint32_t target = kind(strip(pointee).type());
  if (tags.cannot_follow || target == BTF_KIND_UNKN || target == BTF_KIND_FUNC_PROTO)
    return void_pointer_type(space);
  Type to = convert(pointee, space, depth + 1);
  return to.is(TypeKind::None) ? void_pointer_type(space) : pointer_type(std::move(to), space);
}

Type convert_array(const BtfRef& ref, const btf_type* type, AddressSpace space, int depth) {
  const auto& array = *after<btf_array>(type);
  Type element = convert(ref.at(array.type), space, depth + 1);
  if (element.is(TypeKind::None)) return {};
  if (element.is(TypeKind::Int) && element.size == 1 && array.nelems > 0) return string_type(array.nelems);
  if (element.size != 0 && array.nelems > UINT32_MAX / element.size) return {};
  return array_type(std::move(element), array.nelems);
}

Type convert(const BtfRef& start, AddressSpace space, int depth) {
  if (depth > kMaxChain) return {};
  BtfRef ref = strip(start);
  const btf_type* type = ref.type();
  switch (kind(type)) {
    case BTF_KIND_UNKN:
      return ref.id == 0 ? void_type() : Type();
    case BTF_KIND_INT:
      return convert_int(type);
    case BTF_KIND_PTR:
      return convert_pointer(ref, type, space, depth);
    case BTF_KIND_ARRAY:
      return convert_array(ref, type, space, depth);
    case BTF_KIND_STRUCT:
    case BTF_KIND_UNION:
    case BTF_KIND_FWD:
      break;
    case BTF_KIND_ENUM:
    case BTF_KIND_ENUM64:
      return convert_enum(ref, type);
    default:
      return {};
  }
  Type result = convert_struct(ref, type);
  // `typedef struct { ... } atomic_t`: the typedef is the only name there is.
  for (BtfRef at = start; result.name.empty() && kind(at.type()) != kind(type); at.id = at.type()->type) {
    if (kind(at.type()) == BTF_KIND_TYPEDEF) result.name = at.file->name(at.type());
  }
  return result;
}

// Where a bit-field stands: a unit of its type's size that holds all its bits. Returns false
// when there is none (a packed field over nine bytes).
bool place_bit_field(Field& field, uint32_t bit_offset, uint32_t bit_size, uint32_t struct_size) {
  uint32_t unit = field.type.size;
  if (unit == 0 || bit_size > unit * 8) return false;
  field.bit_size = bit_size;
  field.offset = bit_offset / (unit * 8) * unit;
  field.bit_offset = bit_offset - field.offset * 8;
  bool fits = field.bit_offset + bit_size <= unit * 8 && field.offset + unit <= struct_size;
  if (fits) return true;
  // Packed: begin at the byte, or as late as the struct's end allows.
  field.offset = bit_offset / 8;
  if (struct_size >= unit && field.offset + unit > struct_size) field.offset = struct_size - unit;
  field.bit_offset = bit_offset - field.offset * 8;
  return field.bit_offset + bit_size <= unit * 8;
}

struct MemberPlace {
  uint32_t bit_offset = 0;
  uint32_t bit_size = 0;  // 0: no bit-field
};

// Two encodings: since 4.16 (kind flag) the size of a bit-field stands in the member, before in
// the integer type, whose offset counts too.
MemberPlace member_place(const BtfRef& structure, const btf_member& member) {
  if (flag(structure.type())) {
    uint32_t size = BTF_MEMBER_BITFIELD_SIZE(member.offset);
    return {BTF_MEMBER_BIT_OFFSET(member.offset), size};
  }
  MemberPlace place{member.offset, 0};
  const btf_type* type = strip(structure.at(member.type)).type();
  if (kind(type) != BTF_KIND_INT) return place;
  uint32_t encoding = *after<uint32_t>(type);
  uint32_t bits = BTF_INT_BITS(encoding);
  place.bit_offset += BTF_INT_OFFSET(encoding);
  if (bits != type->size * 8 || place.bit_offset % 8 != 0) place.bit_size = bits;
  return place;
}

Field make_field(const BtfRef& structure, const btf_member& member, uint32_t base_offset,
                 AddressSpace space) {
  Field field;
  field.name = structure.file->string(member.name_off);
  field.type = convert(structure.at(member.type), space, 0);
  MemberPlace place = member_place(structure, member);
  if (place.bit_size == 0) {
    field.offset = place.bit_offset / 8;
  } else if (!place_bit_field(field, place.bit_offset, place.bit_size, structure.type()->size)) {
    field.type = {};
  }
  field.offset += base_offset;
  return field;
}

bool visit_members(const BtfRef& structure, uint32_t base_offset, AddressSpace space,
                   const MemberVisitor& each, int depth) {
  const btf_type* type = structure.type();
  if (depth > kMaxAnonymousDepth || (kind(type) != BTF_KIND_STRUCT && kind(type) != BTF_KIND_UNION))
    return true;
  const auto* members = after<btf_member>(type);
  for (uint32_t i = 0; i < length(type); i++) {
    const btf_member& member = members[i];
    std::string_view name = structure.file->string(member.name_off);
    if (name.empty()) {
      uint32_t offset = base_offset + member_place(structure, member).bit_offset / 8;
      if (!visit_members(strip(structure.at(member.type)), offset, space, each, depth + 1)) return false;
    } else if (!each(name, [&] { return make_field(structure, member, base_offset, space); })) {
      return false;
    }
  }
  return true;
}

}  // namespace

CTypeId c_type_id(const BtfRef& ref) {
  uint32_t unit = ref.id < ref.file->first_id() ? 0 : ref.unit;
  return unit << 24 | ref.id;
}

BtfRef strip(BtfRef ref) {
  for (int i = 0; i < kMaxChain; i++) {
    const btf_type* type = ref.type();
    if (!is_transparent(kind(type))) return ref;
    ref.id = type->type;
  }
  return ref.at(BtfFile::kMaxId);  // a circle: no type
}

Type to_type(const BtfRef& ref, AddressSpace space) { return convert(ref, space, 0); }

void for_each_member(const BtfRef& structure, AddressSpace space, const MemberVisitor& each) {
  visit_members(structure, 0, space, each, 0);
}

std::vector<Enumerator> enumerators_of(const BtfRef& enumeration) {
  std::vector<Enumerator> result;
  const btf_type* type = enumeration.type();
  if (kind(type) != BTF_KIND_ENUM && kind(type) != BTF_KIND_ENUM64) return result;
  result.reserve(length(type));
  for (uint32_t i = 0; i < length(type); i++) {
    if (kind(type) == BTF_KIND_ENUM) {
      const auto& row = after<btf_enum>(type)[i];
      // Kernels before 6.0 never set the sign flag, yet write negative values.
      result.push_back({std::string(enumeration.file->string(row.name_off)), row.val});
    } else {
      const auto& row = after<btf_enum64>(type)[i];
      uint64_t value = static_cast<uint64_t>(row.val_hi32) << 32 | row.val_lo32;
      result.push_back({std::string(enumeration.file->string(row.name_off)), static_cast<int64_t>(value)});
    }
  }
  return result;
}

FunctionType function_type(const BtfRef& prototype, AddressSpace space) {
  FunctionType result;
  const btf_type* type = prototype.type();
  result.result = convert(prototype.at(type->type), space, 0);
  const auto* parameters = after<btf_param>(type);
  for (uint32_t i = 0; i < length(type); i++) {
    const btf_param& parameter = parameters[i];
    if (parameter.type == 0) {  // `...` is encoded as a last parameter of no type
      result.variadic = true;
      continue;
    }
    Field field;
    field.name = prototype.file->string(parameter.name_off);
    field.type = convert(prototype.at(parameter.type), space, 0);
    result.parameters.push_back(std::move(field));
  }
  return result;
}

}  // namespace tracer
