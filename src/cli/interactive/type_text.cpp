#include "cli/interactive/type_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>

#include "ast/passes/type_spec.h"
#include "base/text.h"
#include "btf/c_declarations.h"
#include "btf/type_db.h"

namespace tracer {
namespace {

struct Tagged {
  std::string_view word;
  TypeDb::Tag tag;
};
constexpr Tagged kTags[] = {
    {"struct", TypeDb::Tag::Struct}, {"union", TypeDb::Tag::Union}, {"enum", TypeDb::Tag::Enum}};

struct Named {
  std::string_view word, name;  // the word is empty for typedefs and base types
  Type type;
};

std::optional<Named> find_type(TypeDb& types, std::string_view text) {
  for (const Tagged& each : kTags) {
    const bool tagged = text.starts_with(each.word) && text.substr(each.word.size()).starts_with(' ');
    const std::string_view name = tagged ? trim(text.substr(each.word.size())) : text;
    if (auto type = types.find(each.tag, name)) return Named{each.word, name, *type};
    if (tagged) return std::nullopt;
  }
  auto type = types.find(TypeDb::Tag::Any, text);
  return type ? std::optional(Named{"", text, *type}) : std::nullopt;
}

// The further lines of a member that is defined where it stands, moved to where its first begins.
std::string below_offsets(std::string_view declaration) {
  constexpr size_t kIndentOfC = 8, kWidthOfOffsets = 21;
  std::string text;
  for (std::string_view line : split(declaration, '\n'))
    text += text.empty() ? std::string(line)
                         : "\n" + std::string(kWidthOfOffsets, ' ') +
                               std::string(line.substr(std::min(kIndentOfC, line.size())));
  return text;
}

std::string structure_text(TypeDb& types, const Named& named) {
  // As the kernel's source has it; what is not found there is written as a script would.
  std::map<std::string, std::string, std::less<>> declared;
  for (const CDeclarations::Variable& member : types.declarations().members(std::string(named.name)))
    declared[member.name] = below_offsets(member.declaration);

  std::string text = fmt::format("{}{}{} {{\n", named.word, named.word.empty() ? "" : " ", named.name);
  for (const std::string& name : types.field_names(named.type)) {
    const auto field = types.field(named.type, name, AddressSpace::Kernel);
    if (!field) continue;
    const auto known = declared.find(name);
    const std::string member =
        known != declared.end() ? known->second : fmt::format("{} {}", to_string(field->type), name);
    const std::string bits = field->bit_size ? fmt::format(" : {}", field->bit_size) : "";
    text += fmt::format("  /* {:>5} {:>5} */  {}{};\n", field->offset, field->type.size, member, bits);
  }
  return text + fmt::format("}};  /* {} bytes */", named.type.size);
}

std::string enumeration_text(TypeDb& types, const Named& named) {
  std::string text = fmt::format("enum {} {{\n", named.name);
  for (const Enumerator& each : types.enumerators(named.type))
    text += fmt::format("  {} = {},\n", each.name, each.value);
  // The language's own size of a value is 8.
  const uint32_t size = types.declarations().enum_size(std::string(named.name));
  return text + fmt::format("}};  /* {} bytes */", size ? size : named.type.size);
}

std::string suggestion(TypeDb& types, std::string_view text) {
  const size_t blank = text.rfind(' ');
  const std::string_view tag = text.substr(0, blank == text.npos ? 0 : blank);
  const bool tagged = std::ranges::find(kTags, tag, &Tagged::word) != std::end(kTags);
  if (!tag.empty() && !tagged) return "write `:type struct sock`, or `:type size_t`";
  const std::string_view name = blank == text.npos ? text : text.substr(blank + 1);
  return did_you_mean(name, types.similar(TypeDb::Tag::Struct, name));
}

}  // namespace

Result<std::string> type_text(TypeDb& types, std::string_view name) {
  const size_t pointee_end = name.find_last_not_of("* ") + 1;
  if (name.ends_with('*') && pointee_end > 0) {
    const std::string_view pointee = name.substr(0, pointee_end);
    if (pointee == "void") return fmt::format("{} is a pointer, 8 bytes", name);
    if (auto known = type_text(types, pointee); !known) return known;
    return fmt::format("{} is a pointer, 8 bytes; `:type {}` shows what it leads to", name, pointee);
  }
  const auto found = find_type(types, name);
  if (!found) {
    if (const Type known = ast::well_known_type(name); known.is(TypeKind::Int))
      return fmt::format("{} is {}, {} bytes", name, to_string(known), known.size);
    if (!types.available()) return fail("the kernel's types are not known: " + types.why_not());
    return fail(fmt::format("the kernel has no type `{}`", name), suggestion(types, name));
  }
  if (found->type.is(TypeKind::Struct)) return structure_text(types, *found);
  if (found->type.is(TypeKind::Enum)) return enumeration_text(types, *found);
  return fmt::format("{} is {}, {} bytes", found->name, to_string(found->type), found->type.size);
}

}  // namespace tracer
