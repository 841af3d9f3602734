// Arguments of static probes, as the notes write them (LANGUAGE 7.7): `-4@$5`, `8@%rdi`, `4@-20(%rbp)`,
// `8@8(%rax,%rbx,8)`, `1@symbol(%rip)`; on aarch64 `8@x0`, `-4@[sp, 12]`.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "probes/provider.h"

namespace tracer {

// Those of one place, in order. What cannot be read is 0 and says why in `problem`.
std::vector<ProbeArgument> usdt_arguments(std::string_view text);

// Addresses in the file of the symbols that operands may name; none: unknown.
using SymbolAddress = std::function<std::optional<uint64_t>(std::string_view name)>;

// Replaces symbols by their distance from `place`, the address of the instruction, so that the text says all
// without the file: `symbol(%rip)` becomes `4096(%rip)`. Unknown ones stay.
std::string without_symbols(std::string_view text, uint64_t place, const SymbolAddress& address);

}  // namespace tracer
