#include "ast/passes/memory_reads.h"

#include <optional>

#include "ast/builtins.h"

namespace tracer::ast {
namespace {

// The memory in which the value of an expression stands; none: the program's own.
std::optional<AddressSpace> place_space(const Expr& expr) {
  if (const auto* unary = as<Unary>(&expr)) {
    if (unary->op != UnaryOp::Deref) return std::nullopt;
    return unary->operand->type.space;
  }
  const Expr* object = nullptr;
  if (const auto* access = as<FieldAccess>(&expr)) {
    if (access->argument) return std::nullopt;
    object = access->object;
  } else if (const auto* index = as<Index>(&expr)) {
    object = index->object;
  } else if (const auto* element = as<TupleAccess>(&expr)) {
    object = element->object;
  }
  if (!object) return std::nullopt;
  const Type* type = &object->type;
  if (!type->is(TypeKind::Pointer)) return place_space(*object);
  // `.` goes through any number of pointers.
  while (type->target && type->target->is(TypeKind::Pointer)) type = type->target.get();
  return type->space;
}

std::string helper_name(AddressSpace space, bool text) {
  std::string name = "probe_read";
  if (space == AddressSpace::Kernel) name += "_kernel";
  if (space == AddressSpace::User) name += "_user";
  return text ? name + "_str" : name;
}

// Functions that read what an argument leads to.
struct Reader {
  BuiltinId builtin;
  size_t first, last;  // arguments that may be such
  bool text;           // up to a NUL
  bool from_integer;   // an integer is an address
};

constexpr Reader kReaders[] = {
    {BuiltinId::str_, 0, 0, true, true},      {BuiltinId::buf_, 0, 0, false, true},
    {BuiltinId::macaddr_, 0, 0, false, true}, {BuiltinId::ntop_, 0, 1, false, false},
    {BuiltinId::memcmp_, 0, 1, false, false},
};

std::string helper_of_call(const Call& call, AddressSpace probe_space) {
  for (const Reader& reader : kReaders) {
    if (!call.builtin || reader.builtin != call.builtin->id) continue;
    for (size_t i = reader.first; i <= reader.last && i < call.args.size(); ++i) {
      const Expr& source = *call.args[i];
      if (source.type.is(TypeKind::Pointer)) return helper_name(source.type.space, reader.text);
      if (source.type.is(TypeKind::Int)) {
        if (reader.from_integer) return helper_name(probe_space, reader.text);
      } else if (const auto space = place_space(source)) {
        return helper_name(*space, reader.text);
      }
    }
  }
  return "";
}

}  // namespace

std::string read_helper(const Expr& expr, AddressSpace probe_space) {
  if (const auto* call = as<Call>(&expr)) return helper_of_call(*call, probe_space);
  const auto space = place_space(expr);
  return space ? helper_name(*space, expr.type.is(TypeKind::String)) : "";
}

}  // namespace tracer::ast
