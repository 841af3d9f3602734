// Addresses and the memory behind them (LANGUAGE 6.4): kptr uptr kaddr percpu_kaddr container_of.
#include "ast/diagnostics.h"
#include "ast/passes/type_rules.h"
#include "base/text.h"
#include "probes/kernel_address.h"

namespace tracer::ast {
namespace {

Type in_space(BuiltinUse& use, TypeResolver& types, AddressSpace space) {
  if (!types.value(use.args[0])) return error_type();
  Type type = TypeResolver::operand_type(*use.args[0]);
  if (unknown(type)) return type;
  if (!type.is(TypeKind::Pointer)) {
    types.diags()
        .report(use.args[0]->span, diag::pointer_expected, use.builtin.name, to_string(type))
        .hint(fmt::format("cast it: `{}((uint8*)e)`", use.builtin.name));
    return error_type();
  }
  type.space = space;
  return type;
}

}  // namespace

Type type_kptr(BuiltinUse& use, TypeResolver& types) { return in_space(use, types, AddressSpace::Kernel); }
Type type_uptr(BuiltinUse& use, TypeResolver& types) { return in_space(use, types, AddressSpace::User); }

Type type_kaddr(BuiltinUse& use, TypeResolver& types) {
  const StringLiteral* name = text_argument(use, 0, types);
  if (!name) return error_type();
  if (!use.node.constant) {
    auto address = kernel_symbol_address(name->value);
    if (!address) {
      types.diags()
          .report(use.args[0]->span, diag::no_kernel_address, name->value, address.error().text)
          .hint(address.error().hint);
      return types.reporting() ? error_type() : Type{};
    }
    use.node.constant = *address;
  }
  Type type = int_type(8, false);
  type.space = AddressSpace::Kernel;
  return type;
}

// `constant` of the call: the address itself, where that is known; else of its argument: the distance from
// the place that the program finds itself at.
Type type_uaddr(BuiltinUse& use, TypeResolver& types) {
  const StringLiteral* name = text_argument(use, 0, types);
  const UserSymbolLookup& lookup = types.context().user_symbol;
  if (!name) return error_type();
  if (!lookup) return wrong_probe(use, types);
  const auto variable = lookup(name->value);
  if (!variable) {
    types.diags()
        .report(use.args[0]->span, diag::no_user_symbol, name->value, variable.error().text)
        .hint(variable.error().hint);
    return error_type();
  }
  const bool at_return = provider_info(types.context().provider).is_return;
  if (!variable->movable) use.node.constant = variable->address;
  use.args[0]->constant = at_return ? variable->from_function : variable->from_probe;
  const uint64_t size = variable->size;
  const bool plain = size == 1 || size == 2 || size == 4;
  return pointer_type(int_type(plain ? static_cast<uint32_t>(size) : 8, false), AddressSpace::User);
}

Type type_percpu_kaddr(BuiltinUse& use, TypeResolver& types) {
  const StringLiteral* name = text_argument(use, 0, types);
  if (use.args.size() > 1) integer_argument(use, 1, types);
  if (!name) return error_type();
  auto variable = types.types().variable(name->value);
  if (!variable) {
    auto& message = types.diags().report(use.args[0]->span, diag::no_kernel_variable, name->value);
    if (!types.types().available()) message.hint(types.types().why_not());
    return error_type();
  }
  return pointer_type(std::move(*variable), AddressSpace::Kernel);
}

// Its arguments were made a pointer, a type and an offset by resolve_names.
Type type_container_of(BuiltinUse& use, TypeResolver& types) {
  if (use.args.size() != 3) return error_type();
  auto* of = as<TypeOf>(use.args[1]);
  if (!of || !types.value(use.args[0])) return error_type();
  const Type from = use.args[0]->type;
  if (unknown(from)) return from;
  if (!from.is(TypeKind::Pointer)) {
    types.diags().report(use.args[0]->span, diag::pointer_expected, use.builtin.name, to_string(from));
    return error_type();
  }
  const Type to = types.type_of(of->of);
  types.expr(use.args[2]);
  if (unknown(to) || unknown(use.args[2]->type)) return unknown(to) ? to : use.args[2]->type;
  return pointer_type(to, from.space);
}

}  // namespace tracer::ast
