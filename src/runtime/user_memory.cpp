#include "runtime/user_memory.h"

#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace tracer {

namespace {

constexpr uint64_t kPage = 4096;

// The kernel does the reading, so that a bad address is an error instead of a signal.
bool copy(void* to, uint64_t size, uint64_t from) {
  if (from < kPage) return false;
  iovec local{to, size};
  iovec remote{reinterpret_cast<void*>(from), size};
  return process_vm_readv(getpid(), &local, 1, &remote, 1, 0) == static_cast<ssize_t>(size);
}

}  // namespace

long read_own_memory(void* to, uint64_t size, const void* from) {
  if (size == 0) return 0;
  if (copy(to, size, reinterpret_cast<uint64_t>(from))) return 0;
  std::memset(to, 0, size);
  return -EFAULT;
}

long read_own_string(void* to, uint64_t size, const void* from) {
  if (size == 0) return 0;
  auto* bytes = static_cast<char*>(to);
  uint64_t address = reinterpret_cast<uint64_t>(from);
  // Page by page: what follows the string's end may not be there.
  for (uint64_t done = 0; done < size;) {
    uint64_t piece = std::min(size - done, kPage - (address + done) % kPage);
    if (!copy(bytes + done, piece, address + done)) {
      std::memset(to, 0, size);
      return -EFAULT;
    }
    if (const void* nul = std::memchr(bytes + done, 0, piece)) {
      return static_cast<const char*>(nul) - bytes + 1;
    }
    done += piece;
  }
  bytes[size - 1] = 0;
  return static_cast<long>(size);
}

}  // namespace tracer
