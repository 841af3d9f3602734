// What the attach halves share: taking a link, and saying why there is none.
#pragma once

#include <string>

#include "probes/provider_actions.h"

namespace tracer {

// Why the kernel refused, and the way out, in `Error::text` and `hint`.
Error refusal(const ProbePlan& probe, const AttachTarget& target, int error);

// Fails when the user does not want to wait until all is attached.
Result<void> go_on(const Attachment& attachment);

// Keeps `link` for `count` targets.
void keep_link(Attachment& attachment, bpf_link* link, size_t count);
// A target that could not be attached: an error, or left out, as the policy says.
Result<void> give_up(Attachment& attachment, const AttachTarget& target, Error why);
// One of both: `link` is what a libbpf call returned, errno is as that call left it.
// The kernel refused this target with `error`: leaves it out where a wildcard found it among others, else
// gives up.
Result<void> refused(Attachment& attachment, const AttachTarget& target, int error);
Result<void> take_link(Attachment& attachment, const AttachTarget& target, bpf_link* link);

}  // namespace tracer
