#include "runtime/ring_size.h"

#include <gtest/gtest.h>

namespace tracer {
namespace {

constexpr uint32_t kKiB = 1024, kMiB = 1024 * kKiB;
constexpr uint64_t kGiB = 1024ull * kMiB;

TEST(RingSize, ByFreeMemoryWithinLimits) {
  EXPECT_EQ(data_ring_bytes(0, 100ull * kMiB, 4096, 2), 256 * kKiB);
  EXPECT_EQ(data_ring_bytes(0, 1024 * kGiB, 4096, 2), 16 * kMiB);
  EXPECT_EQ(data_ring_bytes(0, 20 * kGiB, 4096, 2), 4 * kMiB);
}

TEST(RingSize, ByWishRoundedUp) {
  EXPECT_EQ(data_ring_bytes(3, kGiB, 4096, 1), 4u * 4096);
  EXPECT_EQ(data_ring_bytes(1, kGiB, 4096, 6), 8u * 4096);
  EXPECT_EQ(data_ring_bytes(64, kGiB, 4096, 2), 64u * 4096);
  EXPECT_EQ(data_ring_bytes(UINT32_MAX, kGiB, 4096, 2), 1u << 31);
}

}  // namespace
}  // namespace tracer
