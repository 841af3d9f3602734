#include "runtime/printf_format.h"

#include <fmt/format.h>

#include <algorithm>

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

// Digits of an integer and what stands before them: zeros of `%08x` go between the two.
struct Number {
  std::string prefix;
  std::string digits;
};

Number number_text(const FormatPiece& piece, const Type& type, Bytes bytes) {
  uint32_t bits = print_bits(piece, type);
  uint64_t value = cut(load_integer(type, bytes), bits);
  switch (piece.conversion) {
    case Conversion::Signed: {
      bool negative = sign_extend(value, bits) < 0;
      uint64_t size = negative ? cut(-value, bits) : value;
      return {negative ? "-" : piece.plus ? "+" : "", fmt::format("{}", size)};
    }
    case Conversion::Octal:
      return {piece.alternate && value != 0 ? "0" : "", fmt::format("{:o}", value)};
    case Conversion::HexLower:
      return {piece.alternate && value != 0 ? "0x" : "", fmt::format("{:x}", value)};
    case Conversion::HexUpper:
      return {piece.alternate && value != 0 ? "0X" : "", fmt::format("{:X}", value)};
    default:
      return {"", fmt::format("{}", value)};
  }
}

void pad(std::string& text, const FormatPiece& piece) {
  if (text.size() >= piece.width) return;
  size_t missing = piece.width - text.size();
  text.insert(piece.left ? text.size() : 0, missing, ' ');
}

std::string integer_text(const FormatPiece& piece, const Type& type, Bytes bytes) {
  auto [prefix, digits] = number_text(piece, type, bytes);
  size_t length = prefix.size() + digits.size();
  if (piece.zero && !piece.left && piece.width > length) digits.insert(0, piece.width - length, '0');
  return prefix + digits;
}

std::string conversion_text(const FormatPiece& piece, const Type& type, Bytes bytes,
                            const ValueContext& context) {
  switch (piece.conversion) {
    case Conversion::Char:
      return std::string(1, static_cast<char>(load_integer(type, bytes)));
    case Conversion::Pointer:
      return fmt::format("{:#x}", load_integer(type, bytes));
    case Conversion::String:
      return value_text(type, bytes, context);
    case Conversion::Buffer:
      return buffer_text(type, bytes, BufferForm::Printable);
    case Conversion::BufferEscaped:
      return buffer_text(type, bytes, BufferForm::Escaped);
    case Conversion::BufferHex:
      return buffer_text(type, bytes, BufferForm::Hex);
    case Conversion::GfpFlags:
      return gfp_flags_text(load_integer(type, bytes));
    default:
      return integer_text(piece, type, bytes);
  }
}

}  // namespace

std::string format_text(const Format& format, const std::vector<Field>& arguments, Bytes record,
                        const ValueContext& context) {
  std::string out;
  size_t next = 0;
  for (const FormatPiece& piece : format) {
    if (piece.conversion == Conversion::Text) {
      out += piece.text;
      continue;
    }
    if (next == arguments.size()) break;
    const Field& argument = arguments[next++];
    std::string text =
        conversion_text(piece, argument.type, slice(record, argument.offset, argument.type.size), context);
    pad(text, piece);
    out += text;
  }
  return out;
}

}  // namespace tracer
