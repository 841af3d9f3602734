#include "cli/info.h"

#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <linux/bpf.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <span>
#include <vector>

#include "btf/c_preamble.h"
#include "btf/type_db.h"
#include "probes/kernel_features.h"

namespace tracer {
namespace {

// One line: what is asked, how, and what its lack means for a script. Programs of the type `tracing`
// cannot be tried without a function to attach to; there the kernel's own list of helpers is asked.
struct Helper {
  const char* name;
  bpf_func_id id;
  bpf_prog_type program;
  const char* lack;
};
constexpr Helper kHelpers[] = {
    {"probe_read_kernel", BPF_FUNC_probe_read_kernel, BPF_PROG_TYPE_KPROBE, "memory cannot be read"},
    {"probe_read_user", BPF_FUNC_probe_read_user, BPF_PROG_TYPE_KPROBE, "memory cannot be read"},
    {"ringbuf_reserve", BPF_FUNC_ringbuf_reserve, BPF_PROG_TYPE_KPROBE, "nothing can be printed"},
    {"for_each_map_elem", BPF_FUNC_for_each_map_elem, BPF_PROG_TYPE_KPROBE, "no `for` over maps"},
    {"loop", BPF_FUNC_loop, BPF_PROG_TYPE_KPROBE, "no `while`, no `for` over long ranges"},
    {"get_func_ip", BPF_FUNC_get_func_ip, BPF_PROG_TYPE_KPROBE, "no `func`"},
    {"get_current_cgroup_id", BPF_FUNC_get_current_cgroup_id, BPF_PROG_TYPE_KPROBE, "no `cgroup`"},
    {"ktime_get_boot_ns", BPF_FUNC_ktime_get_boot_ns, BPF_PROG_TYPE_KPROBE, "no nsecs(boot)"},
    {"ktime_get_tai_ns", BPF_FUNC_ktime_get_tai_ns, BPF_PROG_TYPE_KPROBE, "no nsecs(tai)"},
    {"get_ns_current_pid_tgid", BPF_FUNC_get_ns_current_pid_tgid, BPF_PROG_TYPE_KPROBE,
     "`pid` and `tid` are those of the whole system, in containers too"},
    {"d_path", BPF_FUNC_d_path, BPF_PROG_TYPE_TRACING, "no path()"},
    {"send_signal", BPF_FUNC_send_signal, BPF_PROG_TYPE_KPROBE, "no signal()"},
    {"override_return", BPF_FUNC_override_return, BPF_PROG_TYPE_KPROBE,
     "no override(); needs CONFIG_BPF_KPROBE_OVERRIDE"},
    {"skb_output", BPF_FUNC_skb_output, BPF_PROG_TYPE_TRACING, "no skboutput()"},
    {"seq_write", BPF_FUNC_seq_write, BPF_PROG_TYPE_TRACING, "no printf() in iterators"},
};

struct ProbeType {
  const char* name;
  bpf_prog_type program;
  const char* lack;
};
constexpr ProbeType kProbeTypes[] = {
    {"tracepoint", BPF_PROG_TYPE_TRACEPOINT, "no tracepoint probes"},
    {"rawtracepoint", BPF_PROG_TYPE_RAW_TRACEPOINT, "no rawtracepoint probes; begin and end cannot run"},
    {"perf_event", BPF_PROG_TYPE_PERF_EVENT, "no profile, interval, software, hardware, watchpoint probes"},
    {"fentry", BPF_PROG_TYPE_TRACING, "no fentry, fexit and iter probes"},
};

bool has_helper(const Helper& row, TypeDb& types) {
  if (row.program == BPF_PROG_TYPE_TRACING)
    return types.enumerator(fmt::format("BPF_FUNC_{}", row.name)).has_value();
  return libbpf_probe_bpf_helper(row.program, row.id, nullptr) == 1;
}

class Report {
 public:
  void heading(const char* title) {
    if (!text_.empty()) text_ += '\n';
    text_ += fmt::format("{}\n", title);
  }
  void fact(const char* name, const std::string& value) { text_ += fmt::format("  {}: {}\n", name, value); }
  void answer(const char* name, bool has, const char* lack) {
    fact(name, has ? "yes" : "no");
    if (!has) lacks_.push_back(fmt::format("  {}: {}\n", name, lack));
  }
  std::string text() {
    if (!lacks_.empty()) heading("What is missing, and what that costs");
    for (const std::string& line : lacks_) text_ += line;
    return text_ + "\n";
  }

 private:
  std::string text_;
  std::vector<std::string> lacks_;
};

void add_system(Report& report) {
  utsname system{};
  uname(&system);
  report.heading("System");
  report.fact("OS", fmt::format("{} {} {}", system.sysname, system.release, system.version));
  report.fact("Arch", system.machine);
}

void add_build(Report& report) {
  report.heading("Build");
  report.fact("version", TRACER_VERSION);
  report.fact("LLVM", TRACER_LLVM_VERSION);
  report.fact("libbpf", libbpf_version_string());
  report.answer("libclang", has_libclang(), "no C preamble with #include; set TRACER_LIBCLANG");
}

}  // namespace

std::string info_text(KernelInfo& kernel) {
  libbpf_set_print(nullptr);  // it speaks of what is tried in vain
  Report report;
  add_system(report);
  add_build(report);
  report.heading("Kernel helpers");
  for (const Helper& row : kHelpers) report.answer(row.name, has_helper(row, kernel.types()), row.lack);
  report.heading("Kernel features");
  report.answer("btf", kernel.types().available(),
                "no fentry, fexit, rawtracepoint, iter; no types of the kernel without C definitions");
  report.answer("module_btf", !kernel.types().modules().empty(),
                "no types of modules: none is loaded, or the kernel has CONFIG_DEBUG_INFO_BTF_MODULES off");
  report.answer(
      "traceable_functions", kernel.traceable_functions().has_value(),
      "wildcards of kernel functions are answered from BTF, and may name functions that cannot be probed");
  for (const OptionalFeature& row : kOptionalFeatures)
    report.answer(row.name, kernel.has(row.feature), row.lack);
  report.heading("Probe types");
  report.answer("kprobe", kernel.has(KernelInfo::Feature::Kprobes), "no kprobe and kretprobe");
  report.answer("uprobe", kernel.has(KernelInfo::Feature::Uprobes), "no uprobe, uretprobe and usdt");
  for (const ProbeType& row : kProbeTypes)
    report.answer(row.name, libbpf_probe_bpf_prog_type(row.program, nullptr) == 1, row.lack);
  return report.text();
}

}  // namespace tracer
