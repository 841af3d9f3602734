#include "runtime/event_handler.h"

#include <fmt/format.h>

#include <algorithm>

#include "runtime/bytes.h"
#include "runtime/commands.h"
#include "runtime/symbols.h"
#include "runtime/time_format.h"
#include "runtime/user_symbols.h"
#include "runtime/values.h"

namespace tracer {

void EventHandler::handle(Bytes record) {
  uint64_t index = load_unsigned(record, 0, 4);
  if (record.size() < kDataHeaderSize || index >= plan_.events.size() ||
      record.size() < plan_.events[index].size) {
    ++malformed_;
    return;
  }
  dispatch(plan_.events[index], record);
}

void EventHandler::dispatch(const EventPlan& event, Bytes record) {
  switch (event.kind) {
    case EventKind::Printf:
      output_->printf(event, record);
      break;
    case EventKind::Errorf:
      ++errors_;
      output_->script_error(plan_.places[event.place], formatted(event, record));
      break;
    case EventKind::Warnf:
      output_->script_warning(plan_.places[event.place], formatted(event, record));
      break;
    case EventKind::Cat:
      cat_file(formatted(event, record), plan_.config.max_cat_bytes, *output_);
      break;
    case EventKind::System:
      run_command(formatted(event, record), *output_);
      break;
    case EventKind::Fprintf:
      files_.append(event.text, formatted(event, record), *output_);
      break;
    case EventKind::PrintValue:
    case EventKind::PrintMapValue:
      if (event.arguments.empty()) break;
      // Of a key and a value the value is printed.
      output_->value(event.arguments.back().type, argument(event, record, event.arguments.size() - 1));
      break;
    case EventKind::Time:
      output_->text("time", time_text(event.text));
      break;
    case EventKind::Join:
      output_->text_line("join", joined(event, record));
      break;
    case EventKind::Packet:
      packets_.append(event.text, record, *output_);
      break;
    case EventKind::ProcessSeen:
      if (symbols_)
        symbols_->user().remember(static_cast<pid_t>(load_unsigned(argument(event, record, 0), 0, 8)));
      break;
    case EventKind::PrintMap:
      print_map({event.map, event.has_top ? event.top : 0, event.has_div ? event.div : 1});
      break;
    case EventKind::ClearMap:
      note(session_.clear_map(event.map));
      break;
    case EventKind::ZeroMap:
      zeroed_[event.map] = true;
      note(session_.zero_map(event.map));
      break;
    case EventKind::Unwatch:
      unwatch(load_unsigned(argument(event, record, 0), 0, 8));
      break;
    case EventKind::Exit:
      if (exit_status_) break;
      exit_status_ =
          event.arguments.empty()
              ? 0
              : static_cast<int>(load_integer(event.arguments[0].type, argument(event, record, 0)) & 255);
      break;
  }
}

// A clause may ask several times before the first request gets here.
void EventHandler::unwatch(uint64_t address) {
  if (!unwatched_.insert(address).second) return;
  const bool known = std::ranges::any_of(plan_.probes, [&](const ProbePlan& probe) {
    return probe.provider == Provider::Watchpoint && !probe.targets.empty() &&
           probe.targets.front().address == address;
  });
  if (known)
    session_.unwatch(address);
  else
    output_->warning(fmt::format("unwatch: the script has no watchpoint at 0x{:x}", address));
}

void EventHandler::print_map(MapPrint print) {
  print.zeroed = was_zeroed(print.map);
  note(output_->map(print, session_));
}

std::string EventHandler::formatted(const EventPlan& event, Bytes record) const {
  return output_->format(event.format, event.arguments, record);
}

// Strings up to the first empty one, with the delimiter between them.
std::string EventHandler::joined(const EventPlan& event, Bytes record) const {
  std::string text;
  if (event.arguments.empty() || !event.arguments[0].type.target) return text;
  const Type& strings = event.arguments[0].type;
  for (uint32_t i = 0; i < strings.count; ++i) {
    Bytes bytes = slice(argument(event, record, 0), size_t{i} * strings.target->size, strings.target->size);
    const std::string each = string_text(*strings.target, bytes, plan_.config);
    if (each.empty()) break;
    if (i > 0) text += event.text;
    text += each;
  }
  return text;
}

Bytes EventHandler::argument(const EventPlan& event, Bytes record, size_t index) const {
  const Field& field = event.arguments[index];
  return slice(record, field.offset, field.type.size);
}

void EventHandler::note(const Result<void>& result) {
  if (!result && !failure_) failure_ = result.error();
}

}  // namespace tracer
