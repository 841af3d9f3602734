#include "ast/passes/plan_needs.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <tuple>

#include "ast/builtins.h"
#include "ast/diagnostics.h"
#include "ast/passes/walk.h"
#include "btf/type_db.h"
#include "plan/type.h"
#include "probes/kernel_needs.h"

namespace tracer::ast {
namespace {

// They give numbers of one machine and one boot.
constexpr std::string_view kMachineBound[] = {"kaddr", "uaddr", "cgroupid"};

bool is_machine_bound(const Call& call) {
  return std::ranges::find(kMachineBound, call.name) != std::end(kMachineBound);
}

bool is_place(const Expr& expr) {
  const auto* unary = as<Unary>(&expr);
  return as<FieldAccess>(&expr) || as<Index>(&expr) || (unary && unary->op == UnaryOp::Deref);
}

// Objects are handed to these as the kernel types them, and fields on the way to them are loaded directly.
bool takes_object(const Builtin* builtin) {
  return builtin && (builtin->where == BuiltinWhere::PathProbe ||
                     builtin->where == BuiltinWhere::SocketProbe || builtin->id == BuiltinId::skboutput_);
}

class Needs : public Walker {
 public:
  Needs(CheckedScript& script, PlaceTable& places, KernelInfo& kernel, TypeDb& types)
      : script_(script), places_(places), kernel_(kernel), types_(types) {}

  void add(Need need, Span at) {
    if (!known_.emplace(need.kind, need.subject, need.member, need.module).second) return;
    need.found = found_here(need, kernel_);
    need.place = places_.find(at);
    script_.plan.needs.push_back(std::move(need));
  }

  void program(const Program& program) {
    program_ = &program;
    clause(*program.clause);
  }

  void expr(Expr*& slot) override {
    if (slot->type.is(TypeKind::Struct)) rely_on_layout(*slot);
    if (auto* access = as<FieldAccess>(slot)) return field(*access);
    if (auto* index = as<Index>(slot)) return element(*index);
    if (auto* binary = as<Binary>(slot); binary && slot->type.is(TypeKind::Pointer))
      rely_on_size(slot->type, slot->span);
    if (auto* unary = as<Unary>(slot); unary && unary->op >= UnaryOp::PreIncrement)
      rely_on_size(slot->type, slot->span);
    if (auto* name = as<Identifier>(slot)) return identifier(*name);
    auto* call = as<Call>(slot);
    if (call && is_machine_bound(*call)) add({NeedKind::Kernel, call->name + "()", "boot"}, call->span);
    const bool loads = call && takes_object(call->builtin);
    direct_ += loads;
    expr_children(*slot);
    direct_ -= loads;
  }

 private:
  // What a field or an element is taken of is not copied as a whole, wherever it stands.
  void place(Expr*& slot) {
    if (!is_place(*slot)) return expr(slot);
    if (auto* access = as<FieldAccess>(slot)) return field(*access);
    if (auto* index = as<Index>(slot)) return element(*index);
    expr_children(*slot);
  }

  void field(FieldAccess& access) {
    if (access.argument) return argument(program_->context.arguments[*access.argument], access.span);
    if (access.in_kernel_type && (direct_ > 0 || of_context(access)))
      add({NeedKind::Offset, to_string(structure(access.object->type)), access.field}, access.span);
    else if (access.in_kernel_type && structure(access.object->type).name.empty() &&
             !is_place(*access.object))
      add({NeedKind::Kernel, fmt::format("the field `{}` of a structure without name", access.field)},
          access.span);
    place(access.object);
  }

  void element(Index& index) {
    rely_on_size(index.object->type, index.span);
    place(index.object);
    expr(index.index);
  }

  void identifier(const Identifier& name) {
    if (!name.builtin && name.constant && name.type.is(TypeKind::Enum))
      add({NeedKind::Enumerator, name.name}, name.span);
    if (!name.builtin || program_->is_function()) return;
    const ProbeContext& context = program_->context;
    if (name.builtin->id == BuiltinId::retval_ && context.result) argument(*context.result, name.span);
    if (name.builtin->id != BuiltinId::args_) return;
    for (const ProbeArgument& each : context.arguments) argument(each, name.span);
    if (context.result) argument(*context.result, name.span);
  }

  // By where the program finds it. Registers of system calls are the same everywhere, operands of user code
  // are those of its file.
  void argument(const ProbeArgument& argument, Span at) {
    using Kind = ArgumentPlace::Kind;
    const Kind kind = argument.place.kind;
    const ProbeContext& context = program_->context;
    NeedKind need = NeedKind::Parameter;
    if (kind == Kind::ContextBytes || kind == Kind::DataLocation)
      need = NeedKind::EventField;
    else if (kind != Kind::Slot && kind != Kind::Register)
      return;
    else if (context.provider == Provider::RawTracepoint)
      need = NeedKind::EventValue;
    else if (context.space != AddressSpace::Kernel)
      return;
    const std::string name =
        &argument == (context.result ? &*context.result : nullptr) ? "$retval" : argument.name;
    if (name.empty()) return;
    for (const AttachTarget& target : script_.plan.probes[program_->probe].targets)
      add({need, target.function, name, target.module}, at);
  }

