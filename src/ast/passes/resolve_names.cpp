#include "ast/passes/resolve_names.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "ast/builtins.h"
#include "ast/diagnostics.h"
#include "ast/passes/walk.h"
#include "base/text.h"

namespace tracer::ast {
namespace {

// Names of the language that this version does not have; scripts that use them deserve a better
// answer than "unknown".
constexpr std::array<std::string_view, 71> kLater = {
    "username",
    "ppid",
    "pcomm",
    "leader_tid",
    "leader_comm",
    "cgroup",
    "numaid",
    "jiffies",
    "has_cpid",
    "probetype",
    "ctx",
    "ustack",
    "usermode",
    "errorf",
    "warnf",
    "debugf",
    "cat",
    "system",
    "join",
    "fail",
    "assert",
    "static_assert",
    "skboutput",
    "buf",
    "path",
    "strlen",
    "strcap",
    "strstr",
    "strcontains",
    "str_concat",
    "strncmp",
    "memcmp",
    "strerror",
    "signal_name",
    "syscall_name",
    "assert_str",
    "default_str_length",
    "dw_ustack",
    "usym",
    "kaddr",
    "percpu_kaddr",
    "uaddr",
    "reg",
    "kptr",
    "uptr",
    "is_err",
    "container_of",
    "bswap",
    "macaddr",
    "ntop",
    "pton",
    "socket_cookie",
    "cgroupid",
    "cgroup_path",
    "kfunc_exist",
    "kfunc_allowed",
    "is_str",
    "is_ptr",
    "is_array",
    "is_integer",
    "is_unsigned_integer",
    "is_literal",
    "getopt",
    "signal",
    "signal_thread",
    "override",
    "write_user",
    "unwatch",
    "tseries",
    "find",
    "fprintf",
};

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

bool is_later(std::string_view name) { return std::find(kLater.begin(), kLater.end(), name) != kLater.end(); }

std::vector<std::string> builtin_names(bool variables_only) {
  std::vector<std::string> names;
  for (const Builtin& row : builtins()) {
    if (row.id == BuiltinId::argN_) continue;
    if (!variables_only || row.form == BuiltinForm::Variable) names.emplace_back(row.name);
  }
  return names;
}

class Resolver : public Walker {
 public:
  Resolver(Ast& ast, int64_t child_pid, TypeDb& types, Diagnostics& diags)
      : ast_(ast), child_pid_(child_pid), types_(types), diags_(diags) {}

  void expr(Expr*& slot) override {
    if (auto* call = as<Call>(slot)) {
      resolve_call(slot, *call);
    } else if (auto* identifier = as<Identifier>(slot)) {
      resolve_identifier(*identifier);
    } else {
      expr_children(*slot);
    }
  }

 private:
  void bind(Identifier& identifier, const Builtin* found) {
    identifier.builtin = found;
    if (found->id == BuiltinId::argN_) {
      identifier.arg_number = static_cast<uint32_t>(std::stoul(identifier.name.substr(3)));
    } else if (found->id == BuiltinId::cpid_) {
      if (child_pid_ == 0) diags_.report(identifier.span, diag::no_child);
      identifier.constant = static_cast<uint64_t>(child_pid_);
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
    if (is_later(identifier.name)) return unsupported(identifier, identifier.span, identifier.name);
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

  void unsupported(Expr& node, Span span, std::string_view name) {
    diags_.report(span, diag::not_supported, fmt::format("`{}`", name));
    node.type = error_type();
  }

  // Names that mean something as an argument of this function only.
  std::span<const NamedConstant> argument_names(const Builtin& function) const {
    if (function.id == BuiltinId::kstack_) return kStackModes;
    if (function.id == BuiltinId::nsecs_) return kClocks;
    return {};
  }

  bool resolve_argument_name(const Builtin& function, Expr& argument) {
    auto* identifier = as<Identifier>(&argument);
    if (!identifier) return false;
    for (const NamedConstant& each : argument_names(function)) {
      if (each.name != identifier->name) continue;
      identifier->constant = each.value;
      identifier->type.kind =
          function.id == BuiltinId::kstack_ ? TypeKind::StackModeName : TypeKind::TimestampMode;
      return true;
    }
    return false;
  }

  void resolve_call(Expr*& slot, Call& call) {
    const Builtin* found = find_builtin(call.name);
    if (!found) {
      unknown_function(call);
    } else if (found->form == BuiltinForm::Variable && call.args.empty()) {
      auto* identifier = ast_.make<Identifier>(call.span);
      identifier->name = call.name;
      bind(*identifier, found);
      slot = identifier;
      return;
    } else {
      call.builtin = found;
      check_argument_count(call, *found);
    }
    for (Expr*& argument : call.args) {
      if (found && resolve_argument_name(*found, *argument)) continue;
      auto* name = as<Identifier>(argument);
      if (name) resolve_identifier(*name, found);
      if (!name) expr(argument);
    }
  }

  void unknown_function(Call& call) {
    const Span at = call.name_span.end > call.name_span.begin ? call.name_span : call.span;
    if (is_later(call.name)) return unsupported(call, at, call.name);
    diags_.report(at, diag::unknown_function, call.name).hint(did_you_mean(call.name, builtin_names(false)));
    call.type = error_type();
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
  TypeDb& types_;
  Diagnostics& diags_;
};

}  // namespace

void resolve_names(Ast& ast, int64_t child_pid, TypeDb& types, Diagnostics& diags) {
  Resolver resolver(ast, child_pid, types, diags);
  for (Clause* clause : ast.script.clauses) resolver.clause(*clause);
}

}  // namespace tracer::ast
