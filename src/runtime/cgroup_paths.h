// Cgroups by their ids.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tracer {

// A hierarchy of cgroups: `unified` for version 2, of version 1 by the name of its mount point.
struct CgroupHierarchy {
  std::string name;
  std::string folder;  // where it is mounted
};
// From the text of /proc/self/mountinfo.
std::vector<CgroupHierarchy> parse_cgroup_mounts(std::string_view mountinfo);

// `unified:/a/b,cpu:/a`: each hierarchy whose name matches the filter (`*` allowed, empty: all) and that
// has the cgroup.
std::string cgroup_path_text(uint64_t id, std::string_view filter);

// Version 2 id of the cgroup of this process; 0 when unknown.
uint64_t own_cgroup_id();

}  // namespace tracer
