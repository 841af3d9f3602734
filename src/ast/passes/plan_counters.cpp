#include <algorithm>
#include <functional>
#include <map>
#include <tuple>
#include <unordered_map>
#include <unordered_set>

#include "ast/builtins.h"
#include "ast/passes/build_plan.h"
#include "ast/passes/memory_reads.h"
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

// Builtins whose failure is told wherever it happens.
struct Failure {
  BuiltinId builtin;
  CounterKind kind;
  const char* text;  // the helper's name for HelperFailed
};

constexpr Failure kFailures[] = {
    {BuiltinId::kstack_, CounterKind::StackFailed, "kstack"},
    {BuiltinId::ustack_, CounterKind::StackFailed, "ustack"},
    {BuiltinId::cpid_, CounterKind::Notice, "No child command (`-c`); cpid is zero"},
    {BuiltinId::comm_, CounterKind::Notice, "No such process (pid={})"},
    {BuiltinId::signal_, CounterKind::HelperFailed, "send_signal"},
    {BuiltinId::signal_thread_, CounterKind::HelperFailed, "send_signal_thread"},
    {BuiltinId::write_user_, CounterKind::HelperFailed, "probe_write_user"},
    {BuiltinId::path_, CounterKind::HelperFailed, "d_path"},
    {BuiltinId::skboutput_, CounterKind::HelperFailed, "skb_output"},
};

const Failure* failure_of(const Expr& node) {
  const auto* name = as<Identifier>(&node);
  const auto* call = as<Call>(&node);
  const Builtin* builtin = name ? name->builtin : call ? call->builtin : nullptr;
  if (!builtin || node.constant) return nullptr;
  if (name && builtin->id == BuiltinId::comm_) return nullptr;  // of the current task, which is there
  const auto* found = std::find_if(std::begin(kFailures), std::end(kFailures),
                                   [&](const Failure& failure) { return failure.builtin == builtin->id; });
  return found == std::end(kFailures) ? nullptr : found;
}

using NeedsTable = std::unordered_map<const Clause*, ClauseNeeds>;

class CounterPlanner : public Walker {
 public:
  CounterPlanner(Plan& plan, PlaceTable& places, bool count_failures)
      : plan_(plan), places_(places), count_failures_(count_failures) {}

  // What the functions that the clause calls need is in the table. `space`: of the probe's addresses.
  const ClauseNeeds& add_to(NeedsTable& table, Clause& clause, AddressSpace space) {
    const auto [entry, is_new] = table.emplace(&clause, ClauseNeeds{});
    if (!is_new) return entry->second;
    needs_ = {};
    table_ = &table;
    space_ = space;
    if (clause.body) discard(clause.body->value);
    needs_.scratch = clause.locals.size() > kLocalsOnStack;
    Walker::clause(clause);
    return entry->second = needs_;
  }

  void statement(Statement*& slot) override {
    note_dropped(*slot);
    statement_children(*slot);
    if (auto* loop = as<For>(slot); loop && loop->begin && !has_short_range(*loop)) {
      loop->cut_counter = at_place(CounterKind::RangeCut, loop->span);
    }
    if (auto* loop = as<While>(slot)) {
      loop->condition->failure_counter = at_place(CounterKind::RangeCut, loop->span);
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
    if (const auto* step = as<Unary>(slot); step && step->op >= UnaryOp::PreIncrement)
      written_.insert(step->operand);
    expr_children(*slot);
    const auto* address = as<Unary>(slot);
    needs_.scratch |= is_large(slot->type) || (address && address->op == UnaryOp::AddressOf);
    plan_failure(*slot);
    if (count_failures_ && !slot->failure_counter) plan_missing(*slot);
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
      (plan_.events[*call->event].counted_as_data() ? needs_.data : needs_.control) = true;
    } else if (call && call->function) {
      const ClauseNeeds& callee = table_->at(call->function->code);
      needs_ = {needs_.data || callee.data, needs_.control || callee.control, true};
    }
  }

