#include <map>
#include <tuple>
#include <unordered_map>

#include "ast/builtins.h"
#include "ast/passes/build_plan.h"
#include "ast/passes/place_table.h"
#include "ast/passes/walk.h"

namespace tracer::ast {
namespace {

constexpr size_t kLocalsOnStack = 16;  // more may need a scratch frame

bool is_zero_free(const Expr& divisor) { return divisor.constant && *divisor.constant != 0; }

// What a clause sends and keeps; decides which counters its probes need.
struct ClauseNeeds {
  bool data = false, control = false, scratch = false;
};

bool is_large(const Type& type) {
  switch (type.kind) {
    case TypeKind::None:
    case TypeKind::Error:
    case TypeKind::Void:
    case TypeKind::Bool:
    case TypeKind::Int:
    case TypeKind::Enum:
    case TypeKind::Pointer:
    case TypeKind::KernelSymbol:
      return false;
    default:
      return !type.is_aggregate();
  }
}

class CounterPlanner : public Walker {
 public:
  CounterPlanner(Plan& plan, PlaceTable& places) : plan_(plan), places_(places) {}

  ClauseNeeds needs(Clause& clause) {
    needs_ = {};
    needs_.scratch = clause.locals.size() > kLocalsOnStack;
    Walker::clause(clause);
    return needs_;
  }

  void statement(Statement*& slot) override {
    statement_children(*slot);
    if (auto* loop = as<For>(slot); loop && loop->begin && !has_short_range(*loop)) {
      loop->cut_counter = at_place(CounterKind::RangeCut, loop->span);
    }
    auto* assign = as<Assign>(slot);
    if (!assign) return;
    if (const auto* map = as<MapRef>(assign->target)) assign->map_full_counter = map_full(*map);
    const bool divides = assign->op == BinaryOp::Divide || assign->op == BinaryOp::Modulo;
    if (divides && !is_zero_free(*assign->value)) {
      assign->divide_counter = at_place(CounterKind::DivideByZero, assign->span);
    }
  }

  void expr(Expr*& slot) override {
    expr_children(*slot);
    needs_.scratch |= is_large(slot->type);
    if (auto* unary = as<Unary>(slot)) {
      const auto* map = as<MapRef>(unary->operand);
      if (map && unary->op >= UnaryOp::PreIncrement) unary->map_full_counter = map_full(*map);
    } else if (auto* binary = as<Binary>(slot)) {
      const bool divides = binary->op == BinaryOp::Divide || binary->op == BinaryOp::Modulo;
      if (divides && !is_zero_free(*binary->right)) {
        binary->divide_counter = at_place(CounterKind::DivideByZero, binary->span);
      }
    } else if (auto* index = as<Index>(slot)) {
      if (!index->index->constant && !index->object->type.is(TypeKind::Pointer)) {
        index->bounds_counter = at_place(CounterKind::ArrayBounds, index->span);
      }
    } else if (const auto* call = as<Call>(slot); call && call->event) {
      (plan_.events[*call->event].control ? needs_.control : needs_.data) = true;
    }
  }

 private:
  static bool has_short_range(const For& loop) {
    constexpr uint64_t kSurelyShort = 1 << 20;
    return loop.begin->constant && loop.end->constant &&
           *loop.end->constant - *loop.begin->constant <= kSurelyShort;
  }

  // Scalar maps always have room; LRU maps make it.
  std::optional<uint32_t> map_full(const MapRef& ref) {
    const MapPlan& map = plan_.maps[ref.map];
    if (map.has_written_word()) return std::nullopt;
    return at_place(CounterKind::MapFull, ref.span, ref.map);
  }

  uint32_t at_place(CounterKind kind, Span span, uint32_t map = 0) {
    const uint32_t place = places_.find(span);
    const auto key = std::make_tuple(kind, place, map);
    const auto [entry, is_new] = index_.emplace(key, static_cast<uint32_t>(plan_.counters.size()));
    if (is_new) {
      CounterPlan counter;
      counter.kind = kind;
      counter.map = map;
      counter.place = place;
      if (kind == CounterKind::MapFull) counter.helper = "map_update_elem";
      plan_.counters.push_back(std::move(counter));
    }
    return entry->second;
  }

  Plan& plan_;
  PlaceTable& places_;
  std::map<std::tuple<CounterKind, uint32_t, uint32_t>, uint32_t> index_;
  ClauseNeeds needs_;
};

void add_probe_counter(Plan& plan, CounterKind kind, uint32_t probe) {
  CounterPlan counter;
  counter.kind = kind;
  counter.probe = probe;
  plan.counters.push_back(std::move(counter));
}

}  // namespace

void plan_counters(CheckedScript& script, PlaceTable& places) {
  Plan& plan = script.plan;
  CounterPlanner planner(plan, places);
  std::unordered_map<const Clause*, ClauseNeeds> by_clause;
  for (const Program& program : script.programs) {
    const auto [entry, is_new] = by_clause.emplace(program.clause, ClauseNeeds{});
    if (is_new) entry->second = planner.needs(*program.clause);
    const ClauseNeeds& needs = entry->second;
    if (needs.data) add_probe_counter(plan, CounterKind::LostEvent, program.probe);
    if (needs.control) add_probe_counter(plan, CounterKind::LostControl, program.probe);
    // Keys are built in memory too; whether that is the stack is decided when code is made.
    if (needs.scratch || needs.data || !plan.maps.empty()) {
      add_probe_counter(plan, CounterKind::ProbeMissed, program.probe);
    }
  }
}

}  // namespace tracer::ast
