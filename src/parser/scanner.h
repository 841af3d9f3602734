// The flex scanner of lexer.l, wrapped: raw tokens of code, one at a time, from any place of the text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tracer::syntax {

// Kinds of raw tokens that the grammar never sees, beside the grammar's own token kinds.
enum RawKind : int {
  kRawEnd = 0,
  kRawComment = 100000,
  kRawUnterminatedComment,
  kRawUnterminatedString,
  kRawCharacterLiteral,
  kRawDollar,
  kRawBadByte,
};

struct RawToken {
  int kind = kRawEnd;
  uint32_t begin = 0;
  uint32_t end = 0;
};

class Scanner {
 public:
  explicit Scanner(std::string_view text);
  ~Scanner();
  Scanner(const Scanner&) = delete;
  Scanner& operator=(const Scanner&) = delete;

  void seek(uint32_t offset);
  // The next token. At depth 0 of an angle action `>>` and `>>=` are no tokens (LANGUAGE 1.2).
  RawToken next(bool angle_depth_0);

 private:
  std::string buffer_;  // the text and the two NUL bytes that flex wants to scan in place
  void* flex_ = nullptr;
  void* state_ = nullptr;
};

}  // namespace tracer::syntax
