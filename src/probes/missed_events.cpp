#include "probes/missed_events.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <unordered_map>

namespace tracer {
namespace {

// Older kernels leave the fields that they do not know at zero.
uint64_t missed_by(const bpf_link_info& info) {
  if (info.type == BPF_LINK_TYPE_KPROBE_MULTI) return info.kprobe_multi.missed;
  if (info.type != BPF_LINK_TYPE_PERF_EVENT) return 0;
  const bool kprobe =
      info.perf_event.type == BPF_PERF_EVENT_KPROBE || info.perf_event.type == BPF_PERF_EVENT_KRETPROBE;
  return kprobe ? info.perf_event.kprobe.missed : 0;
}

// By the id of the program.
std::unordered_map<uint32_t, uint64_t> missed_by_links(std::span<const BpfLink> links) {
  std::unordered_map<uint32_t, uint64_t> missed;
  for (const BpfLink& link : links) {
    bpf_link_info info{};
    __u32 size = sizeof info;
    if (bpf_obj_get_info_by_fd(link.fd(), &info, &size) == 0) missed[info.prog_id] += missed_by(info);
  }
  return missed;
}

}  // namespace

void count_missed(std::span<const int> programs, std::span<const BpfLink> links,
                  std::vector<MissedEvents>& missed) {
  missed.resize(programs.size());
  const auto by_links = missed_by_links(links);
  for (size_t i = 0; i < programs.size(); ++i) {
    bpf_prog_info info{};
    __u32 size = sizeof info;
    if (programs[i] < 0 || bpf_obj_get_info_by_fd(programs[i], &info, &size) != 0) continue;
    missed[i].nested = info.recursion_misses;
    if (const auto found = by_links.find(info.id); found != by_links.end())
      missed[i].unfollowed += found->second;
  }
}

}  // namespace tracer
