// tracepoint: static events of the kernel, with the fields that tracefs describes (LANGUAGE 7.5).

#include <bpf/libbpf.h>
#include <fmt/format.h>

#include "base/text.h"
#include "probes/attach_report.h"
#include "probes/diagnostics.h"
#include "probes/match_report.h"
#include "probes/provider_actions.h"
#include "probes/tracepoint_format.h"

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
  if (targets->empty()) report_no_wildcard_match(spec, matching);
  return std::move(*targets);
}

// The event may be of another category, or misspelt, or the category is.
std::string suggestion(const ProbeSpec& spec, const std::vector<std::string>& categories,
                       KernelInfo& kernel) {
  if (auto events = kernel.tracepoint_events(spec.module)) {
    std::string found = nearest(spec.function, *events);
    if (!found.empty()) return fmt::format("did you mean `tracepoint:{}:{}`?", spec.module, found);
  }
  if (auto elsewhere = events_like("*", spec.function, kernel); elsewhere && !elsewhere->empty())
    return fmt::format("did you mean `{}`?", elsewhere->front().name);
  std::string category = nearest(spec.module, categories);
  if (category.empty()) return {};
  auto events = kernel.tracepoint_events(category);
  std::string event = events ? nearest(spec.function, *events) : std::string();
  return fmt::format("did you mean `tracepoint:{}:{}`?", category, event.empty() ? spec.function : event);
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

struct ElementSize {
  std::string_view type;
  uint32_t size;
};
// For arrays, whose element's size the format does not tell.
constexpr ElementSize kElementSizes[] = {
    {"u8", 1},
    {"__u8", 1},
    {"s8", 1},
    {"uint8_t", 1},
    {"unsigned char", 1},
    {"bool", 1},
    {"u16", 2},
    {"__u16", 2},
    {"s16", 2},
    {"__be16", 2},
    {"short", 2},
    {"unsigned short", 2},
    {"uint16_t", 2},
    {"u32", 4},
    {"__u32", 4},
    {"s32", 4},
    {"__be32", 4},
    {"int", 4},
    {"unsigned int", 4},
    {"uint32_t", 4},
    {"u64", 8},
    {"__u64", 8},
    {"s64", 8},
    {"long", 8},
    {"unsigned long", 8},
    {"uint64_t", 8},
};

// Qualifiers and `struct` taken off: what a pointer points to, or an array is made of.
std::string_view bare(std::string_view type) {
  for (;;) {
    type = trim(type);
    std::string_view before = type;
    for (std::string_view word : {"const ", "volatile ", "__user "})
      if (type.starts_with(word)) type.remove_prefix(word.size());
    if (type.ends_with("__user")) type.remove_suffix(6);
    if (type == before) return type;
  }
}

// By name: `struct sock`, `char`, `u32`; None when it is not known.
Type named_type(std::string_view name, TypeDb& types) {
  name = bare(name);
  if (name == "void") return void_type();
  if (name == "char") return int_type(1, true);
  for (auto [prefix, tag] : {std::pair(std::string_view("struct "), TypeDb::Tag::Struct),
                             std::pair(std::string_view("union "), TypeDb::Tag::Union),
                             std::pair(std::string_view("enum "), TypeDb::Tag::Enum)})
    if (name.starts_with(prefix)) return types.find(tag, trim(name.substr(prefix.size()))).value_or(Type());
  for (const ElementSize& row : kElementSizes)
    if (name == row.type) return int_type(row.size, name[0] == 's' || name[0] == 'i' || name[0] == 'l');
  return types.find(TypeDb::Tag::Any, name).value_or(Type());
}

Type pointer_field(std::string_view type, AddressSpace space, TypeDb& types) {
  type = bare(type.substr(0, type.rfind('*')));
  if (type.ends_with('*')) return pointer_type(pointer_field(type, space, types), space);
  Type target = named_type(type, types);
  bool known = !target.is(TypeKind::None) && !target.is(TypeKind::Void);
  return known ? pointer_type(std::move(target), space) : void_pointer_type(space);
}

Type array_field(const TracepointField& field, TypeDb& types) {
  if (field.type == "char") return string_type(field.size);
  Type element = named_type(field.type, types);
  if (element.size == 0 || element.is(TypeKind::None)) element = int_type(1, field.is_signed);
  if (element.is(TypeKind::Int)) element.is_signed = field.is_signed;
  return array_type(element, field.size / element.size);
}

bool is_integer_size(uint32_t size) { return size == 1 || size == 2 || size == 4 || size == 8; }

// None for what the language cannot show.
Type field_type(const TracepointField& field, AddressSpace space, TypeDb& types) {
  // The data lies in the record, which is the kernel's memory whatever the category.
  if (field.data_location) {
    Type element = named_type(std::string_view(field.type).substr(0, field.type.find('[')), types);
    if (element.is(TypeKind::None) || element.is(TypeKind::Void)) element = int_type(1, true);
    return pointer_type(std::move(element), AddressSpace::Kernel);
  }
  if (field.is_array) return array_field(field, types);
  if (field.type.ends_with('*')) return pointer_field(field.type, space, types);
  if (field.type == "bool" && field.size == 1) return bool_type();
  if (field.type.starts_with("struct ") || field.type.starts_with("union "))
    return named_type(field.type, types);
  if (is_integer_size(field.size)) return int_type(field.size, field.is_signed);
  return named_type(field.type, types);
}

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
    Type type = field_type(field, context.space, types);
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

Result<bool> list(Provider, std::string_view pattern, KernelInfo& kernel, TypeDb&, const ProbeLine& line) {
  size_t colon = pattern.find(':');
  std::string_view category = colon == std::string_view::npos ? "*" : pattern.substr(0, colon);
  std::string_view event = colon == std::string_view::npos ? pattern : pattern.substr(colon + 1);
  auto targets = events_like(category, event.empty() ? "*" : event, kernel);
  if (!targets) return std::unexpected(targets.error());
  for (const AttachTarget& target : *targets)
    if (!line(target.name)) return false;
  return true;
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
    .prepare = prepare,
    .attach = attach,
};

}  // namespace tracer
