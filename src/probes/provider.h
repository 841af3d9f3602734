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
  std::string name_space;        // usdt: may hold wildcards; empty: left out. fentry of BPF programs: the id
  std::string function;          // function, event or name; may hold wildcards
  bool literal = false;          // the function part was quoted: no wildcards in it
  uint64_t offset = 0;
  uint64_t address = 0;
  uint64_t period = 0;      // nanoseconds, or count
  uint32_t length = 0;      // watchpoint
  std::string mode;         // watchpoint
  std::string pin;          // iter: where to pin
  std::string source_file;  // uprobe by source line
  uint32_t line = 0, column = 0;
  bool cpp = false;           // uprobe: `cpp:"name"`, a demangled name
  int32_t target_pid = 0;     // -p; 0: none
  int32_t child_pid = 0;      // -c; 0: none
  std::string child_program;  // its path: it does not run yet
  bool unsafe = false;        // --unsafe: functions that are not known as traceable are tried too
};

// Where the value of an argument is found when the program runs.
struct ArgumentPlace {
  enum class Kind : uint8_t {
    Register,         // function argument `index` by the C calling convention, in struct pt_regs
    ReturnRegister,   // pt_regs
    Slot,             // 64-bit slot `index` of the context (fentry, fexit, raw tracepoint)
    ContextBytes,     // `offset` bytes into the context (tracepoint)
    DataLocation,     // tracepoint: 32-bit word at `offset` whose low half is the data's offset
    Constant,         // usdt: `displacement` itself
    UserRegister,     // usdt: register `base` of struct pt_regs, plus displacement
    UserMemory,       // usdt: user memory at base + index * scale + displacement
    SyscallRegister,  // system call's argument `index`, in the registers that its function gets a pointer to
  };
  Kind kind = Kind::Slot;
  uint32_t index = 0;
  uint32_t offset = 0;
  // Operands of USDT notes. Registers are offsets in struct pt_regs; -1: none.
  int32_t base = -1, index_register = -1;
  uint32_t scale = 1;
  int64_t displacement = 0;

  bool operator==(const ArgumentPlace&) const = default;
};

struct ProbeArgument {
  std::string name;
  Type type;
  ArgumentPlace place;
  std::string problem;  // usdt: why its value cannot be read, which is 0 then; empty: it can
};

// A named argument whose value cannot be had.
struct UnknownArgument {
  std::string name, why;
};

// A symbol of the program that a user probe is in.
struct UserVariable {
  uint64_t address = 0;        // as the file has it
  uint64_t from_probe = 0;     // distance from the probe's instruction, ...
  uint64_t from_function = 0;  // ... from the function's entry
  uint64_t size = 0;
  bool movable = false;  // loaded anywhere: `address` is none of the process
};
using UserSymbolLookup = std::function<Result<UserVariable>(std::string_view name)>;

enum class ContextKind : uint8_t { None, PtRegs, PerfEvent, Tracepoint, Slots, Iterator };

// What the builtins can say in one probe.
struct ProbeContext {
  Provider provider = Provider::Begin;
  ContextKind context = ContextKind::None;
  AddressSpace space = AddressSpace::Unknown;  // of pointers read from the context
  bool has_named_arguments = false;            // `args` may be used
  std::string why_no_arguments;                // why `args` is not known, for the message
  std::vector<ProbeArgument> arguments;        // named ones, in order
  std::vector<UnknownArgument> unknown_arguments;
  UserSymbolLookup user_symbol;           // of user code; null elsewhere
  uint32_t numbered_arguments = 0;        // argN: most that exist
  std::optional<ProbeArgument> result;    // retval
  std::string context_type;               // Iterator: the struct that `ctx` points to
  std::optional<uint32_t> object_offset;  // Iterator: of the object in it, which is null in the last call
  // argN of system calls: where the arguments are.
  ArgumentPlace::Kind numbered_place = ArgumentPlace::Kind::Register;
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
  bool allows_function = false;              // `func`
  bool is_return = false;                    // retval
  bool has_registers = false;                // reg(), argN by register
  bool arguments_by_target = false;          // argN: each target says where they are
  bool serves_many = false;                  // one program can be attached to many targets
  bool listed_by_star = false;               // among all probes that a listing shows
  bool has_target = true;                    // attached to something that its attach point names
  const ProviderActions* actions = nullptr;  // never null
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
struct AttachPointOptions {
  std::span<const std::string> positional;
  bool unsafe = false;     // --unsafe
  int32_t target_pid = 0;  // -p; 0: none
  int32_t child_pid = 0;   // -c; 0: none
  std::string child_program;
};
std::vector<ProbeSpec> parse_attach_points(const std::vector<AttachText>& points,
                                           const AttachPointOptions& options, Diagnostics& diags);

struct Matches {
  std::vector<AttachTarget> targets;
  bool unmatched_wildcard = false;  // not reported yet: see report_unmatched_wildcard
};

// The targets on this system that a spec means; one for probes without wildcard. Reports "no
// matches" (with the nearest names) by `missing`; empty then. begin, end, interval: one target
// with a name only.
Matches match(const ProbeSpec& spec, KernelInfo& kernel, TypeDb& types, MissingProbes missing,
              Diagnostics& diags);

void report_unmatched_wildcard(const ProbeSpec& spec, MissingProbes missing, Diagnostics& diags);

// What builtins mean in the probe `target` of `spec`. Asks the type database only when
// `want_arguments` (the clause uses `args` or a typed retval).
ProbeContext probe_context(const ProbeSpec& spec, const AttachTarget& target, bool want_arguments,
                           KernelInfo& kernel, TypeDb& types);

// ELF section of a program, as libbpf names it: `kprobe/vfs_read`, `tracepoint/sched/sched_switch`,
// `fentry/vfs_read`, `perf_event`, `raw_tp/begin`, `kprobe.multi/vfs_*`.
std::string section_name(const ProbeSpec& spec, const std::vector<AttachTarget>& targets);

// Calls `line` for each probe that matches `pattern` (`kprobe:vfs_*`, `*:*`; provider may be short
// or a wildcard), in the written form of attach points, provider by provider; with `arguments` also for
// each argument, indented. Streams; stops when `line` returns false.
using ListLine = std::function<bool(const std::string& line)>;
struct ListOptions {
  bool arguments = false;
  int32_t target_pid = 0;  // -p; 0: none
};
Result<void> list_probes(std::string_view pattern, const ListOptions& options, KernelInfo& kernel,
                         TypeDb& types, const ListLine& line);

// The same for probes that a script was found to mean. begin, end, self, test and bench are left out.
void list_plan(const Plan& plan, bool arguments, KernelInfo& kernel, TypeDb& types, const ListLine& line);

// `struct NAME`, `union NAME`, `enum NAME`, wildcards allowed: types of the kernel, with `members` whole.
// Nothing when `pattern` is none of these.
std::optional<Result<void>> list_types(std::string_view pattern, bool members, TypeDb& types,
                                       const ListLine& line);

}  // namespace tracer
