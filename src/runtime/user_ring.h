// The ring buffers of the user session: positions and capacity as in the kernel, so that programs lose
// events where they would lose them there.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>

#include "runtime/user_map.h"

namespace tracer {

class UserRing final : public UserMap {
 public:
  explicit UserRing(uint32_t bytes) : UserMap(0, 0), capacity_(bytes) {}
  UserRing* ring() override { return this; }

  // Null when there is no room.
  void* reserve(uint64_t size);
  // Ends a reservation; `keep` false discards it.
  static void finish(void* record, bool keep);
  long output(const void* data, uint64_t size);
  uint64_t query(uint64_t what) const;

  // Position of the first record that is not consumed; where the next one will begin.
  uint64_t consumer() const { return consumer_; }
  uint64_t producer() const { return producer_; }

  // Drops discarded records at the front. True when a kept one stands there then, at consumer().
  // An open reservation holds up what is behind it.
  bool ready();
  // Takes out the record that ready() found. The bytes are good until the next call.
  Bytes consume();

 private:
  enum class State : uint64_t { Open, Kept, Discarded };
  // Stands before the record's bytes, as the kernel's header does.
  struct Header {
    State state = State::Open;
    uint64_t size = 0;
  };
  using Record = std::unique_ptr<std::byte[]>;
  static Header& header(const Record& record) { return *reinterpret_cast<Header*>(record.get()); }
  void take_front();

  const uint64_t capacity_;
  uint64_t consumer_ = 0, producer_ = 0;
  std::deque<Record> records_;
  Record last_;
};

}  // namespace tracer
