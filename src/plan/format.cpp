#include "plan/format.h"

#include <algorithm>

namespace tracer {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Reads one conversion; the caller stands behind the `%`.
class ConversionReader {
 public:
  ConversionReader(std::string_view text, size_t at) : text_(text), begin_(at - 1), at_(at) {}

  // False when what follows is no conversion: the text is then plain.
  bool read(FormatPiece& piece, std::string& error) {
    flags(piece);
    piece.width = number();
    skip_precision();
    length(piece);
    if (!letter(piece, error)) return false;
    piece.spelling = std::string(text_.substr(begin_, at_ - begin_));
    return true;
  }
  size_t end() const { return at_; }

 private:
  char peek(size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }

  void flags(FormatPiece& piece) {
    for (;; at_++) {
      switch (peek()) {
        case '-':
          piece.left = true;
          break;
        case '+':
          piece.plus = true;
          break;
        case '#':
          piece.alternate = true;
          break;
        case '0':
          piece.zero = true;
          break;
        case ' ':
          break;
        default:
          return;
      }
    }
  }

  // Digits or `*`, which is accepted and means nothing (LANGUAGE 8.3).
  uint32_t number() {
    if (peek() == '*') {
      at_++;
      return 0;
    }
    constexpr uint32_t kMost = 65535;
    uint32_t value = 0;
    for (; is_digit(peek()); at_++) value = std::min(kMost, value * 10 + static_cast<uint32_t>(peek() - '0'));
    return value;
  }

  void skip_precision() {
    if (peek() != '.') return;
    at_++;
    number();
  }

  void length(FormatPiece& piece) {
    char c = peek();
    bool twice = peek(1) == c;
    if (c == 'h') {
      piece.length = twice ? 1 : 2;
    } else if (c == 'l' || c == 'j' || c == 'z' || c == 't') {
      piece.length = 8;
    } else {
      return;
    }
    at_ += twice && (c == 'h' || c == 'l') ? 2 : 1;
  }

  bool letter(FormatPiece& piece, std::string& error) {
    char c = peek();
    at_++;
    switch (c) {
      case 'd':
      case 'i':
        piece.conversion = Conversion::Signed;
        return true;
      case 'u':
        piece.conversion = Conversion::Unsigned;
        return true;
      case 'o':
        piece.conversion = Conversion::Octal;
        return true;
      case 'x':
        piece.conversion = Conversion::HexLower;
        return true;
      case 'X':
        piece.conversion = Conversion::HexUpper;
        return true;
      case 'c':
        piece.conversion = Conversion::Char;
        return true;
      case 'p':
        piece.conversion = Conversion::Pointer;
        return true;
      case 's':
        piece.conversion = Conversion::String;
        return true;
      case 'r':
        return buffer(piece);
      case 'g':
        if (peek() == 'r') {
          at_++;
          piece.conversion = Conversion::GfpFlags;
          return true;
        }
        break;
      default:
        break;
    }
    if (c != '\0' && std::string_view("eEfFgGaAn").find(c) != std::string_view::npos)
      error = std::string("unsupported format specifier: ") + c;
    return false;
  }

  bool buffer(FormatPiece& piece) {
    piece.conversion = Conversion::Buffer;
    if (peek() == 'x') piece.conversion = Conversion::BufferEscaped;
    if (peek() == 'h') piece.conversion = Conversion::BufferHex;
    if (piece.conversion != Conversion::Buffer) at_++;
    return true;
  }

  std::string_view text_;
  size_t begin_, at_;
};

}  // namespace

Format parse_format(std::string_view text, FormatError& error) {
  error = {};
  Format format;
  std::string plain;
  auto flush = [&] {
    if (!plain.empty()) format.push_back({plain});
    plain.clear();
  };
  for (size_t at = 0; at < text.size();) {
    if (text[at] != '%') {
      plain += text[at++];
      continue;
    }
    if (at + 1 < text.size() && text[at + 1] == '%') {
      plain += '%';
      at += 2;
      continue;
    }
    FormatPiece piece;
    std::string refusal;
    ConversionReader reader(text, at + 1);
    if (reader.read(piece, refusal)) {
      flush();
      format.push_back(std::move(piece));
      at = reader.end();
      continue;
    }
    if (!refusal.empty() && error.message.empty()) error = {static_cast<uint32_t>(at), refusal};
    plain += text[at++];
  }
  flush();
  return format;
}

size_t conversions(const Format& format) {
  return static_cast<size_t>(std::count_if(
      format.begin(), format.end(), [](const FormatPiece& p) { return p.conversion != Conversion::Text; }));
}

}  // namespace tracer
