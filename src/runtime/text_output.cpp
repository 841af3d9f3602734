#include <fmt/format.h>

#include "base/text.h"
#include "runtime/output_base.h"
#include "runtime/printf_format.h"

namespace tracer {

namespace {

// Ends in exactly one newline: the script may have written it or not.
std::string line(std::string text) {
  if (text.empty() || text.back() != '\n') text += '\n';
  return text;
}

std::string place_text(const Place& place) {
  return fmt::format("{}:{}:{}-{}", place.file, place.line, place.column, place.end_column);
}

// The source line and the place in it underlined; columns are bytes.
std::string source_text(const Place& place) {
  if (place.source_line.empty() || place.column == 0) return "";
  std::string under;
  size_t before = std::min<size_t>(place.column - 1, place.source_line.size());
  for (size_t i = 0; i < before; ++i) under += place.source_line[i] == '\t' ? '\t' : ' ';
  size_t length = place.end_column > place.column ? place.end_column - place.column : 1;
  size_t rest = place.source_line.size() - before;
  under.append(std::max<size_t>(std::min(length, rest), 1), '~');
  return fmt::format("{}\n{}\n", valid_utf8(place.source_line), under);
}

// The places that led to it, for macros and imports.
std::string expansion_text(const Place& place, std::string_view severity) {
  std::string text;
  for (const Place& from : place.expanded_from)
    text += fmt::format("{}: {}: expanded from\n{}", place_text(from), severity, source_text(from));
  return text;
}

class TextOutput final : public OutputBase {
 public:
  using OutputBase::OutputBase;

  void attached(size_t probes) override {
    if (!options_.quiet) message(fmt::format("Attached {} probe{}\n", probes, probes == 1 ? "" : "s"));
  }
  void text(std::string_view, std::string_view text) override { out_.write(text); }
  void text_line(std::string_view, std::string_view text) override {
    out_.write(text);
    out_.write("\n");
  }
  void printf(const EventPlan& event, Bytes record) override {
    out_.append(
        [&](std::string& text) { append_format(text, event.format, event.arguments, record, context_); });
  }
  void value(const Type& type, Bytes bytes) override {
    out_.append([&](std::string& text) {
      append_value_text(text, type, bytes, context_);
      text += '\n';
    });
  }
  void lost(uint64_t count) override { message(fmt::format("Lost {} events\n", count)); }
  void script_error(const Place& place, std::string_view text) override {
    message(line(fmt::format("{}: ERROR: {}", place_text(place), text)) + expansion_text(place, "ERROR"));
  }
  void script_warning(const Place& place, std::string_view text) override {
    if (!options_.warnings) return;
    message(line(fmt::format("{}: WARNING: {}", place_text(place), text)) + expansion_text(place, "WARNING"));
  }
  void runtime_warning(const Place& place, std::string_view text) override {
    if (!options_.warnings) return;
    message(fmt::format("{}: WARNING: {}\n{}{}", place_text(place), text, source_text(place),
                        expansion_text(place, "WARNING")));
  }
  void helper_error(const Place& place, std::string_view text, std::string_view helper,
                    int64_t code) override {
    if (!options_.warnings) return;
    message(fmt::format("{}: WARNING: {}\n{}{}Additional Info - helper: {}, retcode: {}\n", place_text(place),
                        text, source_text(place), expansion_text(place, "WARNING"), helper, code));
  }
  void warning(std::string_view text) override {
    if (options_.warnings) message(fmt::format("WARNING: {}\n", text));
  }
  void error(std::string_view text) override { message(fmt::format("ERROR: {}\n", text)); }
  void tests_begin(size_t count) override { out_.write(tests_begin_text(count)); }
  void test_begin(const std::string& name) override { out_.write(test_begin_text(name)); }
  void test_end(const TestResult& result) override { out_.write(test_end_text(result)); }
  void tests_end(const std::vector<TestResult>& results) override { out_.write(tests_end_text(results)); }
  void benchmarks_begin(const std::vector<std::string>& names) override {
    benchmarks_ = BenchmarkTable(names);
    out_.write(benchmarks_.header());
  }
  void benchmark_end(const BenchmarkResult& result) override { out_.write(benchmarks_.row(result)); }
  void end_of_events() override { out_.write("\n\n"); }

 private:
  BenchmarkTable benchmarks_;

  void write_map(const WriteText& write, const MapTable& table, uint64_t div) override {
    write_map_text(write, table, div, context_);
  }
};

}  // namespace

std::unique_ptr<Output> make_text_output(Sink out, const OutputOptions& options, const Plan& plan,
                                         Symbols& symbols) {
  return std::make_unique<TextOutput>(std::move(out), options, plan, symbols);
}

}  // namespace tracer
