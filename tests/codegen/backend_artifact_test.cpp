// The Artifact as its readers see it: libbpf, and the kernel where the test may use it.
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <elf.h>
#include <gtest/gtest.h>
#include <linux/bpf.h>

#include <cerrno>
#include <cstring>
#include <map>

#include "backend_sample.h"

namespace tracer {
namespace {

std::string& complaints() {
  static std::string text;
  return text;
}

int collect(libbpf_print_level level, const char* format, va_list arguments) {
  if (level == LIBBPF_DEBUG) return 0;
  char line[4096];
  int length = vsnprintf(line, sizeof line, format, arguments);
  complaints() += line;
  return length;
}

struct ObjectCloser {
  void operator()(bpf_object* object) const { bpf_object__close(object); }
};
using Object = std::unique_ptr<bpf_object, ObjectCloser>;

// libbpf's own messages below the debug level end up in complaints().
Object open_object(const std::string& bytes) {
  complaints().clear();
  libbpf_set_print(collect);
  bpf_object_open_opts options = {};
  options.sz = sizeof options;
  options.object_name = "sample";
  return Object(bpf_object__open_mem(bytes.data(), bytes.size(), &options));
}

std::map<std::string, std::string> elf_sections(const std::string& bytes) {
  auto* header = reinterpret_cast<const Elf64_Ehdr*>(bytes.data());
  auto* sections = reinterpret_cast<const Elf64_Shdr*>(bytes.data() + header->e_shoff);
  const char* names = bytes.data() + sections[header->e_shstrndx].sh_offset;
  std::map<std::string, std::string> all;
  for (unsigned i = 1; i < header->e_shnum; i++)
    all[names + sections[i].sh_name] = bytes.substr(sections[i].sh_offset, sections[i].sh_size);
  return all;
}

std::string artifact_of(const Plan& plan, bool uses_scratch = true) {
  Module module = backend_sample::sample_module(CodeTarget::Bpf, plan, uses_scratch);
  optimise(module);
  auto bytes = emit_artifact(module, plan);
  EXPECT_TRUE(bytes) << bytes.error().text;
  return bytes ? *bytes : std::string();
}

struct MapFacts {
  uint32_t type, key_size, value_size, max_entries;
  bool operator==(const MapFacts&) const = default;
};

MapFacts facts(bpf_object* object, const char* name) {
  bpf_map* map = bpf_object__find_map_by_name(object, name);
  if (!map) return {};
  return {bpf_map__type(map), bpf_map__key_size(map), bpf_map__value_size(map), bpf_map__max_entries(map)};
}

TEST(Artifact, LibbpfFindsProgramsAndMapsWithoutComplaint) {
  Plan plan = backend_sample::sample_plan();
  Object object = open_object(artifact_of(plan));
  ASSERT_TRUE(object) << complaints();
  EXPECT_EQ(complaints(), "");

  bpf_program* program = bpf_object__find_program_by_name(object.get(), "begin_1");
  ASSERT_TRUE(program);
  EXPECT_STREQ(bpf_program__section_name(program), "raw_tp/begin");
  EXPECT_EQ(bpf_program__type(program), BPF_PROG_TYPE_RAW_TRACEPOINT);

  EXPECT_EQ(facts(object.get(), "map_c"), (MapFacts{BPF_MAP_TYPE_PERCPU_HASH, 16, 8, 128}));
  EXPECT_EQ(facts(object.get(), "map_n"), (MapFacts{BPF_MAP_TYPE_ARRAY, 4, 16, 1}));
  EXPECT_EQ(facts(object.get(), kCounters), (MapFacts{BPF_MAP_TYPE_PERCPU_ARRAY, 4, 16, 3}));
  EXPECT_EQ(facts(object.get(), kControlRing), (MapFacts{BPF_MAP_TYPE_RINGBUF, 0, 0, kControlRingBytes}));
  EXPECT_EQ(facts(object.get(), kDataRing), (MapFacts{BPF_MAP_TYPE_RINGBUF, 0, 0, 256 * 1024}));
  EXPECT_EQ(facts(object.get(), kScratch),
            (MapFacts{BPF_MAP_TYPE_ARRAY, 4, backend_sample::kScratchSize, kScratchFrames}));
  EXPECT_EQ(facts(object.get(), kScratchUse), (MapFacts{BPF_MAP_TYPE_PERCPU_ARRAY, 4, 8, 1}));
}

TEST(Artifact, HoldsOnlyTheMapsThatAreUsed) {
  Plan plan = backend_sample::sample_plan();
  plan.uses_control_ring = false;
  plan.counters.clear();
  Object object = open_object(artifact_of(plan, false));
  ASSERT_TRUE(object) << complaints();
  for (const char* name : {kControlRing, kCounters, kScratch, kScratchUse})
    EXPECT_FALSE(bpf_object__find_map_by_name(object.get(), name)) << name;
  EXPECT_TRUE(bpf_object__find_map_by_name(object.get(), kDataRing));
}

TEST(Artifact, CarriesThePlanWithTheScratchSize) {
  Plan plan = backend_sample::sample_plan();
  auto sections = elf_sections(artifact_of(plan));
  auto read = plan_from_bytes(sections[".tracer"]);
  ASSERT_TRUE(read) << read.error().text;
  plan.scratch_size = backend_sample::kScratchSize;
  EXPECT_EQ(plan_to_text(*read), plan_to_text(plan));
}

TEST(Artifact, HasTheLicenseOfTheConfiguration) {
  Plan plan = backend_sample::sample_plan();
  plan.config.license = "Dual MIT/GPL";
  EXPECT_EQ(elf_sections(artifact_of(plan))["license"], std::string("Dual MIT/GPL\0", 13));
}

TEST(Artifact, HasScriptLinesInBtfAndNoDwarf) {
  auto sections = elf_sections(artifact_of(backend_sample::sample_plan()));
  EXPECT_NE(sections[".BTF"].find("@c[comm] = count();"), std::string::npos);
  EXPECT_NE(sections[".BTF"].find("sample.bt"), std::string::npos);
  EXPECT_TRUE(sections.contains(".BTF.ext"));
  for (const auto& [name, bytes] : sections)
    EXPECT_TRUE(!name.starts_with(".debug_") || name == ".debug_frame") << name;
}

TEST(Artifact, TheKernelTakesAndRunsIt) {
  Object object = open_object(artifact_of(backend_sample::sample_plan()));
  ASSERT_TRUE(object) << complaints();
  int trouble = bpf_object__load(object.get());
  if (trouble == -EPERM) GTEST_SKIP() << "needs the right to load BPF programs";
  ASSERT_EQ(trouble, 0) << complaints();

  bpf_program* program = bpf_object__find_program_by_name(object.get(), "begin_1");
  bpf_test_run_opts run = {};
  run.sz = sizeof run;
  ASSERT_EQ(bpf_prog_test_run_opts(bpf_program__fd(program), &run), 0) << strerror(errno);
  EXPECT_EQ(run.retval, 0u);
  uint32_t key = 0;
  uint64_t value[2] = {};
  int map = bpf_object__find_map_fd_by_name(object.get(), "map_n");
  ASSERT_EQ(bpf_map_lookup_elem(map, &key, value), 0);
  EXPECT_EQ(value[0], 42u);
  EXPECT_EQ(value[1], 1u);
}

// A module whose program sums 0..9 by bpf_loop and a callback, and returns the sum.
Module module_with_callback() {
  auto impl = make_module(CodeTarget::Bpf);
  llvm::LLVMContext& context = *(*impl)->context;
  llvm::Module& module = *(*impl)->module;
  llvm::IRBuilder<> builder(context);
  Sources sources;
  uint32_t source = sources.add("loop.bt", "begin { for $i : 0..10 { } }");
  DebugInfo debug(module, sources, source, CodeTarget::Bpf);
  llvm::Type* word = builder.getInt64Ty();

  auto* callback_type = llvm::FunctionType::get(word, {word, builder.getPtrTy()}, false);
  auto* callback =
      llvm::Function::Create(callback_type, llvm::Function::InternalLinkage, "callback", &module);
  debug.enter_function(*callback, Span{source, 8, 26});
  builder.SetInsertPoint(llvm::BasicBlock::Create(context, "entry", callback));
  debug.set_location(builder, Span{source, 8, 26});
  llvm::Value* sum = builder.CreateLoad(word, callback->getArg(1));
  builder.CreateStore(builder.CreateAdd(sum, callback->getArg(0)), callback->getArg(1));
  builder.CreateRet(builder.getInt64(0));

  auto* program_type = llvm::FunctionType::get(word, {builder.getPtrTy()}, false);
  auto* program = llvm::Function::Create(program_type, llvm::Function::ExternalLinkage, "begin_1", &module);
  program->setSection("raw_tp/begin");
  debug.enter_function(*program, Span{source, 0, 5});
  builder.SetInsertPoint(llvm::BasicBlock::Create(context, "entry", program));
  debug.set_location(builder, Span{source, 0, 5});
  llvm::Value* total = builder.CreateAlloca(word);
  builder.CreateStore(builder.getInt64(0), total);
  call_helper(builder, CodeTarget::Bpf, Helper::loop,
              {builder.getInt64(10), callback, total, builder.getInt64(0)});
  builder.CreateRet(builder.CreateLoad(word, total));
  debug.finish();
  return Module(std::move(*impl));
}

TEST(Artifact, TheKernelTakesCallbacks) {
  Module module = module_with_callback();
  optimise(module);
  auto bytes = emit_artifact(module, Plan());
  ASSERT_TRUE(bytes) << bytes.error().text;
  Object object = open_object(*bytes);
  ASSERT_TRUE(object) << complaints();
  int trouble = bpf_object__load(object.get());
  if (trouble == -EPERM) GTEST_SKIP() << "needs the right to load BPF programs";
  ASSERT_EQ(trouble, 0) << complaints();
  bpf_test_run_opts run = {};
  run.sz = sizeof run;
  int program = bpf_program__fd(bpf_object__find_program_by_name(object.get(), "begin_1"));
  ASSERT_EQ(bpf_prog_test_run_opts(program, &run), 0) << strerror(errno);
  EXPECT_EQ(run.retval, 45u);
}

TEST(Artifact, WhatBpfCannotExpressIsAnError) {
  Plan plan = backend_sample::sample_plan();
  Module module = backend_sample::sample_module(CodeTarget::Bpf, plan, false);
  llvm::Module& inner = *module.impl().module;
  llvm::Function* function = inner.getFunction("begin_1");
  llvm::IRBuilder<> builder(function->getEntryBlock().getTerminator());
  llvm::Value* size = builder.CreatePtrToInt(function->getArg(0), builder.getInt64Ty());
  builder.CreateMemSet(builder.CreateAlloca(builder.getInt8Ty(), size), builder.getInt8(1), size,
                       llvm::Align(8));
  auto bytes = emit_artifact(module, plan);
  ASSERT_FALSE(bytes);
  EXPECT_NE(bytes.error().text.find("LLVM cannot generate code"), std::string::npos) << bytes.error().text;
}

TEST(Artifact, TooLargeAStackIsAnError) {
  Plan plan = backend_sample::sample_plan();
  Module module = backend_sample::sample_module(CodeTarget::Bpf, plan, false);
  llvm::Function* function = module.impl().module->getFunction("begin_1");
  llvm::IRBuilder<> builder(&function->getEntryBlock(), function->getEntryBlock().begin());
  llvm::Value* large = builder.CreateAlloca(llvm::ArrayType::get(builder.getInt8Ty(), 600));
  call_helper(builder, CodeTarget::Bpf, Helper::get_current_comm, {large, builder.getInt64(600)});
  auto bytes = emit_artifact(module, plan);
  ASSERT_FALSE(bytes);
  EXPECT_NE(bytes.error().text.find("stack"), std::string::npos) << bytes.error().text;
}

TEST(Disassemble, ShowsInstructionsAndLeavesTheModuleUsable) {
  Plan plan = backend_sample::sample_plan();
  Module module = backend_sample::sample_module(CodeTarget::Bpf, plan, true);
  optimise(module);
  auto text = disassemble(module);
  ASSERT_TRUE(text) << text.error().text;
  EXPECT_NE(text->find("begin_1:"), std::string::npos);
  EXPECT_NE(text->find("call 113"), std::string::npos) << *text;
  EXPECT_TRUE(emit_artifact(module, plan));
}

}  // namespace
}  // namespace tracer
