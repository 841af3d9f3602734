#include "runtime/process_images.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "base/files.h"

namespace tracer {

namespace {

constexpr std::string_view kVdso = "[vdso]";

bool same_program(const Image& a, const Image& b) {
  return !a.ranges.empty() && !b.ranges.empty() && a.ranges.front().start == b.ranges.front().start &&
         a.ranges.front().offset == b.ranges.front().offset;
}

}  // namespace

// What was there before has been unmapped, in part or as a whole; nothing tells of that.
void Image::add(CodeRange range) {
  const auto ends_before = [](const CodeRange& each, uint64_t start) { return each.end <= start; };
  auto at = std::lower_bound(ranges.begin(), ranges.end(), range.start, ends_before);
  if (at != ranges.end() && at->start < range.start) {
    CodeRange rest = *at;
    at->end = range.start;
    ++at;
    if (rest.end > range.end) {
      rest.offset += range.end - rest.start;
      rest.start = range.end;
      at = ranges.insert(at, std::move(rest));
    }
  }
  auto last = at;
  while (last != ranges.end() && last->end <= range.end) ++last;
  if (last != ranges.end() && last->start < range.end) {
    last->offset += range.end - last->start;
    last->start = range.end;
  }
  at = ranges.erase(at, last);
  ranges.insert(at, std::move(range));
}

const CodeRange* Image::find(uint64_t address) const {
  const auto after = std::ranges::upper_bound(ranges, address, {}, &CodeRange::start);
  if (after == ranges.begin()) return nullptr;
  const CodeRange& found = *std::prev(after);
  return address < found.end ? &found : nullptr;
}

Process* ProcessImages::find(pid_t pid) {
  const auto found = processes_.find(pid);
  return found == processes_.end() ? nullptr : &found->second;
}

CodeRange ProcessImages::range_of(const FileIdentity& file, std::string_view path) const {
  CodeRange range;
  if (path == kVdso) {
    range.kind = CodeRange::Kind::KernelPage;
  } else if (path.starts_with('/') && !path.starts_with("//") &&
             (file.inode != 0 || !file.build_id.empty())) {
    range.kind = CodeRange::Kind::File;
    range.file = files_.file(file, path);
  }
  return range;
}

void ProcessImages::add_image(Process& process, std::shared_ptr<Image> image) {
  process.images.push_back(std::move(image));
  if (process.images.size() > limits_.images) process.images.erase(process.images.begin());
}

void ProcessImages::apply(const ProcessRecord& record) {
  if (record.process <= 0) return;  // in another PID namespace than ours
  switch (record.kind) {
    case ProcessRecord::Kind::Fork:
      return fork(record);
    case ProcessRecord::Kind::Execute:
      return execute(record);
    case ProcessRecord::Kind::Map:
      return map(record);
    case ProcessRecord::Kind::End:
      return end(record.process);
  }
}

void ProcessImages::execute(const ProcessRecord& record) {
  Process& process = processes_[record.process];
  if (!process.images.empty() && process.images.back()->since > record.time) return;
  auto image = std::make_shared<Image>();
  image->since = record.time;
  add_image(process, std::move(image));
}

// The new process has what its parent has; both share it until one of them maps something.
void ProcessImages::fork(const ProcessRecord& record) {
  if (record.process == record.parent) return;
  const Process* parent = find(record.parent);
  if ((!parent || parent->images.empty()) && read(record.parent)) parent = find(record.parent);
  std::shared_ptr<Image> image = parent && !parent->images.empty() ? parent->images.back() : nullptr;
  Process& process = processes_[record.process];
  // A number that is used again: what the one before had mapped counts where the new one has nothing.
  if (process.ended) process.ended = process.asked = false;
  process.parent = record.parent;
  if (!process.images.empty() && process.images.back()->since >= record.time) return;
  if (!image) return;
  add_image(process, std::move(image));
  if (processes_.size() >= next_look_) look_for_ended();
}

void ProcessImages::map(const ProcessRecord& record) {
  Process& process = processes_[record.process];
  // Of one that is not known yet the rest is read when it is asked for.
  if (process.images.empty()) return;
  std::shared_ptr<Image>& image = process.images.back();
  if (record.time < image->since || image->ranges.size() >= limits_.ranges) return;
  if (image.use_count() > 1) image = std::make_shared<Image>(*image);
  CodeRange range = range_of(record.file, record.path);
  range.start = record.start;
  range.end = record.start + record.size;
  range.offset = range.kind == CodeRange::Kind::File ? record.offset : 0;
  if (process.asked && on_range) on_range(record.process, range);
  image->add(std::move(range));
}

void ProcessImages::end(pid_t pid) {
  Process* process = find(pid);
  if (!process || process->ended) return;
  process->ended = true;
  std::deque<pid_t>& ended = process->asked ? ended_asked_ : ended_;
  ended.push_back(pid);
  keep_few(ended, process->asked ? limits_.ended_asked : limits_.ended, process->asked);
}

void ProcessImages::keep_few(std::deque<pid_t>& ended, size_t most, bool asked) {
  while (ended.size() > most) {
    const Process* oldest = find(ended.front());
    if (oldest && oldest->ended && oldest->asked == asked) processes_.erase(ended.front());
    ended.pop_front();
  }
}

void ProcessImages::ask(pid_t pid) {
  Process* process = find(pid);
  if (!process || process->asked) return;
  process->asked = true;
  if (!process->ended) return;
  ended_asked_.push_back(pid);
  keep_few(ended_asked_, limits_.ended_asked, true);
}

void ProcessImages::look_for_ended() {
  std::vector<pid_t> gone;
  for (const auto& [pid, process] : processes_)
    if (!process.ended && eaccess(fmt::format("{}/{}", proc_, pid).c_str(), F_OK) != 0) gone.push_back(pid);
  for (const pid_t pid : gone) end(pid);
  next_look_ = std::max<size_t>(4096, processes_.size() * 2);
}

bool ProcessImages::read(pid_t pid) {
  const uint64_t now = monotonic_now();
  const auto text = read_file(fmt::format("{}/{}/maps", proc_, pid));
  if (!text || text->empty()) return false;
  Process& process = processes_[pid];
  process.ended = false;
  auto image = std::make_shared<Image>();
  image->since = image->read_at = now;
  for (const Mapping& mapping : parse_maps(*text)) {
    if (image->ranges.size() >= limits_.ranges) break;
    CodeRange range = range_of({"", mapping.device, mapping.inode}, mapping.path);
    range.start = mapping.start;
    range.end = mapping.end;
    range.offset = mapping.offset;
    image->ranges.push_back(std::move(range));
  }
  // The same program, read anew.
  if (!process.images.empty() && same_program(*process.images.back(), *image)) process.images.pop_back();
  add_image(process, std::move(image));
  if (processes_.size() >= next_look_) look_for_ended();
  return true;
}

}  // namespace tracer
