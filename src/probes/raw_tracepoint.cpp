// rawtracepoint: static events of the kernel as they are, with the arguments that they pass on
// (LANGUAGE 7.5). Attaching: raw_tracepoint_attach.cpp.

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "probes/diagnostics.h"
#include "probes/kernel_function.h"
#include "probes/list_pattern.h"
#include "probes/match_report.h"
#include "probes/raw_tracepoint_attach.h"
#include "probes/slots.h"

namespace tracer {
namespace {

bool parse(std::span<const Part> parts, ProbeSpec& spec, Diagnostics&) {
  parse_function(parts, spec);
  return true;
}

AttachTarget make_target(std::string_view module, std::string_view event) {
  AttachTarget target;
  target.name = fmt::format("rawtracepoint:{}:{}", module, event);
  target.module = module == kVmlinux ? "" : module;
  target.function = event;
  return target;
}

// ---------------------------------------------------------------- matching

std::vector<std::string> all_modules(TypeDb& types) {
  std::vector<std::string> result = types.modules();
  result.insert(result.begin(), kVmlinux);
  return result;
}

// `visit` returns false to stop.
bool each_event(std::string_view module_pattern, TypeDb& types,
                const std::function<bool(const std::string& module, const std::string& event)>& visit) {
  for (const std::string& module : all_modules(types)) {
    if (!glob_match(module_pattern, module)) continue;
    for (const std::string& event : types.raw_tracepoints(module))
      if (!visit(module, event)) return false;
  }
  return true;
}

std::vector<AttachTarget> match_pattern(const ProbeSpec& spec, Matching& matching) {
  std::vector<AttachTarget> targets;
  each_event(spec.module.empty() ? "*" : spec.module, matching.types,
             [&](const std::string& module, const std::string& event) {
               bool wanted = spec.literal ? spec.function == event : glob_match(spec.function, event);
               if (wanted) targets.push_back(make_target(module, event));
               return true;
             });
  if (targets.empty()) matching.unmatched_wildcard = true;
  return targets;
}

// Where the event is; modules' types are read only when the kernel itself has no such event.
std::optional<std::string> module_of(const ProbeSpec& spec, TypeDb& types) {
  if (!spec.module.empty())
    return types.raw_tracepoint(spec.function, spec.module) ? std::optional(spec.module) : std::nullopt;
  for (const std::string& module : all_modules(types))
    if (types.raw_tracepoint(spec.function, module)) return module;
  return {};
}

void report_not_found(const ProbeSpec& spec, Matching& matching) {
  std::string name = (spec.module.empty() ? "" : spec.module + ":") + spec.function;
  // System calls, which have an event each among tracepoints, share two here.
  for (const char* shared : {"sys_enter", "sys_exit"}) {
    if (!spec.function.starts_with(std::string(shared) + "_")) continue;
    std::string hint =
        fmt::format("all system calls share `rawtracepoint:{}`; for one: `tracepoint:syscalls:{}`", shared,
                    spec.function);
    return report_no_match_with(spec, name, std::move(hint), matching);
  }
  std::vector<std::string> candidates;
  each_event(spec.module.empty() ? "*" : spec.module, matching.types,
             [&](const std::string&, const std::string& event) {
               candidates.push_back(event);
               return true;
             });
  report_no_match(spec, name, candidates, matching);
}

std::vector<AttachTarget> match(const ProbeSpec& spec, Matching& matching) {
  TypeDb& types = matching.types;
  if (!types.available()) {
    matching.diags
        .report(spec.part_spans.empty() ? spec.span : spec.part_spans.front(), diag::fentry_needs_btf,
                "rawtracepoint", types.why_not())
        .hint("use a tracepoint");
    return {};
  }
  if (!check_module(spec, matching)) return {};
  if (is_pattern(spec)) return match_pattern(spec, matching);
  if (auto module = module_of(spec, types)) return {make_target(*module, spec.function)};
  report_not_found(spec, matching);
  return {};
}

// ---------------------------------------------------------------- context, section, listing

ProbeContext context(const ProbeSpec&, const AttachTarget& target, bool, KernelInfo&, TypeDb& types) {
  auto event = types.raw_tracepoint(target.function, target.module.empty() ? kVmlinux : target.module);
  ProbeContext context = slot_context(event.value_or(FunctionType()));
  context.numbered_place = ArgumentPlace::Kind::Slot;
  context.numbered_arguments = event ? argument_slots(*event) : 0;
  context.has_named_arguments = event.has_value();
  if (!event)
    context.why_no_arguments =
        fmt::format("the kernel's type information does not describe `{}`", target.function);
  return context;
}

std::string section(const ProbeSpec& spec, const std::vector<AttachTarget>& targets) {
  if (targets.size() != 1) return "raw_tracepoint";
  return fmt::format("tp_btf/{}", targets.empty() ? spec.function : targets.front().function);
}

Result<bool> list(Provider, std::string_view pattern, const Listing& listing) {
  const ListPattern wanted(pattern);
  return each_event(wanted.group, listing.types, [&](const std::string& module, const std::string& event) {
    return !glob_match(wanted.name, event) || listing.line(make_target(module, event));
  });
}

std::vector<std::string> describe(Provider, const AttachTarget& target, Describing& describing) {
  std::vector<std::string> lines;
  const std::string module = target.module.empty() ? kVmlinux : target.module;
  if (auto event = describing.c.raw_tracepoint(module, target.function))
    for (const CDeclarations::Variable& parameter : event->parameters)
      lines.push_back(parameter.type + " " + parameter.name);
  return lines;
}

}  // namespace

const ProviderActions kRawTracepointActions = {
    .parse = parse,
    .match = match,
    .context = context,
    .section = section,
    .list = list,
    .describe = describe,
    .prepare = prepare_raw_tracepoint,
    .attach = attach_raw_tracepoint,
};

}  // namespace tracer
