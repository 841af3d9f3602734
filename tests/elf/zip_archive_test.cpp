#include "elf/zip_archive.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>

namespace tracer {
namespace {

std::string number(uint64_t value, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i) text += static_cast<char>(value >> 8 * i);
  return text;
}

// An archive of one entry, whose local header has extra bytes that the directory lacks.
std::string archive(uint16_t method, const std::string& name, const std::string& data) {
  const std::string sizes = number(data.size(), 4) + number(data.size(), 4);
  const std::string local = number(0x04034b50, 4) + number(20, 2) + number(0, 2) + number(method, 2) +
                            number(0, 8) + sizes + number(name.size(), 2) + number(5, 2) + name + "extra" +
                            data;
  const std::string entry = number(0x02014b50, 4) + number(20, 2) + number(20, 2) + number(0, 2) +
                            number(method, 2) + number(0, 8) + sizes + number(name.size(), 2) + number(0, 2) +
                            number(0, 2) + number(0, 8) + number(0, 4) + name;
  return local + entry + number(0x06054b50, 4) + number(0, 4) + number(1, 2) + number(1, 2) +
         number(entry.size(), 4) + number(local.size(), 4) + number(0, 2);
}

class Zip : public testing::Test {
 protected:
  std::optional<uint64_t> find(const std::string& bytes, std::string_view entry) {
    std::ofstream(path_, std::ios::binary) << bytes;
    return stored_entry(path_, entry);
  }
  void TearDown() override { std::remove(path_.c_str()); }
  std::string path_ = testing::TempDir() + "archive_" + std::to_string(getpid());
};

TEST_F(Zip, StoredEntry) {
  const std::string bytes = archive(0, "lib/x.so", "DATA");
  const auto offset = find(bytes, "lib/x.so");
  ASSERT_TRUE(offset);
  EXPECT_EQ(bytes.substr(*offset, 4), "DATA");
  EXPECT_FALSE(find(bytes, "lib/y.so"));
  EXPECT_FALSE(find(archive(8, "lib/x.so", "DATA"), "lib/x.so"));
}

TEST_F(Zip, Damaged) {
  const std::string bytes = archive(0, "lib/x.so", "DATA");
  for (size_t size = 0; size < bytes.size(); ++size) find(bytes.substr(0, size), "lib/x.so");
  for (size_t at = 0; at < bytes.size(); ++at) {
    std::string changed = bytes;
    changed[at] = '\xff';
    find(changed, "lib/x.so");
  }
  EXPECT_FALSE(find("", "lib/x.so"));
}

}  // namespace
}  // namespace tracer
