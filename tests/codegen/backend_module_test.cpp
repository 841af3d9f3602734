// The module itself: verification, optimisation, helper calls.
#include <gtest/gtest.h>
#include <linux/bpf.h>

#include <set>

#include "backend_sample.h"

namespace tracer {
namespace {

struct HelperFacts {
  const char* name;
  unsigned id;
  const char* signature;
};

constexpr HelperFacts kFacts[] = {
#define HELPER(name, id, signature, effect) {#name, id, signature},
#include "codegen/helpers.def"
#undef HELPER
};

TEST(Helpers, RowsAreWellFormed) {
  std::set<std::string> names;
  std::set<unsigned> ids;
  for (const HelperFacts& helper : kFacts) {
    EXPECT_TRUE(names.insert(helper.name).second) << helper.name;
    EXPECT_TRUE(ids.insert(helper.id).second) << helper.name;
    std::string signature = helper.signature;
    ASSERT_FALSE(signature.empty());
    EXPECT_NE(std::string("vplu").find(signature[0]), std::string::npos) << helper.name;
    EXPECT_EQ(signature.find_first_not_of("pl", 1), std::string::npos) << helper.name;
    EXPECT_LE(signature.size(), 6u) << helper.name << " has more than five arguments";
  }
}

TEST(Helpers, IdsAreThoseOfTheKernelsHeader) {
#define HELPER(name, id, signature, effect) EXPECT_EQ(static_cast<int>(BPF_FUNC_##name), id) << #name;
#include "codegen/helpers.def"
#undef HELPER
}

TEST(Helpers, HaveTheKernelsNames) { EXPECT_STREQ(helper_name(Helper::map_update_elem), "map_update_elem"); }

// A function `i64 test(ptr)` of which a test fills the body.
struct OneFunction {
  explicit OneFunction(CodeTarget target) : impl(std::move(*make_module(target))), builder(*impl->context) {
    auto* type = llvm::FunctionType::get(builder.getInt64Ty(), {builder.getPtrTy()}, false);
    function = llvm::Function::Create(type, llvm::Function::ExternalLinkage, "test", impl->module.get());
    builder.SetInsertPoint(llvm::BasicBlock::Create(*impl->context, "entry", function));
  }
  std::unique_ptr<Module::Impl> impl;
  llvm::IRBuilder<> builder;
  llvm::Function* function = nullptr;
};

std::string optimised_ir(OneFunction& one) {
  EXPECT_TRUE(verify_module(*one.impl));
  Module module(std::move(one.impl));
  optimise(module);
  return module.ir();
}

size_t occurrences(const std::string& text, const std::string& what) {
  size_t count = 0;
  for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) count++;
  return count;
}

TEST(Helpers, ArgumentsAreConverted) {
  OneFunction one(CodeTarget::Bpf);
  llvm::Value* pointer = one.builder.getInt64(0x1000);
  call_helper(one.builder, CodeTarget::Bpf, Helper::get_current_comm, {pointer, one.builder.getInt8(200)});
  one.builder.CreateRet(one.builder.getInt64(0));
  EXPECT_TRUE(verify_module(*one.impl));
  EXPECT_NE(Module(std::move(one.impl)).ir().find("(ptr inttoptr (i64 4096 to ptr), i64 200)"),
            std::string::npos);
}

TEST(Helpers, NarrowResultsOfTheHostAreWidened) {
  OneFunction one(CodeTarget::Host);
  llvm::Value* cpu = call_helper(one.builder, CodeTarget::Host, Helper::get_smp_processor_id, {});
  EXPECT_TRUE(cpu->getType()->isIntegerTy(64));
  one.builder.CreateRet(cpu);
  EXPECT_TRUE(verify_module(*one.impl));
  EXPECT_NE(Module(std::move(one.impl)).ir().find("zext i32"), std::string::npos);
}

TEST(Optimise, MergesCallsOfPureHelpersOnly) {
  OneFunction one(CodeTarget::Bpf);
  auto call = [&](Helper helper) { return call_helper(one.builder, CodeTarget::Bpf, helper, {}); };
  llvm::Value* ids = one.builder.CreateXor(one.builder.CreateShl(call(Helper::get_current_pid_tgid), 1),
                                           call(Helper::get_current_pid_tgid));
  llvm::Value* times = one.builder.CreateSub(call(Helper::ktime_get_ns), call(Helper::ktime_get_ns));
  one.builder.CreateRet(one.builder.CreateXor(ids, times));
  std::string ir = optimised_ir(one);
  EXPECT_EQ(occurrences(ir, "(i64 14 to ptr)"), 1u) << ir;
  EXPECT_EQ(occurrences(ir, "(i64 5 to ptr)"), 2u) << ir;
}

// BPF has no memset to call, so no loop may become one.
TEST(Optimise, LeavesLoopsThatFillMemory) {
  OneFunction one(CodeTarget::Bpf);
  llvm::IRBuilder<>& builder = one.builder;
  llvm::BasicBlock* entry = builder.GetInsertBlock();
  auto* loop = llvm::BasicBlock::Create(*one.impl->context, "loop", one.function);
  auto* done = llvm::BasicBlock::Create(*one.impl->context, "done", one.function);
  builder.CreateBr(loop);
  builder.SetInsertPoint(loop);
  llvm::PHINode* index = builder.CreatePHI(builder.getInt64Ty(), 2);
  index->addIncoming(builder.getInt64(0), entry);
  builder.CreateStore(builder.getInt64(0),
                      builder.CreateGEP(builder.getInt64Ty(), one.function->getArg(0), index));
  llvm::Value* next = builder.CreateAdd(index, builder.getInt64(1));
  index->addIncoming(next, loop);
  builder.CreateCondBr(builder.CreateICmpULT(next, builder.getInt64(4096)), loop, done);
  builder.SetInsertPoint(done);
  builder.CreateRet(builder.getInt64(0));
  EXPECT_EQ(optimised_ir(one).find("memset"), std::string::npos);
}

TEST(VerifyModule, NamesWhatIsMalformed) {
  OneFunction one(CodeTarget::Bpf);
  auto verified = verify_module(*one.impl);  // the block has no terminator
  ASSERT_FALSE(verified);
  EXPECT_NE(verified.error().text.find("terminator"), std::string::npos) << verified.error().text;
}

// Every size around the step from inline code to a helper, and odd ones.
TEST(MemoryOps, NeverCallWhatBpfLacks) {
  for (uint64_t size : {0, 1, 7, 8, 9, 127, 128, 129, 136, 1000, 4096}) {
    OneFunction one(CodeTarget::Bpf);
    llvm::Value* to = one.function->getArg(0);
    emit_zero(one.builder, CodeTarget::Bpf, to, size);
    emit_copy(one.builder, CodeTarget::Bpf, to,
              one.builder.CreateConstGEP1_64(one.builder.getInt8Ty(), to, 8192), size);
    one.builder.CreateRet(one.builder.getInt64(0));
    Module module(std::move(one.impl));
    optimise(module);
    auto object = emit_artifact(module, Plan());
    EXPECT_TRUE(object) << size << ": " << object.error().text;
  }
}

}  // namespace
}  // namespace tracer
