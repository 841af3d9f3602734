// The script's C preamble (LANGUAGE 1.6): read by libclang, its types become BTF beside the kernel's,
// its `#define`s are kept as text.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostics.h"
#include "btf/c_headers.h"
#include "btf/type_db.h"

namespace tracer {

// A preprocessor line or a definition, as it stands in a script.
struct CPiece {
  std::string text;
  Span span;
};

struct CPreambleOptions {
  CHeaderOptions headers;
  std::vector<std::string> folders;  // of the scripts: where `#include "x.h"` looks, in that order
};

// Whether there is a libclang, for preambles that are more than plain definitions.
bool has_libclang();

class CPreamble {
 public:
  // Both `types` and `diags` must outlive the result.
  CPreamble(std::vector<CPiece> pieces, CPreambleOptions options, TypeDb& types, Diagnostics& diags);
  ~CPreamble();
  CPreamble(const CPreamble&) = delete;
  CPreamble& operator=(const CPreamble&) = delete;

  // Gives `types` what the preamble defines; reports what is wrong in it. A preamble of kernel headers
  // alone is read later, and only when a name is asked for that BTF does not know.
  void read();

  // Replacement text of an object-like macro.
  std::optional<std::string> macro(std::string_view name);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tracer
