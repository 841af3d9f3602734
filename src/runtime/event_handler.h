// What user space does for each record of a program (LANGUAGE 12.2).
#pragma once

#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "runtime/output.h"
#include "runtime/packet_files.h"
#include "runtime/script_files.h"
#include "runtime/session.h"

namespace tracer {

class EventHandler {
 public:
  EventHandler(Session& session, const Plan& plan, Output& output)
      : session_(session), plan_(plan), output_(&output), zeroed_(plan.maps.size()) {}

  // Is told of processes whose addresses are recorded; borrowed.
  void remember_in(Symbols* symbols) { symbols_ = symbols; }
  // From now on what records say goes there.
  void send_to(Output& output) { output_ = &output; }

  // Records that are too short or name no event of the Plan are counted, not handled.
  void handle(Bytes record);

  // Of the first exit record, in 0 to 255; none yet: nullopt.
  const std::optional<int>& exit_status() const { return exit_status_; }
  // Forgets it: the next exit record counts as the first.
  std::optional<int> take_exit_status() { return std::exchange(exit_status_, std::nullopt); }
  // errorf() records so far.
  uint64_t errors() const { return errors_; }
  uint64_t malformed() const { return malformed_; }
  // What went wrong with a map, once.
  const std::optional<Error>& failure() const { return failure_; }
  bool was_zeroed(uint32_t map) const { return zeroed_[map]; }
  // As handle() prints it: at the end of the run.
  void print_map(MapPrint print);

 private:
  void dispatch(const EventPlan& event, Bytes record);
  std::string formatted(const EventPlan& event, Bytes record) const;
  std::string joined(const EventPlan& event, Bytes record) const;
  Bytes argument(const EventPlan& event, Bytes record, size_t index) const;
  void unwatch(uint64_t address);
  void note(const Result<void>& result);

  Session& session_;
  const Plan& plan_;
  Output* output_;
  Symbols* symbols_ = nullptr;
  ScriptFiles files_;
  PacketFiles packets_;
  std::optional<int> exit_status_;
  std::optional<Error> failure_;
  uint64_t malformed_ = 0;
  uint64_t errors_ = 0;
  std::vector<bool> zeroed_;
  std::set<uint64_t> unwatched_;
};

}  // namespace tracer