  bool of_context(const FieldAccess& access) const {
    if (program_->context.context != ContextKind::Iterator) return false;
    const Expr* root = access.object;
    while (const auto* outer = as<FieldAccess>(root)) {
      if (root->type.is(TypeKind::Pointer)) return false;  // it leads out of the context
      root = outer->object;
    }
    const auto* name = as<Identifier>(root);
    return name && name->builtin && name->builtin->id == BuiltinId::ctx_;
  }

  static const Type& structure(const Type& type) {
    return type.is(TypeKind::Pointer) && type.target ? structure(*type.target) : type;
  }

  bool is_kernel(const Type& type) {
    return type.is(TypeKind::Struct) && types_.kernel_name(type) != TypeDb::KernelName::NotKernel;
  }

  void rely_on_layout(const Expr& expr) {
    if (!is_kernel(expr.type)) return;
    if (expr.type.name.empty())
      add({NeedKind::Kernel, "a structure without name"}, expr.span);
    else
      add({NeedKind::Layout, to_string(expr.type)}, expr.span);
  }

  void rely_on_size(const Type& type, Span at) {
    if (type.target && is_kernel(*type.target) && !type.target->name.empty())
      add({NeedKind::Size, to_string(*type.target)}, at);
  }

  CheckedScript& script_;
  PlaceTable& places_;
  KernelInfo& kernel_;
  TypeDb& types_;
  const Program* program_ = nullptr;
  int direct_ = 0;
  std::set<std::tuple<NeedKind, std::string, std::string, std::string>> known_;
};

// What the place of a probe relies on.
void need_target(const ProbePlan& probe, Span at, Needs& needs) {
  for (const AttachTarget& target : probe.targets) {
    if (provider_info(probe.provider).arguments_by_target || probe.provider == Provider::Uprobe ||
        probe.provider == Provider::Uretprobe)
      needs.add({NeedKind::UserProgram, target.module}, at);
    else if (target.address || target.offset)
      needs.add({NeedKind::Kernel, fmt::format("`{}`", target.name)}, at);
  }
}

// ---------------------------------------------------------------- what cannot be saved

class Refusals : public Walker {
 public:
  Refusals(bool stand_alone, Diagnostics& diags) : stand_alone_(stand_alone), diags_(diags) {}

  void expr(Expr*& slot) override {
    if (const auto* parameter = as<Positional>(slot))
      positional(parameter->span, fmt::format("${}", parameter->number));
    if (as<PositionalCount>(slot)) positional(slot->span, "$#");
    const auto* call = as<Call>(slot);
    if (stand_alone_ && call && is_machine_bound(*call))
      diags_.report(call->span, diag::saved_address, call->name)
          .hint("run the script itself, or let it take the number as an option: `getopt(\"address\", 0)`");
    expr_children(*slot);
  }

  void attach_point(const AttachPoint& point) {
    for (size_t i = 0; i < point.parts.size(); ++i)
      if (const size_t at = point.parts[i].find('$'); at != std::string::npos && !point.quoted[i])
        positional(i < point.part_spans.size() ? point.part_spans[i] : point.span, point.parts[i].substr(at));
  }

 private:
  void positional(Span at, const std::string& text) {
    if (stand_alone_)
      diags_.report(at, diag::aot_positional, text)
          .hint(
              "write the value into the script, or make it an option with getopt(), whose value is fixed "
              "when the "
              "program is built: `tracer --aot NAME SCRIPT -- --option=value`");
  }

  bool stand_alone_;
  Diagnostics& diags_;
};

}  // namespace

bool check_saved(const Script& script, CheckOptions::Saved saved, Diagnostics& diags) {
  if (saved == CheckOptions::Saved::No) return true;
  Refusals refusals(saved == CheckOptions::Saved::StandAlone, diags);
  for (Clause* code : all_code(script)) {
    for (const AttachPoint* point : code->attach_points) refusals.attach_point(*point);
    refusals.clause(*code);
  }
  return !diags.has_errors();
}

void plan_needs(CheckedScript& script, PlaceTable& places, KernelInfo& kernel, TypeDb& types) {
  if (!script.saved) return;
  script.plan.saved_on = kernel_release();
  Needs needs(script, places, kernel, types);
  for (auto& [need, at] : script.noticed) needs.add(need, at);
  for (const Program& program : script.functions) needs.program(program);
  for (const Program& program : script.programs) {
    const auto& points = program.clause->attach_points;
    need_target(script.plan.probes[program.probe],
                points.empty() ? program.clause->span : points.front()->span, needs);
    needs.program(program);
  }
}

}  // namespace tracer::ast
