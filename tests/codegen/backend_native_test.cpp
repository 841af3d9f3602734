// Native code made of a module, with helpers and maps of the test's own.
#include <gtest/gtest.h>

#include <cstring>

#include "backend_sample.h"
#include "codegen/native_code.h"

namespace tracer {
namespace {

// What the program did to the outside, as its helpers saw it.
struct World {
  char maps[8] = {};  // their addresses stand for the maps
  alignas(8) char entry[64] = {};
  alignas(8) char scratch[backend_sample::kScratchSize] = {};
  alignas(8) char record[backend_sample::kRecordSize] = {};
  bool submitted = false;
  std::string comm;
} world;

enum MapIndex { kMapC, kMapN, kData, kControl, kCounter, kFrames, kUse };

void* lookup(const char* map, const void* key) {
  if (map == &world.maps[kMapC]) world.comm = std::string(static_cast<const char*>(key), 16);
  return map == &world.maps[kFrames] ? world.scratch : world.entry;
}
long update(const char*, const void*, const void*, uint64_t) { return 0; }
long comm(char* buffer, uint32_t size) {
  std::memcpy(buffer, "test", 5);
  return size ? 0 : -1;
}
void* reserve(const char* map, uint64_t, uint64_t) {
  return map == &world.maps[kData] ? world.record : nullptr;
}
void submit(void*, uint64_t) { world.submitted = true; }
uint64_t pid_tgid() { return 0x700000008; }

template <typename Function>
NativeSymbol symbol(const char* name, Function* address) {
  return {name, reinterpret_cast<void*>(address)};
}

std::vector<NativeSymbol> symbols() {
  return {symbol("bpf_map_lookup_elem", lookup), symbol("bpf_map_update_elem", update),
          symbol("bpf_get_current_comm", comm),  symbol("bpf_ringbuf_reserve", reserve),
          symbol("bpf_ringbuf_submit", submit),  symbol("bpf_get_current_pid_tgid", pid_tgid),
          {"map_c", &world.maps[kMapC]},         {"map_n", &world.maps[kMapN]},
          {kDataRing, &world.maps[kData]},       {kControlRing, &world.maps[kControl]},
          {kCounters, &world.maps[kCounter]},    {kScratch, &world.maps[kFrames]},
          {kScratchUse, &world.maps[kUse]}};
}

class Native : public testing::TestWithParam<bool> {};

TEST_P(Native, RunsTheProgram) {
  world = {};
  std::memset(world.scratch, 'x', sizeof world.scratch);
  std::memset(world.record, 'x', sizeof world.record);
  Module module = backend_sample::sample_module(CodeTarget::Host, backend_sample::sample_plan(), true);
  if (GetParam()) optimise(module);
  auto code = NativeCode::compile(std::move(module), symbols());
  ASSERT_TRUE(code) << code.error().text;
  auto program = (*code)->find("begin_1");
  ASSERT_TRUE(program) << program.error().text;

  EXPECT_EQ((*program)(nullptr), 0u);
  EXPECT_STREQ(world.comm.c_str(), "test");
  EXPECT_TRUE(world.submitted);
  uint64_t words[4];
  std::memcpy(words, world.record, sizeof words);
  EXPECT_EQ(words[0], 0u);
  EXPECT_EQ(words[1], 0x700000008u);
  EXPECT_EQ(words[3], 0u);
  EXPECT_EQ(world.scratch[0], 0);
  EXPECT_EQ(world.scratch[2023], 0);
  EXPECT_EQ(world.scratch[2024], 'x');  // behind the 1000 bytes that were copied
  EXPECT_EQ(world.scratch[2048 + kInlineBytes], 'x');
}

INSTANTIATE_TEST_SUITE_P(PlainAndOptimised, Native, testing::Bool());

TEST(NativeCode, WhatIsNotDefinedIsAnError) {
  auto few = symbols();
  few.pop_back();
  Module module = backend_sample::sample_module(CodeTarget::Host, backend_sample::sample_plan(), true);
  auto code = NativeCode::compile(std::move(module), few);
  ASSERT_TRUE(code) << code.error().text;
  auto program = (*code)->find("begin_1");
  ASSERT_FALSE(program);
}

}  // namespace
}  // namespace tracer
