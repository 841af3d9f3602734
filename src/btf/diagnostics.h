// Messages about the script's C preamble. Their table is diagnostics.def.
#pragma once

#include "base/diagnostics.h"

namespace tracer::diag {

#define DIAGNOSTIC(name, id, severity, text) \
  inline constexpr DiagnosticKind name{id, Severity::severity, text};
#include "btf/diagnostics.def"
#undef DIAGNOSTIC

}  // namespace tracer::diag
