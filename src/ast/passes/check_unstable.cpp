#include "ast/passes/check_unstable.h"

#include <array>
#include <set>

#include "ast/diagnostics.h"
#include "ast/passes/walk.h"

namespace tracer::ast {
namespace {

struct Feature {
  const char* name;  // of the function, or of the keyword
  const char* variable;
  Unstable Config::*setting;
};

constexpr std::array kFeatures = {
    Feature{"dw_ustack", "unstable_dw_ustack", &Config::unstable_dw_ustack},
    Feature{"tseries", "unstable_tseries", &Config::unstable_tseries},
    Feature{"typeinfo", "unstable_typeinfo", &Config::unstable_typeinfo},
};

class Checker : public Walker {
 public:
  Checker(const Config& config, Diagnostics& diags) : config_(config), diags_(diags) {}

  void expr(Expr*& slot) override {
    if (const auto* call = as<Call>(slot)) use(slot->span, call->name);
    if (const auto* name = as<Identifier>(slot)) use(slot->span, name->name);
    if (as<TypeInfo>(slot)) use(slot->span, "typeinfo");
    expr_children(*slot);
  }

 private:
  void use(Span at, const std::string& name) {
    for (const Feature& each : kFeatures) {
      if (name != each.name || !said_.insert(each.name).second) continue;
      allow_unstable(at, each.name, each.variable, config_.*each.setting, diags_);
    }
  }

  const Config& config_;
  Diagnostics& diags_;
  std::set<std::string> said_;  // once is enough
};

}  // namespace

bool allow_unstable(Span at, const char* feature, const char* variable, Unstable setting,
                    Diagnostics& diags) {
  switch (setting) {
    case Unstable::Enable:
      return true;
    case Unstable::Warn:
      diags.report(at, diag::unstable_feature, feature, variable);
      return true;
    case Unstable::Error:
      break;
  }
  diags.report(at, diag::unstable_feature_off, feature)
      .hint(fmt::format("to use it, write `config = {{ {}=enable }}`", variable));
  return false;
}

void check_unstable(const Script& script, const Config& config, Diagnostics& diags) {
  Checker checker(config, diags);
  for (Clause* code : all_code(script)) checker.clause(*code);
}

}  // namespace tracer::ast
