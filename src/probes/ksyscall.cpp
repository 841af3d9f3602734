// ksyscall and kretsyscall: kprobes on system calls by the names that programs know them by. On most
// architectures the kernel's function for a system call gets one argument, a pointer to the caller's
// registers: the system call's own arguments are there.

#include <fmt/format.h>

#include <map>

#include "base/text.h"
#include "probes/diagnostics.h"
#include "probes/kernel_function.h"
#include "probes/kprobe_attach.h"
#include "probes/match_report.h"
#include "probes/registers.h"
#include "probes/tracepoint_format.h"
#include "probes/tracepoint_types.h"

namespace tracer {
namespace {

constexpr std::string_view kPlainPrefix = "sys_";  // of kernels that pass arguments as they are
constexpr std::string_view kNumberField = "__syscall_nr";

std::string_view wrapper_prefix() { return registers().syscall_prefix; }

bool parse(std::span<const Part> parts, ProbeSpec& spec, Diagnostics& diags) {
  parse_function(parts, spec);
  if (spec.literal || spec.function.find('+') == std::string::npos) return true;
  diags.report(parts.back().span, diag::offset_not_allowed).hint("a kprobe can be placed inside a function");
  return false;
}

// ---------------------------------------------------------------- matching

AttachTarget make_target(Provider provider, std::string_view prefix, std::string_view name) {
  AttachTarget target;
  target.name = fmt::format("{}:{}", provider_info(provider).name, name);
  target.function = fmt::format("{}{}", prefix, name);
  return target;
}

bool exists(std::string_view function, Matching& matching) {
  const bool by_btf = !matching.kernel.has_own_list() && matching.types.available();
  if (by_btf && matching.types.function(function, kVmlinux)) return true;
  return matching.kernel.find_function(function).has_value();
}

// System calls that a pattern means: their names, and what the names of their functions begin with.
using Prefixes = std::map<std::string, std::string_view>;

Result<Prefixes> calls_like(std::string_view pattern, KernelInfo& kernel, TypeDb& types) {
  Prefixes calls;
  for (std::string_view prefix : {wrapper_prefix(), kSyscallBodyPrefix}) {
    ProbeSpec functions;
    functions.provider = Provider::Kprobe;
    functions.function = fmt::format("{}{}", prefix, pattern);
    auto found = matching_functions(functions, false, kernel, types);
    if (!found) return std::unexpected(found.error());
    for (const KernelInfo::Function& function : *found)
      calls.try_emplace(function.name.substr(prefix.size()), prefix);
  }
  return calls;
}

std::vector<AttachTarget> match_pattern(const ProbeSpec& spec, Matching& matching) {
  auto calls = calls_like(spec.function, matching.kernel, matching.types);
  if (!calls) {
    matching.diags.report(last_part_span(spec), diag::no_function_list, spec.text, calls.error().text)
        .hint(calls.error().hint);
    return {};
  }
  if (calls->empty()) matching.unmatched_wildcard = true;
  std::vector<AttachTarget> targets;
  for (const auto& [name, prefix] : *calls) targets.push_back(make_target(spec.provider, prefix, name));
  return targets;
}

// `sys_openat` is taken for `openat`.
std::string_view bare_name(std::string_view name) {
  if (name.starts_with(kPlainPrefix)) name.remove_prefix(kPlainPrefix.size());
  return name;
}

std::vector<AttachTarget> match(const ProbeSpec& spec, Matching& matching) {
  if (is_pattern(spec)) return match_pattern(spec, matching);
  const std::string_view name = bare_name(spec.function);
  for (std::string_view prefix : {wrapper_prefix(), kSyscallBodyPrefix, kPlainPrefix})
    if (AttachTarget target = make_target(spec.provider, prefix, name); exists(target.function, matching))
      return {std::move(target)};
  std::vector<std::string> names;
  if (auto calls = calls_like("*", matching.kernel, matching.types))
    for (const auto& call : *calls) names.push_back(call.first);
  report_no_match(spec, spec.function, names, matching);
  return {};
}

// ---------------------------------------------------------------- context

ArgumentPlace::Kind place_of(const AttachTarget& target) {
  return target.function.starts_with(kPlainPrefix) ? ArgumentPlace::Kind::Register
                                                   : ArgumentPlace::Kind::SyscallRegister;
}

std::string_view name_of(const AttachTarget& target) {
  return std::string_view(target.name).substr(target.name.find(':') + 1);
}

// As the kernel describes its tracepoint at the same call; else by the function with the call's body.
bool add_described(std::string_view name, ArgumentPlace::Kind place, KernelInfo& kernel, TypeDb& types,
                   ProbeContext& context) {
  auto format = kernel.tracepoint_format("syscalls", fmt::format("sys_enter_{}", name));
  if (!format) return false;
  uint32_t index = 0;
  for (const TracepointField& field : parse_tracepoint_format(*format)) {
    if (field.name == kNumberField) continue;
    context.arguments.push_back({field.name, syscall_argument_type(field, types), {place, index++, 0}});
  }
  return true;
}

bool add_prototype(std::string_view name, ArgumentPlace::Kind place, TypeDb& types, ProbeContext& context) {
  auto function = types.function(fmt::format("__do_sys_{}", name), kVmlinux);
  if (!function) return false;
  uint32_t index = 0;
  for (const Field& parameter : function->parameters) {
    Type type = parameter.type;
    if (type.is(TypeKind::Pointer)) type.space = AddressSpace::User;
    context.arguments.push_back({parameter.name, std::move(type), {place, index++, 0}});
  }
  return true;
}

ProbeContext context(const ProbeSpec& spec, const AttachTarget& target, bool want_arguments,
                     KernelInfo& kernel, TypeDb& types) {
  ProbeContext context;
  context.context = ContextKind::PtRegs;
  // What system calls are given points to their callers' memory.
  context.space = AddressSpace::User;
  if (spec.provider == Provider::Kretsyscall) {
    context.why_no_arguments = "a kretsyscall has no arguments; keep them in a map at the entry";
    context.result = ProbeArgument{"retval", int_type(8, true), {ArgumentPlace::Kind::ReturnRegister, 0, 0}};
    return context;
  }
  context.numbered_place = place_of(target);
  context.numbered_arguments = static_cast<uint32_t>(registers().syscall_arguments.size());
  if (!want_arguments) return context;
  const std::string_view name = name_of(target);
  context.has_named_arguments = add_described(name, context.numbered_place, kernel, types, context) ||
                                add_prototype(name, context.numbered_place, types, context);
  if (!context.has_named_arguments)
    context.why_no_arguments = fmt::format("the kernel does not describe the arguments of `{}`", name);
  return context;
}

// ---------------------------------------------------------------- sections and listing

std::string section(const ProbeSpec& spec, const std::vector<AttachTarget>& targets) {
  const char* kind = spec.provider == Provider::Ksyscall ? "kprobe" : "kretprobe";
  if (targets.size() != 1) return fmt::format("{}.multi/{}{}", kind, wrapper_prefix(), spec.function);
  return fmt::format("{}/{}", kind, targets.front().function);
}

Result<bool> list(Provider provider, std::string_view pattern, const Listing& listing) {
  auto calls = calls_like(pattern.empty() ? "*" : pattern, listing.kernel, listing.types);
  if (!calls) return std::unexpected(calls.error());
  for (const auto& [name, prefix] : *calls)
    if (!listing.line(make_target(provider, prefix, name))) return false;
  return true;
}

std::vector<std::string> describe(Provider provider, const AttachTarget& target, Describing& describing) {
  if (provider == Provider::Kretsyscall) return {"long retval"};
  std::vector<std::string> lines;
  auto format = describing.kernel.tracepoint_format("syscalls", fmt::format("sys_enter_{}", name_of(target)));
  if (!format) return lines;
  for (const TracepointField& field : parse_tracepoint_format(*format))
    if (field.name != kNumberField) lines.push_back(field.declaration);
  return lines;
}

}  // namespace

const ProviderActions kKsyscallActions = {
    .parse = parse,
    .match = match,
    .context = context,
    .section = section,
    .list = list,
    .describe = describe,
    .prepare = prepare_kprobe,
    .attach = attach_kprobe,
};

}  // namespace tracer
