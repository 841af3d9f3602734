#include "parser/parse_driver.h"

#include "parser.h"
#include "parser/recovery.h"
#include "parser/syntax_errors.h"

namespace tracer::syntax {

const Token& ParseDriver::next() {
  if (recovering_) {
    resume();
    sync_.kind = Parser::token::SYNC;
    sync_.span = list_.tokens[next_].span;
    sync_.span.end = sync_.span.begin;
    return sync_;
  }
  if (reporter_.full()) {
    end_ = list_.tokens.back();
    end_.synthetic = true;
    next_ = list_.tokens.size();
    return end_;
  }
  report_pending(next_);
  const Token& token = list_.tokens[next_];
  if (next_ + 1 < list_.tokens.size()) {
    ++next_;
  } else {
    next_ = list_.tokens.size();
  }
  return token;
}

void ParseDriver::resume() {
  // An error twice at one token: step over it, so that reading always goes forward.
  size_t bad = next_ - 1;
  next_ = bad == bad_ ? bad + 1 : resume_after(list_.tokens, bad);
  next_ = std::min(next_, list_.tokens.size() - 1);
  bad_ = bad;
}

void ParseDriver::syntax_error(const std::vector<int>& expected) {
  recovering_ = true;
  size_t bad = std::min(next_, list_.tokens.size()) - 1;
  // A token beside one that the scanner has complained of would only repeat the complaint.
  bool said = pending_ > 0 && list_.errors[pending_ - 1].token + 1 >= bad;
  if (list_.tokens[bad].synthetic || said || reporter_.full() || bad == bad_) return;
  explain_syntax_error(list_.tokens, text_, bad, expected, reporter_);
}

void ParseDriver::report_pending(size_t up_to_token) {
  for (; pending_ < list_.errors.size() && list_.errors[pending_].token <= up_to_token; ++pending_) {
    const PendingError& error = list_.errors[pending_];
    auto& reported = reporter_.report(error.span, *error.kind, error.argument).hint(error.hint);
    if (!error.note.text.empty()) reported.note(error.note.span, error.note.text);
  }
}

void ParseDriver::finish() { report_pending(list_.tokens.size()); }

}  // namespace tracer::syntax
