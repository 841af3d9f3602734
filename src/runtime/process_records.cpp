#include "runtime/process_records.h"

#include <fmt/format.h>
#include <linux/perf_event.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>

#include "runtime/bytes.h"

namespace tracer {

namespace {

constexpr size_t kRingBytes = 128 * 1024;  // of each CPU
// Files must be opened while the process lives, so that the reader is woken early.
constexpr uint32_t kWakeupBytes = 512;
constexpr uint64_t kCpuInterval = 1'000'000'000;  // between looks at which CPUs there are

// Every record ends with what sample_type asks for: process and thread, then the time.
constexpr size_t kTrailer = 16, kTime = 8;

// Places in records, from their start.
constexpr size_t kProcess = 8, kThread = 12;
constexpr size_t kForkParent = 12, kForkThread = 16;
constexpr size_t kMapStart = 16, kMapSize = 24, kMapOffset = 32, kMapFile = 40, kMapPath = 72;
constexpr size_t kMostBuildId = 20;

size_t page_size() { return static_cast<size_t>(sysconf(_SC_PAGESIZE)); }

perf_event_attr attributes() {
  perf_event_attr attr{};
  attr.size = sizeof attr;
  attr.type = PERF_TYPE_SOFTWARE;
  attr.config = PERF_COUNT_SW_DUMMY;
  attr.sample_type = PERF_SAMPLE_TID | PERF_SAMPLE_TIME;
  attr.sample_id_all = 1;
  attr.mmap = attr.mmap2 = attr.build_id = 1;
  attr.comm = attr.comm_exec = attr.task = 1;
  attr.use_clockid = 1;
  attr.clockid = CLOCK_MONOTONIC;
  attr.watermark = 1;
  attr.wakeup_watermark = kWakeupBytes;
  return attr;
}

FileIdentity file_of(Bytes record, bool has_build_id) {
  FileIdentity file;
  if (has_build_id) {
    const uint64_t size = std::min<uint64_t>(load_unsigned(record, kMapFile, 1), kMostBuildId);
    file.build_id = as_text(slice(record, kMapFile + 4, size));
  } else {
    file.device = load_unsigned(record, kMapFile, 4) << 32 | load_unsigned(record, kMapFile + 4, 4);
    file.inode = load_unsigned(record, kMapFile + 8, 8);
  }
  return file;
}

}  // namespace

uint64_t monotonic_now() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return uint64_t(now.tv_sec) * 1'000'000'000 + uint64_t(now.tv_nsec);
}

std::optional<ProcessRecord> parse_process_record(Bytes record) {
  if (record.size() < sizeof(perf_event_header) + kTrailer) return {};
  perf_event_header header;
  std::memcpy(&header, record.data(), sizeof header);
  const Bytes body = record.first(record.size() - kTrailer);
  ProcessRecord result;
  result.time = load_unsigned(record, record.size() - kTime, 8);
  result.process = static_cast<pid_t>(load_unsigned(body, kProcess, 4));
  const auto word = [&](size_t at) { return static_cast<pid_t>(load_unsigned(body, at, 4)); };
  switch (header.type) {
    case PERF_RECORD_FORK:
    case PERF_RECORD_EXIT:
      // Threads come and go in their process.
      if (word(kForkThread) != result.process) return {};
      result.kind = header.type == PERF_RECORD_FORK ? ProcessRecord::Kind::Fork : ProcessRecord::Kind::End;
      result.parent = word(kForkParent);
      return result;
    case PERF_RECORD_COMM:
      if ((header.misc & PERF_RECORD_MISC_COMM_EXEC) == 0) return {};
      result.kind = ProcessRecord::Kind::Execute;
      return result;
    case PERF_RECORD_MMAP2:
      result.start = load_unsigned(body, kMapStart, 8);
      result.size = load_unsigned(body, kMapSize, 8);
      result.offset = load_unsigned(body, kMapOffset, 8);
      result.file = file_of(body, (header.misc & PERF_RECORD_MISC_MMAP_BUILD_ID) != 0);
      result.path = as_text(slice(body, kMapPath, body.size()));
      result.path.resize(strnlen(result.path.data(), result.path.size()));
      if (result.size == 0 || result.start + result.size < result.start) return {};
      return result;
    default:
      return {};
  }
}

