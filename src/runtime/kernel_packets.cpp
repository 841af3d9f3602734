#include "runtime/kernel_packets.h"

#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <linux/perf_event.h>

#include <cerrno>
#include <cstring>

#include "runtime/bytes.h"

namespace tracer {

namespace {

constexpr size_t kPages = 64;  // of each CPU's ring

// What a program sends follows the header: its size in 32 bits, then its bytes.
constexpr size_t kSize = sizeof(perf_event_header), kData = kSize + sizeof(uint32_t);

}  // namespace

KernelPackets::~KernelPackets() { perf_buffer__free(buffer_); }

Result<void> KernelPackets::open(int fd) {
  if (fd < 0) return {};
  perf_event_attr attributes{};
  attributes.size = sizeof attributes;
  attributes.config = PERF_COUNT_SW_BPF_OUTPUT;
  attributes.type = PERF_TYPE_SOFTWARE;
  attributes.sample_type = PERF_SAMPLE_RAW;
  attributes.sample_period = 1;
  attributes.wakeup_events = 1;
  // Every online CPU has its ring, by the number of the CPU.
  buffer_ =
      perf_buffer__new_raw(fd, kPages, &attributes,
                           reinterpret_cast<perf_buffer_event_fn>(&KernelPackets::on_packet), this, nullptr);
  if (buffer_) return {};
  return fail(fmt::format("the buffer for packets could not be made: {}", std::strerror(errno)));
}

int KernelPackets::on_packet(void* context, int, perf_event_header* event) {
  const auto& self = *static_cast<KernelPackets*>(context);
  // Packets that found no room made their helper fail, which is counted at its place.
  if (event->type != PERF_RECORD_SAMPLE || event->size < kData) return LIBBPF_PERF_EVENT_CONT;
  const Bytes sample(reinterpret_cast<const std::byte*>(event), event->size);
  const Bytes data = slice(sample, kData, load_unsigned(sample, kSize, sizeof(uint32_t)));
  return (*self.record_)(data) ? LIBBPF_PERF_EVENT_CONT : LIBBPF_PERF_EVENT_DONE;
}

Result<void> KernelPackets::consume(const std::function<bool(Bytes)>& record) {
  if (!buffer_) return {};
  record_ = &record;
  int code = perf_buffer__consume(buffer_);
  record_ = nullptr;
  if (code >= 0) return {};
  return fail(fmt::format("the buffer for packets could not be read: {}", std::strerror(-code)));
}

}  // namespace tracer
