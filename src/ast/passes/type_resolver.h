// Gives every expression its type. One run over the script types each node from its parts and
// merges what is stored into the slots of variables, map keys and map values; resolve_types.cpp
// repeats it until the slots stand still, then once more to report.
//
// Between those runs nodes may have the type None: not known yet. Rules pass it on in silence.
#pragma once

#include <span>
#include <unordered_map>

#include "ast/builtins.h"
#include "ast/check.h"
#include "ast/passes/facts.h"
#include "ast/passes/promote.h"
#include "btf/type_db.h"

namespace tracer::ast {

class TypeResolver {
 public:
  TypeResolver(Ast& ast, CheckedScript& script, MapTable& maps, TypeDb& types, Diagnostics& diags)
      : ast_(ast), script_(script), maps_(maps), types_(types), diags_(diags) {}

  // One run over all programs; true when some slot changed.
  bool run(bool reporting);
  // What was never assigned becomes int8: a map that is only read is always 0.
  void give_defaults();
  // From here on `&$x` has a type: that of a variable must stand still before a pointer to it has one.
  void allow_addresses() { addresses_ = true; }
  // Writes the slots of variables to Clause::locals.
  void finish();

  // ---- for the type rules of builtins

  Ast& ast() { return ast_; }
  const Config& config() const { return script_.plan.config; }
  Plan& plan() { return script_.plan; }
  const ProbeContext& context() const { return program_->context; }
  // Not to be asked in functions (see `available`), which have none.
  const ProbePlan& probe() const {
    static const ProbePlan kNone;
    return program_->is_function() ? kNone : script_.plan.probes[program_->probe];
  }
  MapFacts& map(uint32_t index) { return maps_[index]; }
  bool user_session() const { return script_.user_session; }
  TypeDb& types() { return types_; }
  // The last run: what is reported now is shown.
  bool reporting() const { return reporting_; }
  // Types have settled as far as they do without `if comptime`: from now on a size or a sign that may
  // still have grown before can be taken as a constant.
  bool deciding() const { return deciding_; }
  void start_deciding() { deciding_ = true; }
  // Swallows messages except in the last run.
  Diagnostics& diags() { return reporting_ ? diags_ : scratch_; }

  Diagnostics* fold_diags() { return reporting_ ? &diags_ : nullptr; }

  void expr(Expr*& slot);
  // Types `slot` and demands a value that can be stored: false when there is none (reported).
  bool value(Expr*& slot);
  // The type that `expr` has as an operand: aggregations that convert are integers.
  static Type operand_type(const Expr& expr);
  static OpenType operand(const Expr& expr);
  // Merges a key into the map's keys.
  void key(uint32_t map_index, Expr*& slot, Span at);
  // Stores a value of the map into the variable, as find() does.
  void store_found(uint32_t map_index, Variable& variable);
  // A struct's members are looked up by need: `struct task_struct` is complete after this.
  Type complete(const Type& structure);
  // Something of the kernel becomes a constant of the program.
  void rely_on(NeedKind kind, std::string subject, std::string member, Span at) {
    if (script_.saved)
      script_.noticed.push_back({{kind, std::move(subject), std::move(member), "", "", 0}, at});
  }
  // Of what stands in sizeof(...), typeof(...).
  Type type_of(TypeOrExpr& of);

 private:
  // type_statements.cpp
  void clause(Clause& clause);
  Type block(Block& block);  // whose value is used
  void body(Block& block);   // whose value, if it has one, is dropped
  void discarded(Expr*& slot);
  void statement(Statement& statement);
  void let(Let& let);
  void assign(Assign& assign);
  void assign_plain(Assign& assign);
  void assign_compound(Assign& assign);
  void assign_aggregation(Assign& assign, Call& call);
  void return_value(Return& statement);
  void condition(Expr*& slot);
  void store(Slot& slot, const OpenType& value, const Expr* expr, Span at, const std::string& name,
             bool is_map);
  void store_fixed(Slot& slot, const OpenType& value, const Expr* expr, Span at, const std::string& name,
                   bool is_map);
  void warn_lossy(const Type& from, const Type& to, const Expr* expr);
  void mismatch(Span at, const std::string& name, bool is_map, const Type& value, const Slot& slot);
  Slot& local(const Variable& variable) { return (*locals_)[variable.local]; }
  bool can_be_stored(const Expr& value);
  Slot* slot_of(Expr& target);
  static std::string name_of(const Expr& target);

