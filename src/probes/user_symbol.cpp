#include "probes/user_symbol.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "elf/user_program.h"
#include "probes/kernel_info.h"

namespace tracer {
namespace {

std::unexpected<Error> not_found(UserProgram& program, std::string_view name) {
  constexpr size_t kMaxDifference = 3;
  std::vector<std::string> names;
  for (const std::string& each : program.symbol_names())
    if (std::max(each.size(), name.size()) - std::min(each.size(), name.size()) <= kMaxDifference)
      names.push_back(each);
  return fail(fmt::format("`{}` has no symbol `{}`", program.path(), name), did_you_mean(name, names));
}

}  // namespace

UserSymbolLookup user_symbols_of(const AttachTarget& target, KernelInfo& kernel) {
  return [&kernel, file = target.module, place = target.file_offset,
          offset = target.offset](std::string_view name) -> Result<UserVariable> {
    auto program = kernel.user_program(file);
    if (!program) return std::unexpected(program.error());
    const auto symbol = (*program)->symbol(name);
    if (!symbol) return not_found(**program, name);
    const auto probe = (*program)->elf().address(place);
    if (!probe) return fail(fmt::format("`{}` has changed", file));
    UserVariable variable{symbol->address, symbol->address - *probe, symbol->address - (*probe - offset),
                          symbol->size};
    variable.movable = (*program)->elf().movable();
    return variable;
  };
}

}  // namespace tracer
