// Stacks and symbols (LANGUAGE 6.4, 6.5).
#include "ast/diagnostics.h"
#include "ast/passes/type_rules.h"

namespace tracer::ast {
namespace {

constexpr uint64_t kMostFrames = 1024;
constexpr uint32_t kDefaultFrames = 127;

}  // namespace

Type type_kstack(BuiltinUse& use, TypeResolver& types) {
  StackMode mode = types.config().stack_mode;
  uint32_t limit = kDefaultFrames;
  size_t next = 0;
  if (next < use.args.size() && use.args[next]->type.is(TypeKind::StackModeName)) {
    mode = static_cast<StackMode>(*use.args[next]->constant);
    if (mode == StackMode::BuildId) {
      types.diags().report(use.args[next]->span, diag::kstack_build_id);
      return error_type();
    }
    ++next;
  } else if (mode == StackMode::BuildId) {
    types.diags().report(use.span, diag::kstack_build_id_default);
    mode = StackMode::Raw;
  }
  if (next < use.args.size()) {
    const auto frames = literal_argument(use, next, types);
    if (!frames) return types.reporting() ? error_type() : Type{};
    if (*frames < 1 || *frames > kMostFrames) {
      types.diags().report(use.args[next]->span, diag::stack_limit, use.builtin.name, *frames);
      return error_type();
    }
    limit = static_cast<uint32_t>(*frames);
    ++next;
  }
  if (next < use.args.size()) {
    types.diags().report(use.args[next]->span, diag::stack_arguments, use.builtin.name);
    return error_type();
  }
  return stack_type(TypeKind::KernelStack, mode, limit);
}

Type type_ksym(BuiltinUse& use, TypeResolver& types) {
  if (!types.value(use.args[0])) return kernel_symbol_type();
  const Type& type = use.args[0]->type;
  const bool is_address = type.is_integer_like() || type.is(TypeKind::Pointer);
  if (!is_address && !unknown(type)) {
    types.diags().report(use.args[0]->span, diag::address_expected, use.builtin.name, to_string(type));
  }
  return kernel_symbol_type();
}

}  // namespace tracer::ast
