// test and bench: run by --test and --bench (LANGUAGE 7.2).

#include "probes/triggered.h"

namespace tracer {
namespace {

bool parse_test(std::span<const Part> parts, ProbeSpec& spec, Diagnostics&) {
  spec.function = parts[0].text;
  return true;
}

}  // namespace

const ProviderActions kTestActions = {
    .parse = parse_test,
    .match = match_triggered,
    .section = triggered_section,
    .prepare = prepare_triggered,
};

}  // namespace tracer
