// What is said when nothing matches (LANGUAGE 7.12).
#pragma once

#include <string_view>
#include <vector>

#include "probes/provider_actions.h"

namespace tracer {

// A name that does not exist. `candidates` are what could have been meant.
void report_no_match(const ProbeSpec& spec, std::string_view name, std::span<const std::string> candidates,
                     Matching& matching);
// The same with advice of another kind.
void report_no_match_with(const ProbeSpec& spec, std::string_view name, std::string hint, Matching& matching);

// Where the function or event stands in the script, else the whole attach point.
Span last_part_span(const ProbeSpec& spec);

}  // namespace tracer
