#include "runtime/iterator_reader.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "runtime/bytes.h"

namespace tracer {

namespace {

// The kernel has a buffer of 8 pages. It goes on to further objects until it has what is asked for here;
// an object whose output finds no room any more it would show to the program twice. So little is asked
// for, and the rest of the buffer is left for the last object.
constexpr size_t kAsk = 4096;
// Asked for one byte it goes no further than the first object with output, so that an exit() there is seen
// before the next object; asked again it first gives the rest of what is there.
constexpr size_t kAskOfOneObject = 1;

Error failure(int error) {
  if (error == E2BIG)
    return {"what the iterator prints for one object is larger than the kernel's buffer (32 KiB)",
            "print less for each object, or less at once"};
  return {fmt::format("reading the iterator failed: {}", std::strerror(error)), ""};
}

}  // namespace

IteratorReader::IteratorReader(const Plan& plan) : plan_(plan) {
  for (const EventPlan& event : plan.events) may_exit_ |= event.kind == EventKind::Exit;
}

Result<void> IteratorReader::open(bpf_link* link) {
  fd_ = UniqueFd(bpf_iter_create(bpf_link__fd(link)));
  if (!fd_)
    return fail(fmt::format("the kernel does not let the iterator be read: {}", std::strerror(errno)));
  return {};
}

Result<void> IteratorReader::read(const std::function<bool(Bytes)>& record) {
  std::byte chunk[kAsk];
  const bool one_object = may_exit_ && pending_.empty();
  ssize_t got = ::read(fd_.get(), chunk, one_object ? kAskOfOneObject : sizeof chunk);
  // After a million objects without output the kernel lets others have a turn.
  if (got < 0 && (errno == EINTR || errno == EAGAIN)) return {};
  if (got < 0) {
    const int error = errno;
    fd_.reset();
    return std::unexpected(failure(error));
  }
  if (got == 0) fd_.reset();
  pending_.insert(pending_.end(), chunk, chunk + got);
  return deliver(record);
}

Result<void> IteratorReader::deliver(const std::function<bool(Bytes)>& record) {
  size_t done = 0;
  while (pending_.size() - done >= kDataHeaderSize) {
    Bytes rest(pending_.data() + done, pending_.size() - done);
    const uint64_t event = load_unsigned(rest, 0, 4);
    if (event >= plan_.events.size()) return fail("the iterator's output cannot be read");
    const size_t size = plan_.events[event].size;
    if (rest.size() < size) break;
    done += size;
    if (!record(rest.first(size))) {
      fd_.reset();
      break;
    }
  }
  pending_.erase(pending_.begin(), pending_.begin() + static_cast<ptrdiff_t>(done));
  return {};
}

}  // namespace tracer
