#include <fmt/format.h>

#include "runtime/json_text.h"
#include "runtime/output_base.h"
#include "runtime/printf_format.h"

namespace tracer {

namespace {

// `{"type": "lost_events", "count": 7, "data": {"events": 7}}`
std::string count_line(std::string_view type, std::string_view unit, uint64_t count) {
  return fmt::format("{{\"type\": \"{}\", \"count\": {}, \"data\": {{\"{}\": {}}}}}\n", type, count, unit,
                     count);
}

std::string place_members(const Place& place) {
  return fmt::format("\"filename\": {}, \"line\": {}, \"col\": {}", json_string(place.file), place.line,
                     place.column);
}

class JsonOutput final : public OutputBase {
 public:
  using OutputBase::OutputBase;

  void attached(size_t probes) override {
    if (options_.quiet) return;
    out_.write(count_line("attached_probes", "probes", probes));
    out_.flush();
  }
  void text(std::string_view kind, std::string_view text) override {
    out_.write(fmt::format("{{\"type\": \"{}\", \"data\": {}}}\n", kind, json_string(text)));
  }
  void text_line(std::string_view kind, std::string_view line) override { text(kind, line); }
  void printf(const EventPlan& event, Bytes record) override {
    scratch_.clear();
    append_format(scratch_, event.format, event.arguments, record, context_);
    out_.append([&](std::string& line) {
      line += "{\"type\": \"printf\", \"data\": ";
      append_json_string(line, scratch_);
      line += "}\n";
    });
  }
  void value(const Type& type, Bytes bytes) override {
    out_.append([&](std::string& line) {
      line += "{\"type\": \"value\", \"data\": ";
      append_value_json(line, type, bytes, context_);
      line += "}\n";
    });
  }
  void lost(uint64_t count) override { out_.write(count_line("lost_events", "events", count)); }
  void script_error(const Place& place, std::string_view text) override { placed("errorf", place, text); }
  void script_warning(const Place& place, std::string_view text) override {
    if (options_.warnings) placed("warnf", place, text);
  }
  void runtime_warning(const Place& place, std::string_view text) override {
    if (options_.warnings) placed("runtime_error", place, text);
  }
  void helper_error(const Place& place, std::string_view text, std::string_view helper,
                    int64_t code) override {
    if (!options_.warnings) return;
    out_.write(
        fmt::format("{{\"type\": \"helper_error\", \"msg\": {}, \"helper\": {}, \"retcode\": {}, {}}}\n",
                    json_string(text), json_string(helper), code, place_members(place)));
  }
  void warning(std::string_view text) override {
    if (options_.warnings) error(text);
  }
  void error(std::string_view text) override {
    out_.write(fmt::format("{{\"type\": \"runtime_error\", \"msg\": {}}}\n", json_string(text)));
  }
  void tests_begin(size_t) override {}
  void test_begin(const std::string&) override {}
  void test_end(const TestResult& result) override { out_.write(test_json(result)); }
  void tests_end(const std::vector<TestResult>&) override {}
  void benchmarks_begin(const std::vector<std::string>&) override {}
  void benchmark_end(const BenchmarkResult& result) override { out_.write(benchmark_json(result)); }
  void end_of_events() override {}

 private:
  std::string scratch_;  // kept, so that a flood of events needs no memory of its own

  void write_map(const WriteText& write, const MapTable& table, uint64_t div) override {
    write_map_json(write, table, div, context_);
  }

  void placed(std::string_view type, const Place& place, std::string_view text) {
    out_.write(fmt::format("{{\"type\": \"{}\", \"msg\": {}, {}}}\n", type, json_string(text),
                           place_members(place)));
  }
};

}  // namespace

std::unique_ptr<Output> make_json_output(Sink out, const OutputOptions& options, const Plan& plan,
                                         Symbols& symbols) {
  return std::make_unique<JsonOutput>(std::move(out), options, plan, symbols);
}

}  // namespace tracer
