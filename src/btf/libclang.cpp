#include "btf/libclang.h"

#include <dlfcn.h>

#include <cstdlib>
#include <vector>

namespace tracer {
namespace {

constexpr const char* kHint =
    "install libclang (Debian: libclang1-19), or let TRACER_LIBCLANG name its shared library";

// Names under which distributions have it.
std::vector<std::string> candidates() {
  if (const char* named = std::getenv("TRACER_LIBCLANG"); named && *named) return {named};
  std::vector<std::string> names;
  for (const char* version : {"19", "20", "21", "22", "18", "17", "16", "15", "14"}) {
    names.push_back(std::string("libclang-") + version + ".so.1");
    names.push_back(std::string("libclang-") + version + ".so." + version);
    names.push_back(std::string("libclang.so.") + version);
    names.push_back(std::string("/usr/lib/llvm-") + version + "/lib/libclang.so.1");
  }
  for (const char* name : {"libclang.so.1", "libclang.so"}) names.emplace_back(name);
  return names;
}

}  // namespace

Result<LibClang> open_libclang() {
  void* library = nullptr;
  const std::vector<std::string> names = candidates();
  std::string why;
  for (const std::string& name : names) {
    library = ::dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library) break;
    if (const char* reason = ::dlerror(); reason && why.empty()) why = reason;
  }
  if (!library) return fail(names.size() == 1 ? why : "libclang is not installed", kHint);
  LibClang result;
  const char* missing = nullptr;
#define LIBCLANG_FUNCTION(name)                                                            \
  result.name = reinterpret_cast<decltype(result.name)>(::dlsym(library, "clang_" #name)); \
  if (!result.name) missing = "clang_" #name;
#include "btf/libclang.def"
#undef LIBCLANG_FUNCTION
  if (missing) return fail(std::string("the libclang that was found has no function ") + missing, kHint);
  return result;
}

std::string LibClang::text(CXString string) const {
  const char* bytes = getCString(string);
  std::string result = bytes ? bytes : "";
  disposeString(string);
  return result;
}

}  // namespace tracer
