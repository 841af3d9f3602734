#include "runtime/event_handler.h"

#include "runtime/bytes.h"
#include "runtime/commands.h"
#include "runtime/time_format.h"

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
      output_.text("printf", formatted(event, record));
      break;
    case EventKind::Errorf:
      output_.script_error(plan_.places[event.place], formatted(event, record));
      break;
    case EventKind::Warnf:
      output_.script_warning(plan_.places[event.place], formatted(event, record));
      break;
    case EventKind::Cat:
      cat_file(formatted(event, record), plan_.config.max_cat_bytes, output_);
      break;
    case EventKind::System:
      run_command(formatted(event, record), output_);
      break;
    case EventKind::PrintValue:
    case EventKind::PrintMapValue:
      if (event.arguments.empty()) break;
      // Of a key and a value the value is printed.
      output_.value(event.arguments.back().type, argument(event, record, event.arguments.size() - 1));
      break;
    case EventKind::Time:
      output_.text("time", time_text(event.text));
      break;
    case EventKind::Join:
      output_.text("join", formatted(event, record));
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
    case EventKind::Exit:
      if (exit_status_) break;
      exit_status_ =
          event.arguments.empty()
              ? 0
              : static_cast<int>(load_integer(event.arguments[0].type, argument(event, record, 0)) & 255);
      break;
  }
}

void EventHandler::print_map(MapPrint print) {
  print.zeroed = was_zeroed(print.map);
  note(output_.map(print, session_));
}

std::string EventHandler::formatted(const EventPlan& event, Bytes record) const {
  return output_.format(event.format, event.arguments, record);
}

Bytes EventHandler::argument(const EventPlan& event, Bytes record, size_t index) const {
  const Field& field = event.arguments[index];
  return slice(record, field.offset, field.type.size);
}

void EventHandler::note(const Result<void>& result) {
  if (!result && !failure_) failure_ = result.error();
}

}  // namespace tracer
