// From a parsed script to a typed one with its Plan: what src/ast does as a whole.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ast/ast.h"
#include "base/diagnostics.h"
#include "plan/plan.h"
#include "probes/kernel_info.h"
#include "probes/provider.h"

namespace tracer {
class TypeDb;
}

namespace tracer::ast {

struct CheckOptions {
  std::vector<std::string> positional;  // $1 is [0]
  bool unsafe = false;
  bool user_session = false;  // --user: only probes that run without a kernel
  int32_t target_pid = 0;     // -p
  int64_t child_pid = 0;      // -c: cpid; 0 without
  std::string probe_filter;
};

// One BPF program to generate.
struct Program {
  uint32_t probe = 0;        // index into Plan::probes
  Clause* clause = nullptr;  // a clone of its own where the code depends on the probe
  ProbeContext context;
};

struct CheckedScript {
  Plan plan;
  std::vector<Program> programs;  // in script order; programs[i].probe == i
};

// Runs the passes in order (passes.cpp lists them). Annotates `ast`, which must outlive the
// result. Expanded macros and imports join `sources`. With errors in `diags` the result is not to be used.
CheckedScript check(Ast& ast, Sources& sources, const CheckOptions& options, KernelInfo& kernel,
                    TypeDb& types, Diagnostics& diags);

}  // namespace tracer::ast
