#include "ast/passes/report_unsupported.h"

#include "ast/diagnostics.h"
#include "ast/passes/walk.h"

namespace tracer::ast {
namespace {

class Reporter : public Walker {
 public:
  explicit Reporter(Diagnostics& diags) : diags_(diags) {}

  void report(Span span, std::string_view what) { diags_.report(span, diag::not_supported, what); }

  void expr(Expr*& slot) override {
    switch (slot->kind) {
      default:
        break;
    }
    expr_children(*slot);
  }

 private:
  Diagnostics& diags_;
};

}  // namespace

void report_unsupported(Ast& ast, Diagnostics& diags) {
  Reporter reporter(diags);
  const Script& script = ast.script;
  for (Clause* code : all_code(script)) reporter.clause(*code);
}

}  // namespace tracer::ast
