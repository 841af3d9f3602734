#include "ast/passes/report_unsupported.h"

#include "ast/diagnostics.h"
#include "ast/passes/walk.h"

namespace tracer::ast {
namespace {

class Reporter : public Walker {
 public:
  explicit Reporter(Diagnostics& diags) : diags_(diags) {}

  void report(Span span, std::string_view what) { diags_.report(span, diag::not_supported, what); }

  void statement(Statement*& slot) override {
    if (const auto* loop = as<For>(slot); loop && loop->map) {
      report(loop->map->span, "`for` over a map");
      return;
    }
    if (as<While>(slot)) {
      report(slot->span, "`while`");
      return;
    }
    statement_children(*slot);
  }

  void expr(Expr*& slot) override {
    switch (slot->kind) {
      case ExprKind::RecordExpr:
        return report(slot->span, "a record");
      case ExprKind::TypeInfo:
        return report(slot->span, "`typeinfo`");
      case ExprKind::TypeOf:
        return report(slot->span, "`typeof` as an argument");
      case ExprKind::Unary:
        if (static_cast<Unary*>(slot)->op == UnaryOp::AddressOf)
          return report(slot->span, "the operator `&`");
        break;
      default:
        break;
    }
    expr_children(*slot);
  }

 private:
  Diagnostics& diags_;
};

// A preprocessor line that changes nothing as long as types come from BTF.
bool harmless(const CItem& item) {
  return item.text.starts_with("#include") || item.text.starts_with("# include");
}

}  // namespace

void report_unsupported(Ast& ast, Diagnostics& diags) {
  Reporter reporter(diags);
  const Script& script = ast.script;
  for (const CItem* item : script.c_items) {
    if (!harmless(*item)) reporter.report(item->span, "a C definition");
  }
  for (const Import* each : script.imports) reporter.report(each->span, "`import`");
  for (const Macro* each : script.macros) reporter.report(each->span, "`macro`");
  for (const Function* each : script.functions) reporter.report(each->span, "`fn`");
  for (Clause* clause : script.clauses) reporter.clause(*clause);
}

}  // namespace tracer::ast
