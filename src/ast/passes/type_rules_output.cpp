// Output and control (LANGUAGE 6.2, 8).
#include "ast/diagnostics.h"
#include "ast/passes/type_rules.h"
#include "plan/format.h"
#include "plan/kernel_format.h"

namespace tracer::ast {
namespace {

constexpr size_t kMostArguments = 127;

bool suits(Conversion conversion, const Type& type) {
  switch (conversion) {
    case Conversion::Text:
      return true;
    case Conversion::Signed:
    case Conversion::Unsigned:
    case Conversion::Octal:
    case Conversion::HexLower:
    case Conversion::HexUpper:
    case Conversion::Pointer:
      return type.is_integer_like() || type.is(TypeKind::Pointer);
    case Conversion::Char:
    case Conversion::GfpFlags:
      return type.is(TypeKind::Int) || type.is(TypeKind::Enum);
    case Conversion::String:
      return !type.is_aggregate();
    case Conversion::Buffer:
    case Conversion::BufferEscaped:
    case Conversion::BufferHex:
      return type.is(TypeKind::Buffer);
  }
  return false;
}

// The part of a conversion that messages name: `ld` of `%-8ld`.
std::string specifier(const FormatPiece& piece) {
  size_t start = piece.spelling.find_first_not_of("%-+ #0123456789.*");
  return start == std::string::npos ? piece.spelling : piece.spelling.substr(start);
}

void check_argument(const FormatPiece& piece, Expr& argument, TypeResolver& types) {
  const Type& type = argument.type;
  if (unknown(type) || type.is(TypeKind::Void) || suits(piece.conversion, type)) return;
  auto& message = types.diags().report(argument.span, diag::format_type, to_string(type), specifier(piece));
  if (type.is_castable_aggregate()) message.hint("cast it: " + cast_to_number(argument));
}

void check_format(BuiltinUse& use, const Format& format, TypeResolver& types) {
  const size_t expected = conversions(format), supplied = use.args.size() - 1;
  if (supplied != expected) {
    types.diags().report(use.span, supplied < expected ? diag::format_too_few : diag::format_too_many,
                         supplied, expected);
  }
  if (supplied > kMostArguments) types.diags().report(use.span, diag::format_many, supplied, kMostArguments);
  size_t next = 1;
  for (const FormatPiece& piece : format) {
    if (piece.conversion == Conversion::Text) continue;
    if (next < use.args.size()) check_argument(piece, *use.args[next++], types);
  }
}

// A pinned iterator is read where there is no tracer: the kernel itself makes the text.
void check_kernel_format(BuiltinUse& use, const Format& format, TypeResolver& types) {
  size_t next = 1;
  for (const FormatPiece& piece : format) {
    if (piece.conversion == Conversion::Text) {
      if (!kernel_can_print(piece.text)) types.diags().report(use.args[0]->span, diag::pinned_text);
      continue;
    }
    if (next >= use.args.size()) return;
    const Expr& argument = *use.args[next++];
    if (unknown(argument.type) || kernel_can_print(piece, argument.type)) continue;
    types.diags()
        .report(argument.span, diag::pinned_format, piece.spelling, to_string(argument.type))
        .hint("numbers can be printed by d, u, x and c, strings by s");
  }
  if (next > kMostKernelArguments + 1)
    types.diags().report(use.span, diag::pinned_many, next - 1, kMostKernelArguments);
}

bool is_pinned_iterator(TypeResolver& types) {
  if (types.context().context != ContextKind::Iterator) return false;
  const auto& targets = types.probe().targets;
  return !targets.empty() && !targets.front().module.empty();
}

}  // namespace

Type type_printf(BuiltinUse& use, TypeResolver& types) {
  for (size_t i = 1; i < use.args.size(); ++i) types.value(use.args[i]);
  const StringLiteral* text = text_argument(use, 0, types);
  if (!text || !types.reporting()) return void_type();
  FormatError error;
  const Format format = parse_format(text->value, error);
  if (!error.message.empty()) {
    types.diags().report(use.args[0]->span, diag::bad_format, error.message);
  } else {
    check_format(use, format, types);
    if (is_pinned_iterator(types)) check_kernel_format(use, format, types);
  }
  return void_type();
}

Type type_time(BuiltinUse& use, TypeResolver& types) {
  if (!use.args.empty()) text_argument(use, 0, types);
  return void_type();
}

Type type_exit(BuiltinUse& use, TypeResolver& types) {
  if (!use.args.empty()) integer_argument(use, 0, types);
  return void_type();
}

}  // namespace tracer::ast
