// Reports syntax errors and stops after many, so that a file that is no script at all gives one screen.
#pragma once

#include "base/diagnostics.h"
#include "parser/diagnostics.h"

namespace tracer::syntax {

inline constexpr size_t kMaxErrors = 50;

class Reporter {
 public:
  explicit Reporter(Diagnostics& diags) : diags_(diags) {}

  template <typename... Args>
  Diagnostic& report(Span span, const DiagnosticKind& kind, const Args&... args) {
    if (full()) return ignored_;
    if (++count_ == kMaxErrors) return close(span);
    return diags_.report(span, kind, args...);
  }
  bool any() const { return count_ > 0; }
  bool full() const { return count_ >= kMaxErrors; }

 private:
  Diagnostic& close(Span span) { return diags_.report(span, diag::too_many_errors); }

  Diagnostics& diags_;
  Diagnostic ignored_;
  size_t count_ = 0;
};

}  // namespace tracer::syntax
