#include "probes/user_arguments.h"

#include <fmt/format.h>

#include <algorithm>

#include "btf/btf_file.h"
#include "elf/user_program.h"
#include "probes/registers.h"

namespace tracer {
namespace {

constexpr uint32_t kWord = 8;

uint32_t round_up(uint32_t size) { return (std::max(size, 1u) + kWord - 1) / kWord * kWord; }

// Hands out registers and stack places in the order of the parameters, by the C calling convention.
class Convention {
 public:
  explicit Convention(const DebugFunction& function) : next_(function.has_hidden_result ? 1 : 0) {}

  std::optional<ArgumentPlace> place(const DebugParameter& parameter) {
    switch (parameter.passing) {
      case Passing::Integer:
        return integer(parameter);
      case Passing::Memory:
        return on_stack(parameter.size);
      case Passing::Float:
        next_ += parameter.words;
        break;
      case Passing::Nothing:
        break;
    }
    return {};
  }

 private:
  std::optional<ArgumentPlace> integer(const DebugParameter& parameter) {
    const bool by_address = parameter.by_value && parameter.words == 1 && parameter.size > kWord;
    if (next_ + parameter.words > registers().arguments.size()) return on_stack(parameter.size);
    const ArgumentPlace place{ArgumentPlace::Kind::Register, next_, 0};
    next_ += parameter.words;
    return by_address ? std::nullopt : std::optional(place);
  }

  ArgumentPlace on_stack(uint32_t size) {
    ArgumentPlace place{ArgumentPlace::Kind::UserMemory};
    place.base = static_cast<int32_t>(sp_offset());
    place.displacement = stack_argument_offset(0) + stack_;
    stack_ += round_up(size);
    return place;
  }

  uint32_t next_;       // register
  uint32_t stack_ = 0;  // bytes that are taken
};

std::optional<ArgumentPlace> stated_place(const DebugParameter& parameter) {
  using Kind = ValuePlace::Kind;
  ArgumentPlace place;
  place.displacement = parameter.place.displacement;
  if (parameter.place.kind == Kind::Constant) {
    place.kind = ArgumentPlace::Kind::Constant;
    return place;
  }
  const bool in_register = parameter.place.kind == Kind::Register;
  if (!in_register && parameter.place.kind != Kind::Memory) return {};
  const auto base = debug_register_offset(parameter.place.reg);
  if (!base || (in_register && parameter.size > kWord)) return {};
  place.kind = in_register ? ArgumentPlace::Kind::UserRegister : ArgumentPlace::Kind::UserMemory;
  place.base = static_cast<int32_t>(*base);
  return place;
}

// At the entry parameters are where the calling convention says, unless the compiler has changed it for
// this function and says so. Memory of the function's own frame is not written yet.
std::optional<ArgumentPlace> place_at_entry(const DebugParameter& parameter, bool keeps_convention,
                                            Convention& convention) {
  using Kind = ValuePlace::Kind;
  const auto usual = convention.place(parameter);
  const auto stated = stated_place(parameter);
  switch (parameter.place.kind) {
    case Kind::Absent:
      return keeps_convention ? usual : std::nullopt;
    case Kind::Constant:
      return stated;
    case Kind::Register:
      return stated ? stated : usual;
    case Kind::Unknown:
    case Kind::Memory:
      break;
  }
  return usual;
}

// Copies that the compiler makes of a function for some of its callers have a point in their names.
bool is_copy(UserProgram& program, uint64_t entry) {
  const UserFunction* function = program.function_at(entry);
  return function && function->name.find('.') != std::string::npos;
}

// The program's types as the type database has them; 0 when there are too many programs.
uint32_t unit_of_types(UserProgram& program, DwarfInfo& debug, TypeDb& types) {
  auto& known = program.types_in_db();
  if (known.unit && known.count == debug.types_count()) return known.unit;
  auto file = BtfFile::parse(debug.types_blob(), nullptr);
  if (!file) return 0;
  known = {types.set_user_types(known.unit, std::move(*file)), debug.types_count()};
  return known.unit;
}

const char* why_unknown(const DebugParameter& parameter, bool entry, const Type& type) {
  if (parameter.passing == Passing::Float)
    return "it is passed in a floating-point register, which programs of the kernel cannot read";
  if (type.is(TypeKind::None) || type.is(TypeKind::Void)) return "its type is none of the language's";
  if (parameter.place.kind == ValuePlace::Kind::Absent && entry) return "the compiler has optimised it away";
  return entry ? "it is passed in a way that is not followed"
               : "the debug information does not tell where it is at this address";
}

}  // namespace

void add_user_arguments(UserProgram& program, uint64_t entry, uint64_t address, TypeDb& types,
                        ProbeContext& context) {
  DwarfInfo* debug = program.debug_info();
  if (!debug) {
    context.why_no_arguments = program.why_no_debug_info();
    return;
  }
  if (!program.elf().wide()) {
    context.why_no_arguments =
        fmt::format("`{}` is a 32-bit program, whose arguments are not in registers", program.path());
    return;
  }
  const auto function = debug->function(entry, address);
  if (!function) {
    context.why_no_arguments = "the debug information does not describe this function";
    return;
  }
  const uint32_t unit = unit_of_types(program, *debug, types);
  if (unit == 0) {
    context.why_no_arguments = "the types of too many programs are asked for at once";
    return;
  }
  context.has_named_arguments = true;
  Convention convention(*function);
  const bool keeps_convention = function->is_external && !is_copy(program, entry);
  for (const DebugParameter& parameter : function->parameters) {
    const Type type = parameter.btf_type ? types.user_type(unit, parameter.btf_type) : Type();
    const bool at_entry = entry == address;
    const auto place =
        at_entry ? place_at_entry(parameter, keeps_convention, convention) : stated_place(parameter);
    if (parameter.name.empty()) continue;
    if (place && !type.is(TypeKind::None) && !type.is(TypeKind::Void) && type.size != 0)
      context.arguments.push_back({parameter.name, type, *place});
    else
      context.unknown_arguments.push_back({parameter.name, why_unknown(parameter, at_entry, type)});
  }
}

}  // namespace tracer
