#include "ast/builtins.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <unordered_map>

namespace tracer::ast {
namespace {

constexpr std::array kTable = {
#define BUILTIN(name, form, min, max, signature, type_rule, lowering, where, when, doc)           \
  Builtin{BuiltinId::name##_, #name, BuiltinForm::form, min, max, signature, BuiltinWhere::where, \
          BuiltinWhen::when,  doc},
#include "ast/builtins.def"
#undef BUILTIN
};

static_assert(kTable.size() == static_cast<size_t>(BuiltinId::Count_));

// `arg0`, `arg12`: the digits after `arg`, without a leading zero.
bool is_numbered_argument(std::string_view name) {
  if (!name.starts_with("arg") || name.size() < 4 || name.size() > 6) return false;
  const std::string_view digits = name.substr(3);
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
      // The row stands for `arg0`, `arg1`, ...; its own name is no identifier of the language.
      if (row.id != BuiltinId::argN_) index->emplace(row.name, &row);
    }
    return index;
  }();
  if (const auto found = by_name->find(name); found != by_name->end()) return found->second;
  return is_numbered_argument(name) ? &builtin(BuiltinId::argN_) : nullptr;
}

}  // namespace tracer::ast
