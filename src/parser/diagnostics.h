#pragma once

#include "base/diagnostics.h"

namespace tracer::diag {

#define DIAGNOSTIC(name, id, severity, text) \
  inline constexpr DiagnosticKind name{id, Severity::severity, text};
#include "parser/diagnostics.def"
#undef DIAGNOSTIC

}  // namespace tracer::diag
