// The two ring buffers of a loaded script, delivered in the order of the script (ring_order.h).
#pragma once

#include <functional>
#include <memory>

#include "base/result.h"
#include "runtime/ring_order.h"
#include "runtime/session.h"

struct ring;
struct ring_buffer;

namespace tracer {

class KernelRings {
 public:
  KernelRings() = default;
  KernelRings(const KernelRings&) = delete;
  ~KernelRings();

  // Descriptors of the two maps, borrowed; -1: the script has no such ring.
  Result<void> open(int data_fd, int control_fd);
  // See Session::poll. Delivers what is there when it is called; what comes in meanwhile is left for
  // the next call, so that a flood cannot keep the caller from its other work.
  Result<void> poll(int timeout_ms, const std::function<bool(Bytes)>& record);
  // Readable when records are there; -1 without rings.
  int fd() const;

 private:
  struct Batch;
  static int on_data(void* context, void* data, size_t size);
  static int on_control(void* context, void* data, size_t size);
  Result<void> drain_control();
  uint64_t data_position() const;

  ring_buffer* rings_ = nullptr;
  ring* data_ = nullptr;
  ring* control_ = nullptr;
  PendingControl pending_;
  Batch* batch_ = nullptr;  // while poll() runs
};

}  // namespace tracer
