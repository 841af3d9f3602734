#include "codegen/map_globals.h"

#include <linux/bpf.h>
#include <llvm/IR/Constants.h>
#include <llvm/IR/DerivedTypes.h>

#include <algorithm>

#include "plan/unwind.h"

namespace tracer {
namespace {

// In the order of MapStorage.
constexpr uint32_t kMapTypes[] = {
    BPF_MAP_TYPE_ARRAY,       BPF_MAP_TYPE_PERCPU_ARRAY, BPF_MAP_TYPE_HASH,
    BPF_MAP_TYPE_PERCPU_HASH, BPF_MAP_TYPE_LRU_HASH,     BPF_MAP_TYPE_LRU_PERCPU_HASH,
};

constexpr uint32_t kArrayKeySize = 4;
constexpr uint32_t kCounterSize = 16;  // uint64 count, int64 last return code
// The runtime sets the size that the user asked for before it loads the object.
constexpr uint32_t kDefaultDataRingBytes = 256 * 1024;

}  // namespace

MapGlobals::MapGlobals(llvm::Module& module, DebugInfo& debug, const Plan& plan, CodeTarget target)
    : module_(module), debug_(debug), target_(target) {
  for (const MapPlan& map : plan.maps) {
    llvm::GlobalVariable* global = declare(map.symbol);
    describe(global, kMapTypes[static_cast<size_t>(map.storage)],
             map.has_written_word() ? kArrayKeySize : map.key_size, map.value_size, map.max_entries);
    script_maps_.push_back(global);
  }
  if (plan.uses_data_ring) data_ring_ = ring(kDataRing, kDefaultDataRingBytes);
  if (plan.uses_control_ring) control_ring_ = ring(kControlRing, kControlRingBytes);
  if (!plan.counters.empty()) {
    counters_ = declare(kCounters);
    describe(counters_, BPF_MAP_TYPE_PERCPU_ARRAY, kArrayKeySize, kCounterSize, plan.counters.size());
  }
  // The loader gives it an entry for each CPU.
  if (plan.uses_packets) {
    packets_ = declare(kPackets);
    describe(packets_, BPF_MAP_TYPE_PERF_EVENT_ARRAY, kArrayKeySize, sizeof(uint32_t), 0);
  }
  const auto sees_process = [](const EventPlan& event) { return event.kind == EventKind::ProcessSeen; };
  if (std::any_of(plan.events.begin(), plan.events.end(), sees_process)) {
    processes_ = declare(kProcesses);
    describe(processes_, BPF_MAP_TYPE_LRU_HASH, kSeenProcessKeySize, sizeof(uint64_t), kSeenProcesses);
  }
}

llvm::GlobalVariable* MapGlobals::declare(const std::string& symbol) {
  llvm::LLVMContext& context = module_.getContext();
  if (target_ == CodeTarget::Host)
    return new llvm::GlobalVariable(module_, llvm::Type::getInt8Ty(context), false,
                                    llvm::GlobalValue::ExternalLinkage, nullptr, symbol);
  // As large as the struct that describe() gives it; what stands in it is never read.
  llvm::Type* type = llvm::ArrayType::get(llvm::Type::getInt64Ty(context), 4);
  auto* global = new llvm::GlobalVariable(module_, type, false, llvm::GlobalValue::ExternalLinkage,
                                          llvm::ConstantAggregateZero::get(type), symbol);
  global->setSection(".maps");
  global->setAlignment(llvm::Align(8));
  return global;
}

void MapGlobals::describe(llvm::GlobalVariable* map, uint32_t type, uint32_t key_size, uint32_t value_size,
                          uint32_t max_entries) {
  debug_.describe_map(
      *map,
      {{"type", type}, {"key_size", key_size}, {"value_size", value_size}, {"max_entries", max_entries}});
}

llvm::GlobalVariable* MapGlobals::ring(const char* symbol, uint32_t bytes) {
  llvm::GlobalVariable* global = declare(symbol);
  describe(global, BPF_MAP_TYPE_RINGBUF, 0, 0, bytes);
  return global;
}

llvm::GlobalVariable* MapGlobals::scratch() {
  if (!scratch_) scratch_ = declare(kScratch);
  return scratch_;
}

llvm::GlobalVariable* MapGlobals::scratch_use() {
  if (!scratch_use_) scratch_use_ = declare(kScratchUse);
  return scratch_use_;
}

const MapGlobals::Unwinding& MapGlobals::unwinding() {
  if (unwinding_.rows) return unwinding_;
  unwinding_ = {declare(kUnwindRows), declare(kUnwindMappings), declare(kUnwindProcesses)};
  describe(unwinding_.rows, BPF_MAP_TYPE_ARRAY, kArrayKeySize, sizeof(UnwindRow), 1);
  describe(unwinding_.mappings, BPF_MAP_TYPE_ARRAY, kArrayKeySize, sizeof(UnwindMapping),
           kMostUnwindMappings);
  describe(unwinding_.processes, BPF_MAP_TYPE_HASH, sizeof(uint32_t), sizeof(UnwindProcess),
           kMostUnwindProcesses);
  return unwinding_;
}

void MapGlobals::finish(uint32_t scratch_size) {
  // No per-CPU array: of those the kernel makes none with values above 32 KiB. The loader gives it entries
  // for every CPU.
  if (scratch_) describe(scratch_, BPF_MAP_TYPE_ARRAY, kArrayKeySize, scratch_size, kScratchFrames);
  if (scratch_use_) describe(scratch_use_, BPF_MAP_TYPE_PERCPU_ARRAY, kArrayKeySize, sizeof(uint64_t), 1);
}

}  // namespace tracer
