// What programs know of the machine and the run that they are part of.
#include <sys/stat.h>
#include <time.h>

#include <algorithm>
#include <charconv>

#include "base/files.h"
#include "base/text.h"
#include "plan/plan.h"

namespace tracer {
namespace {

// Of the first PID namespace, fixed in the kernel (PROC_PID_INIT_INO).
constexpr uint64_t kInitialPidNamespace = 0xEFFFFFFC;

uint32_t possible_cpus() {
  // A list of ranges such as `0-3` or `0,2-5`; the highest number counts, as maps have a slot for
  // each number below.
  auto text = read_file("/sys/devices/system/cpu/possible");
  if (!text) return 1;
  uint32_t highest = 0;
  for (std::string_view range : split(trim(*text), ',')) {
    std::string_view last = range.substr(range.find('-') + 1);
    uint32_t number = 0;
    std::from_chars(last.data(), last.data() + last.size(), number);
    highest = std::max(highest, number);
  }
  return highest + 1;
}

uint64_t nanoseconds(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return uint64_t(now.tv_sec) * 1'000'000'000 + uint64_t(now.tv_nsec);
}

}  // namespace

RunFacts read_run_facts() {
  RunFacts facts;
  facts.start_boot_ns = nanoseconds(CLOCK_BOOTTIME);
  facts.tai_offset_ns = nanoseconds(CLOCK_TAI) - nanoseconds(CLOCK_BOOTTIME);
  facts.possible_cpus = possible_cpus();
  struct stat info {};
  if (stat("/proc/self/ns/pid", &info) == 0 && info.st_ino != kInitialPidNamespace) {
    facts.pid_device = info.st_dev;
    facts.pid_inode = info.st_ino;
  }
  return facts;
}

}  // namespace tracer
