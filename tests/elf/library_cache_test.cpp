#include "elf/library_cache.h"

#include <gtest/gtest.h>

#include <cstring>

#include "base/files.h"

namespace tracer {
namespace {

TEST(LibraryCache, Names) {
  EXPECT_TRUE(is_library_name("libc", "libc.so.6"));
  EXPECT_TRUE(is_library_name("libc.so", "libc.so.6"));
  EXPECT_TRUE(is_library_name("libc.so.6", "libc.so.6"));
  EXPECT_FALSE(is_library_name("libc", "libcrypto.so.3"));
  EXPECT_FALSE(is_library_name("libc.so.6", "libc.so.61"));
  EXPECT_FALSE(is_library_name("libc.so.6", "libc.so"));
}

TEST(LibraryCache, SystemsOwn) {
  const auto bytes = read_file("/etc/ld.so.cache");
  ASSERT_TRUE(bytes);
  bool found = false;
  for (const Library& library : parse_library_cache(*bytes)) found |= library.name == "libc.so.6";
  EXPECT_TRUE(found);
  for (size_t size = 0; size < bytes->size(); size += 1 + bytes->size() / 50)
    parse_library_cache(std::string_view(*bytes).substr(0, size));
}

TEST(LibraryCache, Damaged) {
  std::string bytes = "glibc-ld.so.cache1.1" + std::string(28, '\0') + std::string(24, '\xff');
  const uint32_t many = 0xffffffff;
  std::memcpy(bytes.data() + 20, &many, sizeof many);
  EXPECT_TRUE(parse_library_cache(bytes).empty());
  EXPECT_TRUE(parse_library_cache("").empty());
}

}  // namespace
}  // namespace tracer
