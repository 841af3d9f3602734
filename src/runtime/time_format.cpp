#include "runtime/time_format.h"

#include <fmt/format.h>
#include <time.h>

#include "runtime/bytes.h"

namespace tracer {

namespace {

constexpr int64_t kSecond = 1'000'000'000;

int64_t read_clock(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<int64_t>(now.tv_sec) * kSecond + now.tv_nsec;
}

// Puts the digits of a second's parts in place of the conversions that strftime(3) does not have.
std::string expand_fractions(std::string_view format, uint64_t nanoseconds) {
  std::string out;
  for (size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '%' || i + 1 == format.size()) {
      out += format[i];
      continue;
    }
    switch (format[++i]) {
      case 'f':
        out += fmt::format("{:06}", nanoseconds / 1000);
        break;
      case 'k':
        out += fmt::format("{:09}", nanoseconds);
        break;
      case 'l':
        out += fmt::format("{:03}", nanoseconds / 1'000'000);
        break;
      default:
        out += '%';
        out += format[i];
    }
  }
  return out;
}

std::string local_time(const std::string& format, time_t seconds, size_t limit) {
  tm local{};
  localtime_r(&seconds, &local);
  // A character more tells an empty result from one that does not fit.
  std::string padded = format + ' ';
  std::string out(std::max<size_t>(limit + 2, format.size() * 4 + 256), '\0');
  size_t length = strftime(out.data(), out.size(), padded.c_str(), &local);
  out.resize(length > 0 ? length - 1 : 0);
  if (out.size() > limit) out.resize(limit);
  return out;
}

}  // namespace

int64_t boot_time_ns() { return read_clock(CLOCK_REALTIME) - read_clock(CLOCK_BOOTTIME); }

std::string time_text(const std::string& format) {
  constexpr size_t kLimit = 63;
  return local_time(format, time(nullptr), kLimit);
}

std::string format_time(std::string_view format, uint64_t nanoseconds, size_t limit) {
  return local_time(expand_fractions(format, nanoseconds % kSecond),
                    static_cast<time_t>(nanoseconds / kSecond), limit);
}

std::string timestamp_text(const Type& type, Bytes bytes, const Plan& plan) {
  uint64_t id = load_unsigned(bytes, 0, 8);
  uint64_t nanoseconds = load_unsigned(bytes, 8, 8);
  if (id >= plan.strings.size() || type.clock == ClockMode::Monotonic) return "(?)";
  if (type.clock == ClockMode::Boot) {
    // One offset for the whole run, so that differences between two timestamps stay what they were.
    static const int64_t kBootTime = boot_time_ns();
    nanoseconds += static_cast<uint64_t>(kBootTime);
  }
  return format_time(plan.strings[id], nanoseconds, plan.config.max_strlen);
}

}  // namespace tracer
