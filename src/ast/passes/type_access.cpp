// Members, elements and bytes of values (LANGUAGE 4.4 to 4.6).
#include "ast/diagnostics.h"
#include "ast/passes/type_resolver.h"
#include "base/text.h"

namespace tracer::ast {
namespace {

bool is_args(const Expr* expr) {
  const auto* identifier = as<Identifier>(expr);
  return identifier && identifier->builtin && identifier->builtin->id == BuiltinId::args_;
}

// Of several probes that one program serves, one: they have the same arguments.
const std::string& one_name(const ProbePlan& probe) {
  return probe.targets.empty() ? probe.name : probe.targets.front().name;
}

}  // namespace

// ---------------------------------------------------------------- fields

void TypeResolver::argument_field(FieldAccess& access) {
  expr(access.object);  // reports where `args` has no meaning
  if (access.object->type.is(TypeKind::Error)) {
    access.type = error_type();
    return;
  }
  const std::vector<ProbeArgument>& arguments = context().arguments;
  for (size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i].name != access.field) continue;
    access.argument = static_cast<uint32_t>(i);
    access.type = arguments[i].type;
    if (access.type.is(TypeKind::Struct)) access.type.space = context().space;
    return;
  }
  access.type = error_type();
  for (const UnknownArgument& unknown : context().unknown_arguments) {
    if (unknown.name != access.field) continue;
    diags().report(access.field_span, diag::unknown_argument, probe().name, access.field, unknown.why);
    return;
  }
  std::vector<std::string> names;
  for (const ProbeArgument& each : arguments) names.push_back(each.name);
  diags()
      .report(access.field_span, diag::no_such_argument, one_name(probe()), access.field)
      .hint(did_you_mean(access.field, names))
      .hint(names.empty() ? "" : fmt::format("it has: {}", fmt::join(names, ", ")));
}

// `args` as a whole is a record of the arguments, in fexit with the return value at its end.
bool TypeResolver::arguments_value(Expr& args) {
  if (context().provider == Provider::Tracepoint) {
    diags().report(args.span, diag::args_alone).hint("use its fields: `args.NAME`");
    args.type = error_type();
    return false;
  }
  std::vector<std::pair<std::string, Type>> fields;
  for (const ProbeArgument& each : context().arguments) fields.emplace_back(each.name, each.type);
  if (context().result) fields.emplace_back("$retval", context().result->type);
  args.type = record_type(std::move(fields));
  return true;
}

void TypeResolver::field(FieldAccess& access) {
  if (is_args(access.object)) return argument_field(access);
  if (!value(access.object)) {
    access.type = error_type();
    return;
  }
  Type object = operand_type(*access.object);
  // `.` goes through any number of pointers: the last is the access itself, others are read.
  while (object.is(TypeKind::Pointer) && object.target && object.target->is(TypeKind::Pointer)) {
    auto* read = ast_.make<Unary>(access.object->span);
    read->op = UnaryOp::Deref;
    read->operand = access.object;
    access.object = read;
    expr(access.object);
    object = access.object->type;
  }
  if (unknown(object)) {
    access.type = object;
    return;
  }
  if (object.is(TypeKind::Record)) return record_field(access, object);
  if (object.is(TypeKind::Struct)) return struct_field(access, object);
  if (object.is(TypeKind::Pointer) && object.target && object.target->is(TypeKind::Struct)) {
    Type structure = *object.target;
    structure.space = object.space;
    return struct_field(access, structure);
  }
  auto& message =
      diags().report(access.field_span, diag::field_of_no_struct, access.field, to_string(object));
  if (object.is_integer_like())
    message.hint(fmt::format("cast it to a pointer: `((struct NAME *)e).{}`", access.field));
  access.type = error_type();
}

void TypeResolver::record_field(FieldAccess& access, const Type& record) {
  std::vector<std::string> names;
  for (const Field& field : *record.fields) {
    names.push_back(field.name);
    if (field.name != access.field) continue;
    access.where = field;
    access.type = field.type;
    return;
  }
  diags()
      .report(access.field_span, diag::no_such_record_field, to_string(record), access.field)
      .hint(did_you_mean(access.field, names));
  access.type = error_type();
}

