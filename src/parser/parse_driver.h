// What the grammar needs while it runs: the tokens, one after another, and what happens after an error.
#pragma once

#include <string_view>
#include <vector>

#include "parser/reporter.h"
#include "parser/token_stream.h"
#include "parser/tree_builder.h"

namespace tracer::syntax {

class ParseDriver {
 public:
  ParseDriver(ast::Ast& ast, std::string_view text, uint32_t source, const TokenList& list,
              Diagnostics& diags)
      : text_(text), source_(source), list_(list), reporter_(diags), builder_(ast, text, reporter_) {}

  TreeBuilder& build() { return builder_; }
  uint32_t source() const { return source_; }

  const Token& next();
  // The grammar found that the last token fits nowhere; `expected` are those that would.
  void syntax_error(const std::vector<int>& expected);
  // The grammar has read SYNC and goes on.
  void recovered() { recovering_ = false; }
  // Reports what the scanner found and the grammar did not reach.
  void finish();

 private:
  static constexpr size_t kNone = static_cast<size_t>(-1);

  void report_pending(size_t up_to_token);
  void resume();

  std::string_view text_;
  uint32_t source_;
  const TokenList& list_;
  Reporter reporter_;
  TreeBuilder builder_;
  size_t next_ = 0;     // index of the token to deliver
  size_t pending_ = 0;  // first error not yet reported
  size_t bad_ = kNone;  // the token of the last error
  bool recovering_ = false;
  Token sync_;
  Token end_;
};

}  // namespace tracer::syntax
