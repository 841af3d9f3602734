// What the builtin `config` says (LANGUAGE 6.1).
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "plan/plan.h"

namespace tracer::ast {

struct ConfigValue {
  const char* name;
  std::variant<bool, uint64_t, std::string> value;
};

// Every config variable of LANGUAGE 9.1 with its value; enumerations as the text that sets them.
std::vector<ConfigValue> config_values(const Config& config);

}  // namespace tracer::ast
