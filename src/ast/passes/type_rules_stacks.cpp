// Stacks and symbols (LANGUAGE 6.4, 6.5).
#include "ast/diagnostics.h"
#include "ast/passes/type_rules.h"

namespace tracer::ast {
namespace {

constexpr uint64_t kMostFrames = 1024;
constexpr uint32_t kDefaultFrames = 127;

// The mode as written, or by configuration; none after a report.
std::optional<StackMode> stack_mode(BuiltinUse& use, size_t& next, TypeResolver& types) {
  StackMode mode = types.config().stack_mode;
  const bool written = next < use.args.size() && use.args[next]->type.is(TypeKind::StackModeName);
  if (written) mode = static_cast<StackMode>(*use.args[next++]->constant);
  if (mode != StackMode::BuildId || use.builtin.id == BuiltinId::ustack_) return mode;
  // The kernel's own code has one build id; where stacks are unwound nobody looks at files.
  if (written) {
    types.diags().report(use.args[0]->span, diag::kstack_build_id, use.builtin.name);
    return std::nullopt;
  }
  types.diags().report(use.span, diag::kstack_build_id_default, use.builtin.name);
  return StackMode::Raw;
}

Type stack(BuiltinUse& use, TypeKind kind, TypeResolver& types) {
  uint32_t limit = kDefaultFrames;
  size_t next = 0;
  const auto mode = stack_mode(use, next, types);
  if (!mode) return error_type();
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
  return stack_type(kind, *mode, limit);
}

void check_address(BuiltinUse& use, TypeResolver& types) {
  if (!types.value(use.args[0])) return;
  const Type& type = use.args[0]->type;
  const bool is_address = type.is_integer_like() || type.is(TypeKind::Pointer);
  if (!is_address && !unknown(type)) {
    types.diags().report(use.args[0]->span, diag::address_expected, use.builtin.name, to_string(type));
  }
}

}  // namespace

Type type_kstack(BuiltinUse& use, TypeResolver& types) { return stack(use, TypeKind::KernelStack, types); }
Type type_ustack(BuiltinUse& use, TypeResolver& types) { return stack(use, TypeKind::UserStack, types); }

Type type_dw_ustack(BuiltinUse& use, TypeResolver& types) { return stack(use, TypeKind::UserStack, types); }

Type type_ksym(BuiltinUse& use, TypeResolver& types) {
  check_address(use, types);
  return kernel_symbol_type();
}

Type type_usym(BuiltinUse& use, TypeResolver& types) {
  check_address(use, types);
  return user_symbol_type();
}

}  // namespace tracer::ast