void TypeResolver::struct_field(FieldAccess& access, const Type& incomplete) {
  Type structure = complete(incomplete);
  if (const auto found = types_.field(structure, access.field, structure.space)) {
    access.where = *found;
    access.type = found->type;
    const TypeDb::KernelName name = types_.kernel_name(structure);
    access.in_kernel_type = name != TypeDb::KernelName::NotKernel;
    access.by_typedef = name == TypeDb::KernelName::Typedef;
    const bool stands_in_memory = access.type.is(TypeKind::Struct) || access.type.is(TypeKind::Array);
    if (stands_in_memory) access.type.space = structure.space;
    return;
  }
  if (structure.c_type == 0 && !types_.available()) {
    diags().report(access.field_span, diag::no_type_information, to_string(structure)).hint(types_.why_not());
    access.type = error_type();
    return;
  }
  diags()
      .report(access.field_span, diag::no_such_field, to_string(structure), access.field)
      .hint(did_you_mean(access.field, types_.field_names(structure)));
  access.type = error_type();
}

// ---------------------------------------------------------------- elements

void TypeResolver::element_of_tuple(TupleAccess& access) {
  if (!value(access.object)) {
    access.type = error_type();
    return;
  }
  const Type& object = access.object->type;
  if (unknown(object)) {
    access.type = object;
  } else if (!object.is(TypeKind::Tuple)) {
    diags().report(access.span, diag::not_a_tuple, access.index, to_string(object));
    access.type = error_type();
  } else if (access.index >= object.fields->size()) {
    Span at = access.span;
    at.begin = at.end - static_cast<uint32_t>(std::to_string(access.index).size());
    diags().report(at, diag::tuple_index, access.index, to_string(object), object.fields->size());
    access.type = error_type();
  } else {
    access.type = (*object.fields)[access.index].type;
  }
}

void TypeResolver::index(Expr*& slot, Index& index) {
  const bool has_object = value(index.object), has_index = value(index.index);
  if (!has_object || !has_index) {
    index.type = error_type();
    return;
  }
  const Type& object = index.object->type;
  if (object.is(TypeKind::Tuple)) {
    if (!index.index->constant) {
      diags().report(index.index->span, diag::tuple_index_literal);
      index.type = error_type();
      return;
    }
    auto* access = ast_.make<TupleAccess>(index.span);
    access->object = index.object;
    access->index = static_cast<uint32_t>(std::min<uint64_t>(*index.index->constant, UINT32_MAX));
    slot = access;
    return element_of_tuple(*access);
  }
  const Type position = operand_type(*index.index);
  if (unknown(object) || unknown(position)) {
    index.type = object.is(TypeKind::Error) || position.is(TypeKind::Error) ? error_type() : Type{};
  } else if (!position.is_integer_like()) {
    diags().report(index.index->span, diag::bad_index, to_string(position));
    index.type = error_type();
  } else {
    element(index, object);
  }
}

void TypeResolver::element(Index& index, const Type& object) {
  uint32_t length = 0;  // 0: not known
  if (object.is(TypeKind::String)) {
    index.type = int_type(1, true);
    length = object.size;
  } else if (object.is(TypeKind::Array)) {
    index.type = *object.target;
    if (index.type.is(TypeKind::Struct)) index.type.space = object.space;
    length = object.count;
  } else if (object.is(TypeKind::Pointer) && object.target) {
    index.type = object.target->is(TypeKind::Struct) ? complete(*object.target) : *object.target;
    if (!index.type.is(TypeKind::Pointer) || index.type.space == AddressSpace::Unknown) {
      index.type.space = object.space;
    }
  } else if (object.is(TypeKind::Pointer)) {
    diags().report(index.span, diag::void_pointer).hint("cast it to what it points to: `((uint64*)p)[i]`");
    index.type = error_type();
    return;
  } else {
    diags().report(index.span, diag::not_an_array, to_string(object));
    index.type = error_type();
    return;
  }
  const auto& constant = index.index->constant;
  if (!constant) return;
  const bool negative = index.index->type.is_signed && static_cast<int64_t>(*constant) < 0;
  if (negative) {
    diags().report(index.index->span, diag::negative_index, static_cast<int64_t>(*constant));
  } else if (length != 0 && *constant >= length) {
    diags().report(index.index->span, diag::index_out_of_bounds, *constant, to_string(object));
  }
}

}  // namespace tracer::ast
