#include "runtime/perf_map.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <charconv>

#include "base/text.h"

namespace tracer {

namespace {

// Whatever a process writes there: more than any program's code needs.
constexpr size_t kMostRanges = 1u << 20, kLongestName = 4096;
constexpr size_t kPiece = 1u << 16;

// A number in hexadecimal digits and the blanks behind it, taken off; false when there is none.
bool take_number(std::string_view& text, uint64_t& number) {
  if (text.starts_with("0x")) text.remove_prefix(2);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, 16);
  if (error != std::errc()) return false;
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  const size_t blanks = text.find_first_not_of(" \t");
  if (blanks == 0 || blanks == std::string_view::npos) return false;
  text.remove_prefix(blanks);
  return true;
}

}  // namespace

bool PerfMap::open(const std::string& path) {
  const UniqueFd place(::open(path.c_str(), O_PATH | O_CLOEXEC));
  struct stat status;
  if (!place || fstat(place.get(), &status) != 0 || !S_ISREG(status.st_mode)) return false;
  file_.reset(::open(fmt::format("/proc/self/fd/{}", place.get()).c_str(), O_RDONLY | O_CLOEXEC));
  return is_open();
}

void PerfMap::add_line(std::string_view line) {
  Range range{};
  if (!take_number(line, range.start) || !take_number(line, range.size)) return;
  if (range.size == 0 || ranges_.size() >= kMostRanges) return;
  range.name = line.substr(0, kLongestName);
  // What is written to a terminal must not steer it.
  std::ranges::replace_if(
      range.name, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, '?');
  ranges_.push_back(std::move(range));
}

// False when nothing was written since.
bool PerfMap::read_more() {
  struct stat status;
  if (!file_ || fstat(file_.get(), &status) != 0) return false;
  const auto size = static_cast<uint64_t>(status.st_size);
  if (size == read_to_) return false;
  if (size < read_to_) {  // written anew
    ranges_.clear();
    unfinished_.clear();
    read_to_ = 0;
  }
  std::string piece(kPiece, '\0');
  while (ranges_.size() < kMostRanges) {
    const ssize_t got = pread(file_.get(), piece.data(), piece.size(), static_cast<off_t>(read_to_));
    if (got <= 0) break;
    read_to_ += static_cast<uint64_t>(got);
    std::string_view text(piece.data(), static_cast<size_t>(got));
    for (size_t end; (end = text.find('\n')) != std::string_view::npos; text.remove_prefix(end + 1)) {
      unfinished_ += text.substr(0, end);
      add_line(unfinished_);
      unfinished_.clear();
    }
    if (unfinished_.size() < 2 * kLongestName) unfinished_ += text;
  }
  if (ranges_.size() >= kMostRanges) read_to_ = size;
  std::ranges::stable_sort(ranges_, {}, &Range::start);
  return true;
}

PerfMap::Name PerfMap::known(uint64_t address) const {
  const auto after = std::ranges::upper_bound(ranges_, address, {}, &Range::start);
  if (after == ranges_.begin()) return {};
  const Range& found = *std::prev(after);
  if (address - found.start >= found.size) return {};
  return {found.name, address - found.start};
}

// Code may have been made anew where other code was.
PerfMap::Name PerfMap::find(uint64_t address) {
  read_more();
  return known(address);
}

}  // namespace tracer
