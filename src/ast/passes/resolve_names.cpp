#include "ast/passes/resolve_names.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "ast/builtins.h"
#include "ast/diagnostics.h"
#include "ast/passes/deferred.h"
#include "ast/passes/walk.h"
#include "base/text.h"

namespace tracer::ast {
namespace {

struct NamedConstant {
  std::string_view name;
  uint64_t value;
  bool offered = true;  // in hints
};

constexpr std::array kStackModes = {
    NamedConstant{"bpftrace", static_cast<uint64_t>(StackMode::Bpftrace)},
    NamedConstant{"perf", static_cast<uint64_t>(StackMode::Perf)},
    NamedConstant{"raw", static_cast<uint64_t>(StackMode::Raw)},
    NamedConstant{"build_id", static_cast<uint64_t>(StackMode::BuildId), false},
};

constexpr std::array kClocks = {
    NamedConstant{"boot", static_cast<uint64_t>(ClockMode::Boot)},
    NamedConstant{"monotonic", static_cast<uint64_t>(ClockMode::Monotonic)},
    NamedConstant{"tai", static_cast<uint64_t>(ClockMode::Tai)},
    NamedConstant{"sw_tai", static_cast<uint64_t>(ClockMode::SoftwareTai), false},
};

// Whether ids are those of the first PID namespace.
constexpr std::array kPidNamespaces = {NamedConstant{"curr_ns", 0}, NamedConstant{"init", 1}};

bool is_stack(const Builtin& function) {
  return function.id == BuiltinId::kstack_ || function.id == BuiltinId::ustack_ ||
         function.id == BuiltinId::dw_ustack_;
}

std::vector<std::string> builtin_names(bool variables_only) {
  std::vector<std::string> names;
  for (const Builtin& row : builtins()) {
    if (row.id == BuiltinId::argN_ || row.id == BuiltinId::sargN_) continue;
    if (!variables_only || row.form == BuiltinForm::Variable) names.emplace_back(row.name);
  }
  return names;
}

// What is kept is told later which process that is.
bool has_unwound_process(const CheckOptions& options) {
  return options.unwinds || options.target_pid != 0 || options.child_pid != 0 ||
         options.saved != CheckOptions::Saved::No;
}

class Resolver : public Walker {
 public:
  Resolver(Ast& ast, const CheckOptions& options, TypeDb& types, Diagnostics& diags)
      : ast_(ast),
        child_pid_(options.child_pid),
        unwinds_(has_unwound_process(options)),
        types_(types),
        diags_(diags) {}

  void expr(Expr*& slot) override {
    if (auto* call = as<Call>(slot)) {
      resolve_call(slot, *call);
    } else if (auto* identifier = as<Identifier>(slot)) {
      resolve_identifier(*identifier);
    } else {
      expr_children(*slot);
    }
  }

 protected:
  void comptime_branch(Block& branch) override {
    keep_messages(diags_, branch, [&] { block(branch); });
  }

 private:
  void check_unwinding(Span span, const Builtin& found) {
    if (found.id != BuiltinId::dw_ustack_ || unwinds_) return;
    diags_.report(span, diag::unwind_without_process)
        .hint("name the process with -p or --dwarf-pid, or start it with -c");
  }

  void bind(Identifier& identifier, const Builtin* found) {
    identifier.builtin = found;
    check_unwinding(identifier.span, *found);
    if (found->id == BuiltinId::argN_) {
      identifier.arg_number = static_cast<uint32_t>(std::stoul(identifier.name.substr(3)));
    } else if (found->id == BuiltinId::sargN_) {
      identifier.arg_number = static_cast<uint32_t>(std::stoul(identifier.name.substr(4)));
    } else if (found->id == BuiltinId::cpid_ && child_pid_ != 0) {
      identifier.constant = static_cast<uint64_t>(child_pid_);
    } else if (found->id == BuiltinId::has_cpid_) {
      identifier.constant = child_pid_ != 0;
    }
  }

  // `function`: the one that it is an argument of, if any.
  void resolve_identifier(Identifier& identifier, const Builtin* function = nullptr) {
    if (identifier.builtin || identifier.constant) return;
    if (const Builtin* found = find_builtin(identifier.name)) {
      if (found->form == BuiltinForm::Variable) return bind(identifier, found);
      diags_.report(identifier.span, diag::not_a_variable, identifier.name)
          .hint(fmt::format("call it: `{}`", found->signature));
      identifier.type = error_type();
      return;
    }
    if (const auto constant = types_.enumerator(identifier.name)) {
      identifier.type = constant->first;
      identifier.type.size = 8;
      identifier.constant = static_cast<uint64_t>(constant->second);
      return;
    }
    diags_.report(identifier.span, diag::unknown_identifier, identifier.name)
        .hint(advice(identifier.name, function));
    identifier.type = error_type();
  }

  std::string advice(const std::string& name, const Builtin* function) const {
    std::vector<std::string> names;
    if (function)
      for (const NamedConstant& each : argument_names(*function))
        if (each.offered) names.emplace_back(each.name);
    if (names.empty()) return did_you_mean(name, builtin_names(true));
    std::string near = did_you_mean(name, names);
    return near.empty() ? fmt::format("{}() knows `{}`", function->name, fmt::join(names, "`, `")) : near;
  }

  // Names that mean something as an argument of this function only.
  std::span<const NamedConstant> argument_names(const Builtin& function) const {
    if (is_stack(function)) return kStackModes;
    if (function.id == BuiltinId::pid_ || function.id == BuiltinId::tid_) return kPidNamespaces;
    if (function.id == BuiltinId::nsecs_) return kClocks;
    return {};
  }