  // type_loops.cpp
  void loop(For& loop);
  void set_loop_variable(const Variable& variable, const Type& type);
  void range(For& loop);
  void map_loop(For& loop);
  void while_loop(While& loop);
  void unroll(Unroll& unroll);

  // type_permissions.cpp
  bool permitted(const Builtin& row, Span span);

  // type_expressions.cpp
  void identifier(Expr*& slot);
  void map_read(MapRef& map);
  Expr* call(Call& call);  // what stands for it: itself, or a constant
  void ternary(Expr*& slot, Ternary& ternary);
  void if_expr(IfExpr& branch, bool used);
  void if_comptime(Expr*& slot, IfExpr& branch, bool used);
  void tuple(TupleExpr& tuple);
  void record(RecordExpr& record);
  bool element_value(Expr*& slot, bool* open);
  void size_of(Expr*& slot, SizeOf& size);
  void type_info(Expr*& slot, TypeInfo& info);
  void offset_of(Expr*& slot, OffsetOf& offset);
  void comptime(Expr*& slot, Comptime& comptime);
  Type branch_type(Span at, const OpenType& a, const OpenType& b, bool* flexible);

  // type_operators.cpp
  void unary(Expr*& slot, Unary& unary);
  void step(Unary& unary);
  void deref(Unary& unary);
  void address_of(Unary& unary);
  void binary(Expr*& slot, Binary& binary);
  Type comparison(Binary& binary, const OpenType& left, const OpenType& right);
  Type arithmetic(Binary& binary, const OpenType& left, const OpenType& right);
  Type pointer_arithmetic(Binary& binary, const OpenType& left, const OpenType& right);
  Type bad_operands(const Binary& binary, const Type& left, const Type& right);
  void warn_mixed_signs(const Binary& binary, const OpenType& left, const OpenType& right);

  // type_access.cpp
  void field(FieldAccess& access);
  void argument_field(FieldAccess& access);
  bool arguments_value(Expr& args);
  void struct_field(FieldAccess& access, const Type& structure);
  void record_field(FieldAccess& access, const Type& record);
  void element_of_tuple(TupleAccess& access);
  void index(Expr*& slot, Index& index);
  void element(Index& index, const Type& object);

  // type_functions.cpp
  void declare(Slot& slot, TypeSpec& spec);
  std::vector<Slot>& slots_of(const Clause& clause);
  void signature(Function& function);
  void call_function(Call& call);
  void call_external(Call& call);
  void pass_space(Slot& parameter, const Type& given);
  void return_from(const Function& function, Return& statement);
  bool available(const Builtin& row, Span at, const std::string& name);

  // type_casts.cpp
  void cast(Cast& cast);
  void cast_constant(Cast& cast, const Expr& operand);
  Type written_type(TypeSpec& spec, AddressSpace space);
  AddressSpace space_behind(const Type& address);

  Ast& ast_;
  CheckedScript& script_;
  MapTable& maps_;
  TypeDb& types_;
  Diagnostics& diags_;
  Diagnostics scratch_;
  bool reporting_ = false;
  bool deciding_ = false;
  uint64_t copies_ = 1;  // that the unroll statements around make
  bool changed_ = false;
  bool addresses_ = false;
  const Program* program_ = nullptr;
  std::unordered_map<const Clause*, std::vector<Slot>> all_locals_;
  std::vector<Slot>* locals_ = nullptr;
  std::unordered_map<const Function*, Slot> results_;
  std::unordered_map<const Slot*, AddressSpace> passed_spaces_;  // of pointers, by parameter
};

inline bool unknown(const Type& type) { return type.is(TypeKind::None) || type.is(TypeKind::Error); }

}  // namespace tracer::ast
