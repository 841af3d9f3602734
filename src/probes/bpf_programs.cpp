#include "probes/bpf_programs.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>

namespace tracer {
namespace {

struct FreeBtf {
  void operator()(btf* types) const { btf__free(types); }
};

// What the kernel says of one program, with its table of functions.
struct Program {
  UniqueFd fd;
  bpf_prog_info info{};
  std::vector<bpf_func_info> functions;
  std::unique_ptr<btf, FreeBtf> types;
};

Error no_access(int error) {
  bool denied = error == EPERM || error == EACCES;
  return {fmt::format("cannot look at loaded BPF programs: {}", std::strerror(error)),
          denied ? "run as root" : ""};
}

std::unexpected<Error> no_function(uint32_t program_id, std::string_view function) {
  return fail(fmt::format("the BPF program {} has no function `{}`", program_id, function));
}

// Without BTF the program has no functions that could be named.
Result<Program> read_program(uint32_t id) {
  Program program;
  program.fd = UniqueFd(bpf_prog_get_fd_by_id(id));
  if (!program.fd) return std::unexpected(no_access(errno));
  __u32 size = sizeof program.info;
  if (bpf_obj_get_info_by_fd(program.fd.get(), &program.info, &size) != 0)
    return std::unexpected(no_access(errno));
  const uint32_t count = program.info.nr_func_info;
  if (program.info.btf_id == 0 || count == 0) return program;
  program.functions.resize(count);
  bpf_prog_info request{};
  request.nr_func_info = count;
  request.func_info_rec_size = sizeof(bpf_func_info);
  request.func_info = reinterpret_cast<uint64_t>(program.functions.data());
  size = sizeof request;
  if (bpf_obj_get_info_by_fd(program.fd.get(), &request, &size) != 0)
    return std::unexpected(no_access(errno));
  program.functions.resize(std::min<size_t>(count, request.nr_func_info));
  program.types.reset(btf__load_from_kernel_by_id(program.info.btf_id));
  return program;
}

const char* function_name(const Program& program, const bpf_func_info& function) {
  const btf_type* type = program.types ? btf__type_by_id(program.types.get(), function.type_id) : nullptr;
  return type && btf_is_func(type) ? btf__name_by_offset(program.types.get(), type->name_off) : nullptr;
}

// Typedefs and qualifiers taken off.
const btf_type* plain_type(const btf* types, uint32_t id) {
  const btf_type* type = btf__type_by_id(types, id);
  while (type && (btf_is_mod(type) || btf_is_typedef(type) || btf_is_type_tag(type)))
    type = btf__type_by_id(types, type->type);
  return type;
}

// None for what has no name.
std::optional<BpfFunction> describe(uint32_t id, const Program& program, const bpf_func_info& function) {
  const char* name = function_name(program, function);
  if (!name) return {};
  BpfFunction result{.program_id = id, .name = name};
  const btf* types = program.types.get();
  const btf_type* prototype = btf__type_by_id(types, btf__type_by_id(types, function.type_id)->type);
  if (!prototype || !btf_is_func_proto(prototype)) return result;
  const btf_type* type = prototype->type ? plain_type(types, prototype->type) : nullptr;
  if (!type) return result;
  result.result_size = btf_is_ptr(type) ? 8 : std::clamp(type->size, 1u, 8u);
  result.result_signed = btf_is_int(type) && (btf_int_encoding(type) & BTF_INT_SIGNED);
  return result;
}

}  // namespace

Result<std::vector<BpfFunction>> loaded_bpf_functions() {
  std::vector<BpfFunction> result;
  uint32_t id = 0;
  while (bpf_prog_get_next_id(id, &id) == 0) {
    auto program = read_program(id);
    // One that is gone by now, or that this user may not see, is none of those that can be probed.
    if (!program) continue;
    for (const bpf_func_info& function : program->functions)
      if (auto described = describe(id, *program, function)) result.push_back(std::move(*described));
  }
  if (errno != ENOENT) return std::unexpected(no_access(errno));
  return result;
}

Result<BpfFunction> describe_bpf_function(uint32_t program_id, std::string_view function) {
  auto program = read_program(program_id);
  if (!program) return std::unexpected(program.error());
  for (const bpf_func_info& each : program->functions)
    if (auto found = describe(program_id, *program, each); found && found->name == function) return *found;
  return no_function(program_id, function);
}

Result<BpfFunctionTarget> find_bpf_function(uint32_t program_id, std::string_view function) {
  auto program = read_program(program_id);
  if (!program) return std::unexpected(program.error());
  for (const bpf_func_info& each : program->functions) {
    const char* name = function_name(*program, each);
    if (name && function == name) return BpfFunctionTarget{std::move(program->fd), each.type_id};
  }
  return no_function(program_id, function);
}

}  // namespace tracer
