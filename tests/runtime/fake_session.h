// A session without programs: maps, records and counters are what the test says.
#pragma once

#include <sys/eventfd.h>

#include <cstring>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/unique_fd.h"
#include "runtime/session.h"

namespace tracer {

using ByteString = std::vector<std::byte>;

template <typename... Words>
ByteString words(Words... values) {
  uint64_t array[] = {static_cast<uint64_t>(values)...};
  ByteString bytes(sizeof array);
  std::memcpy(bytes.data(), array, sizeof array);
  return bytes;
}

// `text` and NULs up to `size`.
inline ByteString text_bytes(std::string_view text, size_t size) {
  ByteString bytes(size);
  std::memcpy(bytes.data(), text.data(), std::min(size, text.size()));
  return bytes;
}

inline ByteString joined(ByteString a, const ByteString& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

struct FakeEntry {
  ByteString key;
  std::vector<ByteString> values;  // one for each CPU
};

class FakeSession : public Session {
 public:
  std::map<uint32_t, std::vector<FakeEntry>> maps;
  std::vector<std::vector<ByteString>> batches;  // records of the next calls of poll()
  std::vector<CounterValue> counter_values;
  std::vector<std::string> calls;                           // what was asked, in order
  std::map<Provider, std::vector<ByteString>> sends;        // records that running a provider makes
  std::map<uint32_t, std::vector<ByteString>> probe_sends;  // records that run_one() makes
  std::map<uint32_t, uint32_t> statuses;                    // what run_one() gives
  uint64_t nanoseconds_each = 1000;
  std::function<void()> on_poll = [] {};
  std::function<bool()> on_set_aside = [] { return false; };
  AttachSummary summary{.attached = 1};

  Result<void> load() override { return {}; }
  Result<void> run(Provider provider) override {
    calls.push_back("run " + std::to_string(static_cast<int>(provider)));
    for (const ByteString& record : sends[provider]) batches.push_back({record});
    return {};
  }
  Result<ProgramRun> run_one(uint32_t probe, uint64_t times) override {
    calls.push_back("run_one " + std::to_string(probe));
    for (const ByteString& record : probe_sends[probe]) batches.push_back({record});
    return ProgramRun{times, times * nanoseconds_each, statuses[probe]};
  }
  Result<AttachSummary> attach(const AttachProgress&) override {
    calls.push_back("attach");
    return summary;
  }
  void detach() override { calls.push_back("detach"); }
  // Always ready, so that no test waits.
  int event_fd() const override { return ready_.get(); }
  Result<void> poll(int, const std::function<bool(Bytes record)>& record) override {
    on_poll();
    if (batches.empty()) return {};
    std::vector<ByteString> batch = std::move(batches.front());
    batches.erase(batches.begin());
    for (size_t i = 0; i < batch.size(); ++i) {
      if (record(batch[i])) continue;
      // What is left stays in the buffer.
      batches.insert(batches.begin(),
                     std::vector<ByteString>(batch.begin() + static_cast<long>(i) + 1, batch.end()));
      break;
    }
    return {};
  }
  bool set_aside() override { return on_set_aside(); }
  Result<void> for_each(uint32_t map,
                        const std::function<void(Bytes key, std::span<const Bytes> values)>& entry) override {
    for (const FakeEntry& each : maps[map]) {
      std::vector<Bytes> values(each.values.begin(), each.values.end());
      entry(each.key, values);
    }
    return {};
  }
  Result<void> clear_map(uint32_t map) override {
    maps[map].clear();
    return {};
  }
  Result<void> zero_map(uint32_t map) override {
    for (FakeEntry& entry : maps[map]) {
      for (ByteString& value : entry.values) std::fill(value.begin(), value.end(), std::byte{0});
    }
    return {};
  }
  Result<std::vector<CounterValue>> counters() override { return counter_values; }

 private:
  UniqueFd ready_{eventfd(1, EFD_CLOEXEC)};
};

}  // namespace tracer
