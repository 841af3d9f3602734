// What the programs of one module share while they are lowered.
#pragma once

#include <llvm/IR/Module.h>

#include <optional>
#include <string>
#include <vector>

#include "ast/check.h"
#include "codegen/codegen.h"
#include "codegen/debug_info.h"
#include "codegen/map_globals.h"

namespace tracer {

// Slots of Plan::counters that belong to one probe.
struct ProbeCounters {
  std::optional<uint32_t> lost_event, lost_control, missed;
};

struct ModuleEmitter {
  const ast::CheckedScript& script;
  const Plan& plan;
  CodeTarget target;
  StackUse stack = StackUse::Usual;
  llvm::Module& module;
  DebugInfo debug;
  MapGlobals maps;
  RunFacts facts;
  std::vector<ProbeCounters> counters;    // by probe
  uint32_t scratch_size = 0;              // largest frame that a program needs
  std::optional<uint32_t> process_event;  // index of the ProcessSeen event
  std::string defect;                     // first thing found that cannot be lowered; empty: none

  // Where a saved object looks for RunFacts.
  llvm::GlobalVariable* saved_facts();
  // The kernel's own variable of that name, which libbpf looks up when the object is loaded.
  llvm::GlobalVariable* kernel_variable(const std::string& name, const Type& type);

  // A function of the kernel that programs may call, declared with these types.
  llvm::Function* kernel_function(const char* name, const Type& result, const Type& parameter);

  ModuleEmitter(const ast::CheckedScript& checked, const Sources& sources, CodeTarget target,
                llvm::Module& module);
};

}  // namespace tracer
