// The places of user programs that an attach point of uprobe or uretprobe means.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "probes/provider_actions.h"

namespace tracer {

std::vector<AttachTarget> match_uprobe(const ProbeSpec& spec, Matching& matching);

// Whether the function's symbol is one that the attach point means.
bool fits(const ProbeSpec& spec, const std::string& symbol);

// `uprobe:/bin/x:`
std::string uprobe_prefix(Provider provider, std::string_view path);

}  // namespace tracer
