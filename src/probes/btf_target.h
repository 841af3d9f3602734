// Programs that the kernel ties, when it loads them, to something that BTF describes: a function, an event,
// an iterator, another program.
#pragma once

#include <bpf/libbpf.h>

#include <cstdint>
#include <string>

#include "base/result.h"
#include "base/unique_fd.h"

namespace tracer {

struct BtfTarget {
  uint32_t id = 0;
  int module_fd = 0;     // of a module's BTF, borrowed; 0: the kernel's own
  UniqueFd program;      // of a BPF program, whose own BTF has the id
  std::string function;  // for libbpf to look up, where our handlers came too late
};

// Before loading. The program is a tracing program from then on.
Result<void> set_btf_target(bpf_program* program, bpf_attach_type type, BtfTarget target);

}  // namespace tracer
