// Whether a builtin may be used at all here: by --unsafe, by the session, by the probe.
#include <sys/utsname.h>

#include <algorithm>

#include "ast/builtin_places.h"
#include "ast/diagnostics.h"
#include "ast/passes/type_resolver.h"

namespace tracer::ast {
namespace {

std::string kernel_release() {
  utsname system{};
  return uname(&system) == 0 ? system.release : "?";
}

// Places that the kernel decides rather than the language.
bool kernel_decides(BuiltinWhere where) {
  return where == BuiltinWhere::SocketProbe || where == BuiltinWhere::SignalProbe;
}

// A saved object asks for --unsafe again.
void note_unsafe(Plan& plan, const Builtin& row) {
  const std::string name = std::string(row.name) + "()";
  if (std::ranges::find(plan.unsafe, name) == plan.unsafe.end()) plan.unsafe.push_back(name);
}

}  // namespace

bool TypeResolver::permitted(const Builtin& row, Span span) {
  if (row.safety == BuiltinSafety::Unsafe && !script_.unsafe) {
    auto& message = row.id == BuiltinId::override_ ? diags().report(span, diag::unsafe_override)
                                                   : diags().report(span, diag::unsafe_function, row.name);
    message.hint("run it with --unsafe if that is meant");
    return false;
  }
  if (row.safety == BuiltinSafety::Unsafe) note_unsafe(script_.plan, row);
  if (script_.user_session && !works_in_user_session(row.where)) {
    diags().report(span, diag::kernel_session_only, row.name).hint("leave out --user");
    return false;
  }
  // The body of a function belongs to no probe.
  if (program_->is_function() || works_in(row.where, context().provider)) return true;
  const char* provider = provider_info(context().provider).name;
  auto& message = row.form == BuiltinForm::Variable
                      ? diags().report(span, diag::wrong_probe, row.name, provider)
                  : kernel_decides(row.where)
                      ? diags().report(span, diag::kernel_refuses, row.name, provider, kernel_release())
                      : diags().report(span, diag::wrong_probe_function, row.name, provider);
  message.hint("it works in " + places_of(row.where));
  return false;
}

}  // namespace tracer::ast
