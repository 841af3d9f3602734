// BPF helpers for native code, by the same calling convention: integers and pointers in, a 64-bit
// integer or pointer out. Map arguments are UserMap*. The context argument of programs is null here.
#include <linux/bpf.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <random>

#include "runtime/cgroup_paths.h"
#include "runtime/user_map.h"
#include "runtime/user_memory.h"
#include "runtime/user_ring.h"
#include "runtime/user_world.h"

namespace tracer {

namespace {

// ---------------------------------------------------------------- maps

void* map_lookup_elem(UserMap* map, const void* key) { return map->lookup(key); }

void* map_lookup_percpu_elem(UserMap* map, const void* key, uint32_t cpu) {
  return cpu == 0 ? map->lookup(key) : nullptr;
}

long map_update_elem(UserMap* map, const void* key, const void* value, uint64_t flags) {
  return map->update(key, value, flags);
}

long map_delete_elem(UserMap* map, const void* key) { return map->remove(key); }

long for_each_map_elem(UserMap* map, void* callback, void* context, uint64_t flags) {
  if (flags != 0) return -EINVAL;
  using Visit = long (*)(UserMap*, const void*, void*, void*);
  auto visit = reinterpret_cast<Visit>(callback);
  return map->for_each([&](const void* key, void* value) { return visit(map, key, value, context) == 0; });
}

// ---------------------------------------------------------------- rings

void* ringbuf_reserve(UserMap* map, uint64_t size, uint64_t flags) {
  UserRing* ring = map->ring();
  return ring && flags == 0 ? ring->reserve(size) : nullptr;
}

void ringbuf_submit(void* record, uint64_t) { UserRing::finish(record, true); }
void ringbuf_discard(void* record, uint64_t) { UserRing::finish(record, false); }

long ringbuf_output(UserMap* map, const void* data, uint64_t size, uint64_t) {
  UserRing* ring = map->ring();
  return ring ? ring->output(data, size) : -EINVAL;
}

uint64_t ringbuf_query(UserMap* map, uint64_t what) {
  UserRing* ring = map->ring();
  return ring ? ring->query(what) : 0;
}

// ---------------------------------------------------------------- memory

long probe_read(void* to, uint32_t size, const void* from) { return read_own_memory(to, size, from); }
long probe_read_str(void* to, uint32_t size, const void* from) { return read_own_string(to, size, from); }

long compare_strings(const char* a, uint32_t size, const char* b) { return std::strncmp(a, b, size); }

// ---------------------------------------------------------------- time, task

uint64_t read_clock(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(now.tv_nsec);
}

uint64_t ktime_get_ns() { return read_clock(CLOCK_MONOTONIC); }
uint64_t ktime_get_boot_ns() { return read_clock(CLOCK_BOOTTIME); }
uint64_t ktime_get_tai_ns() { return read_clock(CLOCK_TAI); }

uint64_t jiffies64() {
  // The coarse clock moves by ticks; CONFIG_HZ of the distributions is not known here: 250 is theirs.
  constexpr uint64_t kTick = 1'000'000'000 / 250;
  return read_clock(CLOCK_MONOTONIC_COARSE) / kTick;
}

uint32_t get_prandom_u32() {
  static std::minstd_rand high{std::random_device{}()}, low{std::random_device{}()};
  return static_cast<uint32_t>(high()) << 16 ^ static_cast<uint32_t>(low());
}

uint32_t get_smp_processor_id() { return 0; }
long get_numa_node_id() { return 0; }

uint64_t get_current_pid_tgid() {
  return static_cast<uint64_t>(getpid()) << 32 | static_cast<uint32_t>(syscall(SYS_gettid));
}

uint64_t get_current_uid_gid() { return static_cast<uint64_t>(getgid()) << 32 | getuid(); }

long get_current_comm(char* to, uint32_t size) {
  char name[16] = {};
  prctl(PR_GET_NAME, name);
  if (size == 0) return -EINVAL;
  std::memset(to, 0, size);
  std::memcpy(to, name, std::min<size_t>(size - 1, strnlen(name, sizeof name)));
  return 0;
}

uint64_t get_current_task() { return 0; }
uint64_t get_current_cgroup_id() { return own_cgroup_id(); }

long get_ns_current_pid_tgid(uint64_t device, uint64_t inode, bpf_pidns_info* info, uint32_t size) {
  struct stat space {};
  bool known = stat("/proc/self/ns/pid", &space) == 0;
  if (size != sizeof *info || !known || space.st_ino != inode || space.st_dev != device) {
    std::memset(info, 0, size);
    return -EINVAL;
  }
  info->pid = static_cast<uint32_t>(syscall(SYS_gettid));
  info->tgid = static_cast<uint32_t>(getpid());
  return 0;
}

// ---------------------------------------------------------------- where the program stands: nowhere

long get_stack(void*, void* to, uint32_t size, uint64_t) {
  std::memset(to, 0, size);
  return 0;
}

uint64_t get_func_ip(void*) { return 0; }
uint64_t get_attach_cookie(void*) { return 0; }

// ---------------------------------------------------------------- loops

long loop(uint32_t times, void* callback, void* context, uint64_t flags) {
  constexpr uint32_t kMostTimes = 1 << 23;  // the kernel's BPF_MAX_LOOPS
  if (flags != 0) return -EINVAL;
  if (times > kMostTimes) return -E2BIG;
  auto body = reinterpret_cast<long (*)(uint32_t, void*)>(callback);
  for (uint32_t i = 0; i < times; ++i) {
    if (body(i, context) != 0) return i + 1;
  }
  return times;
}

}  // namespace

std::span<const HelperAddress> user_helpers() {
#define HELPER(name) \
  HelperAddress { "bpf_" #name, reinterpret_cast<void*>(&name) }
#define HELPER_AS(name, function) \
  HelperAddress { "bpf_" #name, reinterpret_cast<void*>(&function) }
  static const std::array kHelpers = {
      HELPER(map_lookup_elem),
      HELPER(map_lookup_percpu_elem),
      HELPER(map_update_elem),
      HELPER(map_delete_elem),
      HELPER(for_each_map_elem),
      HELPER(ringbuf_reserve),
      HELPER(ringbuf_submit),
      HELPER(ringbuf_discard),
      HELPER(ringbuf_output),
      HELPER(ringbuf_query),
      HELPER(probe_read),
      HELPER(probe_read_str),
      HELPER_AS(probe_read_kernel, probe_read),
      HELPER_AS(probe_read_user, probe_read),
      HELPER_AS(probe_read_kernel_str, probe_read_str),
      HELPER_AS(probe_read_user_str, probe_read_str),
      HELPER_AS(strncmp, compare_strings),
      HELPER(ktime_get_ns),
      HELPER(ktime_get_boot_ns),
      HELPER(ktime_get_tai_ns),
      HELPER(jiffies64),
      HELPER(get_prandom_u32),
      HELPER(get_smp_processor_id),
      HELPER(get_numa_node_id),
      HELPER(get_current_pid_tgid),
      HELPER(get_current_uid_gid),
      HELPER(get_current_comm),
      HELPER(get_current_task),
      HELPER(get_current_cgroup_id),
      HELPER(get_ns_current_pid_tgid),
      HELPER(get_stack),
      HELPER(get_func_ip),
      HELPER(get_attach_cookie),
      HELPER(loop),
  };
#undef HELPER
#undef HELPER_AS
  return kHelpers;
}

}  // namespace tracer
