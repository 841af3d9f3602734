// From a parsed script to a typed one with its Plan: what src/ast does as a whole.
#pragma once

#include <functional>
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

// `--name=value` or `--name` after `--`, for getopt().
struct NamedParameter {
  std::string name;                  // without `--`
  std::optional<std::string> value;  // none: written without `=`
};

// Object-like `#define`s of the C preamble, which are identifiers of the script (LANGUAGE 1.6).
class CMacros {
 public:
  virtual ~CMacros() = default;
  // The replacement text of a name; empty when the preamble does not define it.
  virtual std::optional<std::string> text(std::string_view name) = 0;
  // The expression that a source holds and nothing else; null when it is no expression.
  virtual Expr* parse(Ast& ast, const Sources& sources, uint32_t source) = 0;
};

// A map that another script of the same run has made.
struct KnownMap {
  MapPlan plan;
  Span made_at;
};

struct CheckOptions {
  std::vector<std::string> positional;  // $1 is [0]
  std::vector<NamedParameter> named;
  bool unsafe = false;
  bool count_failures = false;  // -k: failed reads and missing keys are counted
  bool user_session = false;    // --user: only probes that run without a kernel
  int32_t target_pid = 0;       // -p
  int64_t child_pid = 0;        // -c: cpid; 0 without
  std::string child_program;    // its path
  bool unwinds = false;         // --dwarf-pid: there is a process whose stacks can be unwound
  std::string probe_filter;
  // What is compiled is kept and may run in another boot, on another kernel; StandAlone: as a program.
  enum class Saved : uint8_t { No, Object, StandAlone } saved = Saved::No;
  CMacros* c_macros = nullptr;                       // null: the script has no C preamble
  std::function<void(const char* pass)> after_pass;  // for those who look on; may be empty
  // Maps that are there already keep their types. Borrowed; null: each script is alone, and its maps
  // get the smallest types that hold what it stores.
  const std::vector<KnownMap>* known_maps = nullptr;
};

// One BPF program to generate.
struct Program {
  uint32_t probe = 0;        // index into Plan::probes
  Clause* clause = nullptr;  // a clone of its own where the code depends on the probe
  ProbeContext context;
  // Bodies of functions, which belong to no probe: `probe` means nothing then.
  bool is_function() const { return clause->function != nullptr; }
};

struct CheckedScript {
  Plan plan;
  std::vector<Program> programs;   // in script order; programs[i].probe == i
  std::vector<Program> functions;  // of the script, in script order
  std::vector<Span> map_places;    // by index of Plan::maps: what gave the map its type
  // Every piece of code once: functions, then the programs' clauses.
  std::vector<const Program*> all_code() const;
  bool user_session = false, unsafe = false;  // as in CheckOptions
  bool saved = false;                         // as an object or a program
  // What passes turned into constants, and a saved object needs to be the same where it runs.
  std::vector<std::pair<Need, Span>> noticed;
  std::optional<std::string> help;  // `-- --help` was given: text to print instead of running the script
};

// Runs the passes in order (passes.cpp lists them). Annotates `ast`, which must outlive the
// result. Expanded macros and imports join `sources`. With errors in `diags` the result is not to be used.
CheckedScript check(Ast& ast, Sources& sources, const CheckOptions& options, KernelInfo& kernel,
                    TypeDb& types, Diagnostics& diags);

}  // namespace tracer::ast
