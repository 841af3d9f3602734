#include "btf/clang_types.h"

#include <linux/btf.h>

namespace tracer {
namespace {

constexpr KindMask kStructs = kind_bit(BTF_KIND_STRUCT) | kind_bit(BTF_KIND_UNION);
constexpr KindMask kEnums = kind_bit(BTF_KIND_ENUM) | kind_bit(BTF_KIND_ENUM64);
constexpr const char* kUserTag = "btf_type_tag(user)";

struct Member {
  CXCursor cursor;
};

std::vector<Member> members_of(const LibClang& clang, CXType type) {
  std::vector<Member> members;
  clang.Type_visitFields(
      type,
      [](CXCursor cursor, CXClientData data) {
        static_cast<std::vector<Member>*>(data)->push_back({cursor});
        return CXVisit_Continue;
      },
      &members);
  return members;
}

}  // namespace

void ClangTypes::add(CXCursor declaration) { declared(declaration); }

// Declarations without a name have texts like `struct (unnamed at file.c:1:1)`.
std::string ClangTypes::name_of(CXCursor cursor) const {
  std::string name = clang_.text(clang_.getCursorSpelling(cursor));
  return name.find_first_of("( ") == std::string::npos ? name : std::string();
}

CXCursor ClangTypes::definition_of(CXCursor declaration) const {
  CXCursor definition = clang_.getCursorDefinition(declaration);
  return clang_.Cursor_isNull(definition) ? clang_.getCanonicalCursor(declaration) : definition;
}

uint32_t ClangTypes::from_kernel(const std::string& name, KindMask kinds) const {
  return base_ && !name.empty() ? base_->find(name, kinds) : 0;
}

uint32_t ClangTypes::declared(CXCursor declaration) {
  declaration = definition_of(declaration);
  if (auto known = known_.find(declaration); known != known_.end()) return known->second;
  const std::string name = name_of(declaration);
  switch (clang_.getCursorKind(declaration)) {
    case CXCursor_StructDecl:
    case CXCursor_UnionDecl:
      return record(declaration, clang_.getCursorType(declaration), name);
    case CXCursor_EnumDecl:
      return enumeration(declaration, name);
    case CXCursor_TypedefDecl:
      return type_definition(declaration, name);
    default:
      return 0;
  }
}

uint32_t ClangTypes::record(CXCursor declaration, CXType type, const std::string& name) {
  const bool is_union = clang_.getCursorKind(declaration) == CXCursor_UnionDecl;
  const bool defined = clang_.isCursorDefinition(declaration);
  if (!defined || serves_(declaration)) {
    if (uint32_t id = from_kernel(name, is_union ? kind_bit(BTF_KIND_UNION) : kind_bit(BTF_KIND_STRUCT)))
      return known_[declaration] = id;
  }
  if (!defined) return known_[declaration] = writer_.add(BTF_KIND_FWD, name, 0, {}, 0, is_union);

  const uint32_t kind = is_union ? BTF_KIND_UNION : BTF_KIND_STRUCT;
  const uint32_t id = known_[declaration] = writer_.add(kind, name, 0);  // it may point to itself
  BtfWriter::Words words;
  uint32_t count = 0;
  for (const Member& member : members_of(clang_, type)) {
    const long long bits = clang_.Cursor_getOffsetOfField(member.cursor);
    const bool bit_field = clang_.Cursor_isBitField(member.cursor);
    const std::string field = name_of(member.cursor);
    if (bits < 0 || (bit_field && field.empty())) continue;  // padding
    const uint32_t width = bit_field ? static_cast<uint32_t>(clang_.getFieldDeclBitWidth(member.cursor)) : 0;
    const uint32_t of = this->type(clang_.getCursorType(member.cursor));
    words.insert(words.end(), {writer_.string(field), of, width << 24 | static_cast<uint32_t>(bits)});
    count++;
  }
  const long long size = clang_.Type_getSizeOf(type);
  writer_.set(id, kind, name, size > 0 ? static_cast<uint32_t>(size) : 0, std::move(words), count, true);
  return id;
}

uint32_t ClangTypes::enumeration(CXCursor declaration, const std::string& name) {
  if (serves_(declaration)) {
    if (uint32_t id = from_kernel(name, kEnums)) return known_[declaration] = id;
  }
  struct Values {
    const LibClang& clang;
    BtfWriter& writer;
    bool wide;
    BtfWriter::Words words;
    uint32_t count = 0;
  };
  const CXType underlying = clang_.getCanonicalType(clang_.getEnumDeclIntegerType(declaration));
  const auto size = static_cast<uint32_t>(std::max(clang_.Type_getSizeOf(underlying), 4LL));
  Values values{clang_, writer_, size == 8, {}, 0};
  clang_.visitChildren(
      declaration,
      [](CXCursor cursor, CXCursor, CXClientData data) {
        auto& all = *static_cast<Values*>(data);
        if (all.clang.getCursorKind(cursor) != CXCursor_EnumConstantDecl) return CXChildVisit_Continue;
        const auto value = static_cast<uint64_t>(all.clang.getEnumConstantDeclValue(cursor));
        const uint32_t name = all.writer.string(all.clang.text(all.clang.getCursorSpelling(cursor)));
        all.words.insert(all.words.end(), {name, static_cast<uint32_t>(value)});
        if (all.wide) all.words.push_back(static_cast<uint32_t>(value >> 32));
        all.count++;
        return CXChildVisit_Continue;
      },
      &values);
  const bool is_signed = underlying.kind >= CXType_Char_S && underlying.kind <= CXType_Int128;
  return known_[declaration] = writer_.add(values.wide ? BTF_KIND_ENUM64 : BTF_KIND_ENUM, name, size,
                                           std::move(values.words), values.count, is_signed);
}

uint32_t ClangTypes::type_definition(CXCursor declaration, const std::string& name) {
  if (serves_(declaration)) {
    if (uint32_t id = from_kernel(name, kind_bit(BTF_KIND_TYPEDEF))) return known_[declaration] = id;
  }
  const uint32_t id = known_[declaration] = writer_.add(BTF_KIND_TYPEDEF, name, 0);
  const uint32_t of = type(clang_.getTypedefDeclUnderlyingType(declaration));
  writer_.set(id, BTF_KIND_TYPEDEF, name, of, {}, 0, false);
  return id;
}

uint32_t ClangTypes::integer(CXType type, uint32_t encoding) {
  const std::string name = clang_.text(clang_.getTypeSpelling(type));
  uint32_t& id = simple_[name];
  if (id) return id;
  const auto size = static_cast<uint32_t>(std::max(clang_.Type_getSizeOf(type), 1LL));
  return id = writer_.add(BTF_KIND_INT, name, size, {encoding << 24 | size * 8});
}

uint32_t ClangTypes::pointer(CXType type) {
  return writer_.add(BTF_KIND_PTR, "", this->type(clang_.getPointeeType(type)));
}

uint32_t ClangTypes::array(CXType type) {
  const uint32_t element = this->type(clang_.getArrayElementType(type));
  const long long length = type.kind == CXType_ConstantArray ? clang_.getArraySize(type) : 0;
  uint32_t& index = simple_["array index"];
  if (!index) index = writer_.add(BTF_KIND_INT, "__ARRAY_SIZE_TYPE__", 4, {32});
  const auto count = static_cast<uint32_t>(std::max(length, 0LL));
  return writer_.add(BTF_KIND_ARRAY, "", 0, {element, index, count});
}

// A type with attributes: only the tag of pointers to user memory means something here.
uint32_t ClangTypes::tagged(CXType type) {
  const bool user = clang_.text(clang_.getTypeSpelling(type)).find(kUserTag) != std::string::npos;
  const CXType inner = clang_.Type_getModifiedType(type);
  if (inner.kind == CXType_Invalid) return this->type(clang_.getCanonicalType(type));
  const uint32_t of = this->type(inner);
  return user ? writer_.add(BTF_KIND_TYPE_TAG, "user", of) : of;
}

uint32_t ClangTypes::type(CXType type) {
  switch (type.kind) {
    case CXType_Invalid:
    case CXType_Void:
      return 0;
    case CXType_Bool:
      return integer(clang_.getCanonicalType(type), BTF_INT_BOOL);
    case CXType_Char_U:
    case CXType_UChar:
    case CXType_UShort:
    case CXType_UInt:
    case CXType_ULong:
    case CXType_ULongLong:
    case CXType_UInt128:
      return integer(type, 0);
    case CXType_Char_S:
    case CXType_SChar:
    case CXType_Short:
    case CXType_Int:
    case CXType_Long:
    case CXType_LongLong:
    case CXType_Int128:
      return integer(type, BTF_INT_SIGNED);
    case CXType_Pointer:
    case CXType_BlockPointer:
      return pointer(type);
    case CXType_ConstantArray:
    case CXType_IncompleteArray:
    case CXType_VariableArray:
      return array(type);
    case CXType_Elaborated:
      return this->type(clang_.Type_getNamedType(type));
    case CXType_Record:
    case CXType_Enum:
    case CXType_Typedef:
      return declared(clang_.getTypeDeclaration(type));
    case CXType_FunctionProto:
    case CXType_FunctionNoProto:
      return writer_.add(BTF_KIND_FUNC_PROTO, "", 0);
    case CXType_Attributed:
    case CXType_BTFTagAttributed:
      return tagged(type);
    case CXType_Unexposed: {
      CXType canonical = clang_.getCanonicalType(type);
      if (canonical.kind != CXType_Unexposed) return this->type(canonical);
      break;
    }
    default:
      break;
  }
  // Floating point, vectors and the like have a size and nothing that the language could read.
  uint32_t& id = simple_[clang_.text(clang_.getTypeSpelling(type))];
  if (!id)
    id = writer_.add(BTF_KIND_FLOAT, "float",
                     static_cast<uint32_t>(std::max(clang_.Type_getSizeOf(type), 0LL)));
  return id;
}

}  // namespace tracer
