#include "runtime/user_map.h"

#include <linux/bpf.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <vector>

namespace tracer {

long UserMap::update(const void*, const void*, uint64_t) { return -EINVAL; }
long UserMap::remove(const void*) { return -EINVAL; }
long UserMap::for_each(const std::function<bool(const void*, void*)>&) { return -EINVAL; }

namespace {

// Values of programs are read as 64-bit words.
using Storage = std::unique_ptr<uint64_t[]>;

Storage make_storage(size_t bytes) { return std::make_unique<uint64_t[]>((bytes + 7) / 8); }

class UserArray final : public UserMap {
 public:
  UserArray(uint32_t value_size, uint32_t entries)
      : UserMap(sizeof(uint32_t), value_size),
        entries_(entries),
        stride_((value_size + 7) / 8 * 8),
        values_(make_storage(size_t{stride_} * entries)) {}

  void* lookup(const void* key) override {
    uint32_t index = index_of(key);
    return index < entries_ ? at(index) : nullptr;
  }

  long update(const void* key, const void* value, uint64_t flags) override {
    if (flags > BPF_EXIST) return -EINVAL;
    uint32_t index = index_of(key);
    if (index >= entries_) return -E2BIG;
    if (flags == BPF_NOEXIST) return -EEXIST;
    std::memcpy(at(index), value, value_size_);
    return 0;
  }

  long for_each(const std::function<bool(const void*, void*)>& entry) override {
    long visited = 0;
    for (uint32_t index = 0; index < entries_; ++index) {
      ++visited;
      if (!entry(&index, at(index))) break;
    }
    return visited;
  }

  void clear() override { std::memset(values_.get(), 0, size_t{stride_} * entries_); }

 private:
  static uint32_t index_of(const void* key) {
    uint32_t index;
    std::memcpy(&index, key, sizeof index);
    return index;
  }
  std::byte* at(uint32_t index) {
    return reinterpret_cast<std::byte*>(values_.get()) + size_t{stride_} * index;
  }

  const uint32_t entries_, stride_;
  Storage values_;
};

class UserHash final : public UserMap {
 public:
  UserHash(uint32_t key_size, uint32_t value_size, uint32_t entries, bool lru)
      : UserMap(key_size, value_size), most_(entries), lru_(lru) {}

  void* lookup(const void* key) override {
    auto found = index_.find(view(key));
    if (found == index_.end()) return nullptr;
    touch(found->second);
    return found->second->value.get();
  }

  long update(const void* key, const void* value, uint64_t flags) override {
    if (flags > BPF_EXIST) return -EINVAL;
    auto found = index_.find(view(key));
    if (found != index_.end()) {
      if (flags == BPF_NOEXIST) return -EEXIST;
      touch(found->second);
      std::memcpy(found->second->value.get(), value, value_size_);
      return 0;
    }
    if (flags == BPF_EXIST) return -ENOENT;
    if (entries_.size() >= most_ && !make_room()) return -E2BIG;
    insert(key, value);
    return 0;
  }

  long remove(const void* key) override {
    auto found = index_.find(view(key));
    if (found == index_.end()) return -ENOENT;
    erase(found->second);
    return 0;
  }

  long for_each(const std::function<bool(const void*, void*)>& entry) override {
    // The visitor may add and remove entries. Removed ones stand until the program has ended.
    std::vector<Position> seen;
    for (auto each = entries_.begin(); each != entries_.end(); ++each) seen.push_back(each);
    long visited = 0;
    for (Position each : seen) {
      if (each->removed) continue;
      ++visited;
      if (!entry(each->key.data(), each->value.get())) break;
    }
    return visited;
  }

  void clear() override {
    while (!entries_.empty()) erase(entries_.begin());
  }

  void release_deleted() override { deleted_.clear(); }

 private:
  struct Entry {
    std::string key;
    Storage value;
    bool removed = false;
  };
  using Position = std::list<Entry>::iterator;

  std::string_view view(const void* key) const { return {static_cast<const char*>(key), key_size_}; }

  // The list is in order of age of use for LRU maps, in order of making for others.
  void touch(Position entry) {
    if (lru_) entries_.splice(entries_.end(), entries_, entry);
  }

  bool make_room() {
    if (!lru_ || entries_.empty()) return false;
    erase(entries_.begin());
    return true;
  }

  void insert(const void* key, const void* value) {
    entries_.push_back({std::string(view(key)), make_storage(value_size_), false});
    Position entry = std::prev(entries_.end());
    std::memcpy(entry->value.get(), value, value_size_);
    index_.emplace(entry->key, entry);
  }

  void erase(Position entry) {
    index_.erase(entry->key);
    entry->removed = true;
    deleted_.splice(deleted_.end(), entries_, entry);
  }

  const uint32_t most_;
  const bool lru_;
  std::list<Entry> entries_;
  std::list<Entry> deleted_;
  std::unordered_map<std::string_view, Position> index_;  // views into the entries' keys
};

}  // namespace

std::unique_ptr<UserMap> make_user_array(uint32_t value_size, uint32_t entries) {
  return std::make_unique<UserArray>(value_size, entries);
}

std::unique_ptr<UserMap> make_user_hash(uint32_t key_size, uint32_t value_size, uint32_t entries, bool lru) {
  return std::make_unique<UserHash>(key_size, value_size, entries, lru);
}

}  // namespace tracer
