// BPF programs that are loaded into the kernel, and the functions in them that BTF describes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"

namespace tracer {

struct BpfFunction {
  uint32_t program_id = 0;
  std::string name;          // of the function: the program itself, or a subprogram
  uint32_t result_size = 0;  // bytes; 0: void
  bool result_signed = false;
};

// Functions of all loaded programs that have BTF, by program id. Fails without the privilege to look.
Result<std::vector<BpfFunction>> loaded_bpf_functions();

// One of them.
Result<BpfFunction> describe_bpf_function(uint32_t program_id, std::string_view function);

// What loading a program that is attached to such a function needs.
struct BpfFunctionTarget {
  UniqueFd fd;  // of the program
  uint32_t btf_id = 0;
};
Result<BpfFunctionTarget> find_bpf_function(uint32_t program_id, std::string_view function);

}  // namespace tracer
