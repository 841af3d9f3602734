// The buffer in which packets come (EventKind::Packet): one ring for each CPU.
#pragma once

#include <functional>

#include "base/result.h"
#include "runtime/session.h"

struct perf_buffer;
struct perf_event_header;

struct perf_event_header;

namespace tracer {

class KernelPackets {
 public:
  KernelPackets() = default;
  KernelPackets(const KernelPackets&) = delete;
  ~KernelPackets();

  // Descriptor of the map, borrowed; -1: the script sends no packets.
  Result<void> open(int fd);
  // Delivers the packets that are there. See Session::poll.
  Result<void> consume(const std::function<bool(Bytes)>& record);

 private:
  static int on_packet(void* context, int cpu, perf_event_header* event);

  perf_buffer* buffer_ = nullptr;
  const std::function<bool(Bytes)>* record_ = nullptr;  // while consume() runs
};

}  // namespace tracer
