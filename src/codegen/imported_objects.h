// BPF programs that a script imports (LANGUAGE 1.5): C sources, which the system's clang compiles, and
// objects. What they can be asked for is known before the passes run; they join the Artifact at the end.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ast/ast.h"
#include "base/diagnostics.h"
#include "base/process.h"
#include "base/result.h"

namespace tracer {

class ImportedObjects {
 public:
  // Compiles what is source and reads what the objects have: writes Script::externals and
  // ImportedObject::object.  `include_dirs`: of -I.
  // Reports: object-needs-kernel, no-clang, bpf-compile, not-a-bpf-object, object-without-btf,
  // function-declared-twice.
  void prepare(ast::Script& script, bool user_session, const std::vector<std::string>& include_dirs,
               Diagnostics& diags);
  // The Artifact with the objects linked to it; itself when there are none.
  Result<std::string> link(std::string artifact);

 private:
  bool compile(ast::ImportedObject& object, const std::vector<std::string>& include_dirs, Diagnostics& diags);
  void read(ast::Script& script, uint32_t index, Diagnostics& diags);

  std::optional<TemporaryFolder> folder_;
  std::vector<std::string> files_;
};

}  // namespace tracer
