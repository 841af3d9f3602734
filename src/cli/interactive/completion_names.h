// Names that can stand somewhere in an entry, as far as they fit what is written.
#pragma once

#include <cctype>
#include <set>
#include <string>
#include <string_view>

namespace tracer {

class Workspace;

namespace names {

using Names = std::set<std::string>;

constexpr size_t kMost = 500;  // nobody reads more

inline bool is_name_part(char c) { return c == '_' || std::isalnum(static_cast<unsigned char>(c)); }

// `begun`: a path as far as it is written; `~/` is the home folder. Folders end with a slash.
Names files(std::string_view begun);
// `struct so`
Names types(Workspace& workspace, std::string_view begun);
// An attach point: providers, then what they list; programs as files.
Names probes(Workspace& workspace, std::string_view begun);
// What `:snap` takes besides: functions and system calls by their bare names, functions of programs.
Names functions(Workspace& workspace, std::string_view begun);
// `args.NAME` in a clause that begins with this attach point, `curtask.NAME`.
Names arguments(Workspace& workspace, std::string_view attach_point);
Names task_fields(Workspace& workspace);
// Maps of the session.
Names maps(Workspace& workspace);
// Macros, functions and types that were declared, functions with their bracket.
Names declared(Workspace& workspace);
// Builtins, functions with their bracket, and keywords.
Names builtins();
// Names that begin with `$` or `@` in the text itself.
Names in_text(std::string_view text);

}  // namespace names
}  // namespace tracer
