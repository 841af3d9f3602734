#include "btf/module_btf_fd.h"

#include <bpf/bpf.h>

#include <cerrno>
#include <cstring>
#include <string>

namespace tracer {

// The kernel knows its BTF blobs by id only; the name of each is asked for in turn.
Result<UniqueFd> open_module_btf(std::string_view module) {
  uint32_t id = 0;
  while (bpf_btf_get_next_id(id, &id) == 0) {
    UniqueFd fd(bpf_btf_get_fd_by_id(id));
    if (!fd) {
      if (errno == ENOENT) continue;  // gone meanwhile
      return fail("cannot open the kernel's BTF objects: " + std::string(std::strerror(errno)),
                  "run as root, or with CAP_SYS_ADMIN");
    }
    char name[64] = {};
    bpf_btf_info info{};
    info.name = reinterpret_cast<uintptr_t>(name);
    info.name_len = sizeof name;
    uint32_t size = sizeof info;
    if (bpf_btf_get_info_by_fd(fd.get(), &info, &size) == 0 && info.kernel_btf && module == name) return fd;
  }
  return fail("the kernel has no BTF for module `" + std::string(module) + "`");
}

}  // namespace tracer
