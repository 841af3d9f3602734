#include "runtime/load_error.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/file_limit.h"
#include "base/text.h"
#include "probes/kernel_needs.h"

namespace tracer {

namespace {

// `12: (85) call bpf_probe_read#4`, `12: R0_w=scalar()`: an instruction, or the registers at it.
bool is_step(std::string_view line) {
  const size_t digits = line.find_first_not_of("0123456789");
  return digits != 0 && digits != line.npos && line[digits] == ':';
}

// What the verifier writes beside its reason for refusing.
bool is_noise(std::string_view line) {
  for (std::string_view start :
       {"processed ", "<invalid CO-RE relocation>", "verification time", "stack depth", "-- ",
        "libbpf:", "peak_states", "func#", "from ", "mark_precise:", "last_idx ", "regs=", "parent ",
        "R0=", "R0_w=", "R1=", "R1_w=", "R10=", "frame"}) {
    if (line.starts_with(start)) return true;
  }
  return line.empty() || is_step(line);
}

// Two states of all registers follow, and nothing else.
bool begins_dump(std::string_view line) { return line == "cur state:" || line == "old state:"; }

// `libbpf: prog 'NAME': ...`
std::string program_of(std::string_view line) {
  constexpr std::string_view kStart = "libbpf: prog '";
  if (!line.starts_with(kStart)) return "";
  line.remove_prefix(kStart.size());
  return std::string(line.substr(0, line.find('\'')));
}

// `; text @ stdin:3`: newer kernels say the place too.
void take_source(std::string_view line, VerifierComplaint& complaint) {
  line.remove_prefix(2);
  size_t at = line.rfind(" @ ");
  complaint.source = trim(line.substr(0, at));
  complaint.place = at == std::string_view::npos ? "" : std::string(trim(line.substr(at + 3)));
}

// What can be done about a complaint, by words in it: a helper that is missing because of how the kernel was
// built or since it is locked down, a limit of the verifier.
std::string advice_on(const VerifierComplaint& complaint) {
  const std::pair<const char*, std::string> advices[] = {
      {"bpf_override_return", "override() needs a kernel with CONFIG_BPF_KPROBE_OVERRIDE"},
      {"bpf_probe_write_user",
       "a kernel that is locked down (see `man 7 kernel_lockdown`) does not allow write_user(); Secure Boot "
       "may "
       "turn that on"},
      {"cannot use helper bpf_probe_read_kernel", lockdown_error().hint},
      {"too large. Processed",
       "the kernel follows a million instructions at most, counted along all paths: split "
       "the clause, or let its `unroll` and nested loops run less often"},
  };
  for (const auto& [words, hint] : advices)
    if (complaint.text.find(words) != std::string::npos) return hint;
  return "the whole log of the kernel's verifier is shown with `-d verifier`";
}

// A field that libbpf looked for in vain, from its words `failed to resolve CO-RE relocation <byte_off> [26]
// struct task_struct.rseq_len (0:0 @ offset 3896)`; both empty when it says something else.
struct MissingField {
  std::string structure, field;
};

MissingField missing_field(std::string_view text) {
  constexpr std::string_view kStart = "failed to resolve CO-RE relocation <";
  const size_t type = text.find("] ");
  if (!text.starts_with(kStart) || type == text.npos) return {};
  text.remove_prefix(type + 2);
  text = text.substr(0, text.find(" ("));
  constexpr std::string_view kTypedef = "typedef ";
  if (text.starts_with(kTypedef)) text.remove_prefix(kTypedef.size());
  const size_t dot = text.find('.');
  if (dot == text.npos) return {};
  return {std::string(text.substr(0, dot)), std::string(text.substr(dot + 1))};
}

Error explain_missing_field(const MissingField& missing, const std::string& probe, const Plan& plan) {
  return {fmt::format(
              "the kernel here, Linux {}, has no field `{}` of that type in `{}`, which {} reads; Linux {}, "
              "where the script was compiled, has one",
              kernel_release(), missing.field, missing.structure, probe, plan.saved_on),
          "leave the field out, or compile the script on this kernel to see what there is instead"};
}

Error explain_verifier(const VerifierComplaint& complaint, const Plan& plan) {
  std::string probe = complaint.program;
  for (const ProbePlan& each : plan.probes) {
    if (each.program == complaint.program) probe = each.name;
  }
  Error error{fmt::format("the kernel refused the program of {}: {}", probe, complaint.text),
              advice_on(complaint)};
  if (const MissingField missing = missing_field(complaint.text); !missing.field.empty())
    error = explain_missing_field(missing, probe, plan);
  if (!complaint.source.empty()) {
    std::string place = complaint.place.empty() ? plan.script : complaint.place;
    error.text += fmt::format("\n{}: {}", place, complaint.source);
  }
  return error;
}

Error explain_permission(const Privileges& privileges) {
  std::string missing = missing_capabilities(privileges.capabilities);
  if (!missing.empty()) {
    return {fmt::format("tracing needs more privileges: {} missing", missing),
            "run tracer as root, or give it CAP_BPF and CAP_PERFMON"};
  }
  if (privileges.lockdown == Lockdown::Confidentiality) return lockdown_error();
  return {"the kernel does not permit loading BPF programs",
          "is tracer inside a container without privileges?"};
}

bool needs_btf(const Plan& plan) {
  return std::any_of(plan.probes.begin(), plan.probes.end(), [](const ProbePlan& probe) {
    return probe.provider == Provider::Fentry || probe.provider == Provider::Fexit;
  });
}

std::string last_line(std::string_view log) {
  std::string last;
  for (std::string_view line : split(log, '\n')) {
    line = trim(line);
    if (line.starts_with("libbpf: ")) line.remove_prefix(8);
    if (!line.empty() && !line.starts_with("failed to load object")) last = line;
  }
  return last;
}

}  // namespace

std::string refused_program(std::string_view log) {
  std::string name;
  for (std::string_view line : split(log, '\n'))
    if (line.find("': failed to load: ") != std::string_view::npos) name = program_of(line);
  return name;
}

VerifierComplaint verifier_complaint(std::string_view log) {
  constexpr std::string_view kBegin = "-- BEGIN PROG LOAD LOG --\n", kEnd = "-- END PROG LOAD LOG --";
  VerifierComplaint complaint;
  size_t begin = log.find(kBegin);
  if (begin == std::string_view::npos) return complaint;
  size_t heading = log.rfind('\n', begin);
  complaint.program = program_of(log.substr(heading == std::string_view::npos ? 0 : heading + 1));
  log.remove_prefix(begin + kBegin.size());
  for (std::string_view line : split(log.substr(0, log.find(kEnd)), '\n')) {
    line = trim(line);
    if (begins_dump(line)) break;
    if (line.starts_with("; ")) {
      take_source(line, complaint);
    } else if (!is_noise(line)) {
      complaint.text = line;
    }
  }
  return complaint;
}

Error explain_load_failure(int code, std::string_view log, const Plan& plan, const Privileges& privileges) {
  if (code == -ENOSPC) {
    return {"the verifier's log does not fit its buffer", "raise the config variable `log_size`"};
  }
  if (code == -EMFILE)
    return {fmt::format("the script cannot be loaded: {}", std::strerror(-code)), file_limit_hint(-code)};
  if (VerifierComplaint complaint = verifier_complaint(log); !complaint.text.empty()) {
    return explain_verifier(complaint, plan);
  }
  if (code == -EPERM || code == -EACCES) return explain_permission(privileges);
  if (!privileges.has_btf && needs_btf(plan)) {
    return {"this kernel has no BTF, which fentry and fexit need", "use kprobe and kretprobe instead"};
  }
  if (code == -ENOMEM || code == -E2BIG) {
    return {fmt::format("the kernel has no room for this script: {}", std::strerror(-code)),
            "smaller maps need less: see `max_map_keys` and map declarations"};
  }
  std::string detail = last_line(log);
  return {fmt::format("the kernel did not take the script: {}{}{}", std::strerror(-code),
                      detail.empty() ? "" : ": ", detail),
          "`-d libbpf` shows more"};
}

}  // namespace tracer
