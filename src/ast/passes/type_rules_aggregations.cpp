// Aggregations (LANGUAGE 5.3). The assignment that holds one merges the type into the map; literal
// arguments are kept in the map's plan here.
#include "ast/diagnostics.h"
#include "ast/passes/type_rules.h"

namespace tracer::ast {
namespace {

constexpr uint64_t kMostBits = 5;
constexpr uint64_t kMostLinearBuckets = 1000;

Type numeric(BuiltinUse& use, TypeResolver& types, TypeKind kind) {
  bool is_signed = true;
  if (integer_argument(use, 0, types)) is_signed = TypeResolver::operand_type(*use.args[0]).is_signed;
  return aggregate_type(kind, is_signed);
}

}  // namespace

Type type_count(BuiltinUse&, TypeResolver&) { return aggregate_type(TypeKind::Count, false); }
Type type_sum(BuiltinUse& use, TypeResolver& types) { return numeric(use, types, TypeKind::Sum); }
Type type_min(BuiltinUse& use, TypeResolver& types) { return numeric(use, types, TypeKind::Min); }
Type type_max(BuiltinUse& use, TypeResolver& types) { return numeric(use, types, TypeKind::Max); }
Type type_avg(BuiltinUse& use, TypeResolver& types) { return numeric(use, types, TypeKind::Avg); }
Type type_stats(BuiltinUse& use, TypeResolver& types) { return numeric(use, types, TypeKind::Stats); }

Type type_hist(BuiltinUse& use, TypeResolver& types) {
  integer_argument(use, 0, types);
  const Type type = aggregate_type(TypeKind::Hist, false);
  if (use.args.size() < 2) return type;
  const auto bits = literal_argument(use, 1, types);
  if (bits && *bits > kMostBits) types.diags().report(use.args[1]->span, diag::hist_bits, *bits);
  return type;
}

Type type_lhist(BuiltinUse& use, TypeResolver& types) {
  integer_argument(use, 0, types);
  const Type type = aggregate_type(TypeKind::LinearHist, false);
  const auto least = literal_argument(use, 1, types);
  const auto most = literal_argument(use, 2, types);
  const auto step = literal_argument(use, 3, types);
  if (!least || !most || !step) return type;
  if (*most > INT64_MAX || *least > INT64_MAX) {
    types.diags().report(use.span, diag::lhist_too_large);
  } else if (*least >= *most) {
    types.diags().report(use.args[2]->span, diag::lhist_empty, *least, *most);
  } else if (*step < 1) {
    types.diags().report(use.args[3]->span, diag::lhist_no_step);
  } else if (*step > *most - *least) {
    types.diags().report(use.args[3]->span, diag::lhist_step, *step, *most - *least);
  } else if ((*most - *least) / *step > kMostLinearBuckets) {
    types.diags().report(use.span, diag::lhist_buckets, (*most - *least) / *step, kMostLinearBuckets);
  }
  return type;
}

// ---------------------------------------------------------------- literal arguments

namespace {

struct Bounds {
  uint32_t bits = 0;
  int64_t least = 0, most = 0, step = 0;
  bool operator==(const Bounds&) const = default;
};

int64_t constant_of(const Call& call, size_t index) {
  return index < call.args.size() ? static_cast<int64_t>(call.args[index]->constant.value_or(0)) : 0;
}

Bounds bounds_of(const Call& call) {
  if (call.builtin->id == BuiltinId::hist_) return {static_cast<uint32_t>(constant_of(call, 1))};
  return {0, constant_of(call, 1), constant_of(call, 2), constant_of(call, 3)};
}

}  // namespace

void keep_bounds(const Call& call, uint32_t map_index, TypeResolver& types) {
  const bool is_hist = call.builtin->id == BuiltinId::hist_;
  if (!is_hist && call.builtin->id != BuiltinId::lhist_) return;
  MapFacts& facts = types.map(map_index);
  MapPlan& plan = types.plan().maps[map_index];
  const Bounds bounds = bounds_of(call);
  const Bounds known{plan.hist_bits, plan.lhist_min, plan.lhist_max, plan.lhist_step};
  if (!facts.bounds_at) {
    facts.bounds_at = call.span;
    plan.hist_bits = bounds.bits;
    plan.lhist_min = bounds.least;
    plan.lhist_max = bounds.most;
    plan.lhist_step = bounds.step;
  } else if (bounds != known) {
    types.diags()
        .report(call.span, is_hist ? diag::hist_bits_differ : diag::lhist_bounds_differ)
        .note(*facts.bounds_at, "set here");
  }
}

}  // namespace tracer::ast