 private:
  static bool has_short_range(const For& loop) {
    constexpr uint64_t kSurelyShort = 1 << 20;
    return loop.begin->constant && loop.end->constant &&
           *loop.end->constant - *loop.begin->constant <= kSurelyShort;
  }

  void plan_failure(Expr& node) {
    const Failure* failure = failure_of(node);
    if (!failure) return;
    node.failure_counter = at_place(failure->kind, node.span);
    CounterPlan& counter = plan_.counters[*node.failure_counter];
    (failure->kind == CounterKind::HelperFailed ? counter.helper : counter.text) = failure->text;
  }

  // ---- what only -k asks for

  // Expressions that are written to, and those whose value nobody wants.
  void note_dropped(const Statement& statement) {
    if (const auto* assign = as<Assign>(&statement)) {
      written_.insert(assign->target);
    } else if (const auto* plain = as<ExprStatement>(&statement)) {
      discard(plain->expr);
    } else {
      const auto* loop = as<For>(&statement);
      const auto* while_loop = as<While>(&statement);
      const auto* unroll = as<Unroll>(&statement);
      const Block* body = loop ? loop->body : while_loop ? while_loop->body : unroll ? unroll->body : nullptr;
      if (body) discard(body->value);
    }
  }

  void discard(const Expr* expr) {
    if (!expr) return;
    discarded_.insert(expr);
    if (const auto* branch = as<IfExpr>(expr)) {
      discard(branch->then_block->value);
      if (branch->else_block) discard(branch->else_block->value);
    } else if (const auto* block = as<BlockExpr>(expr)) {
      discard(block->block->value);
    }
  }

  // Reads of memory that fail, and keys that are not there.
  void plan_missing(Expr& node) {
    std::string helper = read_helper(node, space_);
    if (const auto* map = as<MapRef>(&node)) {
      if (!map->key || written_.contains(&node)) return;
      node.failure_counter = at_place(CounterKind::LookupMissing, node.span);
    } else if (const auto* call = as<Call>(&node);
               call && call->builtin && call->builtin->id == BuiltinId::delete_) {
      if (!discarded_.contains(&node)) return;
      node.failure_counter = at_place(CounterKind::DeleteMissing, node.span);
    } else if (!helper.empty()) {
      node.failure_counter = at_place(CounterKind::HelperFailed, node.span);
      plan_.counters[*node.failure_counter].helper = std::move(helper);
    } else {
      return;
    }
    plan_.counters[*node.failure_counter].only_with_k = true;
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
  const NeedsTable* table_ = nullptr;
  const bool count_failures_;
  AddressSpace space_ = AddressSpace::Unknown;
  std::unordered_set<const Expr*> written_, discarded_;
};

void add_probe_counter(Plan& plan, CounterKind kind, uint32_t probe) {
  CounterPlan counter;
  counter.kind = kind;
  counter.probe = probe;
  plan.counters.push_back(std::move(counter));
}

}  // namespace

void plan_counters(CheckedScript& script, PlaceTable& places, bool count_failures) {
  Plan& plan = script.plan;
  CounterPlanner planner(plan, places, count_failures);
  // Functions first, and those that are called before those that call them.
  NeedsTable table;
  std::function<void(const Function&)> add_function = [&](const Function& function) {
    if (table.contains(function.code)) return;
    for (const Function* callee : function.callees) add_function(*callee);
    planner.add_to(table, *function.code, AddressSpace::Unknown);
  };
  for (const Program& each : script.functions) add_function(*each.clause->function);
  for (const Program& program : script.programs) {
    const ClauseNeeds& needs = planner.add_to(table, *program.clause, program.context.space);
    if (needs.data) add_probe_counter(plan, CounterKind::LostEvent, program.probe);
    if (needs.control) add_probe_counter(plan, CounterKind::LostControl, program.probe);
    // Keys are built in memory too; whether that is the stack is decided when code is made.
    if (needs.scratch || needs.data || !plan.maps.empty()) {
      add_probe_counter(plan, CounterKind::ProbeMissed, program.probe);
    }
  }
}

}  // namespace tracer::ast
