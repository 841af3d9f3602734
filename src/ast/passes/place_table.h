// Places of the script that user space may have to name, each once, in Plan::places.
#pragma once

#include <map>
#include <tuple>

#include "base/source.h"
#include "plan/plan.h"

namespace tracer::ast {

class PlaceTable {
 public:
  PlaceTable(Plan& plan, const Sources& sources) : plan_(plan), sources_(sources) {}
  // Index into Plan::places.
  uint32_t find(Span span);

 private:
  Place describe(Span span) const;

  Plan& plan_;
  const Sources& sources_;
  std::map<std::tuple<uint32_t, uint32_t, uint32_t>, uint32_t> index_;
};

}  // namespace tracer::ast
