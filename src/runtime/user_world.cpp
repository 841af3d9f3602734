#include "runtime/user_world.h"

#include <algorithm>
#include <cstring>
#include <map>

#include "runtime/ring_order.h"
#include "runtime/ring_size.h"
#include "runtime/user_map.h"
#include "runtime/user_ring.h"

namespace tracer {

namespace {

std::unique_ptr<UserMap> make_map(const MapPlan& plan) {
  switch (plan.storage) {
    case MapStorage::Array:
    case MapStorage::PerCpuArray:
      return make_user_array(plan.value_size, std::max(plan.max_entries, 1u));
    case MapStorage::Hash:
    case MapStorage::PerCpuHash:
      return make_user_hash(plan.key_size, plan.value_size, plan.max_entries, false);
    case MapStorage::LruHash:
    case MapStorage::LruPerCpuHash:
      return make_user_hash(plan.key_size, plan.value_size, plan.max_entries, true);
  }
  return nullptr;
}

// Bytes of a value that zero() sets to zero: the written word stays.
uint32_t zeroed_bytes(const MapPlan& plan) {
  return plan.has_written_word() ? plan.value_size - 8 : plan.value_size;
}

uint64_t last_word(const MapPlan& plan, const void* value) {
  uint64_t word;
  std::memcpy(&word, static_cast<const std::byte*>(value) + plan.value_size - 8, sizeof word);
  return word;
}

struct CounterSlot {
  uint64_t count;
  int64_t code;
};

}  // namespace

struct UserWorld::Impl {
  const Plan& plan;
  std::map<std::string, std::shared_ptr<UserMap>, std::less<>> maps;
  UserRing* data = nullptr;
  UserRing* control = nullptr;
  PendingControl pending;

  Impl(const Plan& p, SharedMaps* shared) : plan(p) {
    for (const MapPlan& map : plan.maps) {
      std::shared_ptr<UserMap>& ours = maps[map.symbol];
      if (shared) ours = shared->user[map.symbol];
      if (!ours) ours = make_map(map);
      if (shared) shared->user[map.symbol] = ours;
    }
    data = add_ring(kDataRing, data_ring_bytes(plan));
    control = add_ring(kControlRing, kControlRingBytes);
    maps[kCounters] = make_user_array(sizeof(CounterSlot), std::max<size_t>(plan.counters.size(), 1));
    maps[kScratch] = make_user_array(std::max(plan.scratch_size, 8u), kScratchFrames);
    maps[kProcesses] = make_user_hash(kSeenProcessKeySize, sizeof(uint64_t), kSeenProcesses, true);
    maps[kScratchUse] = make_user_array(sizeof(uint64_t), 1);
  }

  UserRing* add_ring(const char* symbol, uint32_t bytes) {
    auto ring = std::make_unique<UserRing>(bytes);
    UserRing* address = ring.get();
    maps[symbol] = std::move(ring);
    return address;
  }

  UserMap& script_map(uint32_t index) { return *maps.find(plan.maps[index].symbol)->second; }
};

UserWorld::UserWorld(const Plan& plan, SharedMaps* shared) : impl_(std::make_unique<Impl>(plan, shared)) {}
UserWorld::~UserWorld() = default;

UserMap* UserWorld::map(const std::string& symbol) {
  auto found = impl_->maps.find(symbol);
  return found == impl_->maps.end() ? nullptr : found->second.get();
}

Result<void> UserWorld::deliver(const std::function<bool(Bytes record)>& record) {
  for (auto& [symbol, map] : impl_->maps) map->release_deleted();
  while (impl_->control->ready()) impl_->pending.add(impl_->control->consume());
  for (;;) {
    bool ready = impl_->data->ready();
    if (!impl_->pending.deliver_until(impl_->data->consumer(), record)) return {};
    if (!ready) return {};
    if (!record(impl_->data->consume())) return {};
  }
}

Result<void> UserWorld::for_each(uint32_t map,
                                 const std::function<void(Bytes key, std::span<const Bytes> values)>& entry) {
  const MapPlan& plan = impl_->plan.maps[map];
  impl_->script_map(map).for_each([&](const void* key, void* value) {
    if (plan.has_written_word() && last_word(plan, value) == 0) return true;
    Bytes key_bytes(static_cast<const std::byte*>(key), plan.has_written_word() ? 0 : plan.key_size);
    Bytes value_bytes(static_cast<const std::byte*>(value), plan.value_size);
    entry(key_bytes, std::span<const Bytes>(&value_bytes, 1));
    return true;
  });
  return {};
}

Result<void> UserWorld::clear_map(uint32_t map) {
  impl_->script_map(map).clear();
  return {};
}

Result<void> UserWorld::zero_map(uint32_t map) {
  uint32_t size = zeroed_bytes(impl_->plan.maps[map]);
  impl_->script_map(map).for_each([&](const void*, void* value) {
    std::memset(value, 0, size);
    return true;
  });
  return {};
}

std::vector<CounterValue> UserWorld::counters() {
  std::vector<CounterValue> values(impl_->plan.counters.size());
  UserMap& slots = *impl_->maps.find(kCounters)->second;
  for (uint32_t i = 0; i < values.size(); ++i) {
    CounterSlot slot;
    std::memcpy(&slot, slots.lookup(&i), sizeof slot);
    values[i] = {slot.count, slot.code};
  }
  return values;
}

}  // namespace tracer