  bool resolve_argument_name(const Builtin& function, Expr& argument) {
    auto* identifier = as<Identifier>(&argument);
    if (!identifier) return false;
    for (const NamedConstant& each : argument_names(function)) {
      if (each.name != identifier->name) continue;
      identifier->constant = each.value;
      identifier->type.kind = is_stack(function) ? TypeKind::StackModeName : TypeKind::TimestampMode;
      return true;
    }
    return false;
  }

  void resolve_call(Expr*& slot, Call& call) {
    const Builtin* found = find_builtin(call.name);
    if (!found) {
      if (!bind_function(call)) unknown_function(call);
    } else if (found->form == BuiltinForm::Variable && call.args.empty()) {
      auto* identifier = ast_.make<Identifier>(call.span);
      identifier->name = call.name;
      bind(*identifier, found);
      slot = identifier;
      return;
    } else {
      call.builtin = found;
      check_unwinding(call.span, *found);
      check_argument_count(call, *found);
      if (found->id == BuiltinId::container_of_ && call.builtin) name_container(call);
    }
    for (Expr*& argument : call.args) {
      if (found && resolve_argument_name(*found, *argument)) continue;
      auto* name = as<Identifier>(argument);
      if (name) resolve_identifier(*name, found);
      if (!name) expr(argument);
    }
  }

  // A function of the script or of an imported object.
  bool bind_function(Call& call) {
    for (Function* each : ast_.script.functions) {
      if (each->name != call.name) continue;
      call.function = each;
      if (check_argument_count(call, each->params.size(), each->name_span)) return true;
      call.function = nullptr;
      return true;
    }
    return bind_external(call);
  }

  bool bind_external(Call& call) {
    for (const ExternalFunction& each : ast_.script.externals) {
      if (each.name != call.name) continue;
      const ImportedObject& object = ast_.script.objects[each.object];
      if (each.is_static) {
        diags_.report(call.name_span, diag::static_external, each.name, object.path)
            .note(object.span, "imported here")
            .hint("leave out `static` there");
      } else if (check_argument_count(call, each.params.size(), object.span)) {
        call.external = &each;
      }
      return true;
    }
    return false;
  }

  bool check_argument_count(const Call& call, size_t expected, Span declared_at) {
    if (call.args.size() == expected) return true;
    diags_
        .report(call.span, diag::wrong_argument_count, call.name, expected, expected == 1 ? "" : "s",
                call.args.size())
        .note(declared_at, "declared here");
    return false;
  }

  // container_of(p, T, a.b): the second argument is a type, of which the third names a field.
  void name_container(Call& call) {
    auto* of = as<TypeOf>(call.args[1]);
    if (const auto* name = as<Identifier>(call.args[1])) {
      of = ast_.make<TypeOf>(name->span);
      of->of.type = ast_.make_type(name->span);
      of->of.type->name = name->name;
    }
    std::vector<std::string> path;
    const Expr* field = call.args[2];
    for (; const auto* access = as<FieldAccess>(field); field = access->object)
      path.insert(path.begin(), access->field);
    const auto* first = as<Identifier>(field);
    if (!of || !first) {
      diags_.report(call.span, diag::container_of_arguments)
          .hint("for example `container_of($node, struct file, f_path)`");
      call.builtin = nullptr;
      call.args.resize(1);
      return;
    }
    path.insert(path.begin(), first->name);
    auto* offset = ast_.make<OffsetOf>(call.args[2]->span);
    offset->of = of->of;
    offset->fields = std::move(path);
    call.args[1] = of;
    call.args[2] = offset;
  }

  void unknown_function(Call& call) {
    const Span at = call.name_span.end > call.name_span.begin ? call.name_span : call.span;
    diags_.report(at, diag::unknown_function, call.name).hint(did_you_mean(call.name, function_names()));
    call.type = error_type();
  }

  std::vector<std::string> function_names() const {
    std::vector<std::string> names = builtin_names(false);
    for (const Function* each : ast_.script.functions) names.push_back(each->name);
    for (const ExternalFunction& each : ast_.script.externals) names.push_back(each.name);
    return names;
  }

  void check_argument_count(Call& call, const Builtin& row) {
    const auto given = static_cast<int>(call.args.size());
    const char* plural = row.max_args == 1 || row.min_args == 1 ? "" : "s";
    if (given < row.min_args) {
      const DiagnosticKind& kind =
          row.min_args == row.max_args ? diag::wrong_argument_count : diag::too_few_arguments;
      report_count(call, row, kind, row.min_args, row.min_args == 1 ? "" : "s");
    } else if (row.max_args >= 0 && given > row.max_args) {
      if (row.max_args == 0) {
        report_count(call, row, diag::takes_no_arguments, 0, "");
      } else {
        const DiagnosticKind& kind =
            row.min_args == row.max_args ? diag::wrong_argument_count : diag::too_many_arguments;
        report_count(call, row, kind, row.max_args, row.max_args == 1 ? "" : plural);
      }
    }
  }

  void report_count(Call& call, const Builtin& row, const DiagnosticKind& kind, int expected,
                    const char* plural) {
    diags_.report(call.span, kind, row.name, expected, plural, call.args.size())
        .hint(fmt::format("usage: `{}`", row.signature));
    call.builtin = nullptr;  // nothing more can be said about it
  }

  Ast& ast_;
  int64_t child_pid_;
  bool unwinds_;
  TypeDb& types_;
  Diagnostics& diags_;
};

}  // namespace

void resolve_names(Ast& ast, const CheckOptions& options, TypeDb& types, Diagnostics& diags) {
  Resolver resolver(ast, options, types, diags);
  for (Clause* code : all_code(ast.script)) resolver.clause(*code);
}

}  // namespace tracer::ast
