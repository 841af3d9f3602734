// Acting on the traced system, and what is asked of it (LANGUAGE 6.4, 6.6).
#include <signal.h>
#include <string.h>

#include "ast/diagnostics.h"
#include "ast/passes/fold_constants.h"
#include "ast/passes/type_rules.h"
#include "base/text.h"

namespace tracer::ast {
namespace {

constexpr uint64_t kLastSignal = 64;

// `kill`, `SIGKILL` -> 9.
std::optional<int> signal_number(std::string name) {
  for (char& c : name) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  if (name.starts_with("SIG")) name.erase(0, 3);
  for (int number = 1; number < SIGRTMIN; ++number) {
    const char* known = sigabbrev_np(number);
    if (known && name == known) return number;
  }
  return std::nullopt;
}

std::vector<std::string> signal_names() {
  std::vector<std::string> names;
  for (int number = 1; number < SIGRTMIN; ++number)
    if (const char* known = sigabbrev_np(number)) names.push_back(std::string("SIG") + known);
  return names;
}

// The first argument: a pointer, or an integer that is one.
void address_argument(BuiltinUse& use, TypeResolver& types) {
  if (!types.value(use.args[0])) return;
  const Type& place = use.args[0]->type;
  if (!place.is(TypeKind::Pointer) && !place.is_integer_like() && !unknown(place))
    types.diags().report(use.args[0]->span, diag::address_expected, use.builtin.name, to_string(place));
}

}  // namespace

Type type_signal(BuiltinUse& use, TypeResolver& types) {
  if (const auto* name = as<StringLiteral>(use.args[0])) {
    const auto number = signal_number(name->value);
    if (!number) {
      types.diags()
          .report(name->span, diag::unknown_signal, name->value)
          .hint(did_you_mean(name->value, signal_names()));
      return types.reporting() ? error_type() : void_type();
    }
    use.args[0] = make_typed_int(types.ast(), name->span, static_cast<uint64_t>(*number), int_type(4, true));
    return void_type();
  }
  if (!integer_argument(use, 0, types)) return void_type();
  const Expr& number = *use.args[0];
  if (number.constant && (*number.constant < 1 || *number.constant > kLastSignal))
    types.diags().report(number.span, diag::signal_range, use.builtin.name,
                         static_cast<int64_t>(*number.constant), kLastSignal);
  return void_type();
}

Type type_override(BuiltinUse& use, TypeResolver& types) {
  integer_argument(use, 0, types);
  return void_type();
}

Type type_unwatch(BuiltinUse& use, TypeResolver& types) {
  address_argument(use, types);
  return void_type();
}

Type type_write_user(BuiltinUse& use, TypeResolver& types) {
  address_argument(use, types);
  if (!types.value(use.args[1]) || !integer_argument(use, 2, types)) return bool_type();
  const Type& source = use.args[1]->type;
  const Expr& size = *use.args[2];
  if (unknown(source)) return bool_type();
  if (source.is_aggregate()) {
    types.diags().report(use.args[1]->span, diag::cannot_store, to_string(source));
  } else if (size.constant && (*size.constant < 1 || *size.constant > source.size)) {
    types.diags().report(size.span, diag::write_size, static_cast<int64_t>(*size.constant), to_string(source),
                         source.size);
  }
  return bool_type();
}

// The helper takes nothing but a pointer that the kernel knows to be a socket: one that comes from the
// probe's arguments by fields.
Type type_socket_cookie(BuiltinUse& use, TypeResolver& types) {
  const Type cookie = int_type(8, false);
  if (!types.value(use.args[0])) return cookie;
  const Type& type = use.args[0]->type;
  if (unknown(type)) return cookie;
  const bool socket = type.is(TypeKind::Pointer) && type.target && type.target->is(TypeKind::Struct) &&
                      (type.target->name == "sock" || type.target->name == "sock_common");
  if (!socket) {
    types.diags().report(use.args[0]->span, diag::socket_expected, to_string(type));
    return cookie;
  }
  const Expr* at = use.args[0];
  while (const auto* access = as<FieldAccess>(at)) {
    if (access->argument) return cookie;
    at = access->object;
  }
  types.diags()
      .report(use.args[0]->span, diag::socket_unknown)
      .hint("write it as a field of args, as in `socket_cookie(args.sk)`");
  return cookie;
}

}  // namespace tracer::ast
