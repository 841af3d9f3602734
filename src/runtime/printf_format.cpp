#include "runtime/printf_format.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>

#include "runtime/bytes.h"

namespace tracer {

namespace {

// Bits in which an integer is printed: what the length says, else the argument's own width, 32 at least.
uint32_t print_bits(const FormatPiece& piece, const Type& type) {
  if (piece.length > 0) return std::min<uint32_t>(piece.length * 8u, 64);
  return std::clamp<uint32_t>(type.size * 8, 32, 64);
}

uint64_t cut(uint64_t value, uint32_t bits) {
  return bits >= 64 ? value : value & ((uint64_t{1} << bits) - 1);
}

// What stands before the digits of an integer: zeros of `%08x` go between the two.
std::string_view prefix_of(const FormatPiece& piece, uint64_t value, bool negative) {
  switch (piece.conversion) {
    case Conversion::Signed:
      return negative ? "-" : piece.plus ? "+" : "";
    case Conversion::Octal:
      return piece.alternate && value != 0 ? "0" : "";
    case Conversion::HexLower:
      return piece.alternate && value != 0 ? "0x" : "";
    case Conversion::HexUpper:
      return piece.alternate && value != 0 ? "0X" : "";
    default:
      return "";
  }
}

int base_of(Conversion conversion) {
  if (conversion == Conversion::Octal) return 8;
  return conversion == Conversion::HexLower || conversion == Conversion::HexUpper ? 16 : 10;
}

void append_integer(std::string& out, const FormatPiece& piece, const Type& type, Bytes bytes) {
  const uint32_t bits = print_bits(piece, type);
  uint64_t value = cut(load_integer(type, bytes), bits);
  const bool negative = piece.conversion == Conversion::Signed && sign_extend(value, bits) < 0;
  if (negative) value = cut(-value, bits);
  char digits[24];  // 22 octal ones
  char* const end = std::to_chars(digits, std::end(digits), value, base_of(piece.conversion)).ptr;
  if (piece.conversion == Conversion::HexUpper)
    std::transform(digits, end, digits,
                   [](char c) { return c >= 'a' ? static_cast<char>(c - 'a' + 'A') : c; });
  const std::string_view prefix = prefix_of(piece, value, negative);
  const size_t length = prefix.size() + static_cast<size_t>(end - digits);
  out += prefix;
  if (piece.zero && !piece.left && piece.width > length) out.append(piece.width - length, '0');
  out.append(digits, end);
}

void append_conversion(std::string& out, const FormatPiece& piece, const Type& type, Bytes bytes,
                       const ValueContext& context) {
  switch (piece.conversion) {
    case Conversion::Char:
      out += static_cast<char>(load_integer(type, bytes));
      break;
    case Conversion::Pointer:
      fmt::format_to(std::back_inserter(out), "{:#x}", load_integer(type, bytes));
      break;
    case Conversion::String:
      append_value_text(out, type, bytes, context);
      break;
    case Conversion::Buffer:
      append_buffer(out, type, bytes, BufferForm::Printable);
      break;
    case Conversion::BufferEscaped:
      append_buffer(out, type, bytes, BufferForm::Escaped);
      break;
    case Conversion::BufferHex:
      append_buffer(out, type, bytes, BufferForm::Hex);
      break;
    case Conversion::GfpFlags:
      out += gfp_flags_text(load_integer(type, bytes));
      break;
    default:
      append_integer(out, piece, type, bytes);
  }
}

// What begins at `begin` is one conversion's text.
void pad(std::string& out, size_t begin, const FormatPiece& piece) {
  const size_t size = out.size() - begin;
  if (size >= piece.width) return;
  out.insert(piece.left ? out.size() : begin, piece.width - size, ' ');
}

}  // namespace

void append_format(std::string& out, const Format& format, const std::vector<Field>& arguments, Bytes record,
                   const ValueContext& context) {
  size_t next = 0;
  for (const FormatPiece& piece : format) {
    if (piece.conversion == Conversion::Text) {
      out += piece.text;
      continue;
    }
    if (next == arguments.size()) break;
    const Field& argument = arguments[next++];
    const size_t begin = out.size();
    append_conversion(out, piece, argument.type, slice(record, argument.offset, argument.type.size), context);
    pad(out, begin, piece);
  }
}

}  // namespace tracer
