// What the writers have in common.
#pragma once

#include <vector>

#include "runtime/map_printer.h"
#include "runtime/map_table.h"
#include "runtime/output.h"
#include "runtime/sink.h"
#include "runtime/values.h"

namespace tracer {

class OutputBase : public Output {
 public:
  OutputBase(Sink out, const OutputOptions& options, const Plan& plan, Symbols& symbols)
      : out_(std::move(out)), options_(options), plan_(plan), context_{plan, symbols} {}

  std::string format(const Format& format, const std::vector<Field>& arguments, Bytes record) const override;
  Result<void> map(const MapPrint& print, Session& session) override;
  void total_lost(uint64_t count) override;
  std::unique_ptr<Output> captured(std::string& memory) const override;
  void flush() override { out_.flush(); }
  bool full() const override { return out_.full(); }
  void wait_with(std::function<bool(int fd)> wait) override { out_.wait_with(std::move(wait)); }
  Result<void> finish() override { return out_.finish(); }
  bool closed() const override { return out_.closed(); }

 protected:
  // `table` is in printing order.
  virtual void write_map(const WriteText& write, const MapTable& table, uint64_t div) = 0;
  // To stderr, after what was written to the output before; in memory among the rest.
  void message(std::string_view text);

  Sink out_;
  const OutputOptions options_;
  const Plan& plan_;
  const ValueContext context_;
};

std::unique_ptr<Output> make_text_output(Sink out, const OutputOptions& options, const Plan& plan,
                                         Symbols& symbols);
std::unique_ptr<Output> make_json_output(Sink out, const OutputOptions& options, const Plan& plan,
                                         Symbols& symbols);

}  // namespace tracer
