#include "runtime/kernel_rings.h"

#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <linux/bpf.h>
#include <poll.h>

#include <cerrno>
#include <cstring>

namespace tracer {

namespace {

constexpr int kStop = -ECANCELED;  // what callbacks return to end the consuming

std::unexpected<Error> failed(int code) {
  return fail(fmt::format("the event buffer could not be read: {}", std::strerror(-code)));
}

uint64_t room(uint64_t size) { return (size + BPF_RINGBUF_HDR_SZ + 7) / 8 * 8; }

}  // namespace

struct KernelRings::Batch {
  const std::function<bool(Bytes)>& record;
  uint64_t end = 0;      // producer position of the data ring before the control ring was drained
  bool stopped = false;  // `record` wants no more
  bool deliver(Bytes bytes) {
    stopped = stopped || !record(bytes);
    return !stopped;
  }
};

KernelRings::~KernelRings() { ring_buffer__free(rings_); }

Result<void> KernelRings::open(int data_fd, int control_fd) {
  struct Part {
    int fd;
    ring_buffer_sample_fn callback;
    ring*& where;
  } parts[] = {{data_fd, on_data, data_}, {control_fd, on_control, control_}};
  unsigned count = 0;
  for (Part& part : parts) {
    if (part.fd < 0) continue;
    int code = 0;
    if (!rings_) {
      rings_ = ring_buffer__new(part.fd, part.callback, this, nullptr);
      if (!rings_) code = -errno;
    } else {
      code = ring_buffer__add(rings_, part.fd, part.callback, this);
    }
    if (code != 0) return failed(code);
    part.where = ring_buffer__ring(rings_, count++);
  }
  return {};
}

int KernelRings::fd() const { return rings_ ? ring_buffer__epoll_fd(rings_) : -1; }

uint64_t KernelRings::data_position() const { return data_ ? ring__consumer_pos(data_) : UINT64_MAX; }

int KernelRings::on_control(void* context, void* data, size_t size) {
  auto& self = *static_cast<KernelRings*>(context);
  self.pending_.add(Bytes(static_cast<const std::byte*>(data), size));
  return 0;
}

int KernelRings::on_data(void* context, void* data, size_t size) {
  auto& self = *static_cast<KernelRings*>(context);
  Batch& batch = *self.batch_;
  // The consumer's position moves on after this call: it is still that of this record.
  uint64_t position = self.data_position();
  auto deliver = [&](Bytes bytes) { return batch.deliver(bytes); };
  if (!self.pending_.deliver_until(position, deliver)) return kStop;
  if (!deliver(Bytes(static_cast<const std::byte*>(data), size))) return kStop;
  return position + room(size) >= batch.end ? kStop : 0;
}

Result<void> KernelRings::drain_control() {
  if (!control_) return {};
  int code = ring__consume(control_);
  if (code < 0) return failed(code);
  return {};
}

Result<void> KernelRings::poll(int timeout_ms, const std::function<bool(Bytes)>& record) {
  if (!rings_) {
    ::poll(nullptr, 0, timeout_ms);
    return {};
  }
  if (timeout_ms != 0) {
    pollfd ready{fd(), POLLIN, 0};
    if (::poll(&ready, 1, timeout_ms) < 0) return {};  // a signal
  }
  // The order of the next two lines makes the merge exact: a data record before `end` that follows a
  // control record on its CPU was made after that control record was there to be drained.
  Batch batch{record, data_ ? ring__producer_pos(data_) : 0};
  if (auto drained = drain_control(); !drained) return drained;
  auto deliver = [&](Bytes bytes) { return batch.deliver(bytes); };
  pending_.deliver_until(data_position(), deliver);
  if (!batch.stopped && data_ && data_position() < batch.end) {
    batch_ = &batch;
    int code = ring__consume(data_);
    batch_ = nullptr;
    if (code < 0 && code != kStop) return failed(code);
  }
  if (!batch.stopped) pending_.deliver_until(data_position(), deliver);
  return {};
}

}  // namespace tracer
