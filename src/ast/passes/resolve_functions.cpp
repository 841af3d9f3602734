#include "ast/passes/resolve_functions.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "ast/builtins.h"
#include "ast/diagnostics.h"
#include "ast/passes/walk.h"

namespace tracer::ast {
namespace {

// What stands in one function: whom it calls and how deep.
class BodyReader : public Walker {
 public:
  struct Use {
    const Call* call;
    uint32_t loops;  // around it
  };
  std::vector<Use> calls;
  uint32_t loops = 0;  // most in one another
  bool exits = false;

  void statement(Statement*& slot) override {
    if (auto* repeat = as<While>(slot)) {
      loop_body(repeat->body);
      // Tested outside of the body too, but no call there is nested deeper.
      return loop_body(repeat->condition);
    }
    auto* loop = as<For>(slot);
    if (!loop) return statement_children(*slot);
    child(loop->begin);
    child(loop->end);
    loop_body(loop->body);
  }

  void expr(Expr*& slot) override {
    if (const auto* call = as<Call>(slot)) {
      if (call->function) calls.push_back({call, depth_});
      exits |= call->builtin && call->builtin->id == BuiltinId::exit_;
    }
    expr_children(*slot);
  }

 private:
  // What is called anew for each round.
  template <typename Node>
  void loop_body(Node*& node) {
    loops = std::max(loops, ++depth_);
    child(node);
    --depth_;
  }

  uint32_t depth_ = 0;
};

class Resolver {
 public:
  explicit Resolver(Diagnostics& diags) : diags_(diags) {}

  void names(const Script& script) {
    std::unordered_map<std::string, const Function*> known;
    for (const Function* function : script.functions) {
      const auto [first, is_new] = known.emplace(function->name, function);
      if (!is_new) {
        diags_.report(function->name_span, diag::function_declared_twice, function->name)
            .note(first->second->name_span, "declared here");
      } else if (find_builtin(function->name)) {
        diags_.report(function->name_span, diag::function_is_builtin, function->name)
            .hint("give the function another name");
      }
    }
  }

  bool found_cycle() const { return found_cycle_; }

  // Callees first, so that what is said of a function includes them. False: it calls itself.
  bool visit(Function& function) {
    if (done_.contains(&function)) return true;
    if (const auto start = std::find(path_.begin(), path_.end(), &function); start != path_.end()) {
      report_cycle(start);
      return false;
    }
    path_.push_back(&function);
    BodyReader body;
    body.clause(*function.code);
    function.exits = body.exits;
    function.nesting = body.loops;
    for (const BodyReader::Use& use : body.calls) {
      Function& callee = *use.call->function;
      at_ = use.call->span;
      if (!visit(callee)) break;
      function.callees.push_back(&callee);
      function.exits |= callee.exits;
      function.nesting = std::max(function.nesting, use.loops + 1 + callee.nesting);
    }
    path_.pop_back();
    done_.insert(&function);
    return true;
  }

 private:
  void report_cycle(std::vector<const Function*>::const_iterator start) {
    found_cycle_ = true;
    std::string chain;
    for (auto each = start; each != path_.end(); ++each) chain += (*each)->name + "() calls ";
    chain += (*start)->name + "()";
    diags_.report(at_, diag::recursion, chain)
        .note((*start)->name_span, "declared here")
        .hint("the kernel has no recursion: use a loop");
  }

  Diagnostics& diags_;
  std::unordered_set<const Function*> done_;
  std::vector<const Function*> path_;
  bool found_cycle_ = false;
  Span at_;  // the call that leads to the function being visited
};

}  // namespace

bool resolve_functions(Ast& ast, CheckedScript& script, Diagnostics& diags) {
  Resolver resolver(diags);
  resolver.names(ast.script);
  for (Function* function : ast.script.functions) {
    resolver.visit(*function);
    script.functions.push_back({0, function->code, {}});
  }
  return !resolver.found_cycle();
}

std::vector<const Program*> CheckedScript::all_code() const {
  std::vector<const Program*> code;
  std::unordered_set<const Clause*> done;
  for (const auto* list : {&functions, &programs}) {
    for (const Program& each : *list) {
      if (done.insert(each.clause).second) code.push_back(&each);
    }
  }
  return code;
}

}  // namespace tracer::ast
