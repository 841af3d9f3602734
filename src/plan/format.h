// A printf format, taken apart once at compile time (LANGUAGE 8).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tracer {

enum class Conversion : uint8_t {
  Text,           // plain text only
  Signed,         // d i
  Unsigned,       // u
  Octal,          // o
  HexLower,       // x
  HexUpper,       // X
  Char,           // c
  Pointer,        // p
  String,         // s
  Buffer,         // r
  BufferEscaped,  // rx
  BufferHex,      // rh
  GfpFlags,       // gr
};

struct FormatPiece {
  std::string text;  // Text: what is printed as it stands
  Conversion conversion = Conversion::Text;
  bool left = false, plus = false, alternate = false, zero = false;  // - + # 0
  uint32_t width = 0;
  uint8_t length = 0;    // bytes that the length modifier says: 1 2 8; 0: none
  std::string spelling;  // `%5d`, for messages
};

using Format = std::vector<FormatPiece>;

struct FormatError {
  uint32_t offset = 0;  // into the text
  std::string message;
};

// Splits a format into pieces; `%%` and unknown letters become text. Sets `error` (whose
// message is empty otherwise) for conversions that the language refuses: e f g a n.
Format parse_format(std::string_view text, FormatError& error);

// Number of pieces that take an argument.
size_t conversions(const Format& format);

}  // namespace tracer
