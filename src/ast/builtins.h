// Rows of the table builtins.def, without what passes and codegen add.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace tracer::ast {

enum class BuiltinForm : uint8_t { Variable, Function, Aggregation, MapFunction };
enum class BuiltinWhere : uint8_t {
  Anywhere,
  FunctionProbe,
  ReturnProbe,
  ArgumentProbe,
  KernelSession,
  ContextProbe,
  RegisterProbe,
  StackArgument,
  KprobeOnly,
  SignalProbe,
  SocketProbe,
  PathProbe,
  UserCode,
};
enum class BuiltinWhen : uint8_t { Sync, Async, CompileTime };
// Unsafe: needs --unsafe.
enum class BuiltinSafety : uint8_t { Safe, Unsafe };

// Position of a row in the table: index for the tables that other layers expand beside it.
enum class BuiltinId : uint16_t {
#define BUILTIN(name, ...) name##_,
#include "ast/builtins.def"
#undef BUILTIN
  Count_
};

struct Builtin {
  BuiltinId id;
  std::string_view name;
  BuiltinForm form;
  int min_args, max_args;  // max -1: no limit
  std::string_view signature;
  BuiltinWhere where;
  BuiltinWhen when;
  std::string_view doc;
  BuiltinSafety safety = BuiltinSafety::Safe;
};

std::span<const Builtin> builtins();
const Builtin& builtin(BuiltinId id);
// Null when unknown. `arg0`, `arg12` give the row argN, `sarg0` the row sargN.
const Builtin* find_builtin(std::string_view name);

}  // namespace tracer::ast
