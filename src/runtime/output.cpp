#include "runtime/output.h"

#include <fmt/format.h>
#include <unistd.h>

#include "base/colour.h"
#include "runtime/output_base.h"
#include "runtime/printf_format.h"

namespace tracer {

namespace {

// Entries of a map that are written between two looks at the event buffer.
constexpr size_t kMapPart = 64;

}  // namespace

std::string OutputBase::format(const Format& format, const std::vector<Field>& arguments,
                               Bytes record) const {
  std::string text;
  append_format(text, format, arguments, record, context_);
  return text;
}

Result<void> OutputBase::map(const MapPrint& print, Session& session) {
  const MapPlan& plan = plan_.maps[print.map];
  auto table = MapTable::read(plan, session, print.map, print.zeroed);
  if (!table) return std::unexpected(table.error());
  const bool never_written = table->empty() && plan.scalar() && !plan.bucketed();
  if (never_written && !print.at_exit) table->add_zero();
  table->order(print.top, [&] { session.set_aside(); });
  size_t written = 0;
  auto write = [&](std::string_view text) {
    out_.write(text);
    if (++written % kMapPart == 0) session.set_aside();
  };
  write_map(write, *table, print.div);
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
  write_all(STDERR_FILENO, coloured_message(text), out_.wait());  // when it fails, nobody can be told
}

Result<std::unique_ptr<Output>> make_output(const OutputOptions& options, const Plan& plan,
                                            Symbols& symbols) {
  Result<Sink> sink = !options.file.empty() ? Sink::open(options.file, options.buffering)
                      : options.memory      ? Sink(*options.memory)
                                            : Sink(STDOUT_FILENO, options.buffering);
  if (!sink) return std::unexpected(sink.error());
  auto make = options.format == OutputFormat::Json ? make_json_output : make_text_output;
  return make(std::move(*sink), options, plan, symbols);
}

}  // namespace tracer
