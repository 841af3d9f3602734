// tracepoint: static events of the kernel, with the fields that tracefs describes (LANGUAGE 7.5).

#include <bpf/libbpf.h>
#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "probes/attach_report.h"
#include "probes/diagnostics.h"
#include "probes/list_pattern.h"
#include "probes/match_report.h"
#include "probes/provider_actions.h"
#include "probes/tracepoint_format.h"
#include "probes/tracepoint_types.h"

namespace tracer {
namespace {

bool has_star(std::string_view text) { return text.find('*') != std::string_view::npos; }

bool parse(std::span<const Part> parts, ProbeSpec& spec, Diagnostics&) {
  spec.module = parts[0].text;
  spec.function = parts[1].text;
  spec.literal = parts[1].quoted;
  return true;
}

AttachTarget make_target(std::string_view category, std::string_view event) {
  AttachTarget target;
  target.name = fmt::format("tracepoint:{}:{}", category, event);
  target.module = category;
  target.function = event;
  return target;
}

// ---------------------------------------------------------------- matching

// Events that have a format file; folders without are no tracepoints.
Result<std::vector<AttachTarget>> events_like(std::string_view category, std::string_view event,
                                              KernelInfo& kernel) {
  auto categories = kernel.tracepoint_categories();
  if (!categories) return std::unexpected(categories.error());
  std::vector<AttachTarget> targets;
  for (const std::string& one : *categories) {
    // ftrace's own records are described there but cannot be attached to.
    if (!glob_match(category, one) || one == "ftrace") continue;
    auto events = kernel.tracepoint_events(one);
    if (!events) continue;
    for (const std::string& name : *events)
      if (glob_match(event, name)) targets.push_back(make_target(one, name));
  }
  return targets;
}

void report_unreadable(const ProbeSpec& spec, const Error& error, Matching& matching) {
  matching.diags.report(spec.span, diag::no_tracefs, error.text).hint(error.hint);
}

std::vector<AttachTarget> match_pattern(const ProbeSpec& spec, Matching& matching) {
  auto targets = events_like(spec.module, spec.function, matching.kernel);
  if (!targets) {
    report_unreadable(spec, targets.error(), matching);
    return {};
  }
  if (targets->empty()) matching.unmatched_wildcard = true;
  return std::move(*targets);
}

std::string near_event(const std::string& category, const ProbeSpec& spec, KernelInfo& kernel) {
  auto events = kernel.tracepoint_events(category);
  const std::string event = events ? nearest(spec.function, *events) : std::string();
  return event.empty() ? std::string() : fmt::format("did you mean `tracepoint:{}:{}`?", category, event);
}

std::string how_to_list(std::string_view category) {
  return fmt::format("`tracer -l 'tracepoint:{0}:*'` lists what `{0}` has here", category);
}

// The event may be misspelt, or of another category, or the category is misspelt, or this kernel has no such
// event.
std::string suggestion(const ProbeSpec& spec, const std::vector<std::string>& categories,
                       KernelInfo& kernel) {
  if (std::string near = near_event(spec.module, spec, kernel); !near.empty()) return near;
  if (auto elsewhere = events_like("*", spec.function, kernel); elsewhere && !elsewhere->empty())
    return fmt::format("did you mean `{}`?", elsewhere->front().name);
  if (std::ranges::find(categories, spec.module) != categories.end()) return how_to_list(spec.module);
  const std::string category = nearest(spec.module, categories);
  if (category.empty()) return {};
  std::string near = near_event(category, spec, kernel);
  return near.empty() ? how_to_list(category) : near;
}

void report_not_found(const ProbeSpec& spec, Matching& matching) {
  auto categories = matching.kernel.tracepoint_categories();
  if (!categories) return report_unreadable(spec, categories.error(), matching);
  if (matching.missing == MissingProbes::Ignore) return;
  bool skip = matching.missing == MissingProbes::Warn;
  const DiagnosticKind& kind = skip ? diag::tracepoint_not_found_skip : diag::tracepoint_not_found;
  matching.diags.report(last_part_span(spec), kind, fmt::format("{}:{}", spec.module, spec.function))
      .hint(suggestion(spec, *categories, matching.kernel));
}

std::vector<AttachTarget> match(const ProbeSpec& spec, Matching& matching) {
  if (has_star(spec.module) || (!spec.literal && has_star(spec.function)))
    return match_pattern(spec, matching);
  if (matching.kernel.tracepoint_format(spec.module, spec.function))
    return {make_target(spec.module, spec.function)};
  report_not_found(spec, matching);
  return {};
}

// ---------------------------------------------------------------- context

ProbeContext context(const ProbeSpec&, const AttachTarget& target, bool want_arguments, KernelInfo& kernel,
                     TypeDb& types) {
  ProbeContext context;
  context.context = ContextKind::Tracepoint;
  // System calls have their callers' pointers.
  context.space = target.module == "syscalls" ? AddressSpace::User : AddressSpace::Kernel;
  if (!want_arguments) return context;
  auto format = kernel.tracepoint_format(target.module, target.function);
  if (!format) {
    context.why_no_arguments = format.error().text;
    return context;
  }
  for (const TracepointField& field : parse_tracepoint_format(*format)) {
    Type type = tracepoint_field_type(field, context.space, types);
    if (type.is(TypeKind::None)) continue;
    auto kind = field.data_location ? ArgumentPlace::Kind::DataLocation : ArgumentPlace::Kind::ContextBytes;
    // A location counts from `index`: the record's start, or the field's end.
    uint32_t from = field.relative_location ? field.offset + field.size : 0;
    context.arguments.push_back({field.name, std::move(type), {kind, from, field.offset}});
  }
  context.has_named_arguments = true;
  return context;
}

// ---------------------------------------------------------------- sections, listing, attaching

std::string section(const ProbeSpec&, const std::vector<AttachTarget>& targets) {
  if (targets.size() != 1) return "tracepoint";
  return fmt::format("tracepoint/{}/{}", targets.front().module, targets.front().function);
}

Result<bool> list(Provider, std::string_view pattern, const Listing& listing) {
  const ListPattern wanted(pattern);
  auto targets = events_like(wanted.group, wanted.name, listing.kernel);
  if (!targets) return std::unexpected(targets.error());
  for (const AttachTarget& target : *targets)
    if (!listing.line(target)) return false;
  return true;
}

std::vector<std::string> describe(Provider, const AttachTarget& target, Describing& describing) {
  std::vector<std::string> lines;
  auto format = describing.kernel.tracepoint_format(target.module, target.function);
  if (!format) return lines;
  for (const TracepointField& field : parse_tracepoint_format(*format)) lines.push_back(field.declaration);
  return lines;
}

Result<void> prepare(bpf_program* program, const ProbePlan&, KernelInfo&) {
  bpf_program__set_type(program, BPF_PROG_TYPE_TRACEPOINT);
  return {};
}

Result<void> attach(Attachment& attachment) {
  for (const AttachTarget& target : attachment.probe.targets) {
    bpf_link* link =
        bpf_program__attach_tracepoint(attachment.program, target.module.c_str(), target.function.c_str());
    if (auto done = take_link(attachment, target, link); !done) return done;
  }
  return {};
}

}  // namespace

const ProviderActions kTracepointActions = {
    .parse = parse,
    .match = match,
    .context = context,
    .section = section,
    .list = list,
    .describe = describe,
    .prepare = prepare,
    .attach = attach,
};

}  // namespace tracer
