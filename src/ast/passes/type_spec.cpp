#include "ast/passes/type_spec.h"

#include <array>

#include "ast/diagnostics.h"
#include "base/text.h"

namespace tracer::ast {
namespace {

struct KnownInteger {
  std::string_view name;
  uint8_t size;
  bool is_signed;
};

// Names that scripts use everywhere; reading BTF for them would cost every start.
constexpr std::array kIntegers = {
    KnownInteger{"int8", 1, true},      KnownInteger{"int16", 2, true},
    KnownInteger{"int32", 4, true},     KnownInteger{"int64", 8, true},
    KnownInteger{"uint8", 1, false},    KnownInteger{"uint16", 2, false},
    KnownInteger{"uint32", 4, false},   KnownInteger{"uint64", 8, false},
    KnownInteger{"char", 1, true},      KnownInteger{"short", 2, true},
    KnownInteger{"int", 4, true},       KnownInteger{"long", 8, true},
    KnownInteger{"unsigned", 4, false}, KnownInteger{"s8", 1, true},
    KnownInteger{"s16", 2, true},       KnownInteger{"s32", 4, true},
    KnownInteger{"s64", 8, true},       KnownInteger{"u8", 1, false},
    KnownInteger{"u16", 2, false},      KnownInteger{"u32", 4, false},
    KnownInteger{"u64", 8, false},      KnownInteger{"__s8", 1, true},
    KnownInteger{"__s16", 2, true},     KnownInteger{"__s32", 4, true},
    KnownInteger{"__s64", 8, true},     KnownInteger{"__u8", 1, false},
    KnownInteger{"__u16", 2, false},    KnownInteger{"__u32", 4, false},
    KnownInteger{"__u64", 8, false},    KnownInteger{"int8_t", 1, true},
    KnownInteger{"int16_t", 2, true},   KnownInteger{"int32_t", 4, true},
    KnownInteger{"int64_t", 8, true},   KnownInteger{"uint8_t", 1, false},
    KnownInteger{"uint16_t", 2, false}, KnownInteger{"uint32_t", 4, false},
    KnownInteger{"uint64_t", 8, false}, KnownInteger{"size_t", 8, false},
    KnownInteger{"ssize_t", 8, true},   KnownInteger{"uintptr_t", 8, false},
    KnownInteger{"intptr_t", 8, true},  KnownInteger{"pid_t", 4, true},
    KnownInteger{"off_t", 8, true},     KnownInteger{"loff_t", 8, true},
};

// Each suggestion looks at every type; a script with more errors has other troubles.
constexpr size_t kMostSuggestions = 50;

TypeDb::Tag db_tag(TypeSpec::Tag tag) {
  switch (tag) {
    case TypeSpec::Tag::Struct:
      return TypeDb::Tag::Struct;
    case TypeSpec::Tag::Union:
      return TypeDb::Tag::Union;
    case TypeSpec::Tag::Enum:
      return TypeDb::Tag::Enum;
    case TypeSpec::Tag::None:
      break;
  }
  return TypeDb::Tag::Any;
}

const char* tag_text(TypeSpec::Tag tag) {
  switch (tag) {
    case TypeSpec::Tag::Struct:
      return "struct ";
    case TypeSpec::Tag::Union:
      return "union ";
    case TypeSpec::Tag::Enum:
      return "enum ";
    case TypeSpec::Tag::None:
      break;
  }
  return "";
}

bool is_sized_name(std::string_view name) { return name == "string" || name == "buffer"; }

Type unknown_type(const TypeSpec& spec, const TypeSpecScope& scope) {
  const std::string written = tag_text(spec.tag) + spec.name;
  if (!scope.types.available()) {
    scope.diags.report(spec.span, diag::no_type_information, written).hint(scope.types.why_not());
    return error_type();
  }
  auto& message = scope.diags.report(spec.span, diag::unknown_type, written);
  if (scope.diags.error_count() > kMostSuggestions) return error_type();
  std::vector<std::string> candidates = scope.types.similar(db_tag(spec.tag), spec.name);
  if (spec.tag == TypeSpec::Tag::None) {
    for (const KnownInteger& known : kIntegers) candidates.emplace_back(known.name);
    for (const char* name : {"string", "buffer", "bool", "void"}) candidates.emplace_back(name);
    if (scope.types.find(TypeDb::Tag::Struct, spec.name)) {
      message.hint(fmt::format("did you mean `struct {}`?", spec.name));
      return error_type();
    }
  }
  const std::string near = nearest(spec.name, candidates);
  if (!near.empty()) message.hint(fmt::format("did you mean `{}{}`?", tag_text(spec.tag), near));
  return error_type();
}

Type base_type(const TypeSpec& spec, const TypeSpecScope& scope) {
  if (spec.tag == TypeSpec::Tag::None) {
    if (spec.name == "bool") return bool_type();
    if (spec.name == "void") return void_type();
    if (spec.name == "string") return string_type(0);
    if (spec.name == "timestamp") return timestamp_type(ClockMode::Boot);
    if (Type known = well_known_type(spec.name); !known.is(TypeKind::None)) return known;
  }
  if (auto found = scope.types.find(db_tag(spec.tag), spec.name)) {
    if (found->is(TypeKind::Enum)) found->size = 8;  // its C size holds inside structs only
    return *found;
  }
  return unknown_type(spec, scope);
}

// `string[16]`: the suffix is the size, not a number of elements.
Type sized_type(TypeSpec& spec, const TypeSpecScope& scope, size_t& next) {
  uint64_t size = 0;
  if (!spec.suffixes.empty() && !spec.suffixes[0].pointer) {
    next = 1;
    if (spec.suffixes[0].length) {
      size = *spec.suffixes[0].length;
      if (size == 0 || size > (1u << 20)) {
        scope.diags.report(spec.span, diag::bad_type_size, spec.name, size);
        return error_type();
      }
    }
  }
  return spec.name == "string" ? string_type(static_cast<uint32_t>(size))
                               : buffer_type(static_cast<uint32_t>(size));
}

Type with_suffix(Type type, const TypeSpec::Suffix& suffix, TypeSpec& spec, const TypeSpecScope& scope) {
  if (suffix.pointer) {
    return type.is(TypeKind::Void) ? void_pointer_type(scope.space)
                                   : pointer_type(std::move(type), scope.space);
  }
  const uint64_t length = suffix.length.value_or(0);
  if (length > (1u << 20) || (type.size != 0 && length * type.size > (1u << 20))) {
    scope.diags.report(spec.span, diag::bad_type_size, fmt::format("{}[]", to_string(type)), length);
    return error_type();
  }
  return array_type(std::move(type), static_cast<uint32_t>(length));
}

// `unsigned long long int` and the like: C's names of several words, in any order.
Type type_of_words(std::string_view name) {
  int longs = 0, shorts = 0, chars = 0;
  bool is_unsigned = false;
  for (std::string_view word : split(name, ' ')) {
    if (word == "long")
      ++longs;
    else if (word == "short")
      ++shorts;
    else if (word == "char")
      ++chars;
    else if (word == "unsigned")
      is_unsigned = true;
    else if (!word.empty() && word != "int" && word != "signed")
      return {};
  }
  if ((longs > 0) + (shorts > 0) + (chars > 0) > 1 || longs > 2 || shorts > 1 || chars > 1) return {};
  return int_type(chars ? 1 : shorts ? 2 : longs ? 8 : 4, !is_unsigned);
}

}  // namespace

Type well_known_type(std::string_view name) {
  if (name.find(' ') != name.npos || name == "signed") return type_of_words(name);
  for (const KnownInteger& known : kIntegers) {
    if (known.name == name) return int_type(known.size, known.is_signed);
  }
  return {};
}

Type resolve_type_spec(TypeSpec& spec, const TypeSpecScope& scope) {
  Type type;
  size_t next = 0;
  if (spec.typeof_type) {
    type = resolve_type_spec(*spec.typeof_type, scope);
  } else if (spec.typeof_expr) {
    type = scope.type_of ? scope.type_of(spec.typeof_expr) : error_type();
  } else if (spec.tag == TypeSpec::Tag::None && is_sized_name(spec.name)) {
    type = sized_type(spec, scope, next);
  } else {
    type = base_type(spec, scope);
  }
  for (; next < spec.suffixes.size() && !type.is(TypeKind::Error); ++next) {
    type = with_suffix(std::move(type), spec.suffixes[next], spec, scope);
  }
  return type;
}

}  // namespace tracer::ast
