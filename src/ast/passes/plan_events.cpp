#include <algorithm>

#include "ast/builtins.h"
#include "ast/passes/build_plan.h"
#include "ast/passes/walk.h"
#include "btf/type_db.h"

namespace tracer::ast {
namespace {

constexpr const char* kDefaultTime = "%H:%M:%S\n";

uint32_t align_up(uint32_t offset, uint32_t alignment) {
  return (offset + alignment - 1) / alignment * alignment;
}

const std::string& text_of(const Expr* literal) { return static_cast<const StringLiteral*>(literal)->value; }

class EventPlanner : public Walker {
 public:
  EventPlanner(Plan& plan, TypeDb& types, PlaceTable& places) : plan_(plan), types_(types), places_(places) {}

  void expr(Expr*& slot) override {
    expr_children(*slot);
    auto* call = as<Call>(slot);
    if (call && call->builtin) plan_call(*call);
    if (slot->type.is(TypeKind::UserStack) || slot->type.is(TypeKind::UserSymbol)) see_processes();
  }

 private:
  void plan_call(Call& call) {
    switch (call.builtin->id) {
      case BuiltinId::printf_:
        return plan_format(call, EventKind::Printf);
      case BuiltinId::errorf_:
        return plan_format(call, EventKind::Errorf);
      case BuiltinId::warnf_:
        return plan_format(call, EventKind::Warnf);
      case BuiltinId::cat_:
        return plan_format(call, EventKind::Cat);
      case BuiltinId::system_:
        return plan_format(call, EventKind::System);
      case BuiltinId::fprintf_:
        return plan_format(call, EventKind::Fprintf);
      case BuiltinId::join_:
        return plan_join(call);
      case BuiltinId::skboutput_:
        return plan_packet(call);
      case BuiltinId::cgroup_path_:
        return keep_string(call.args.size() > 1 ? text_of(call.args[1]) : "");
      case BuiltinId::print_:
        return plan_print(call);
      case BuiltinId::clear_:
        return plan_map_event(call, EventKind::ClearMap);
      case BuiltinId::zero_:
        return plan_map_event(call, EventKind::ZeroMap);
      case BuiltinId::time_: {
        EventPlan event;
        event.kind = EventKind::Time;
        event.text = call.args.empty() ? kDefaultTime : text_of(call.args[0]);
        return add(call, std::move(event));
      }
      case BuiltinId::exit_: {
        EventPlan event;
        event.kind = EventKind::Exit;
        event.control = true;
        event.arguments.push_back({"", int_type(8, true)});
        return add(call, std::move(event));
      }
      case BuiltinId::unwatch_: {
        EventPlan event;
        event.kind = EventKind::Unwatch;
        event.control = true;
        event.arguments.push_back({"", int_type(8, false)});
        return add(call, std::move(event));
      }
      case BuiltinId::strftime_:
        return keep_string(text_of(call.args[0]));
      default:
        return;
    }
  }

  void plan_format(Call& call, EventKind kind) {
    EventPlan event;
    event.kind = kind;
    const bool to_file = kind == EventKind::Fprintf;
    if (to_file) event.text = text_of(call.args[0]);
    if (kind == EventKind::Errorf || kind == EventKind::Warnf) {
      event.place = places_.find(call.span);
      event.control = event.either_ring = true;
    }
    const size_t format = to_file ? 1 : 0;
    FormatError error;
    event.format = parse_format(text_of(call.args[format]), error);
    for (size_t i = format + 1; i < call.args.size(); ++i)
      event.arguments.push_back({"", printable(call.args[i]->type)});
    add(call, std::move(event));
  }

  void plan_join(Call& call) {
    constexpr uint32_t kMostStrings = 16, kMostBytes = 1024;
    EventPlan event;
    event.kind = EventKind::Join;
    event.text = call.args.size() > 1 ? text_of(call.args[1]) : " ";
    event.arguments.push_back({"", array_type(string_type(kMostBytes), kMostStrings)});
    add(call, std::move(event));
  }

  // Travels in a buffer of its own.
  void plan_packet(Call& call) {
    EventPlan event;
    event.kind = EventKind::Packet;
    event.text = text_of(call.args[0]);
    event.size = kPacketHeaderSize;
    plan_.uses_packets = true;
    call.event = static_cast<uint32_t>(plan_.events.size());
    plan_.events.push_back(std::move(event));
  }

