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

// Facts of this machine and run that programs have as constants.
struct RunFacts {
  uint64_t start_boot_ns = 0;  // `elapsed` counts from here
  uint64_t tai_offset_ns = 0;  // from the boot clock to atomic time: nsecs(sw_tai)
  uint32_t possible_cpus = 1;
  // Inode and device of the tracer's PID namespace; none in the initial one, where the kernel's
  // own ids are the right ones.
  struct PidNamespace {
    uint64_t device = 0, inode = 0;
  };
  std::optional<PidNamespace> pid_namespace;
};
RunFacts read_run_facts();

// Slots of Plan::counters that belong to one probe.
struct ProbeCounters {
  std::optional<uint32_t> lost_event, lost_control, missed;
};

struct ModuleEmitter {
  const ast::CheckedScript& script;
  const Plan& plan;
  CodeTarget target;
  llvm::Module& module;
  DebugInfo debug;
  MapGlobals maps;
  RunFacts facts;
  std::vector<ProbeCounters> counters;    // by probe
  uint32_t scratch_size = 0;              // largest frame that a program needs
  std::optional<uint32_t> process_event;  // index of the ProcessSeen event
  std::string defect;                     // first thing found that cannot be lowered; empty: none

  // The kernel's own variable of that name, which libbpf looks up when the object is loaded.
  llvm::GlobalVariable* kernel_variable(const std::string& name, const Type& type);

  ModuleEmitter(const ast::CheckedScript& checked, const Sources& sources, CodeTarget target,
                llvm::Module& module);
};

}  // namespace tracer
