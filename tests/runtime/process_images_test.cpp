#include "runtime/process_images.h"

#include <gtest/gtest.h>
#include <linux/perf_event.h>
#include <unistd.h>

#include <cstring>
#include <random>

#include "runtime/perf_map.h"
#include "runtime/user_symbols.h"

namespace tracer {
namespace {

using Kind = ProcessRecord::Kind;

ProcessRecord record(Kind kind, uint64_t time, pid_t process, pid_t parent = 0) {
  ProcessRecord result;
  result.kind = kind;
  result.time = time;
  result.process = process;
  result.parent = parent;
  return result;
}

ProcessRecord mapped(uint64_t time, pid_t process, uint64_t start, uint64_t size, const std::string& path) {
  ProcessRecord result = record(Kind::Map, time, process);
  result.start = start;
  result.size = size;
  result.file.build_id = path;
  result.path = path;
  return result;
}

class Images : public testing::Test {
 protected:
  std::string at(pid_t pid, uint64_t address) {
    const Process* process = images_.find(pid);
    if (!process) return "";
    for (size_t i = process->images.size(); i-- > 0;)
      if (const CodeRange* range = process->images[i]->find(address))
        return range->file ? range->file->path : "own";
    return "";
  }
  CodeFiles files_;
  ProcessImages images_{"/nonexistent", files_, {.ended = 2, .ended_asked = 3, .images = 2, .ranges = 4}};
};

TEST_F(Images, NewMappingsReplaceWhatTheyCover) {
  images_.apply(record(Kind::Execute, 1, 7));
  images_.apply(mapped(2, 7, 0x1000, 0x3000, "/a"));
  images_.apply(mapped(3, 7, 0x2000, 0x1000, "/b"));
  EXPECT_EQ(at(7, 0x1fff), "/a");
  EXPECT_EQ(at(7, 0x2000), "/b");
  EXPECT_EQ(at(7, 0x3000), "/a");
  EXPECT_EQ(images_.find(7)->images[0]->find(0x3000)->offset, 0x2000u);
  images_.apply(mapped(4, 7, 0x0, 0x8000, "/c"));
  EXPECT_EQ(at(7, 0x2000), "/c");
  EXPECT_EQ(images_.find(7)->images[0]->ranges.size(), 1u);
}

TEST_F(Images, ForkedProcessesHaveWhatTheirParentHad) {
  images_.apply(record(Kind::Execute, 1, 7));
  images_.apply(mapped(2, 7, 0x1000, 0x1000, "/a"));
  images_.apply(record(Kind::Fork, 3, 8, 7));
  images_.apply(mapped(4, 8, 0x5000, 0x1000, "/only in the child"));
  EXPECT_EQ(at(8, 0x1000), "/a");
  EXPECT_EQ(at(8, 0x5000), "/only in the child");
  EXPECT_EQ(at(7, 0x5000), "");
}

TEST_F(Images, ProgramsBeforeAreRemembered) {
  images_.apply(record(Kind::Execute, 1, 7));
  images_.apply(mapped(2, 7, 0x1000, 0x1000, "/first"));
  images_.apply(record(Kind::Execute, 3, 7));
  images_.apply(mapped(4, 7, 0x4000, 0x1000, "/second"));
  images_.apply(mapped(2, 7, 0x4000, 0x1000, "/late record of the first"));
  EXPECT_EQ(at(7, 0x1000), "/first");
  EXPECT_EQ(at(7, 0x4000), "/second");
  images_.apply(record(Kind::Execute, 5, 7));
  EXPECT_EQ(at(7, 0x1000), "") << "more programs than are kept";
}

TEST_F(Images, TheOldestThatEndedGoFirst) {
  for (pid_t pid = 10; pid < 110; ++pid) {
    images_.apply(record(Kind::Execute, 1, pid));
    images_.apply(mapped(2, pid, 0x1000, 0x1000, "/a"));
    if (pid % 2 == 0) images_.ask(pid);
    images_.apply(record(Kind::End, 3, pid));
  }
  EXPECT_EQ(images_.size(), 5u);
  EXPECT_EQ(at(108, 0x1000), "/a");
  EXPECT_EQ(at(104, 0x1000), "/a");
  EXPECT_EQ(at(102, 0x1000), "");
  EXPECT_EQ(at(109, 0x1000), "/a");
  EXPECT_EQ(at(105, 0x1000), "");
}

TEST_F(Images, RangesOfAnImageAreBounded) {
  images_.apply(record(Kind::Execute, 1, 7));
  for (uint64_t i = 1; i < 100; ++i) images_.apply(mapped(2, 7, i * 0x1000, 0x800, "/a"));
  EXPECT_EQ(images_.find(7)->images[0]->ranges.size(), 4u);
}

TEST_F(Images, NoRecordDoesHarm) {
  std::mt19937 random(1);
  for (int i = 0; i < 20000; ++i) {
    auto any = record(static_cast<Kind>(random() % 4), random() % 100, static_cast<pid_t>(random() % 20) - 2,
                      static_cast<pid_t>(random() % 20));
    any.start = uint64_t{random() % 16} << 12;
    any.size = 1 + (uint64_t{random() % 8} << 12);
    any.path = "/x";
    any.file.inode = random() % 3;
    images_.apply(any);
    if (random() % 8 == 0) images_.ask(any.process);
  }
  for (pid_t pid = 0; pid < 20; ++pid) {
    const Process* process = images_.find(pid);
    if (!process) continue;
    for (const auto& image : process->images)
      for (size_t i = 1; i < image->ranges.size(); ++i)
        EXPECT_LE(image->ranges[i - 1].end, image->ranges[i].start);
  }
}

TEST(ProcessRecords, BytesOfAnyKindAreNoHarm) {
  std::mt19937 random(2);
  for (int i = 0; i < 20000; ++i) {
    std::vector<std::byte> bytes(random() % 160);
    for (std::byte& each : bytes) each = static_cast<std::byte>(random());
    if (bytes.size() >= sizeof(perf_event_header)) {
      const uint32_t type = random() % 12;
      std::memcpy(bytes.data(), &type, sizeof type);
    }
    (void)parse_process_record(bytes);
  }
}

TEST(ProcessRecords, MappingsCarryTheirBuildId) {
  std::vector<std::byte> bytes(8 + 64 + 8 + 16);
  const perf_event_header header{PERF_RECORD_MMAP2, PERF_RECORD_MISC_MMAP_BUILD_ID,
                                 static_cast<uint16_t>(bytes.size())};
  const auto put = [&](size_t at, const auto& value) {
    std::memcpy(bytes.data() + at, &value, sizeof value);
  };
  put(0, header);
  put(8, uint32_t{7});
  put(16, uint64_t{0x1000});
  put(24, uint64_t{0x2000});
  put(32, uint64_t{0x3000});
  put(40, uint8_t{4});
  put(44, uint32_t{0x64636261});
  std::memcpy(bytes.data() + 72, "/bin/x", 7);
  put(bytes.size() - 8, uint64_t{99});
  const auto read = parse_process_record(bytes);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->process, 7);
  EXPECT_EQ(read->file.build_id, "abcd");
  EXPECT_EQ(read->path, "/bin/x");
  EXPECT_EQ(read->time, 99u);
  EXPECT_EQ(read->offset, 0x3000u);
}

class PerfMaps : public testing::Test {
 protected:
  PerfMaps() : path_(testing::TempDir() + "perf-" + std::to_string(getpid()) + ".map") {}
  ~PerfMaps() override { unlink(path_.c_str()); }
  void append(const std::string& text) {
    FILE* file = fopen(path_.c_str(), "a");
    ASSERT_TRUE(file);
    fwrite(text.data(), 1, text.size(), file);
    fclose(file);
  }
  std::string path_;
};

TEST_F(PerfMaps, GrowWhileTheyAreRead) {
  append("1000 10 one\n2000 1");
  PerfMap map;
  ASSERT_TRUE(map.open(path_));
  EXPECT_EQ(map.find(0x1004).name, "one");
  EXPECT_EQ(map.find(0x2000).name, "");
  append("0 two words\n0x3000 0x10 three\n");
  EXPECT_EQ(map.find(0x2004).name, "two words");
  EXPECT_EQ(map.find(0x3000).name, "three");
  append("1000 10 anew\n");
  EXPECT_EQ(map.find(0x1004).name, "anew");
}

TEST_F(PerfMaps, NamesDoNotSteerTheTerminal) {
  append("1000 10 a\x1b[31mb\tc\n");
  PerfMap map;
  ASSERT_TRUE(map.open(path_));
  EXPECT_EQ(map.find(0x1000).name, "a?[31mb?c");
}

TEST_F(PerfMaps, DamagedOnesDoNoHarm) {
  std::mt19937 random(3);
  const std::string letters = "0123456789abcdefx \n\t-zZ";
  std::string text =
      "ffffffffffffffff ffffffffffffffff all\nfffffffffffffff0 20 wraps\n10 0 empty\n\n 1 2 3\n";
  for (int i = 0; i < 100000; ++i) text += letters[random() % letters.size()];
  text += std::string(100000, 'x') + "\n4000 10 last\n";
  append(text);
  PerfMap map;
  ASSERT_TRUE(map.open(path_));
  for (uint64_t address : {uint64_t{0}, uint64_t{1}, ~uint64_t{0}, uint64_t{0xfffffffffffffff5}})
    (void)map.find(address);
  EXPECT_EQ(map.find(0x4008).name, "last");
}

TEST(PerfMap, OnlyFilesAreOpened) {
  PerfMap map;
  EXPECT_FALSE(map.open("/dev/zero"));
  EXPECT_FALSE(map.open("/tmp"));
  EXPECT_FALSE(map.open("/nonexistent"));
}

// What is kept of files stays within its bounds, and what was given up is read again.
TEST(CodeFiles, KeepWhatTheLimitsAllow) {
  UserSymbols::Limits limits;
  limits.files.descriptors = 2;
  limits.files.table_bytes = 1;
  UserSymbols symbols("/proc", limits);
  symbols.remember(getpid());
  EXPECT_LE(symbols.files().open_descriptors(), 2u);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(symbols.find(getpid(), reinterpret_cast<uint64_t>(&getpid)).name.empty(), false);
    EXPECT_EQ(symbols.find(getpid(), reinterpret_cast<uint64_t>(&monotonic_now)).name,
              "tracer::monotonic_now()");
    EXPECT_LE(symbols.files().kept_tables(), 1u);
    EXPECT_LE(symbols.files().open_descriptors(), 2u);
  }
}

}  // namespace
}  // namespace tracer