  // Once for the script: user space is told of processes by name and number.
  void see_processes() {
    if (sees_processes_) return;
    sees_processes_ = true;
    EventPlan event;
    event.kind = EventKind::ProcessSeen;
    event.arguments.push_back({"", int_type(8, false)});
    add(std::move(event));
  }

  void plan_print(Call& call) {
    const auto* map = as<MapRef>(call.args[0]);
    if (map && !map->key) return plan_map_event(call, EventKind::PrintMap);
    EventPlan event;
    event.kind = EventKind::PrintValue;
    event.arguments.push_back({"", printable(call.args[0]->type)});
    add(call, std::move(event));
  }

  void plan_map_event(Call& call, EventKind kind) {
    EventPlan event;
    event.kind = kind;
    event.control = true;
    event.map = static_cast<const MapRef*>(call.args[0])->map;
    if (call.args.size() > 1) {
      event.has_top = true;
      event.top = call.args[1]->constant.value_or(0);
    }
    if (call.args.size() > 2) {
      event.has_div = true;
      event.div = call.args[2]->constant.value_or(1);
    }
    add(call, std::move(event));
  }

  // User space has no BTF: whole structs and enums carry their members along.
  Type printable(Type type) {
    if (type.is(TypeKind::Struct)) return types_.expand(type);
    if (type.is(TypeKind::Enum) && !type.enumerators) {
      type.enumerators = std::make_shared<const std::vector<Enumerator>>(types_.enumerators(type));
    }
    if (type.is(TypeKind::Array) && type.target)
      type.target = std::make_shared<const Type>(printable(*type.target));
    if ((type.is(TypeKind::Tuple) || type.is(TypeKind::Record)) && type.fields) {
      std::vector<Field> fields = *type.fields;
      for (Field& field : fields) field.type = printable(field.type);
      type.fields = std::make_shared<const std::vector<Field>>(std::move(fields));
    }
    return type;
  }

  void add(Call& call, EventPlan event) {
    call.event = static_cast<uint32_t>(plan_.events.size());
    add(std::move(event));
  }

  void add(EventPlan event) {
    uint32_t end = event.control ? kControlHeaderSize : kDataHeaderSize;
    for (Field& argument : event.arguments) {
      argument.offset = align_up(end, std::max<uint32_t>(alignment(argument.type), 1));
      end = argument.offset + argument.type.size;
    }
    event.size = align_up(end, 8);
    plan_.uses_control_ring |= event.control;
    plan_.uses_data_ring |= !event.control || event.either_ring;
    plan_.events.push_back(std::move(event));
  }

  void keep_string(const std::string& text) {
    if (std::find(plan_.strings.begin(), plan_.strings.end(), text) == plan_.strings.end()) {
      plan_.strings.push_back(text);
    }
  }

  Plan& plan_;
  TypeDb& types_;
  PlaceTable& places_;
  bool sees_processes_ = false;
};

// Enums inside map keys and values print as names too.
class MapTypeCompleter {
 public:
  explicit MapTypeCompleter(TypeDb& types) : types_(types) {}
  void complete(Type& type) {
    if (type.is(TypeKind::Enum) && !type.enumerators) {
      type.enumerators = std::make_shared<const std::vector<Enumerator>>(types_.enumerators(type));
    } else if (type.is(TypeKind::Struct)) {
      type = types_.expand(type);
    } else if (type.is(TypeKind::Array) && type.target) {
      Type element = *type.target;
      complete(element);
      type.target = std::make_shared<const Type>(std::move(element));
    } else if ((type.is(TypeKind::Tuple) || type.is(TypeKind::Record)) && type.fields) {
      std::vector<Field> fields = *type.fields;
      for (Field& field : fields) complete(field.type);
      type.fields = std::make_shared<const std::vector<Field>>(std::move(fields));
    }
  }

 private:
  TypeDb& types_;
};

}  // namespace

void plan_events(CheckedScript& script, TypeDb& types, PlaceTable& places) {
  MapTypeCompleter completer(types);
  for (MapPlan& map : script.plan.maps) {
    completer.complete(map.key);
    completer.complete(map.value);
  }
  EventPlanner planner(script.plan, types, places);
  for (const Program* code : script.all_code()) planner.clause(*code->clause);
}

}  // namespace tracer::ast
