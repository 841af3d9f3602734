#include "runtime/load_error.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace tracer {
namespace {

constexpr const char* kLog =
    "libbpf: prog 'kprobe_0': BPF program load failed: Permission denied\n"
    "libbpf: prog 'kprobe_0': -- BEGIN PROG LOAD LOG --\n"
    "0: R1=ctx(off=0,imm=0) R10=fp0\n"
    "; @x = 1; @ stdin:1\n"
    "0: (bf) r6 = r1\n"
    "; $p.next.pid @ stdin:3\n"
    "4: (79) r1 = *(u64 *)(r2 +8)\n"
    "R2 invalid mem access 'scalar'\n"
    "processed 5 insns (limit 1000000) max_states_per_insn 0 total_states 0\n"
    "-- END PROG LOAD LOG --\n"
    "libbpf: failed to load object 'tracer'\n";

Plan one_probe() {
  Plan plan;
  plan.script = "stdin";
  ProbePlan probe;
  probe.provider = Provider::Kprobe;
  probe.name = "kprobe:vfs_read";
  probe.program = "kprobe_0";
  plan.probes.push_back(probe);
  return plan;
}

TEST(LoadError, VerifiersLastWordsAtTheScriptsLine) {
  VerifierComplaint complaint = verifier_complaint(kLog);
  EXPECT_EQ(complaint.program, "kprobe_0");
  EXPECT_EQ(complaint.text, "R2 invalid mem access 'scalar'");
  EXPECT_EQ(complaint.source, "$p.next.pid");
  EXPECT_EQ(complaint.place, "stdin:3");
  Error error = explain_load_failure(-EACCES, kLog, one_probe(), {});
  EXPECT_EQ(error.text,
            "the kernel refused the program of kprobe:vfs_read: R2 invalid mem access 'scalar'\n"
            "stdin:3: $p.next.pid");
}

TEST(LoadError, LimitsOfTheVerifierHaveAWayOut) {
  std::string log = kLog;
  const std::string complaint = "R2 invalid mem access 'scalar'";
  log.replace(log.find(complaint), complaint.size(), "BPF program is too large. Processed 1000001 insn");
  const Error error = explain_load_failure(-E2BIG, log, one_probe(), {});
  EXPECT_NE(error.text.find("Processed 1000001 insn"), std::string::npos) << error.text;
  EXPECT_NE(error.hint.find("split the clause"), std::string::npos) << error.hint;
}

TEST(LoadError, OlderKernelsSayNoPlace) {
  std::string log = kLog;
  log.erase(log.find(" @ stdin:3"), 10);
  EXPECT_EQ(verifier_complaint(log).source, "$p.next.pid");
  EXPECT_EQ(verifier_complaint(log).place, "");
  EXPECT_NE(explain_load_failure(-EACCES, log, one_probe(), {}).text.find("\nstdin: $p.next.pid"),
            std::string::npos);
}

TEST(LoadError, AFieldThatIsMissingHereIsNamed) {
  Plan plan = one_probe();
  plan.saved_on = "6.12.1";
  const std::string log =
      "libbpf: prog 'kprobe_0': -- BEGIN PROG LOAD LOG --\n"
      "10: <invalid CO-RE relocation>\n"
      "failed to resolve CO-RE relocation <byte_off> [26] struct task_struct.rseq_len (0:0 @ offset 3896)\n"
      "-- END PROG LOAD LOG --\n";
  const std::string text = explain_load_failure(-EINVAL, log, plan, {}).text;
  EXPECT_NE(
      text.find("has no field `rseq_len` of that type in `struct task_struct`, which kprobe:vfs_read reads"),
      std::string::npos)
      << text;
  EXPECT_NE(text.find("Linux 6.12.1"), std::string::npos);
}

TEST(LoadError, MissingPrivilegesAreNamed) {
  constexpr uint64_t kBpf = 1ull << 39, kPerfmon = 1ull << 38, kAdmin = 1ull << 21;
  auto text = [](Privileges privileges) {
    return explain_load_failure(-EPERM, "", one_probe(), privileges).text;
  };
  EXPECT_NE(text({0}).find("CAP_BPF and CAP_PERFMON missing"), std::string::npos);
  EXPECT_NE(text({kBpf}).find("needs more privileges: CAP_PERFMON missing"), std::string::npos);
  EXPECT_EQ(text({kBpf | kPerfmon}).find("missing"), std::string::npos);
  EXPECT_NE(text({kAdmin, Lockdown::Confidentiality}).find("locked down"), std::string::npos);
}

TEST(LoadError, FentryWithoutBtf) {
  Plan plan = one_probe();
  plan.probes[0].provider = Provider::Fentry;
  Privileges privileges{.capabilities = ~0ull, .has_btf = false};
  EXPECT_NE(explain_load_failure(-ESRCH, "", plan, privileges).text.find("no BTF"), std::string::npos);
}

TEST(LoadError, OtherFailuresQuoteTheLibrary) {
  Error error = explain_load_failure(-EINVAL, "libbpf: map 'x': failed to create: Invalid argument(-22)\n",
                                     one_probe(), {});
  EXPECT_NE(error.text.find("map 'x': failed to create"), std::string::npos);
}

TEST(LoadError, LogsThatAreCutOffDoNoHarm) {
  std::string log = kLog;
  for (size_t length = 0; length < log.size(); ++length) {
    EXPECT_NE(explain_load_failure(-EACCES, log.substr(0, length), one_probe(), {}).text, "");
  }
}

}  // namespace
}  // namespace tracer
