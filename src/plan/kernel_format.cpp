#include "plan/kernel_format.h"

#include <algorithm>
#include <iterator>

namespace tracer {
namespace {

struct Row {
  Conversion conversion;
  const char* letters;
};
// Of the language's conversions of numbers those that the kernel has.
constexpr Row kNumbers[] = {
    {Conversion::Signed, "lld"},   {Conversion::Unsigned, "llu"}, {Conversion::HexLower, "llx"},
    {Conversion::HexUpper, "llX"}, {Conversion::Pointer, "llx"},  {Conversion::Char, "c"},
};

const Row* find(Conversion conversion) {
  const Row* found = std::ranges::find(kNumbers, conversion, &Row::conversion);
  return found == std::end(kNumbers) ? nullptr : found;
}

}  // namespace

bool kernel_can_print(const FormatPiece& piece, const Type& type) {
  if (piece.conversion == Conversion::String) return type.is(TypeKind::String);
  if (piece.conversion == Conversion::Pointer && (piece.width || piece.left)) return false;
  return find(piece.conversion) && (type.is_integer_like() || type.is(TypeKind::Pointer)) &&
         !(piece.alternate && piece.zero);
}

bool kernel_can_print(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return (c >= ' ' && c <= '~') || (c >= '\t' && c <= '\r'); });
}

std::string kernel_conversion(const FormatPiece& piece) {
  const Row* row = find(piece.conversion);
  const bool hex = piece.conversion == Conversion::HexLower || piece.conversion == Conversion::HexUpper;
  std::string text = piece.conversion == Conversion::Pointer || (hex && piece.alternate) ? "0x%" : "%";
  if (piece.left) text += '-';
  if (piece.plus) text += '+';
  if (piece.zero) text += '0';
  if (piece.width) text += std::to_string(piece.width);
  return text + (row ? row->letters : "s");
}

std::string kernel_format_text(std::string_view text) {
  std::string result;
  for (char c : text) result += c == '%' ? std::string("%%") : std::string(1, c);
  return result;
}

}  // namespace tracer
