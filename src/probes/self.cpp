// self: run when the tracer itself gets a signal (LANGUAGE 7.1).

#include "base/text.h"
#include "probes/diagnostics.h"
#include "probes/triggered.h"

namespace tracer {
namespace {

bool parse_self(std::span<const Part> parts, ProbeSpec& spec, Diagnostics& diags) {
  const Part &trigger = parts[0], &signal = parts[1];
  if (trigger.text != "signal") {
    diags.report(trigger.span, diag::unknown_trigger, trigger.text).hint("the trigger is `signal`");
    return false;
  }
  if (signal.text != "SIGUSR1") {
    diags.report(signal.span, diag::unknown_self_signal, signal.text).hint("the signal is `SIGUSR1`");
    return false;
  }
  spec.function = signal.text;
  return true;
}

Result<bool> list(Provider, std::string_view pattern, const Listing& listing) {
  return !glob_match(pattern.empty() ? "*" : pattern, "signal:SIGUSR1") ||
         listing.line("self:signal:SIGUSR1");
}

}  // namespace

const ProviderActions kSelfActions = {
    .parse = parse_self,
    .match = match_triggered,
    .section = triggered_section,
    .list = list,
    .prepare = prepare_triggered,
};

}  // namespace tracer