ProcessRecords::~ProcessRecords() {
  while (!rings_.empty()) close_ring(rings_.begin());
}

Result<void> ProcessRecords::open() {
  poll_.reset(epoll_create1(EPOLL_CLOEXEC));
  if (!poll_) return fail(std::strerror(errno));
  cpus_.look();
  for (const int cpu : online_cpus()) {
    if (auto opened = open_on(cpu); !opened) {
      while (!rings_.empty()) close_ring(rings_.begin());
      poll_.reset();
      return opened;
    }
  }
  return {};
}

Result<void> ProcessRecords::open_on(int cpu) {
  perf_event_attr attr = attributes();
  Ring ring;
  ring.fd.reset(static_cast<int>(syscall(SYS_perf_event_open, &attr, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC)));
  if (!ring.fd) return fail(fmt::format("perf_event_open: {}", std::strerror(errno)));
  ring.memory = mmap(nullptr, page_size() + kRingBytes, PROT_READ | PROT_WRITE, MAP_SHARED, ring.fd.get(), 0);
  if (ring.memory == MAP_FAILED) return fail(fmt::format("mmap: {}", std::strerror(errno)));
  epoll_event event{};
  event.events = EPOLLIN;
  epoll_ctl(poll_.get(), EPOLL_CTL_ADD, ring.fd.get(), &event);
  rings_.emplace(cpu, std::move(ring));
  return {};
}

void ProcessRecords::close_ring(std::map<int, Ring>::iterator ring) {
  munmap(ring->second.memory, page_size() + kRingBytes);
  rings_.erase(ring);
}

// What happens on a CPU that comes online after us would be missed; one that was away has forgotten its
// event.
void ProcessRecords::follow_cpus(uint64_t now) {
  if (now < next_look_) return;
  next_look_ = now + kCpuInterval;
  for (const int cpu : cpus_.look().arrived) {
    if (const auto old = rings_.find(cpu); old != rings_.end()) close_ring(old);
    (void)open_on(cpu);
  }
}

void ProcessRecords::take(const Ring& ring, bool& lost) {
  auto* page = static_cast<perf_event_mmap_page*>(ring.memory);
  const auto* data = reinterpret_cast<const std::byte*>(page) + page_size();
  const uint64_t head = std::atomic_ref<__u64>(page->data_head).load(std::memory_order_acquire);
  uint64_t at = page->data_tail;
  const auto copy = [&](std::byte* to, uint64_t from, size_t size) {
    const size_t begin = from % kRingBytes, first = std::min(size, kRingBytes - begin);
    std::memcpy(to, data + begin, first);
    std::memcpy(to + first, data, size - first);
  };
  while (head - at >= sizeof(perf_event_header)) {
    perf_event_header header;
    copy(reinterpret_cast<std::byte*>(&header), at, sizeof header);
    if (header.size < sizeof header || header.size > head - at) break;
    copy_.resize(header.size);
    copy(copy_.data(), at, header.size);
    at += header.size;
    if (header.type == PERF_RECORD_LOST) lost = true;
    if (auto record = parse_process_record(copy_)) waiting_.push_back(std::move(*record));
  }
  std::atomic_ref<__u64>(page->data_tail).store(head, std::memory_order_release);
}

bool ProcessRecords::read(const std::function<void(const ProcessRecord&)>& visit) {
  if (!is_open()) return false;
  bool lost = false;
  // What a CPU wrote after another one's ring was read is kept for the next time: it may come before what
  // that other ring got meanwhile.
  const uint64_t begun = monotonic_now();
  follow_cpus(begun);
  for (auto& [cpu, ring] : rings_) take(ring, lost);
  std::ranges::stable_sort(waiting_, {}, &ProcessRecord::time);
  const auto after = std::ranges::upper_bound(waiting_, begun, {}, &ProcessRecord::time);
  std::vector<ProcessRecord> due(std::make_move_iterator(waiting_.begin()), std::make_move_iterator(after));
  waiting_.erase(waiting_.begin(), after);
  for (const ProcessRecord& record : due) visit(record);
  return lost;
}

}  // namespace tracer
