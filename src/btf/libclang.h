// libclang, opened when a script's C preamble needs it and not before: most scripts do without, and
// a machine without it runs them.
#pragma once

#include <clang-c/Index.h>

#include <string>

#include "base/result.h"

namespace tracer {

// The functions of libclang that are used, one member each.
struct LibClang {
#define LIBCLANG_FUNCTION(name) decltype(&::clang_##name) name = nullptr;
#include "btf/libclang.def"
#undef LIBCLANG_FUNCTION

  // What a CXString holds; disposes of it.
  std::string text(CXString string) const;
};

// The library that TRACER_LIBCLANG names, else the newest that is found. Stays open. The error says
// what to install.
Result<LibClang> open_libclang();

}  // namespace tracer
