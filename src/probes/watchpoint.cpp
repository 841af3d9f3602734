// watchpoint: on accesses to an address (LANGUAGE 7.10).

#include <fmt/format.h>

#include <algorithm>

#include "probes/diagnostics.h"
#include "probes/number.h"
#include "probes/perf_events.h"
#include "probes/provider_actions.h"
#include "probes/registers.h"
#include "probes/watchpoint_attach.h"

namespace tracer {
namespace {

// Kernels use the upper half of all addresses.
bool is_user_address(uint64_t address) { return address >> 63 == 0; }

bool parse_address(const Part& part, ProbeSpec& spec, Diagnostics& diags) {
  auto address = parse_number(part.text);
  if (!address) {
    diags.report(part.span, diag::watch_address, part.text).hint("it is a number, decimal or hexadecimal");
    return false;
  }
  spec.address = *address;
  if (spec.address == 0) {
    diags.report(part.span, diag::watch_address_zero);
    return false;
  }
  if (!is_user_address(spec.address) || spec.target_pid || spec.child_pid) return true;
  diags.report(part.span, diag::watch_user_address, part.text)
      .hint("name the process: -p PID, or -c COMMAND");
  return false;
}

bool parse_length(const Part& part, ProbeSpec& spec, Diagnostics& diags) {
  auto length = parse_number(part.text);
  if (!length || (*length != 1 && *length != 2 && *length != 4 && *length != 8)) {
    diags.report(part.span, diag::watch_length);
    return false;
  }
  spec.length = static_cast<uint32_t>(*length);
  return true;
}

std::string supported_modes() {
  std::string text;
  std::span<const char* const> modes = registers().watch_modes;
  for (const char* mode : modes) {
    if (!text.empty()) text += mode == modes.back() ? " and " : ", ";
    text += mode;
  }
  return text;
}

// The letters in the order of the table, whatever order they are written in.
bool parse_mode(const Part& part, ProbeSpec& spec, Diagnostics& diags) {
  for (char letter : std::string_view("rwx"))
    if (part.text.find(letter) != std::string::npos) spec.mode += letter;
  if (spec.mode.empty() || spec.mode.size() != part.text.size()) {
    diags.report(part.span, diag::watch_mode_letters, part.text);
    return false;
  }
  auto same = [&](const char* mode) { return spec.mode == mode; };
  if (!std::ranges::any_of(registers().watch_modes, same)) {
    diags.report(part.span, diag::watch_mode, part.text)
        .hint(fmt::format("this processor has {}", supported_modes()));
    return false;
  }
  return true;
}

// What only both together can tell.
bool check_length(std::span<const Part> parts, const ProbeSpec& spec, Diagnostics& diags) {
  uint32_t execute = registers().watch_execute_length;
  if (spec.mode.find('x') != std::string::npos) {
    if (spec.length == execute) return true;
    diags.report(parts[1].span, diag::watch_execute_length, execute);
    return false;
  }
  if (spec.address % spec.length == 0) return true;
  diags.report(parts[0].span, diag::watch_alignment, parts[0].text, spec.length);
  return false;
}

bool parse(std::span<const Part> parts, ProbeSpec& spec, Diagnostics& diags) {
  bool address = parse_address(parts[0], spec, diags);
  bool length = parse_length(parts[1], spec, diags);
  bool mode = parse_mode(parts[2], spec, diags);
  return address && length && mode && check_length(parts, spec, diags);
}

std::vector<AttachTarget> match(const ProbeSpec& spec, Matching&) {
  AttachTarget target;
  target.name = spec.text;
  target.address = spec.address;
  target.length = spec.length;
  target.mode = spec.mode;
  return {target};
}

}  // namespace

const ProviderActions kWatchpointActions = {
    .parse = parse,
    .match = match,
    .context = perf_event_context,
    .section = perf_event_section,
    .prepare = prepare_perf_event,
    .attach = attach_watchpoint,
};

}  // namespace tracer
