// kprobe and kretprobe: what they match and what their programs can say. Attaching:
// kprobe_attach.cpp.

#include <fmt/format.h>

#include "base/text.h"
#include "probes/diagnostics.h"
#include "probes/function_offset.h"
#include "probes/kernel_function.h"
#include "probes/kernel_image.h"
#include "probes/kprobe_attach.h"
#include "probes/list_pattern.h"
#include "probes/match_report.h"
#include "probes/number.h"
#include "probes/provider_actions.h"
#include "probes/registers.h"

namespace tracer {
namespace {

// ---------------------------------------------------------------- parsing

bool parse_address(const Part& part, ProbeSpec& spec, Diagnostics& diags) {
  auto address = parse_number(part.text);
  if (!address || *address == 0) {
    diags.report(part.span, diag::invalid_address, part.text);
    return false;
  }
  if (!spec.unsafe) {
    diags.report(part.span, diag::address_needs_unsafe);
    return false;
  }
  spec.address = *address;
  spec.function.clear();
  return true;
}

std::string name_of(const ProbeSpec& spec, std::string_view module, std::string_view function) {
  std::string name = fmt::format("{}:", provider_info(spec.provider).name);
  if (spec.address) return name + fmt::format("0x{:x}", spec.address);
  if (!spec.module.empty()) name += fmt::format("{}:", module.empty() ? kVmlinux : module);
  name += function;
  if (spec.offset) name += fmt::format("+{}", spec.offset);
  return name;
}

bool parse(std::span<const Part> parts, ProbeSpec& spec, Diagnostics& diags) {
  parse_function(parts, spec);
  const Part& last = parts.back();
  if (!last.quoted) {
    bool address = parts.size() == 1 && last.text[0] >= '0' && last.text[0] <= '9';
    if (address ? !parse_address(last, spec, diags) : !parse_offset(last, spec, diags)) return false;
  }
  spec.text = name_of(spec, spec.module, spec.function);
  return true;
}

// ---------------------------------------------------------------- matching

// BTF answers for nearly all functions in a fraction of the time that the kernel takes to write its
// list of traceable ones, so that list is read only for the others.
std::optional<KernelInfo::Function> find_listed(std::string_view name, std::string_view module,
                                                Matching& matching) {
  bool in_vmlinux = module.empty() || module == kVmlinux;
  if (!matching.kernel.has_own_list() && matching.types.available()) {
    if (in_vmlinux && matching.types.function_id(name, kVmlinux))
      return KernelInfo::Function{std::string(name), {}};
    if (!in_vmlinux && matching.types.function(name, module))
      return KernelInfo::Function{std::string(name), std::string(module)};
  }
  if (module.empty()) return matching.kernel.find_function(name);
  auto list = matching.kernel.traceable_functions();
  if (!list) return {};
  for (const KernelInfo::Function& function : **list)
    if (function.name == name && function.module == (in_vmlinux ? "" : module)) return function;
  return {};
}

// The kernel's own names of a system call that is written as `sys_NAME`, `SyS_NAME`, or as most of them are
// called.
std::vector<std::string> syscall_symbols(std::string_view written) {
  const std::string_view usual = registers().syscall_prefix;
  for (const std::string_view prefix : {std::string_view("sys_"), std::string_view("SyS_"), usual}) {
    if (!written.starts_with(prefix)) continue;
    const std::string name(written.substr(prefix.size()));
    return {std::string(usual) + name, std::string(kSyscallBodyPrefix) + name};
  }
  return {};
}

std::optional<KernelInfo::Function> find_or_map(const ProbeSpec& spec, Matching& matching) {
  if (!spec.module.empty()) return find_listed(spec.function, spec.module, matching);
  // The mapped name first: where it exists the other does not, and BTF knows it at once.
  for (const std::string& symbol : syscall_symbols(spec.function)) {
    auto mapped = find_listed(symbol, {}, matching);
    if (mapped && symbol != spec.function)
      matching.diags.report(last_part_span(spec), diag::syscall_mapped, spec.function, symbol);
    if (mapped) return mapped;
  }
  return find_listed(spec.function, {}, matching);
}

AttachTarget make_target(const ProbeSpec& spec, const KernelInfo::Function& function) {
  AttachTarget target;
  target.name = name_of(spec, function.module, function.name);
  target.module = function.module;
  target.function = function.name;
  target.offset = spec.offset;
  target.address = spec.address;
  return target;
}

AttachTarget unchecked(AttachTarget target) {
  target.unchecked = true;
  return target;
}

std::vector<AttachTarget> match_pattern(const ProbeSpec& spec, Matching& matching) {
  auto functions = matching_functions(spec, false, matching.kernel, matching.types);
  if (!functions) {
    matching.diags.report(last_part_span(spec), diag::no_function_list, spec.text, functions.error().text)
        .hint(functions.error().hint);
    return {};
  }
  if (functions->empty()) matching.unmatched_wildcard = true;
  std::vector<AttachTarget> targets;
  targets.reserve(functions->size());
  for (const KernelInfo::Function& function : *functions) targets.push_back(make_target(spec, function));
  return targets;
}

std::vector<AttachTarget> match(const ProbeSpec& spec, Matching& matching) {
  if (spec.address) return {unchecked(make_target(spec, {}))};
  if (!check_module(spec, matching)) return {};
  if (is_pattern(spec)) return match_pattern(spec, matching);
  if (!check_kernel_offset(spec, matching)) return {};
  if (auto function = find_or_map(spec, matching)) return {make_target(spec, *function)};
  if (spec.unsafe) {
    matching.diags.report(last_part_span(spec), diag::not_traceable_unsafe, spec.function);
    return {unchecked(make_target(spec, {spec.function, spec.module == kVmlinux ? "" : spec.module}))};
  }
  if (matching.missing != MissingProbes::Ignore && matching.kernel.is_kernel_function(spec.function))
    matching.diags.report(last_part_span(spec), diag::not_traceable, spec.function);
  report_missing_function(spec, matching);
  return {};
}

// ---------------------------------------------------------------- context

// Places of the parameters by the C calling convention; those that are passed in memory are left out.
std::vector<ProbeArgument> register_arguments(const FunctionType& function) {
  std::vector<ProbeArgument> result;
  uint32_t next = 0, most = static_cast<uint32_t>(registers().arguments.size());
  for (const Field& parameter : function.parameters) {
    bool by_value = parameter.type.is(TypeKind::Struct);
    uint32_t words = by_value ? (parameter.type.size + 7) / 8 : 1;
    if (by_value && words > registers().words_by_value) continue;
    if (next + words > most) continue;
    if (!parameter.name.empty() && !by_value && !parameter.type.is(TypeKind::None))
      result.push_back({parameter.name, parameter.type, {ArgumentPlace::Kind::Register, next, 0}});
    next += words;
  }
  return result;
}

void add_arguments(const ProbeSpec& spec, const AttachTarget& target, TypeDb& types, ProbeContext& context) {
  if (spec.offset || spec.address) {
    context.why_no_arguments = "arguments are known at a function's entry only";
    return;
  }
  auto function = types.function(target.function, target.module.empty() ? kVmlinux : target.module);
  if (!function) {
    context.why_no_arguments =
        types.available()
            ? fmt::format("the kernel's type information has no prototype of `{}`", target.function)
            : types.why_not();
    return;
  }
  context.arguments = register_arguments(*function);
  context.has_named_arguments = true;
}

ProbeContext context(const ProbeSpec& spec, const AttachTarget& target, bool want_arguments, KernelInfo&,
                     TypeDb& types) {
  ProbeContext context;
  context.context = ContextKind::PtRegs;
  context.space = AddressSpace::Kernel;
  if (spec.provider == Provider::Kretprobe) {
    context.why_no_arguments = "a kretprobe has no arguments; keep them in a map at the entry";
    context.result = ProbeArgument{"retval", int_type(8, false), {ArgumentPlace::Kind::ReturnRegister, 0, 0}};
    return context;
  }
  if (!spec.offset && !spec.address)
    context.numbered_arguments = static_cast<uint32_t>(registers().arguments.size());
  if (want_arguments) add_arguments(spec, target, types, context);
  return context;
}

// ---------------------------------------------------------------- sections and listing

std::vector<std::string> describe(Provider provider, const AttachTarget& target, Describing& describing) {
  std::vector<std::string> lines;
  if (target.offset) return lines;
  const std::string module = target.module.empty() ? kVmlinux : target.module;
  auto function = describing.c.function(module, target.function);
  if (!function) return lines;
  if (provider == Provider::Kretprobe) return {function->result + " retval"};
  for (size_t i = 0; i < function->parameters.size(); i++)
    lines.push_back(fmt::format("{} arg{}", function->parameters[i].type, i));
  return lines;
}

std::string section(const ProbeSpec& spec, const std::vector<AttachTarget>& targets) {
  std::string name = provider_info(spec.provider).name;
  if (targets.size() != 1) return fmt::format("{}.multi/{}", name, spec.function);
  const AttachTarget& target = targets.front();
  if (target.address) return name;
  if (target.offset) return fmt::format("{}/{}+0x{:x}", name, target.function, target.offset);
  return fmt::format("{}/{}", name, target.function);
}

Result<bool> list(Provider provider, std::string_view pattern, const Listing& listing) {
  ProbeSpec spec;
  spec.provider = provider;
  const ListPattern wanted(pattern);
  if (wanted.has_group) spec.module = wanted.group;
  spec.function = wanted.name;
  auto functions = matching_functions(spec, false, listing.kernel, listing.types);
  if (!functions) return std::unexpected(functions.error());
  for (const KernelInfo::Function& function : *functions)
    if (!listing.line(make_target(spec, function))) return false;
  return true;
}

}  // namespace

const ProviderActions kKprobeActions = {
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
