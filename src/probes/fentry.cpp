// fentry and fexit: what they match and what their programs can say. Attaching: fentry_attach.cpp.

#include <fmt/format.h>

#include "base/text.h"
#include "probes/bpf_programs.h"
#include "probes/diagnostics.h"
#include "probes/fentry_attach.h"
#include "probes/kernel_function.h"
#include "probes/list_pattern.h"
#include "probes/match_report.h"
#include "probes/registers.h"
#include "probes/slots.h"

namespace tracer {
namespace {

std::string name_of(Provider provider, std::string_view module, std::string_view function) {
  return fmt::format("{}:{}:{}", provider_info(provider).name, module.empty() ? kVmlinux : module, function);
}

// What is written instead of a module: BPF programs are meant.
constexpr const char* kBpf = "bpf";

bool is_bpf(const ProbeSpec& spec) { return spec.module == kBpf; }

bool parse(std::span<const Part> parts, ProbeSpec& spec, Diagnostics& diags) {
  const char* name = provider_info(spec.provider).name;
  const bool bpf = parts.size() > 1 && !parts.front().quoted && parts.front().text == kBpf;
  if (parts.size() > 2 && !bpf) {
    diags.report(spec.span, diag::probe_part_count, name, "1 or 2", parts.size())
        .hint(fmt::format("three are for BPF programs: `{}:bpf:ID:PROGRAM`", name));
    return false;
  }
  parse_function(parts, spec);
  if (parts.size() > 2) {
    spec.name_space = parts[1].text;
    const bool id = spec.name_space.find_first_not_of("0123456789*?") == std::string::npos;
    if (!id) {
      diags.report(parts[1].span, diag::invalid_program_id, spec.name_space);
      return false;
    }
  }
  if (spec.literal || spec.function.find('+') == std::string::npos) return true;
  diags.report(parts.back().span, diag::offset_not_allowed).hint("a kprobe can be placed inside a function");
  return false;
}

bool fits(const FunctionType& function) {
  return argument_slots(function) <= registers().arguments.size() && !function.variadic;
}

// Modules whose BTF has the function; asked only when vmlinux has it not.
std::vector<std::string> modules_with(std::string_view function, TypeDb& types) {
  std::vector<std::string> result;
  for (std::string& module : types.modules())
    if (types.function(function, module)) result.push_back(std::move(module));
  return result;
}

std::string joined(const std::vector<std::string>& names) {
  std::string result;
  for (const std::string& name : names) result += (result.empty() ? "`" : ", `") + name + "`";
  return result;
}

AttachTarget make_target(Provider provider, std::string_view module, std::string_view function) {
  AttachTarget target;
  target.name = name_of(provider, module, function);
  target.module = module == kVmlinux ? "" : module;
  target.function = function;
  return target;
}

// The module that has the function, vmlinux too; none after a report.
std::optional<std::string> find_module(const ProbeSpec& spec, Matching& matching) {
  TypeDb& types = matching.types;
  if (!spec.module.empty()) {
    if (types.function(spec.function, spec.module)) return spec.module;
  } else {
    if (types.function(spec.function, kVmlinux)) return kVmlinux;
    std::vector<std::string> modules = modules_with(spec.function, types);
    if (modules.size() == 1) return modules.front();
    if (modules.size() > 1) {
      matching.diags.report(last_part_span(spec), diag::ambiguous_function, spec.function, joined(modules))
          .hint(fmt::format("name the module: {}", name_of(spec.provider, modules.front(), spec.function)));
      return {};
    }
  }
  report_missing_function(spec, matching);
  return {};
}

std::vector<AttachTarget> match_one(const ProbeSpec& spec, Matching& matching) {
  auto module = find_module(spec, matching);
  if (!module) return {};
  auto function = matching.types.function(spec.function, *module);
  if (function && !fits(*function)) {
    matching.diags
        .report(last_part_span(spec), diag::arguments_beyond_registers, spec.function,
                registers().arguments.size(), provider_info(spec.provider).name)
        .hint("use a kprobe");
    return {};
  }
  return {make_target(spec.provider, *module, spec.function)};
}

std::vector<AttachTarget> match_pattern(const ProbeSpec& spec, Matching& matching) {
  std::vector<AttachTarget> targets;
  auto functions = matching_functions(spec, true, matching.kernel, matching.types);
  if (!functions) {
    matching.diags.report(last_part_span(spec), diag::no_function_list, spec.text, functions.error().text)
        .hint(functions.error().hint);
    return targets;
  }
  for (const KernelInfo::Function& f : *functions) {
    auto function = matching.types.function(f.name, f.module.empty() ? kVmlinux : f.module);
    if (function && fits(*function)) targets.push_back(make_target(spec.provider, f.module, f.name));
  }
  if (targets.empty()) matching.unmatched_wildcard = true;
  return targets;
}

// ---------------------------------------------------------------- BPF programs

AttachTarget bpf_target(Provider provider, const BpfFunction& function) {
  AttachTarget target;
  target.name =
      fmt::format("{}:{}:{}:{}", provider_info(provider).name, kBpf, function.program_id, function.name);
  target.module = kBpf;
  target.function = function.name;
  target.program_id = function.program_id;
  return target;
}

// All of a name are meant unless an id is given.
std::vector<AttachTarget> match_bpf(const ProbeSpec& spec, Matching& matching) {
  auto functions = loaded_bpf_functions();
  if (!functions) {
    matching.diags.report(last_part_span(spec), diag::no_function_list, spec.text, functions.error().text)
        .hint(functions.error().hint);
    return {};
  }
  std::vector<AttachTarget> targets;
  std::vector<std::string> names;
  const std::string& id = spec.name_space;
  for (const BpfFunction& function : *functions) {
    names.push_back(function.name);
    if (!id.empty() && !glob_match(id, std::to_string(function.program_id))) continue;
    bool named = spec.literal ? spec.function == function.name : glob_match(spec.function, function.name);
    if (named) targets.push_back(bpf_target(spec.provider, function));
  }
  if (!targets.empty()) return targets;
  const bool pattern = is_pattern(spec) || has_wildcard(id);
  std::string name = fmt::format("{}:{}{}{}", kBpf, id, id.empty() ? "" : ":", spec.function);
  if (pattern)
    matching.unmatched_wildcard = true;
  else
    report_no_match(spec, name, names, matching);
  return {};
}

// What the kernel passes on of such a function it decides itself, so only the result is offered.
ProbeContext bpf_context(const ProbeSpec& spec, const AttachTarget& target) {
  ProbeContext context;
  context.context = ContextKind::Slots;
  context.space = AddressSpace::Kernel;
  context.why_no_arguments = "the arguments of a BPF program are not known";
  if (spec.provider == Provider::Fentry) return context;
  auto function = describe_bpf_function(target.program_id, target.function);
  if (function && function->result_size)
    context.result = ProbeArgument{"retval",
                                   int_type(function->result_size, function->result_signed),
                                   {ArgumentPlace::Kind::ReturnRegister, 0, 0}};
  return context;
}

std::vector<AttachTarget> match(const ProbeSpec& spec, Matching& matching) {
  if (is_bpf(spec)) return match_bpf(spec, matching);
  if (!matching.types.available()) {
    matching.diags
        .report(spec.part_spans.empty() ? spec.span : spec.part_spans.front(), diag::fentry_needs_btf,
                provider_info(spec.provider).name, matching.types.why_not())
        .hint(spec.provider == Provider::Fentry ? "use a kprobe" : "use a kretprobe");
    return {};
  }
  if (!check_module(spec, matching)) return {};
  return is_pattern(spec) ? match_pattern(spec, matching) : match_one(spec, matching);
}

// ---------------------------------------------------------------- context, section, listing

ProbeContext context(const ProbeSpec& spec, const AttachTarget& target, bool, KernelInfo&, TypeDb& types) {
  if (is_bpf(spec)) return bpf_context(spec, target);
  auto function = types.function(target.function, target.module.empty() ? kVmlinux : target.module);
  ProbeContext context = slot_context(function.value_or(FunctionType()));
  context.has_named_arguments = function.has_value();
  if (!function) {
    context.why_no_arguments =
        fmt::format("the kernel's type information has no prototype of `{}`", target.function);
    return context;
  }
  bool returns = !function->result.is(TypeKind::Void) && !function->result.is(TypeKind::None);
  if (spec.provider == Provider::Fexit && returns)
    context.result =
        ProbeArgument{"retval", function->result, {ArgumentPlace::Kind::Slot, argument_slots(*function), 0}};
  return context;
}

std::string section(const ProbeSpec& spec, const std::vector<AttachTarget>& targets) {
  return fmt::format("{}/{}", provider_info(spec.provider).name,
                     targets.empty() ? spec.function : targets.front().function);
}

Result<bool> list_bpf(Provider provider, std::string_view pattern, const ProbeLine& line) {
  auto functions = loaded_bpf_functions();
  if (!functions) return std::unexpected(functions.error());
  const ListPattern wanted(pattern);
  for (const BpfFunction& function : *functions) {
    const bool meant = glob_match(wanted.group, std::to_string(function.program_id)) &&
                       glob_match(wanted.name, function.name);
    if (meant && !line(bpf_target(provider, function).name)) return false;
  }
  return true;
}

Result<bool> list(Provider provider, std::string_view pattern, const Listing& listing) {
  if (pattern.starts_with("bpf:")) return list_bpf(provider, pattern.substr(4), listing.line);
  if (!listing.types.available()) return true;
  ProbeSpec spec;
  spec.provider = provider;
  const ListPattern wanted(pattern);
  spec.module = wanted.group;
  spec.function = wanted.name;
  auto functions = matching_functions(spec, true, listing.kernel, listing.types);
  if (!functions) return std::unexpected(functions.error());
  for (const KernelInfo::Function& function : *functions)
    if (!listing.line(make_target(provider, function.module, function.name))) return false;
  return true;
}

std::vector<std::string> describe(Provider provider, const AttachTarget& target, Describing& describing) {
  std::vector<std::string> lines;
  auto function = describing.c.function(target.module.empty() ? kVmlinux : target.module, target.function);
  if (!function) return lines;
  for (const CDeclarations::Variable& parameter : function->parameters)
    lines.push_back(parameter.type + " " + parameter.name);
  if (provider == Provider::Fexit && function->result != "void")
    lines.push_back(function->result + " retval");
  return lines;
}

}  // namespace

const ProviderActions kFentryActions = {
    .parse = parse,
    .match = match,
    .context = context,
    .section = section,
    .list = list,
    .describe = describe,
    .prepare = prepare_fentry,
    .attach = attach_fentry,
};

}  // namespace tracer
