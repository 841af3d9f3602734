// Maps that several sessions have in common, by MapPlan::symbol. The first session that has a map makes it,
// later ones use it; it lives as long as this.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "base/unique_fd.h"
#include "runtime/user_map.h"

namespace tracer {

struct SharedMaps {
  std::map<std::string, UniqueFd> kernel;
  std::map<std::string, std::shared_ptr<UserMap>> user;

  void forget(const std::string& symbol) {
    kernel.erase(symbol);
    user.erase(symbol);
  }
};

}  // namespace tracer
