// iter: a walk over all objects of a kind that the kernel has (LANGUAGE 7.11). Attaching:
// iter_attach.cpp.

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "probes/diagnostics.h"
#include "probes/iter_attach.h"
#include "probes/kernel_function.h"
#include "probes/match_report.h"

namespace tracer {
namespace {

constexpr std::string_view kBpfFiles = "/sys/fs/bpf/";
constexpr std::string_view kContextPrefix = "bpf_iter__";

struct NeedsTarget {
  std::string_view iterator;
  const char* target;
};
// Those that walk over what belongs to one other object.
constexpr NeedsTarget kNeedsTarget[] = {
    {"bpf_map_elem", "a map"},
    {"bpf_sk_storage_map", "a map"},
    {"cgroup", "a cgroup"},
    {"sockmap", "a map"},
};

// ---------------------------------------------------------------- parsing

bool parse_pin(const Part& part, ProbeSpec& spec, Diagnostics& diags) {
  spec.pin = part.text.starts_with('/') ? part.text : std::string(kBpfFiles) + part.text;
  if (!spec.pin.ends_with('/')) return true;
  diags.report(part.span, diag::iter_bad_pin, spec.pin).hint("name a file that does not exist yet");
  return false;
}

bool parse(std::span<const Part> parts, ProbeSpec& spec, Diagnostics& diags) {
  spec.function = parts.front().text;
  return parts.size() < 2 || parse_pin(parts[1], spec, diags);
}

// ---------------------------------------------------------------- what the kernel has

std::string context_type(std::string_view iterator) {
  return std::string(kContextPrefix) + std::string(iterator);
}

// Other functions are named in the same way; only iterators have a context of that name.
bool exists(std::string_view iterator, TypeDb& types) {
  return types.function(iterator_function(iterator)) &&
         types.find_in_kernel(TypeDb::Tag::Struct, context_type(iterator));
}

std::vector<std::string> all_iterators(TypeDb& types) {
  std::vector<std::string> result;
  if (!types.available()) return result;
  std::vector<std::string> modules = types.modules();
  modules.insert(modules.begin(), kVmlinux);
  const std::string prefix = iterator_function("");
  for (const std::string& module : modules)
    for (const std::string& function : types.functions(module))
      if (function.starts_with(prefix) && exists(function.substr(prefix.size()), types))
        result.push_back(function.substr(prefix.size()));
  std::sort(result.begin(), result.end());
  result.erase(std::unique(result.begin(), result.end()), result.end());
  return result;
}

const NeedsTarget* needs_target(std::string_view iterator) {
  for (const NeedsTarget& row : kNeedsTarget)
    if (row.iterator == iterator) return &row;
  return nullptr;
}

AttachTarget make_target(const std::string& iterator) {
  AttachTarget target;
  target.name = "iter:" + iterator;
  target.function = iterator;
  return target;
}

void report_not_available(const ProbeSpec& spec, Matching& matching) {
  if (matching.missing == MissingProbes::Ignore) return;
  bool skip = matching.missing == MissingProbes::Warn;
  std::string hint = matching.types.available() ? did_you_mean(spec.function, all_iterators(matching.types))
                                                : matching.types.why_not();
  matching.diags
      .report(spec.part_spans.size() > 1 ? spec.part_spans[1] : spec.span,
              skip ? diag::iter_not_available_skip : diag::iter_not_available, spec.function)
      .hint(std::move(hint));
}

std::vector<AttachTarget> match(const ProbeSpec& spec, Matching& matching) {
  if (!exists(spec.function, matching.types)) {
    report_not_available(spec, matching);
    return {};
  }
  if (const NeedsTarget* row = needs_target(spec.function)) {
    matching.diags.report(spec.span, diag::iter_needs_target, spec.function, row->target);
    return {};
  }
  AttachTarget target = make_target(spec.function);
  target.module = spec.pin;
  return {std::move(target)};
}

// ---------------------------------------------------------------- context, section, listing

// The object that the walk is at: the first pointer after `meta`, or after the map that it belongs to.
std::optional<uint32_t> object_offset(const Type& structure, TypeDb& types) {
  std::optional<uint32_t> result;
  for (const std::string& name : types.field_names(structure)) {
    auto field = types.field(structure, name, AddressSpace::Kernel);
    if (!field || name == "meta" || !field->type.is(TypeKind::Pointer)) continue;
    result = field->offset;
    if (name != "map") break;
  }
  return result;
}

ProbeContext context(const ProbeSpec&, const AttachTarget& target, bool, KernelInfo&, TypeDb& types) {
  ProbeContext context;
  context.context = ContextKind::Iterator;
  context.space = AddressSpace::Kernel;
  context.context_type = context_type(target.function);
  context.why_no_arguments = "an iterator has no arguments; its object is a field of `ctx`";
  if (auto structure = types.find_in_kernel(TypeDb::Tag::Struct, context.context_type))
    context.object_offset = object_offset(*structure, types);
  return context;
}

std::string section(const ProbeSpec& spec, const std::vector<AttachTarget>&) {
  return fmt::format("iter/{}", spec.function);
}

Result<bool> list(Provider, std::string_view pattern, const Listing& listing) {
  for (const std::string& iterator : all_iterators(listing.types))
    if (glob_match(pattern.empty() ? "*" : pattern, iterator) && !listing.line(make_target(iterator)))
      return false;
  return true;
}

std::vector<std::string> describe(Provider, const AttachTarget& target, Describing& describing) {
  std::vector<std::string> lines;
  for (const CDeclarations::Variable& member : describing.c.members(context_type(target.function)))
    lines.push_back(member.type + " " + member.name);
  return lines;
}

}  // namespace

const ProviderActions kIterActions = {
    .parse = parse,
    .match = match,
    .context = context,
    .section = section,
    .list = list,
    .describe = describe,
    .prepare = prepare_iter,
    .attach = attach_iter,
};

}  // namespace tracer
