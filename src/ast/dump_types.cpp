#include "ast/dump_types.h"

#include <fmt/format.h>

namespace tracer::ast {
namespace {

std::string key_of(const MapPlan& map) {
  if (map.scalar()) return "";
  const std::string key = to_string(map.key);
  // Several keys are a tuple, which is written without its parentheses.
  const bool several = map.key.is(TypeKind::Tuple) && key.size() > 2;
  return fmt::format("[{}]", several ? key.substr(1, key.size() - 2) : key);
}

void dump_code(const Program& program, const std::string& name, std::string& text) {
  text += name + "\n";
  for (const ProbeArgument& argument : program.context.arguments)
    text += fmt::format("  args.{}: {}\n", argument.name, to_string(argument.type));
  if (program.context.result) text += fmt::format("  retval: {}\n", to_string(program.context.result->type));
  for (const Local& local : program.clause->locals)
    text += fmt::format("  ${}: {}\n", local.name, to_string(local.type));
  if (program.is_function() && !program.clause->function->result_type.is(TypeKind::None))
    text += fmt::format("  result: {}\n", to_string(program.clause->function->result_type));
}

}  // namespace

std::string dump_types(const CheckedScript& script) {
  std::string text;
  for (const MapPlan& map : script.plan.maps)
    text += fmt::format("{}{}: {}\n", map.name, key_of(map), to_string(map.value));
  for (const Program& function : script.functions)
    dump_code(function, fmt::format("fn {}", function.clause->function->name), text);
  for (const Program& program : script.programs)
    dump_code(program, script.plan.probes[program.probe].name, text);
  return text;
}

}  // namespace tracer::ast
