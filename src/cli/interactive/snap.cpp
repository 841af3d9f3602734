// `:snap`: one hit of a function with all that can be said of it. The script that finds it out is made here.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <optional>

#include "base/text.h"
#include "cli/interactive/arguments.h"
#include "cli/interactive/commands.h"
#include "cli/interactive/record_text.h"
#include "cli/interactive/shell.h"
#include "cli/interactive/snap_place.h"

namespace tracer {
namespace {

constexpr std::string_view kKernelStack = "  kernel stack:", kUserStack = "  user stack:";

bool is_string(std::string_view type) {
  return type.starts_with("__data_loc char") || type == "char *" || type == "const char *" ||
         type == "char*" || type == "const char*";
}

bool is_structure_pointer(std::string_view type) {
  if (type.starts_with("const ")) type.remove_prefix(6);
  return (type.starts_with("struct ") || type.starts_with("union ")) && type.ends_with('*') &&
         std::ranges::count(type, '*') == 1;
}

// Statements that show one argument: the value, and what it points to.
std::string show_argument(const SnapPlace::Argument& argument) {
  const std::string& value = argument.value;
  std::string text = fmt::format("  printf(\"  {} = \"); print({});\n", argument.name, value);
  if (is_string(argument.type)) text += fmt::format("  printf(\"    text: %s\\n\", str({}, 200));\n", value);
  if (is_structure_pointer(argument.type))
    text +=
        fmt::format("  if ({0} != 0) {{ printf(\"    *{1} = \"); print(*{0}); }}\n", value, argument.name);
  return text;
}

std::string show_result(const SnapPlace& place) {
  if (place.result.empty()) return "";
  std::string text = fmt::format("  printf(\"  result = \"); print({});\n", place.result);
  if (place.result_is_error)
    text += fmt::format("  if ({0} < 0) {{ printf(\"    error: %s\\n\", strerror(-{0})); }}\n", place.result);
  return text;
}

// `limit` hits, each with its way back. `filter` with its slashes; empty: none.
std::string script_for(const SnapPlace& place, uint64_t limit, std::string_view filter) {
  const bool returns = !place.exit.empty();
  // A hit before the way back is attached would never return: it begins when all is.
  std::string text = "begin { @armed = 1; }\n";
  text += fmt::format("{} {} {{\n", place.entry, filter);
  // Looking is not what is looked for.
  text += fmt::format("  if (@armed == 0 || pid == {} || @hits++ >= {}) {{ return; }}\n", getpid(), limit);
  text += fmt::format("  printf(\"{}: %s, process %d, thread %d, CPU %d\\n\", comm, pid, tid, cpu);\n",
                      place.entry);
  for (const SnapPlace::Argument& argument : place.arguments) text += show_argument(argument);
  text += fmt::format("  printf(\"{}\"); print(kstack);\n  printf(\"{}\"); print(ustack);\n", kKernelStack,
                      kUserStack);
  if (!returns) return text + fmt::format("  if (++@done >= {}) {{ exit(); }}\n}}\n", limit);
  text += "  @begun[tid] = nsecs(monotonic);\n}\n";
  text += fmt::format("{} / @begun[tid] != 0 / {{\n", place.exit);
  text += "  printf(\"  thread %d returned after %llu ns\\n\", tid, nsecs(monotonic) - @begun[tid]);\n";
  text += "  delete(@begun, tid);\n" + show_result(place);
  return text + fmt::format("  if (++@done >= {}) {{ exit(); }}\n}}\n", limit);
}

// The way from the kernel's function to the program that looks.
bool is_own_frame(std::string_view line) {
  line = trim(line);
  return line.starts_with("bpf_prog_") || line.starts_with("bpf_trampoline_");
}

// Records that structures are shown as, one field a line; a stack of which nothing is known says so.
std::string spread_out(const std::string& text) {
  std::string result;
  bool stack_begins = false;
  const std::string whole = text + "\nend";
  for (std::string_view line : split(whole, '\n')) {
    if (line.empty() || (stack_begins && is_own_frame(line))) continue;
    if (stack_begins && !line.starts_with("        ")) result.insert(result.size() - 1, " none");
    if (line == "end") break;
    stack_begins = line == kKernelStack || line == kUserStack;
    const size_t record = line.find(" = { .");
    if (record != line.npos && line.starts_with("  "))
      result += std::string(line.substr(0, record + 3)) + one_level(line.substr(record + 3), "    ") + "\n";
    else
      result += std::string(line) + "\n";
  }
  return result;
}

struct SnapRequest {
  std::string_view what, filter;  // the filter with its slashes; empty: none
  uint64_t limit = 1;
};

// Nothing, and said, when it is wrong.
std::optional<SnapRequest> request_of(Shell& shell, std::string_view arguments) {
  SnapRequest request;
  if (const size_t slash = arguments.find(" /");
      slash != arguments.npos && arguments.size() > slash + 2 && arguments.ends_with('/')) {
    request.filter = arguments.substr(slash + 1);
    arguments = trim(arguments.substr(0, slash));
  }
  request.what = arguments;
  if (const size_t blank = arguments.find_last_of(" \t"); blank != arguments.npos) {
    const std::string_view count = arguments.substr(blank + 1);
    request.limit = number_of<uint64_t>(count).value_or(0);
    request.what = trim(arguments.substr(0, blank));
    if (request.limit == 0) {
      shell.complain(fmt::format("`{}` is no number of hits", count),
                     "write `:snap FUNCTION`, `:snap FUNCTION 3`, or `:snap FUNCTION /FILTER/`");
      return std::nullopt;
    }
  }
  if (!request.what.empty()) return request;
  shell.complain("a function is missing", "write `:snap vfs_read`");
  return std::nullopt;
}

// The hits of a script that writes to `text`.
class Hits {
 public:
  Hits(Shell& shell, LiveScript& script, std::string& text) : shell_(shell), script_(script), text_(text) {}

