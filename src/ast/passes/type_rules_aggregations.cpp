// Aggregations (LANGUAGE 5.3). The assignment that holds one merges the type into the map; literal
// arguments are kept in the map's plan here.
#include <array>

#include "ast/diagnostics.h"
#include "ast/limits.h"
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

// ---------------------------------------------------------------- time series

namespace {

// In the order of SeriesAggregate; the first has no name.
constexpr std::array<std::string_view, 5> kSeriesAggregates = {"", "avg", "max", "min", "sum"};

// Which of them a literal names; empty for other texts.
std::optional<SeriesAggregate> series_aggregate(std::string_view name) {
  for (size_t i = 1; i < kSeriesAggregates.size(); ++i)
    if (kSeriesAggregates[i] == name) return static_cast<SeriesAggregate>(i);
  return std::nullopt;
}

}  // namespace

Type type_tseries(BuiltinUse& use, TypeResolver& types) {
  const Type type = numeric(use, types, TypeKind::TimeSeries);
  const auto interval = literal_argument(use, 1, types);
  const auto intervals = literal_argument(use, 2, types);
  if (interval && *interval < 1) types.diags().report(use.args[1]->span, diag::tseries_interval);
  if (intervals && (*intervals < 1 || *intervals > kMostIntervals)) {
    types.diags().report(use.args[2]->span, diag::tseries_intervals, kMostIntervals, *intervals);
  }
  if (use.args.size() < 4) return type;
  const StringLiteral* aggregate = text_argument(use, 3, types);
  if (aggregate && !series_aggregate(aggregate->value)) {
    types.diags().report(use.args[3]->span, diag::tseries_aggregate, aggregate->value);
  }
  return type;
}

// ---------------------------------------------------------------- literal arguments

namespace {

// What one of these functions is told by literals, as it stands in the map's plan.
struct Bounds {
  uint32_t bits = 0;
  int64_t least = 0, most = 0, step = 0;
  uint64_t interval = 0;
  uint32_t intervals = 0;
  SeriesAggregate aggregate = SeriesAggregate::Last;
  bool operator==(const Bounds&) const = default;
};

int64_t constant_of(const Call& call, size_t index) {
  return index < call.args.size() ? static_cast<int64_t>(call.args[index]->constant.value_or(0)) : 0;
}

SeriesAggregate aggregate_of(const Call& call) {
  const auto* name = call.args.size() > 3 ? as<StringLiteral>(call.args[3]) : nullptr;
  return name ? series_aggregate(name->value).value_or(SeriesAggregate::Last) : SeriesAggregate::Last;
}

Bounds bounds_of(const Call& call) {
  Bounds bounds;
  if (call.builtin->id == BuiltinId::hist_) {
    bounds.bits = static_cast<uint32_t>(constant_of(call, 1));
  } else if (call.builtin->id == BuiltinId::lhist_) {
    bounds.least = constant_of(call, 1);
    bounds.most = constant_of(call, 2);
    bounds.step = constant_of(call, 3);
  } else {
    bounds.interval = static_cast<uint64_t>(constant_of(call, 1));
    bounds.intervals = static_cast<uint32_t>(constant_of(call, 2));
    bounds.aggregate = aggregate_of(call);
  }
  return bounds;
}

Bounds bounds_of(const MapPlan& map) {
  return {map.hist_bits,       map.lhist_min,     map.lhist_max,       map.lhist_step,
          map.series_interval, map.series_length, map.series_aggregate};
}

void set_bounds(MapPlan& map, const Bounds& bounds) {
  map.hist_bits = bounds.bits;
  map.lhist_min = bounds.least;
  map.lhist_max = bounds.most;
  map.lhist_step = bounds.step;
  map.series_interval = bounds.interval;
  map.series_length = bounds.intervals;
  map.series_aggregate = bounds.aggregate;
}

// What is said when a map has two sets of them; null for functions that take none.
const DiagnosticKind* bounds_differ(BuiltinId id) {
  switch (id) {
    case BuiltinId::hist_:
      return &diag::hist_bits_differ;
    case BuiltinId::lhist_:
      return &diag::lhist_bounds_differ;
    case BuiltinId::tseries_:
      return &diag::tseries_bounds_differ;
    default:
      return nullptr;
  }
}

}  // namespace

void keep_bounds(const Call& call, uint32_t map_index, TypeResolver& types) {
  const DiagnosticKind* differ = bounds_differ(call.builtin->id);
  if (!differ) return;
  MapFacts& facts = types.map(map_index);
  MapPlan& plan = types.plan().maps[map_index];
  const Bounds bounds = bounds_of(call);
  if (!facts.bounds_at) {
    facts.bounds_at = call.span;
    set_bounds(plan, bounds);
  } else if (bounds != bounds_of(plan)) {
    types.diags().report(call.span, *differ).note(*facts.bounds_at, "set here");
  }
}

}  // namespace tracer::ast
