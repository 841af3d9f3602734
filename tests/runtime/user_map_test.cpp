#include "runtime/user_map.h"

#include <gtest/gtest.h>
#include <linux/bpf.h>

#include <cerrno>

namespace tracer {
namespace {

uint64_t read(UserMap& map, uint64_t key) {
  void* value = map.lookup(&key);
  return value ? *static_cast<uint64_t*>(value) : ~0ull;
}

long write(UserMap& map, uint64_t key, uint64_t value, uint64_t flags = BPF_ANY) {
  return map.update(&key, &value, flags);
}

TEST(UserHash, UpdatesByFlag) {
  auto map = make_user_hash(8, 8, 4, false);
  EXPECT_EQ(write(*map, 1, 10, BPF_EXIST), -ENOENT);
  EXPECT_EQ(write(*map, 1, 10, BPF_NOEXIST), 0);
  EXPECT_EQ(write(*map, 1, 11, BPF_NOEXIST), -EEXIST);
  EXPECT_EQ(write(*map, 1, 12, BPF_EXIST), 0);
  EXPECT_EQ(read(*map, 1), 12u);
  EXPECT_EQ(write(*map, 1, 12, 77), -EINVAL);
}

TEST(UserHash, FullMapRefusesNewKeysOnly) {
  auto map = make_user_hash(8, 8, 2, false);
  EXPECT_EQ(write(*map, 1, 1), 0);
  EXPECT_EQ(write(*map, 2, 2), 0);
  EXPECT_EQ(write(*map, 3, 3), -E2BIG);
  EXPECT_EQ(write(*map, 2, 4), 0);
  uint64_t key = 1;
  EXPECT_EQ(map->remove(&key), 0);
  EXPECT_EQ(map->remove(&key), -ENOENT);
  EXPECT_EQ(write(*map, 3, 3), 0);
}

TEST(UserHash, LruEvictsTheOneUsedLeastRecently) {
  auto map = make_user_hash(8, 8, 2, true);
  write(*map, 1, 1);
  write(*map, 2, 2);
  EXPECT_EQ(read(*map, 1), 1u);
  EXPECT_EQ(write(*map, 3, 3), 0);
  EXPECT_EQ(read(*map, 2), ~0ull);
  EXPECT_EQ(read(*map, 1), 1u);
}

TEST(UserHash, RemovedValueStaysReadableUntilReleased) {
  auto map = make_user_hash(8, 8, 2, false);
  write(*map, 1, 7);
  uint64_t key = 1;
  auto* value = static_cast<uint64_t*>(map->lookup(&key));
  map->remove(&key);
  EXPECT_EQ(*value, 7u);
  EXPECT_EQ(map->lookup(&key), nullptr);
}

TEST(UserHash, VisitorMayRemoveWhatItSees) {
  auto map = make_user_hash(8, 8, 8, false);
  for (uint64_t key = 0; key < 5; ++key) write(*map, key, key);
  EXPECT_EQ(map->for_each([&](const void* key, void*) { return map->remove(key) == 0; }), 5);
  EXPECT_EQ(map->for_each([](const void*, void*) { return true; }), 0);
}

TEST(UserHash, VisitorMayRemoveWhatComesNext) {
  auto map = make_user_hash(8, 8, 8, false);
  for (uint64_t key = 0; key < 5; ++key) write(*map, key, key);
  long visited = map->for_each([&](const void* key, void*) {
    const uint64_t next = *static_cast<const uint64_t*>(key) + 1;
    map->remove(&next);
    return true;
  });
  EXPECT_EQ(visited, 3);  // 0, 2 and 4
}

TEST(UserHash, VisitorMayAdd) {
  auto map = make_user_hash(8, 8, 100, false);
  for (uint64_t key = 0; key < 5; ++key) write(*map, key, key);
  EXPECT_EQ(map->for_each([&](const void* key, void*) {
    write(*map, *static_cast<const uint64_t*>(key) + 50, 1);
    return true;
  }),
            5);
}

TEST(UserHash, VisitorStops) {
  auto map = make_user_hash(8, 8, 8, false);
  for (uint64_t key = 0; key < 5; ++key) write(*map, key, key);
  EXPECT_EQ(map->for_each([](const void* key, void*) { return *static_cast<const char*>(key) < 1; }), 2);
}

TEST(UserArray, HasAllItsElementsFromTheStart) {
  auto map = make_user_array(8, 2);
  uint32_t key = 1, outside = 2;
  uint64_t value = 9;
  EXPECT_EQ(*static_cast<uint64_t*>(map->lookup(&key)), 0u);
  EXPECT_EQ(map->update(&key, &value, BPF_ANY), 0);
  EXPECT_EQ(*static_cast<uint64_t*>(map->lookup(&key)), 9u);
  EXPECT_EQ(map->lookup(&outside), nullptr);
  EXPECT_EQ(map->update(&outside, &value, BPF_ANY), -E2BIG);
  EXPECT_EQ(map->update(&key, &value, BPF_NOEXIST), -EEXIST);
  EXPECT_EQ(map->remove(&key), -EINVAL);
  map->clear();
  EXPECT_EQ(*static_cast<uint64_t*>(map->lookup(&key)), 0u);
}

}  // namespace
}  // namespace tracer
