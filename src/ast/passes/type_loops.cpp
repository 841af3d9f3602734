// Loops: for, while, unroll (LANGUAGE 3.6).
#include "ast/diagnostics.h"
#include "ast/passes/type_resolver.h"

namespace tracer::ast {
namespace {

constexpr uint64_t kMostCopies = 100;  // of an unroll body
constexpr uint64_t kMostNestedCopies = 10000;

// The variable counts in 64 bits: without sign when a bound may need that and none is signed.
Type counter_type(const OpenType& begin, const OpenType& end) {
  bool any_signed = false, wide = false;
  for (const OpenType* bound : {&begin, &end}) {
    any_signed |= bound->type.is_signed && !bound->flexible;
    wide |= !bound->type.is_signed && bound->type.size == 8;
  }
  return int_type(8, any_signed || !wide);
}

// Values of these kinds stand in one entry for each key; a bucket of a histogram is an entry of its own.
bool has_entry_for_key(const Type& value) { return !value.is_aggregate() || value.is_castable_aggregate(); }

}  // namespace

void TypeResolver::loop(For& loop) {
  loop.map ? map_loop(loop) : range(loop);
  loop.variable->type = local(*loop.variable).type();
  body(*loop.body);
}

// What a loop gives to its variable has that type and no other.
void TypeResolver::set_loop_variable(const Variable& variable, const Type& type) {
  Slot& slot = local(variable);
  if (same_type(slot.type(), type) && slot.type().space == type.space) return;
  slot.open = {type};
  slot.set_at = variable.span;
  slot.fixed = true;
  changed_ = true;
}

void TypeResolver::range(For& loop) {
  bool known = true;
  for (Expr** bound : {&loop.begin, &loop.end}) {
    known &= value(*bound);
    const Type type = operand_type(**bound);
    known &= !unknown(type);
    if (!unknown(type) && !type.is(TypeKind::Int) && !type.is(TypeKind::Enum)) {
      diags().report((*bound)->span, diag::bad_range, to_string(type));
      known = false;
    }
  }
  if (known) set_loop_variable(*loop.variable, counter_type(operand(*loop.begin), operand(*loop.end)));
}

void TypeResolver::map_loop(For& loop) {
  MapRef& map = *loop.map;
  const MapFacts& facts = maps_[map.map];
  map.type = facts.value.type();
  if (facts.scalar_at) {
    diags()
        .report(map.span, diag::loop_over_scalar, map.name)
        .note(*facts.scalar_at, "used without a key here");
    return set_loop_variable(*loop.variable, error_type());
  }
  if (!has_entry_for_key(map.type)) {
    diags().report(map.span, diag::loop_over_kind, map.name, to_string(map.type));
    return set_loop_variable(*loop.variable, error_type());
  }
  const Type key = facts.key.type(), value = operand_type(map);
  if (unknown(key) || unknown(value)) return;
  set_loop_variable(*loop.variable, tuple_type({key, value}));
}

void TypeResolver::while_loop(While& loop) {
  diags().report(loop.condition->span, diag::while_deprecated).hint("`for ($i : 0..n) { }` counts");
  condition(loop.condition);
  body(*loop.body);
}

void TypeResolver::unroll(Unroll& unroll) {
  uint64_t copies = copies_;
  expr(unroll.count);
  const Type type = operand_type(*unroll.count);
  if (!unroll.count->constant) {
    if (!type.is(TypeKind::Error)) diags().report(unroll.count->span, diag::unroll_not_constant);
  } else if (*unroll.count->constant < 1 || *unroll.count->constant > kMostCopies) {
    diags().report(unroll.count->span, diag::unroll_bounds, static_cast<int64_t>(*unroll.count->constant));
  } else if (copies <= kMostNestedCopies) {
    copies_ *= static_cast<uint64_t>(*unroll.count->constant);
    if (copies_ > kMostNestedCopies)
      diags().report(unroll.count->span, diag::unroll_nested, copies_, kMostNestedCopies);
  }
  body(*unroll.body);
  copies_ = copies;
}

}  // namespace tracer::ast