  // Until enough came, or Ctrl-C. What a call does that is long in coming back is shown before it does.
  Result<void> wait() {
    Waited waited = Waited::Time;
    while (!script_.finished() && (waited == Waited::Ready || waited == Waited::Time)) {
      const size_t before = text_.size();
      waited = shell_.wait(script_.session().event_fd(), Shell::Clock::now() + kQuiet);
      if (auto delivered = script_.deliver(); !delivered) return std::unexpected(delivered.error());
      if (text_.size() == before) show();
    }
    auto stopped = script_.stop();
    show();
    return stopped;
  }

  bool complain_of_missing(const SnapPlace& place) {
    if (script_.finished()) return true;
    if (!seen_) return shell_.complain(fmt::format("`{}` was not hit", place.entry));
    return shell_.complain(place.exit.empty() ? "not as many hits came as were asked for"
                                              : "not all of the calls that were asked for came back");
  }

 private:
  // Hits come in pieces, but without a pause.
  static constexpr auto kQuiet = std::chrono::milliseconds(100);

  void show() {
    const std::string shown = spread_out(std::exchange(text_, ""));
    if (shown.empty()) return;
    seen_ = true;
    shell_.say(shown.substr(0, shown.size() - 1));
  }

  Shell& shell_;
  LiveScript& script_;
  std::string& text_;
  bool seen_ = false;
};

}  // namespace

bool snap(Shell& shell, std::string_view arguments) {
  const auto request = request_of(shell, arguments);
  if (!request) return false;
  if (shell.workspace().options().user_session)
    return shell.complain("`:snap` needs a kernel session", "leave out --user");
  const auto place = find_snap_place(shell, request->what);
  if (!place) return shell.complain(place.error());

  std::string text;
  OutputOptions output;
  output.memory = &text;
  auto entry = shell.workspace().load_alone(script_for(*place, request->limit, request->filter), output);
  if (!entry) {
    shell.console().complain(entry.error());
    return false;
  }
  LiveScript& script = *entry->script;
  auto attached = script.attach([&](size_t) { return !shell.interrupted(); });
  if (!attached) return shell.complain(attached.error());
  if (auto armed = script.run(Provider::Begin); !armed) return shell.complain(armed.error());
  if (shell.console().is_terminal())
    shell.say(fmt::format("waiting for `{}`; Ctrl-C ends this", place->entry));
  Hits hits(shell, script, text);
  if (auto waited = hits.wait(); !waited) return shell.complain(waited.error());
  return hits.complain_of_missing(*place);
}

}  // namespace tracer
