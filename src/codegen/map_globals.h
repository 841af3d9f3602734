// The module's maps: the script's own and those of the machinery (plan/plan.h). For the kernel a
// map is a BTF-defined one in section `.maps`; in this process its symbol is bound to the address
// of a UserMap (runtime/user_world.h). Either way a program passes the global's address to helpers.
#pragma once

#include <llvm/IR/GlobalVariable.h>
#include <llvm/IR/Module.h>

#include <vector>

#include "codegen/codegen.h"
#include "codegen/debug_info.h"
#include "plan/plan.h"

namespace tracer {

class MapGlobals {
 public:
  MapGlobals(llvm::Module& module, DebugInfo& debug, const Plan& plan, CodeTarget target);

  llvm::GlobalVariable* script_map(uint32_t index) { return script_maps_[index]; }
  // Null when the Plan says that nothing uses it.
  llvm::GlobalVariable* data_ring() { return data_ring_; }
  llvm::GlobalVariable* control_ring() { return control_ring_; }
  llvm::GlobalVariable* counters() { return counters_; }
  llvm::GlobalVariable* packets() { return packets_; }
  llvm::GlobalVariable* processes() { return processes_; }
  // Created at the first call; finish() then states the size.
  llvm::GlobalVariable* scratch();
  llvm::GlobalVariable* scratch_use();

  // For dw_ustack() (plan/unwind.h). Created at the first call.
  struct Unwinding {
    llvm::GlobalVariable *rows = nullptr, *mappings = nullptr, *processes = nullptr;
  };
  const Unwinding& unwinding();

  // To be called once when every program is lowered, before DebugInfo::finish(). `scratch_size`:
  // bytes of one frame.
  void finish(uint32_t scratch_size);

 private:
  llvm::GlobalVariable* declare(const std::string& symbol);
  void describe(llvm::GlobalVariable* map, uint32_t type, uint32_t key_size, uint32_t value_size,
                uint32_t max_entries);
  llvm::GlobalVariable* ring(const char* symbol, uint32_t bytes);

  llvm::Module& module_;
  DebugInfo& debug_;
  CodeTarget target_;
  std::vector<llvm::GlobalVariable*> script_maps_;
  llvm::GlobalVariable* data_ring_ = nullptr;
  llvm::GlobalVariable* control_ring_ = nullptr;
  llvm::GlobalVariable* counters_ = nullptr;
  llvm::GlobalVariable* packets_ = nullptr;
  llvm::GlobalVariable* processes_ = nullptr;
  Unwinding unwinding_;
  llvm::GlobalVariable* scratch_ = nullptr;
  llvm::GlobalVariable* scratch_use_ = nullptr;
};

}  // namespace tracer
