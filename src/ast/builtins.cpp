#include "ast/builtins.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <unordered_map>

namespace tracer::ast {
namespace {

using enum BuiltinSafety;

constexpr std::array kTable = {
#define BUILTIN(name, form, min, max, signature, type_rule, lowering, where, when, ...)                \
  Builtin{BuiltinId::name##_, #name,      BuiltinForm::form, min, max, signature, BuiltinWhere::where, \
          BuiltinWhen::when,  __VA_ARGS__},
#include "ast/builtins.def"
#undef BUILTIN
};

static_assert(kTable.size() == static_cast<size_t>(BuiltinId::Count_));

// `arg0`, `sarg12`: digits after the prefix, without a leading zero.
bool is_numbered(std::string_view name, std::string_view prefix) {
  if (!name.starts_with(prefix) || name.size() == prefix.size() || name.size() > prefix.size() + 3)
    return false;
  const std::string_view digits = name.substr(prefix.size());
  if (digits.size() > 1 && digits[0] == '0') return false;
  return std::all_of(digits.begin(), digits.end(), [](unsigned char c) { return std::isdigit(c) != 0; });
}

}  // namespace

std::span<const Builtin> builtins() { return kTable; }

const Builtin& builtin(BuiltinId id) { return kTable[static_cast<size_t>(id)]; }

const Builtin* find_builtin(std::string_view name) {
  static const auto* by_name = [] {
    auto* index = new std::unordered_map<std::string_view, const Builtin*>;
    for (const Builtin& row : kTable) {
      // These rows stand for `arg0`, `arg1`, ...; their own names are no identifiers of the language.
      if (row.id != BuiltinId::argN_ && row.id != BuiltinId::sargN_) index->emplace(row.name, &row);
    }
    return index;
  }();
  if (const auto found = by_name->find(name); found != by_name->end()) return found->second;
  if (is_numbered(name, "arg")) return &builtin(BuiltinId::argN_);
  return is_numbered(name, "sarg") ? &builtin(BuiltinId::sargN_) : nullptr;
}

}  // namespace tracer::ast
