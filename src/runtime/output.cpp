#include "runtime/output.h"

#include <fmt/format.h>
#include <unistd.h>

#include "runtime/output_base.h"
#include "runtime/printf_format.h"

namespace tracer {

std::string OutputBase::format(const Format& format, const std::vector<Field>& arguments,
                               Bytes record) const {
  return format_text(format, arguments, record, context_);
}

Result<void> OutputBase::map(const MapPrint& print, Session& session) {
  const MapPlan& plan = plan_.maps[print.map];
  auto entries = read_map(plan, session, print.map, print.zeroed);
  if (!entries) return std::unexpected(entries.error());
  bool never_written = entries->empty() && plan.scalar() && !plan.bucketed();
  if (never_written && !print.at_exit) entries->push_back(zero_entry(plan));
  order_entries(plan, print.top, *entries);
  write_map(plan, *entries, print.div);
  return {};
}

void OutputBase::total_lost(uint64_t count) {
  message(
      fmt::format("WARNING: Total lost event count: {}\n"
                  "HINT: a larger event buffer loses less: set `perf_rb_pages` (config block) or "
                  "TRACER_PERF_RB_PAGES (environment)\n",
                  count));
}

std::unique_ptr<Output> OutputBase::captured(std::string& memory) const {
  return make_text_output(Sink(memory), options_, plan_, context_.symbols);
}

void OutputBase::message(std::string_view text) {
  if (out_.in_memory()) return out_.write(text);
  out_.flush();
  while (!text.empty()) {
    ssize_t written = write(STDERR_FILENO, text.data(), text.size());
    if (written <= 0) return;  // nobody can be told
    text.remove_prefix(static_cast<size_t>(written));
  }
}

Result<std::unique_ptr<Output>> make_output(const OutputOptions& options, const Plan& plan,
                                            Symbols& symbols) {
  Result<Sink> sink = options.file.empty() ? Sink(STDOUT_FILENO, options.buffering)
                                           : Sink::open(options.file, options.buffering);
  if (!sink) return std::unexpected(sink.error());
  auto make = options.format == OutputFormat::Json ? make_json_output : make_text_output;
  return make(std::move(*sink), options, plan, symbols);
}

}  // namespace tracer
