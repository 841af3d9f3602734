// What can be probed. One provider is one file that answers the same few questions; the table
// of providers (provider.cpp) is the only list of them.
//
// Two halves: the compile half (parse, match, type the arguments, sections) and the attach half
// (attach.h), which the runtime uses.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostics.h"
#include "plan/plan.h"
#include "plan/type.h"

namespace tracer {

class TypeDb;

// An attach point taken apart but not yet matched against the system.
struct ProbeSpec {
  Provider provider = Provider::Begin;
  Span span;
  std::vector<Span> part_spans;  // of the parts as written, provider first (fewer when inherited)
  std::string name;              // user's own name; empty when none
  std::string text;              // canonical text: `kprobe:vfs_*`
  std::string module;            // kernel module, category, or binary; may hold wildcards
  std::string function;          // function, event or name; may hold wildcards
  bool literal = false;          // the function part was quoted: no wildcards in it
  uint64_t offset = 0;
  uint64_t address = 0;
  uint64_t period = 0;  // nanoseconds, or count
  bool unsafe = false;  // --unsafe: functions that are not known as traceable are tried too
};

// Where the value of an argument is found when the program runs.
struct ArgumentPlace {
  enum class Kind : uint8_t {
    Register,        // function argument `index` by the C calling convention, in struct pt_regs
    ReturnRegister,  // pt_regs
    Slot,            // 64-bit slot `index` of the context (fentry, fexit, raw tracepoint)
    ContextBytes,    // `offset` bytes into the context (tracepoint)
    DataLocation,    // tracepoint: 32-bit word at `offset` whose low half is the data's offset
  };
  Kind kind = Kind::Slot;
  uint32_t index = 0;
  uint32_t offset = 0;
};

struct ProbeArgument {
  std::string name;
  Type type;
  ArgumentPlace place;
};

enum class ContextKind : uint8_t { None, PtRegs, PerfEvent, Tracepoint, Slots };

// What the builtins can say in one probe.
struct ProbeContext {
  Provider provider = Provider::Begin;
  ContextKind context = ContextKind::None;
  AddressSpace space = AddressSpace::Unknown;  // of pointers read from the context
  bool has_named_arguments = false;            // `args` may be used
  std::string why_no_arguments;                // why `args` is not known, for the message
  std::vector<ProbeArgument> arguments;        // named ones, in order
  uint32_t numbered_arguments = 0;             // argN: most that exist
  std::optional<ProbeArgument> result;         // retval
};

// What the compiler knows of the running system; every answer is read at most once and only
// when asked for. A fake is made by filling the fields (tests).
class KernelInfo;

struct ProviderActions;  // provider_actions.h

struct ProviderInfo {
  Provider provider;
  const char* name;                      // `kprobe`
  const char* short_name;                // `k`; empty when none
  const char* doc;                       // one line
  uint8_t min_parts = 0, max_parts = 0;  // after the provider's name
  bool wildcards = false;
  bool runs_in_user_session = false;
  bool allows_function = false;  // `func`
  bool is_return = false;        // retval
  bool has_registers = false;    // reg(), argN by register
  // Null for a provider that this version recognises only.
  const ProviderActions* actions = nullptr;
};

// Never fails: every enumerator has a row.
const ProviderInfo& provider_info(Provider provider);
// By name, short name or alias (kfunc, BEGIN), in any case; null when unknown.
const ProviderInfo* find_provider(std::string_view name);
std::span<const ProviderInfo> all_providers();

// An attach point as the parser leaves it; borrowed.
struct AttachText {
  Span span;
  std::string_view name;
  const std::vector<std::string>& parts;
  const std::vector<bool>& quoted;
  const std::vector<Span>& part_spans;
};

// Takes apart the attach points of one clause: provider names and short names, inherited
// providers (LANGUAGE 1.3), units, offsets, positional parameters `$N` (LANGUAGE 1.1).
// Reports what is wrong, all of it; the result holds the good ones.
std::vector<ProbeSpec> parse_attach_points(const std::vector<AttachText>& points,
                                           const std::vector<std::string>& positional, bool unsafe,
                                           Diagnostics& diags);

// The targets on this system that a spec means; one for probes without wildcard. Reports "no
// matches" (with the nearest names) by `missing`; empty then. begin, end, interval: one target
// with a name only.
std::vector<AttachTarget> match(const ProbeSpec& spec, KernelInfo& kernel, TypeDb& types,
                                MissingProbes missing, Diagnostics& diags);

// What builtins mean in the probe `target` of `spec`. Asks the type database only when
// `want_arguments` (the clause uses `args` or a typed retval).
ProbeContext probe_context(const ProbeSpec& spec, const AttachTarget& target, bool want_arguments,
                           KernelInfo& kernel, TypeDb& types);

// ELF section of a program, as libbpf names it: `kprobe/vfs_read`, `tracepoint/sched/sched_switch`,
// `fentry/vfs_read`, `perf_event`, `raw_tp/begin`, `kprobe.multi/vfs_*`.
std::string section_name(const ProbeSpec& spec, const std::vector<AttachTarget>& targets);

// Calls `line` for each probe that matches `pattern` (`kprobe:vfs_*`, `*:*`; provider may be short
// or a wildcard), in the written form of attach points, provider by provider. Streams; stops when
// `line` returns false.
Result<void> list_probes(std::string_view pattern, KernelInfo& kernel, TypeDb& types,
                         const std::function<bool(const std::string& probe)>& line);

}  // namespace tracer
