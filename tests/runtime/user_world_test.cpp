#include "runtime/user_world.h"

#include <gtest/gtest.h>
#include <linux/bpf.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>

#include "fake_session.h"
#include "runtime/user_map.h"

namespace tracer {
namespace {

template <typename Function>
Function* helper(std::string_view name) {
  for (const HelperAddress& each : user_helpers()) {
    if (each.name == name) return reinterpret_cast<Function*>(each.address);
  }
  ADD_FAILURE() << "no helper " << name;
  return nullptr;
}

class UserWorldTest : public testing::Test {
 protected:
  UserWorldTest() {
    MapPlan scalar;
    scalar.symbol = "map_n";
    scalar.storage = MapStorage::Array;
    scalar.value = int_type(8, true);
    scalar.value_size = 16;
    scalar.max_entries = 1;
    MapPlan keyed = scalar;
    keyed.symbol = "map_k";
    keyed.storage = MapStorage::Hash;
    keyed.key = int_type(8, true);
    keyed.key_size = 8;
    keyed.value_size = 8;
    keyed.max_entries = 2;
    plan_.maps = {scalar, keyed};
    plan_.counters.resize(2);
    plan_.config.perf_rb_pages = 1;
    world_ = std::make_unique<UserWorld>(plan_);
  }
  size_t count(uint32_t map) {
    size_t entries = 0;
    EXPECT_TRUE(world_->for_each(map, [&](Bytes, std::span<const Bytes>) { ++entries; }));
    return entries;
  }
  bool send(uint64_t number) {
    auto* reserve = helper<void*(UserMap*, uint64_t, uint64_t)>("bpf_ringbuf_reserve");
    auto* submit = helper<void(void*, uint64_t)>("bpf_ringbuf_submit");
    void* record = reserve(world_->map(kDataRing), 8, 0);
    if (!record) return false;
    std::memcpy(record, &number, sizeof number);
    submit(record, 0);
    return true;
  }
  void send_control(uint64_t number) {
    auto* query = helper<uint64_t(UserMap*, uint64_t)>("bpf_ringbuf_query");
    auto* output = helper<long(UserMap*, const void*, uint64_t, uint64_t)>("bpf_ringbuf_output");
    uint64_t record[] = {number, query(world_->map(kDataRing), BPF_RB_PROD_POS)};
    EXPECT_EQ(output(world_->map(kControlRing), record, sizeof record, 0), 0);
  }
  // First words of what is delivered, up to `stop_at`.
  std::vector<uint64_t> delivered(uint64_t stop_at = 0) {
    std::vector<uint64_t> numbers;
    EXPECT_TRUE(world_->deliver([&](Bytes record) {
      uint64_t number;
      std::memcpy(&number, record.data(), sizeof number);
      numbers.push_back(number);
      return number != stop_at;
    }));
    return numbers;
  }
  Plan plan_;
  std::unique_ptr<UserWorld> world_;
};

TEST_F(UserWorldTest, ScalarMapIsEmptyUntilWritten) {
  EXPECT_EQ(count(0), 0u);
  uint32_t key = 0;
  uint64_t value[] = {5, 1};
  world_->map("map_n")->update(&key, value, BPF_ANY);
  EXPECT_EQ(count(0), 1u);
  ASSERT_TRUE(world_->zero_map(0));
  ASSERT_TRUE(world_->for_each(0, [](Bytes key_bytes, std::span<const Bytes> values) {
    EXPECT_EQ(key_bytes.size(), 0u);
    EXPECT_EQ(values.size(), 1u);
    EXPECT_EQ(ByteString(values[0].begin(), values[0].end()), words(0, 1));
  }));
  ASSERT_TRUE(world_->clear_map(0));
  EXPECT_EQ(count(0), 0u);
}

TEST_F(UserWorldTest, KeyedMapKeepsKeysWhenZeroed) {
  uint64_t key = 3, value = 5;
  world_->map("map_k")->update(&key, &value, BPF_ANY);
  ASSERT_TRUE(world_->zero_map(1));
  EXPECT_EQ(count(1), 1u);
  ASSERT_TRUE(world_->clear_map(1));
  EXPECT_EQ(count(1), 0u);
}

TEST_F(UserWorldTest, UnknownSymbolIsNoMap) { EXPECT_EQ(world_->map("map_x"), nullptr); }

TEST_F(UserWorldTest, RingsAreDeliveredInOneOrder) {
  send_control(1);
  send(2);
  send(3);
  send_control(4);
  send_control(5);
  send(6);
  send_control(7);
  EXPECT_EQ(delivered(), (std::vector<uint64_t>{1, 2, 3, 4, 5, 6, 7}));
  EXPECT_TRUE(delivered().empty());
}

TEST_F(UserWorldTest, StoppingLeavesTheRest) {
  for (uint64_t i = 1; i <= 2; ++i) send(i);
  send_control(3);
  send(4);
  EXPECT_EQ(delivered(2), (std::vector<uint64_t>{1, 2}));
  EXPECT_EQ(delivered(3), (std::vector<uint64_t>{3}));
  EXPECT_EQ(delivered(), (std::vector<uint64_t>{4}));
}

TEST_F(UserWorldTest, DiscardedRecordsDoNotDisturbTheOrder) {
  auto* reserve = helper<void*(UserMap*, uint64_t, uint64_t)>("bpf_ringbuf_reserve");
  auto* discard = helper<void(void*, uint64_t)>("bpf_ringbuf_discard");
  discard(reserve(world_->map(kDataRing), 40, 0), 0);
  send_control(1);
  send(2);
  EXPECT_EQ(delivered(), (std::vector<uint64_t>{1, 2}));
}

TEST_F(UserWorldTest, FullRingRefusesUntilRead) {
  uint64_t sent = 0;
  while (send(sent + 1)) ++sent;
  EXPECT_GT(sent, 0u);
  EXPECT_EQ(delivered().size(), sent);
  EXPECT_TRUE(send(1));
}

TEST_F(UserWorldTest, CountersAreReadBySlot) {
  uint32_t key = 1;
  int64_t slot[] = {3, -7};
  ASSERT_EQ(world_->map(kCounters)->update(&key, slot, BPF_ANY), 0);
  auto values = world_->counters();
  ASSERT_EQ(values.size(), 2u);
  EXPECT_EQ(values[0].count, 0u);
  EXPECT_EQ(values[1].count, 3u);
  EXPECT_EQ(values[1].last_code, -7);
}

TEST(UserHelpers, FailedReadsZeroTheDestination) {
  auto* read = helper<long(void*, uint32_t, const void*)>("bpf_probe_read_kernel");
  uint64_t from = 42, to = ~0ull;
  EXPECT_EQ(read(&to, 8, &from), 0);
  EXPECT_EQ(to, 42u);
  EXPECT_EQ(read(&to, 8, nullptr), -EFAULT);
  EXPECT_EQ(to, 0u);
  EXPECT_EQ(read(&to, 8, reinterpret_cast<void*>(0xffff888000000000)), -EFAULT);
}

TEST(UserHelpers, StringsEndAtNulAndAreCut) {
  auto* read = helper<long(void*, uint32_t, const void*)>("bpf_probe_read_user_str");
  char to[8];
  EXPECT_EQ(read(to, sizeof to, "abc"), 4);
  EXPECT_STREQ(to, "abc");
  EXPECT_EQ(read(to, 4, "abcdef"), 4);
  EXPECT_STREQ(to, "abc");
  EXPECT_EQ(read(to, sizeof to, nullptr), -EFAULT);
  EXPECT_STREQ(to, "");
}

TEST(UserHelpers, StringAtTheEndOfMappedMemory) {
  auto size = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  auto* pages =
      static_cast<char*>(mmap(nullptr, 2 * size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  ASSERT_NE(pages, MAP_FAILED);
  ASSERT_EQ(munmap(pages + size, size), 0);
  std::memcpy(pages + size - 3, "ab", 3);
  char to[64];
  EXPECT_EQ(helper<long(void*, uint32_t, const void*)>("bpf_probe_read_kernel_str")(to, sizeof to,
                                                                                    pages + size - 3),
            3);
  EXPECT_STREQ(to, "ab");
  munmap(pages, size);
}

TEST(UserHelpers, LoopCountsItsRounds) {
  auto* loop = helper<long(uint32_t, void*, void*, uint64_t)>("bpf_loop");
  auto body = +[](uint32_t index, void* sum) -> long {
    *static_cast<uint64_t*>(sum) += index;
    return index == 3;
  };
  uint64_t sum = 0;
  EXPECT_EQ(loop(10, reinterpret_cast<void*>(body), &sum, 0), 4);
  EXPECT_EQ(sum, 6u);
  EXPECT_EQ(loop((1 << 23) + 1, reinterpret_cast<void*>(body), &sum, 0), -E2BIG);
  EXPECT_EQ(loop(1, reinterpret_cast<void*>(body), &sum, 1), -EINVAL);
}

TEST(UserHelpers, IdentityIsOurOwn) {
  EXPECT_EQ(helper<uint64_t()>("bpf_get_current_pid_tgid")() >> 32, static_cast<uint64_t>(getpid()));
  EXPECT_EQ(static_cast<uint32_t>(helper<uint64_t()>("bpf_get_current_uid_gid")()), getuid());
  char comm[16];
  EXPECT_EQ(helper<long(char*, uint32_t)>("bpf_get_current_comm")(comm, sizeof comm), 0);
  EXPECT_STRNE(comm, "");
}

}  // namespace
}  // namespace tracer
