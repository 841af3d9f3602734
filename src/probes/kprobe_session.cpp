#include "probes/kprobe_session.h"

#include <bpf/bpf.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <optional>
#include <string_view>
#include <unordered_map>

#include "btf/type_db.h"
#include "probes/attach_report.h"
#include "probes/kernel_info.h"
#include "probes/kprobe_attach.h"
#include "probes/provider.h"

namespace tracer {
namespace {

// ---------------------------------------------------------------- which probes

// Until 6.14 the kernel follows two calls at once for each function and CPU. A session misses the entry, too,
// of a call for which there is no room; a link for the entries alone does not. So a session is made only
// where there is room for more calls than usually wait at once; what it misses all the same is counted and
// told.
constexpr size_t kLeastRoom = 1024;

bool has_room(const ProbePlan& probe) {
  const int cpus = libbpf_num_possible_cpus();
  return cpus > 0 && probe.targets.size() * 2 * static_cast<size_t>(cpus) >= kLeastRoom;
}

bool is_kprobe(const ProbePlan& probe) {
  return probe.provider >= Provider::Kprobe && probe.provider <= Provider::Kretsyscall;
}

using ReturnProbes = std::unordered_map<std::string_view, std::vector<size_t>>;

// By function.
ReturnProbes return_probes(const Plan& plan) {
  ReturnProbes probes;
  for (size_t i = 0; i < plan.probes.size(); ++i)
    if (is_kprobe(plan.probes[i]) && provider_info(plan.probes[i].provider).is_return)
      for (const AttachTarget& target : plan.probes[i].targets) probes[target.function].push_back(i);
  return probes;
}

// The probe that has the returns of all these functions, and no others. Where another one has some of them,
// too, clauses would not run in the script's order: returns come in the reverse order of entries.
std::optional<size_t> only_return_probe(const ProbePlan& entry, const Plan& plan,
                                        const ReturnProbes& returns) {
  std::optional<size_t> found;
  for (const AttachTarget& target : entry.targets) {
    const auto of_function = returns.find(target.function);
    if (of_function == returns.end() || of_function->second.size() != 1) return std::nullopt;
    if (found && *found != of_function->second.front()) return std::nullopt;
    found = of_function->second.front();
  }
  const bool same = found && plan.probes[*found].multi &&
                    std::ranges::equal(plan.probes[*found].targets, entry.targets, {},
                                       &AttachTarget::function, &AttachTarget::function);
  return same ? found : std::nullopt;
}

// The kernel lets no program that overrides results be the target of a tail call.
bool overrides(const Plan& plan) { return std::ranges::find(plan.unsafe, "override()") != plan.unsafe.end(); }

// ---------------------------------------------------------------- the program

// Goes on with program 0 of `bodies` at an entry, with program 1 at a return.
UniqueFd load_program(int bodies, uint32_t is_return) {
  constexpr __u8 kMove = BPF_ALU64 | BPF_MOV, kCall = BPF_JMP | BPF_CALL;
  const bpf_insn code[] = {
      {.code = kMove | BPF_X, .dst_reg = BPF_REG_6, .src_reg = BPF_REG_1},
      {.code = kCall, .src_reg = BPF_PSEUDO_KFUNC_CALL, .imm = static_cast<__s32>(is_return)},
      // It returns a bool: nothing is said of the other bits.
      {.code = BPF_ALU64 | BPF_AND | BPF_K, .dst_reg = BPF_REG_0, .imm = 1},
      {.code = kMove | BPF_X, .dst_reg = BPF_REG_3, .src_reg = BPF_REG_0},
      {.code = kMove | BPF_X, .dst_reg = BPF_REG_1, .src_reg = BPF_REG_6},
      {.code = BPF_LD | BPF_IMM | BPF_DW, .dst_reg = BPF_REG_2, .src_reg = BPF_PSEUDO_MAP_FD, .imm = bodies},
      {},
      {.code = kCall, .imm = BPF_FUNC_tail_call},
      // 0 at an entry: the return is wanted.
      {.code = kMove | BPF_K, .dst_reg = BPF_REG_0},
      {.code = BPF_JMP | BPF_EXIT},
  };
  LIBBPF_OPTS(bpf_prog_load_opts, options, .expected_attach_type = kKprobeSession);
  return UniqueFd(
      bpf_prog_load(BPF_PROG_TYPE_KPROBE, "tracer_session", "GPL", code, std::size(code), &options));
}

// The programs of the session are loaded later. Empty: the kernel does not take it.
std::optional<KprobeSession> open_session(size_t entry, size_t exit, KernelInfo& kernel) {
  const auto is_return = kernel.types().function_id("bpf_session_is_return", "vmlinux");
  if (!is_return) return std::nullopt;
  KprobeSession session{entry, exit, {}, {}};
  session.bodies = UniqueFd(bpf_map_create(BPF_MAP_TYPE_PROG_ARRAY, "tracer_session", 4, 4, 2, nullptr));
  if (!session.bodies) return std::nullopt;
  session.program = load_program(session.bodies.get(), is_return->btf_id);
  if (!session.program) return std::nullopt;
  return session;
}

Result<void> fill_in(const KprobeSession& session, std::span<bpf_program* const> programs) {
  const size_t probes[] = {session.entry, session.exit};
  for (uint32_t key = 0; key < 2; ++key) {
    const int program = bpf_program__fd(programs[probes[key]]);
    if (bpf_map_update_elem(session.bodies.get(), &key, &program, BPF_ANY) != 0)
      return fail("the kernel refuses a program of a session link",
                  "`--no-feature kprobe_session` attaches entries and returns each by a link of their own");
  }
  return {};
}

// libbpf knows such links from 1.5 on.
UniqueFd link_functions(int program, uint64_t symbols, uint64_t addresses, size_t count) {
  bpf_attr attributes{};
  attributes.link_create.prog_fd = static_cast<__u32>(program);
  attributes.link_create.attach_type = kKprobeSession;
  attributes.link_create.kprobe_multi.cnt = static_cast<__u32>(count);
  attributes.link_create.kprobe_multi.syms = symbols;
  attributes.link_create.kprobe_multi.addrs = addresses;
  return UniqueFd(static_cast<int>(::syscall(SYS_bpf, BPF_LINK_CREATE, &attributes, sizeof attributes)));
}

}  // namespace

std::vector<KprobeSession> kprobe_sessions(const Plan& plan, KernelInfo& kernel) {
  std::vector<KprobeSession> sessions;
  const ReturnProbes returns = return_probes(plan);
  if (returns.empty() || overrides(plan)) return sessions;
  std::vector<bool> taken(plan.probes.size());
  for (size_t i = 0; i < plan.probes.size(); ++i) {
    const ProbePlan& probe = plan.probes[i];
    if (!is_kprobe(probe) || provider_info(probe.provider).is_return || !probe.multi || !has_room(probe))
      continue;
    const auto exit = only_return_probe(probe, plan, returns);
    if (!exit || taken[*exit]) continue;
    if (!kernel.has(KernelInfo::Feature::KprobeMulti) || !kernel.has(KernelInfo::Feature::KprobeSession))
      break;
    auto session = open_session(i, *exit, kernel);
    if (!session) break;
    taken[*exit] = true;
    sessions.push_back(std::move(*session));
  }
  return sessions;
}

Result<void> attach_session(const KprobeSession& session, std::span<bpf_program* const> programs,
                            const Plan& plan, const AttachOptions& options, KernelInfo& kernel,
                            std::vector<BpfLink>& links, size_t& attached, std::vector<std::string>& skipped,
                            std::vector<std::string>& left_out) {
  if (auto filled = fill_in(session, programs); !filled) return filled;
  const auto attachment = [&](size_t i) {
    return Attachment{programs[i], plan.probes[i], options, kernel,  plan.config.missing_probes,
                      links,       attached,       skipped, left_out};
  };
  Attachment both[] = {attachment(session.entry), attachment(session.exit)};
  return attach_in_halves(both, [&](std::span<const char* const> symbols) {
    UniqueFd link =
        link_functions(session.program.get(), reinterpret_cast<uint64_t>(symbols.data()), 0, symbols.size());
    return link ? BpfLink(std::move(link)) : BpfLink();
  });
}

bool try_kprobe_session() {
  const bpf_insn program[] = {
      {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
      {.code = BPF_JMP | BPF_EXIT},
  };
  LIBBPF_OPTS(bpf_prog_load_opts, load, .expected_attach_type = kKprobeSession);
  UniqueFd fd(bpf_prog_load(BPF_PROG_TYPE_KPROBE, "try_session", "GPL", program, 2, &load));
  if (!fd) return false;
  // A list of addresses that cannot be read: kernels without such links do not get as far as reading it.
  return !link_functions(fd.get(), 0, 8, 1) && errno == EFAULT;
}

}  // namespace tracer
