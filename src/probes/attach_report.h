// What the attach halves share: taking a link, and saying why there is none.
#pragma once

#include <string>

#include "probes/provider_actions.h"

namespace tracer {

// Why the kernel refused, and the way out, in `Error::text` and `hint`.
Error refusal(const ProbePlan& probe, const AttachTarget& target, int error);

// Keeps `link` for `count` targets.
void keep_link(Attachment& attachment, bpf_link* link, size_t count);
// A target that could not be attached: an error, or left out, as the policy says.
Result<void> give_up(Attachment& attachment, const AttachTarget& target, Error why);
// One of both: `link` is what a libbpf call returned, errno is as that call left it.
Result<void> take_link(Attachment& attachment, const AttachTarget& target, bpf_link* link);

}  // namespace tracer
