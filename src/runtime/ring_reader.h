// One BPF ring buffer, read in place.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "runtime/session.h"

namespace tracer {

// The kernel is told what has been read a part of the ring at a time: each time costs the programs that
// write to it, on another CPU, the cache line in which they look.
class RingReader {
 public:
  RingReader() = default;
  RingReader(const RingReader&) = delete;
  RingReader& operator=(const RingReader&) = delete;
  ~RingReader();

  // `fd`: of the ring's map, borrowed.
  Result<void> open(int fd);
  bool is_open() const { return data_ != nullptr; }
  uint64_t size() const { return size_; }

  // Positions count bytes since the ring was made.
  uint64_t produced() const;
  uint64_t position() const { return position_; }  // of the next record

  // Whether a finished record stands at position(), before `end`. Moves past those that were given up.
  bool ready(uint64_t end);
  // That record; moves past it. Its bytes stay valid until the next call or release().
  Bytes next();
  // Gives back to the kernel what has been read.
  void release();

 private:
  void unmap();
  const std::byte* header() const;  // of the record at position()

  uint64_t size_ = 0;
  uint64_t position_ = 0;          // what has been read
  uint64_t released_ = 0;          // as the kernel knows it
  uint64_t* consumer_ = nullptr;   // mappings: a page of our own,
  std::byte* producer_ = nullptr;  // the kernel's page and behind it the data, twice
  const std::byte* data_ = nullptr;
};

}  // namespace tracer
