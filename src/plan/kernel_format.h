// Formats as the kernel prints them: a part of what the language has.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "plan/format.h"
#include "plan/type.h"

namespace tracer {

constexpr size_t kMostKernelArguments = 12;

// True when the kernel can print a value of that type so, given as a number or as a string's address.
bool kernel_can_print(const FormatPiece& piece, const Type& type);
// The kernel takes nothing else.
bool kernel_can_print(std::string_view text);

// `%5lld` for `%5d`: numbers are handed over as 64 bits.
std::string kernel_conversion(const FormatPiece& piece);
// Text as it stands in a format.
std::string kernel_format_text(std::string_view text);

}  // namespace tracer
