#include "probes/provider.h"

#include <algorithm>

#include "base/text.h"
#include "probes/diagnostics.h"
#include "probes/provider_actions.h"

namespace tracer {
namespace {

// In the order of the enumeration.
constexpr ProviderInfo kProviders[] = {
    {.provider = Provider::Begin,
     .name = "begin",
     .short_name = "",
     .doc = "before anything is attached",
     .runs_in_user_session = true,
     .has_target = false,
     .actions = &kBeginEndActions},
    {.provider = Provider::End,
     .name = "end",
     .short_name = "",
     .doc = "after everything is detached",
     .runs_in_user_session = true,
     .has_target = false,
     .actions = &kBeginEndActions},
    {.provider = Provider::Self,
     .name = "self",
     .short_name = "",
     .doc = "when the tracer gets a signal",
     .min_parts = 2,
     .max_parts = 2,
     .runs_in_user_session = true,
     .has_target = false,
     .actions = &kSelfActions},
    {.provider = Provider::Test,
     .name = "test",
     .short_name = "",
     .doc = "a test, run by --test",
     .min_parts = 1,
     .max_parts = 1,
     .runs_in_user_session = true,
     .has_target = false,
     .actions = &kTestActions},
    {.provider = Provider::Bench,
     .name = "bench",
     .short_name = "",
     .doc = "a benchmark, run by --bench",
     .min_parts = 1,
     .max_parts = 1,
     .runs_in_user_session = true,
     .has_target = false,
     .actions = &kTestActions},
    {.provider = Provider::Kprobe,
     .name = "kprobe",
     .short_name = "k",
     .doc = "at entry of a kernel function, or at an instruction",
     .min_parts = 1,
     .max_parts = 2,
     .wildcards = true,
     .allows_function = true,
     .has_registers = true,
     .serves_many = true,
     .listed_by_star = true,
     .actions = &kKprobeActions},
    {.provider = Provider::Kretprobe,
     .name = "kretprobe",
     .short_name = "kr",
     .doc = "at the return of a kernel function",
     .min_parts = 1,
     .max_parts = 2,
     .wildcards = true,
     .allows_function = true,
     .is_return = true,
     .has_registers = true,
     .serves_many = true,
     .actions = &kKprobeActions},
    {.provider = Provider::Ksyscall,
     .name = "ksyscall",
     .short_name = "",
     .doc = "at entry of a system call",
     .min_parts = 1,
     .max_parts = 1,
     .wildcards = true,
     .allows_function = true,
     .has_registers = true,
     .serves_many = true,
     .actions = &kKsyscallActions},
    {.provider = Provider::Kretsyscall,
     .name = "kretsyscall",
     .short_name = "",
     .doc = "at the return of a system call",
     .min_parts = 1,
     .max_parts = 1,
     .wildcards = true,
     .allows_function = true,
     .is_return = true,
     .has_registers = true,
     .serves_many = true,
     .actions = &kKsyscallActions},
    {.provider = Provider::Fentry,
     .name = "fentry",
     .short_name = "f",
     .doc = "at entry of a kernel function, with types",
     .min_parts = 1,
     .max_parts = 3,
     .wildcards = true,
     .allows_function = true,
     .listed_by_star = true,
     .actions = &kFentryActions},
    {.provider = Provider::Fexit,
     .name = "fexit",
     .short_name = "fr",
     .doc = "at the return of a kernel function, with types",
     .min_parts = 1,
     .max_parts = 3,
     .wildcards = true,
     .allows_function = true,
     .is_return = true,
     .actions = &kFentryActions},
    {.provider = Provider::Tracepoint,
     .name = "tracepoint",
     .short_name = "t",
     .doc = "at a static event of the kernel",
     .min_parts = 2,
     .max_parts = 2,
     .wildcards = true,
     .serves_many = true,
     .listed_by_star = true,
     .actions = &kTracepointActions},
    {.provider = Provider::RawTracepoint,
     .name = "rawtracepoint",
     .short_name = "rt",
     .doc = "at a static event of the kernel, before formatting",
     .min_parts = 1,
     .max_parts = 2,
     .wildcards = true,
     .serves_many = true,
     .listed_by_star = true,
     .actions = &kRawTracepointActions},
    {.provider = Provider::Uprobe,
     .name = "uprobe",
     .short_name = "u",
     .doc = "at a user function, address or source line",
     .min_parts = 1,
     .max_parts = 4,
     .wildcards = true,
     .allows_function = true,
     .has_registers = true,
     .serves_many = true,
     .actions = &kUprobeActions},
    {.provider = Provider::Uretprobe,
     .name = "uretprobe",
     .short_name = "ur",
     .doc = "at the return of a user function",
     .min_parts = 1,
     .max_parts = 3,
     .wildcards = true,
     .allows_function = true,
     .is_return = true,
     .has_registers = true,
     .serves_many = true,
     .actions = &kUprobeActions},
    {.provider = Provider::Usdt,
     .name = "usdt",
     .short_name = "U",
     .doc = "at a static probe of a program",
     .min_parts = 1,
     .max_parts = 3,
     .wildcards = true,
     .has_registers = true,
     .arguments_by_target = true,
     .serves_many = true,
     .actions = &kUsdtActions},
    {.provider = Provider::Profile,
     .name = "profile",
     .short_name = "p",
     .doc = "every period on every CPU",
     .min_parts = 1,
     .max_parts = 2,
     .has_registers = true,
     .has_target = false,
     .actions = &kTimerActions},
    {.provider = Provider::Interval,
     .name = "interval",
     .short_name = "i",
     .doc = "every period on one CPU",
     .min_parts = 1,
     .max_parts = 2,
     .runs_in_user_session = true,
     .has_target = false,
     .actions = &kTimerActions},
    {.provider = Provider::Software,
     .name = "software",
     .short_name = "s",
     .doc = "after a number of software events",
     .min_parts = 1,
     .max_parts = 2,
     .has_registers = true,
     .listed_by_star = true,
     .actions = &kPerfEventActions},
    {.provider = Provider::Hardware,
     .name = "hardware",
     .short_name = "h",
     .doc = "after a number of hardware events",
     .min_parts = 1,
     .max_parts = 2,
     .has_registers = true,
     .listed_by_star = true,
     .actions = &kPerfEventActions},
    {.provider = Provider::Watchpoint,
     .name = "watchpoint",
     .short_name = "w",
     .doc = "on an access to an address",
     .min_parts = 3,
     .max_parts = 3,
     .has_registers = true,
     .actions = &kWatchpointActions},
    {.provider = Provider::Iter,
     .name = "iter",
     .short_name = "it",
     .doc = "once for each object of the kernel",
     .min_parts = 1,
     .max_parts = 2,
     .listed_by_star = true,
     .actions = &kIterActions},
};

struct Alias {
  const char* name;
  Provider provider;
};
constexpr Alias kAliases[] = {{"kfunc", Provider::Fentry}, {"kretfunc", Provider::Fexit}};

}  // namespace

const ProviderInfo& provider_info(Provider provider) { return kProviders[static_cast<size_t>(provider)]; }

const ProviderActions& provider_actions(Provider provider) { return *provider_info(provider).actions; }

std::span<const ProviderInfo> all_providers() { return kProviders; }

const ProviderInfo* find_provider(std::string_view name) {
  if (name.empty()) return nullptr;
  // `u` and `U` are two providers: only full names are free in their case.
  for (const ProviderInfo& info : kProviders)
    if (name == info.short_name) return &info;
  std::string wanted = lower(name);
  for (const ProviderInfo& info : kProviders)
    if (wanted == info.name || wanted == info.short_name) return &info;
  for (const Alias& alias : kAliases)
    if (wanted == alias.name) return &provider_info(alias.provider);
  return nullptr;
}

Matches match(const ProbeSpec& spec, KernelInfo& kernel, TypeDb& types, MissingProbes missing,
              Diagnostics& diags) {
  const ProviderActions& actions = provider_actions(spec.provider);
  Matching matching{kernel, types, missing, diags};
  Matches matches{actions.match(spec, matching)};
  matches.unmatched_wildcard = matching.unmatched_wildcard;
  if (!spec.name.empty())
    for (AttachTarget& target : matches.targets) target.name = spec.name;
  return matches;
}

ProbeContext probe_context(const ProbeSpec& spec, const AttachTarget& target, bool want_arguments,
                           KernelInfo& kernel, TypeDb& types) {
  ProbeContext context;
  const ProviderActions& actions = provider_actions(spec.provider);
  if (actions.context) context = actions.context(spec, target, want_arguments, kernel, types);
  context.provider = spec.provider;
  if (!context.has_named_arguments && context.why_no_arguments.empty())
    context.why_no_arguments =
        std::string("`") + provider_info(spec.provider).name + "` probes have no `args`";
  return context;
}

std::string section_name(const ProbeSpec& spec, const std::vector<AttachTarget>& targets) {
  const ProviderActions& actions = provider_actions(spec.provider);
  return actions.section ? actions.section(spec, targets) : provider_info(spec.provider).name;
}

}  // namespace tracer
