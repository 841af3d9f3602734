// The passes in order: the table of contents of semantic analysis.
#include <cstdlib>

#include "ast/check.h"
#include "ast/passes/apply_config.h"
#include "ast/passes/attach_alike.h"
#include "ast/passes/build_plan.h"
#include "ast/passes/check_flow.h"
#include "ast/passes/check_unstable.h"
#include "ast/passes/expand_c_macros.h"
#include "ast/passes/expand_macros.h"
#include "ast/passes/expand_options.h"
#include "ast/passes/expand_positionals.h"
#include "ast/passes/expand_probes.h"
#include "ast/passes/insert_casts.h"
#include "ast/passes/normalise_calls.h"
#include "ast/passes/plan_needs.h"
#include "ast/passes/resolve_functions.h"
#include "ast/passes/resolve_maps.h"
#include "ast/passes/resolve_names.h"
#include "ast/passes/resolve_types.h"
#include "ast/passes/resolve_variables.h"
#include "ast/passes/warn_address_spaces.h"
#include "btf/type_db.h"

namespace tracer::ast {

CheckedScript check(Ast& ast, Sources& sources, const CheckOptions& options, KernelInfo& kernel,
                    TypeDb& types, Diagnostics& diags) {
  CheckedScript script;
  Plan& plan = script.plan;
  plan.script = sources.size() > ast.script.source ? sources[ast.script.source].name() : "";
  plan.target_pid = options.target_pid;
  script.user_session = options.user_session;
  script.unsafe = options.unsafe;
  script.saved = options.saved != CheckOptions::Saved::No;
  const Environment environment = [](const char* name) -> const char* { return std::getenv(name); };

  const auto after = [&](const char* pass) {
    if (options.after_pass) options.after_pass(pass);
  };

  apply_config(ast.script, environment, plan.config, diags);  // Plan::config is final
  if (options.c_macros) expand_c_macros(ast, sources, *options.c_macros, diags);
  after("expand_c_macros");  // no `#define`d names
  expand_macros(ast, sources, diags);
  after("expand_macros");  // no macros
  if (!check_saved(ast.script, options.saved, diags)) return script;
  expand_positionals(ast, options.positional, diags);
  after("expand_positionals");  // no `$1`, no `$#`
  script.help = expand_options(ast, sources, options.named, plan.config, diags);
  after("expand_options");  // no getopt()
  if (script.help) return script;
  check_unstable(ast.script, plan.config, diags);
  resolve_names(ast, options, types, diags);
  after("resolve_names");                                     // names are builtins or constants
  if (!resolve_functions(ast, script, diags)) return script;  // functions do not call themselves
  normalise_calls(ast);
  after("normalise_calls");                                   // one form of each call
  resolve_variables(ast, diags);                              // each variable has its declaration
  MapTable maps = resolve_maps(ast, options, plan, diags);    // maps are listed, keyed or scalar
  expand_probes(ast, options, kernel, types, diags, script);  // programs and their contexts
  attach_alike(plan);                                         // how each is attached is final
  resolve_types(ast, script, maps, types, diags);
  after("resolve_types");     // types are final
  check_flow(script, diags);  // every statement has its sense
  if (diags.has_errors()) return script;

  plan_maps(maps, plan, diags);  // layouts of maps are final
  for (const MapFacts& map : maps)
    script.map_places.push_back(map.value.known() ? map.value.set_at : map.first_use);
  insert_casts(ast, script, maps);
  after("insert_casts");  // nothing is converted silently
  warn_address_spaces(script, diags);
  PlaceTable places(plan, sources);
  plan_events(script, types, places);                     // layouts of records are final
  plan_counters(script, places, options.count_failures);  // what may be lost is counted
  plan_needs(script, places, kernel, types);              // what a saved object relies on
  return script;
}

}  // namespace tracer::ast
