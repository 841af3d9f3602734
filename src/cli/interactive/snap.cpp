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
#include "probes/provider.h"

namespace tracer {
namespace {

struct Argument {
  std::string type, name;
};

// Where a function is entered and left, and what is known there.
struct Place {
  std::string entry, exit;  // attach points; no exit: it is an event
  std::vector<Argument> arguments;
  std::string result;  // expression; empty: none
};

bool is_string(std::string_view type) {
  return type == "char *" || type == "const char *" || type == "char*" || type == "const char*";
}

bool is_structure_pointer(std::string_view type) {
  if (type.starts_with("const ")) type.remove_prefix(6);
  return (type.starts_with("struct ") || type.starts_with("union ")) && type.ends_with('*') &&
         std::ranges::count(type, '*') == 1;
}

// `struct file * file` as listings write it: the name is the last word.
Argument argument_of(std::string_view line) {
  line = trim(line);
  const size_t end = line.find_last_of(" *");
  if (end == line.npos) return {"", std::string(line)};
  const std::string_view name = line.substr(end + 1);
  return {std::string(trim(line.substr(0, end + 1))), std::string(name.substr(0, name.find('[')))};
}

// The probe that `pattern` means, with its arguments; nothing when there is none.
std::optional<Place> look_up(Shell& shell, const std::string& pattern) {
  KernelInfo& kernel = shell.workspace().kernel();
  Place place;
  auto done = list_probes(pattern, {true, shell.workspace().target_pid()}, kernel, kernel.types(),
                          [&](const std::string& line) {
                            if (!line.starts_with(' ')) {
                              if (!place.entry.empty()) return false;
                              place.entry = line;
                            } else {
                              place.arguments.push_back(argument_of(line));
                            }
                            return true;
                          });
  if (!done || place.entry.empty()) return std::nullopt;
  return place;
}

std::string with_provider(const char* provider, const std::string& attach_point) {
  return provider + attach_point.substr(attach_point.find(':'));
}

std::optional<Place> kernel_function(Shell& shell, std::string_view name) {
  auto place = look_up(shell, fmt::format("fexit:{}", name));
  if (!place) return std::nullopt;
  place->exit = place->entry;
  place->entry = with_provider("fentry", place->exit);
  if (!place->arguments.empty() && place->arguments.back().name == "retval") {
    place->arguments.pop_back();
    place->result = "retval";
  }
  return place;
}

std::optional<Place> system_call(Shell& shell, std::string_view name) {
  auto place = look_up(shell, fmt::format("tracepoint:syscalls:sys_enter_{}", name));
  if (!place) return std::nullopt;
  std::erase_if(place->arguments, [](const Argument& each) { return each.name == "__syscall_nr"; });
  place->exit = fmt::format("tracepoint:syscalls:sys_exit_{}", name);
  place->result = "args.ret";
  return place;
}

std::optional<Place> find_place(Shell& shell, std::string_view what) {
  const size_t colon = what.find(':');
  const ProviderInfo* provider = colon == what.npos ? nullptr : find_provider(what.substr(0, colon));
  const std::string_view rest = colon == what.npos ? what : what.substr(colon + 1);
  if (!provider && what.find('/') == what.npos) {
    auto place = kernel_function(shell, what);
    return place ? place : system_call(shell, what);
  }
  switch (provider ? provider->provider : Provider::Uprobe) {
    case Provider::Kprobe:
    case Provider::Fentry:
      return kernel_function(shell, rest);
    case Provider::Ksyscall:
      return system_call(shell, rest);
    case Provider::Uprobe: {
      auto place = look_up(shell, fmt::format("uprobe:{}", provider ? rest : what));
      if (!place) return std::nullopt;
      place->exit = with_provider("uretprobe", place->entry);
      place->result = "retval";
      return place;
    }
    default:
      return look_up(shell, std::string(what));
  }
}

// Statements that show one argument: the value, and what it points to.
std::string show_argument(const Argument& argument) {
  const std::string value = "args." + argument.name;
  std::string text = fmt::format("  printf(\"  {} = \"); print({});\n", argument.name, value);
  if (is_string(argument.type)) text += fmt::format("  printf(\"    text: %s\\n\", str({}, 200));\n", value);
  if (is_structure_pointer(argument.type))
    text +=
        fmt::format("  if ({0} != 0) {{ printf(\"    *{1} = \"); print(*{0}); }}\n", value, argument.name);
  return text;
}

// `limit` hits, each with its way back. `filter` with its slashes; empty: none.
std::string script_for(const Place& place, uint64_t limit, std::string_view filter) {
  const bool returns = !place.exit.empty();
  // A hit before the way back is attached would never return: it begins when all is.
  std::string text = "begin { @armed = 1; }\n";
  text += fmt::format("{} {} {{\n", place.entry, filter);
  // Looking is not what is looked for.
  text += fmt::format("  if (@armed == 0 || pid == {} || @hits++ >= {}) {{ return; }}\n", getpid(), limit);
  text += fmt::format("  printf(\"{}: %s, process %d, thread %d, CPU %d\\n\", comm, pid, tid, cpu);\n",
                      place.entry);
  for (const Argument& argument : place.arguments) text += show_argument(argument);
  text += "  printf(\"  kernel stack:\"); print(kstack);\n  printf(\"  user stack:\"); print(ustack);\n";
  if (!returns) return text + fmt::format("  if (++@done >= {}) {{ exit(); }}\n}}\n", limit);
  text += "  @begun[tid] = nsecs(monotonic);\n}\n";
  text += fmt::format("{} / @begun[tid] != 0 / {{\n", place.exit);
  text += "  printf(\"  thread %d returned after %llu ns\\n\", tid, nsecs(monotonic) - @begun[tid]);\n";
  text += "  delete(@begun, tid);\n";
  if (!place.result.empty()) text += fmt::format("  printf(\"  result = \"); print({});\n", place.result);
  return text + fmt::format("  if (++@done >= {}) {{ exit(); }}\n}}\n", limit);
}

// Records that structures are shown as, one field a line.
std::string spread_out(const std::string& text) {
  std::string result;
  for (std::string_view line : split(text, '\n')) {
    const size_t record = line.find(" = { .");
    if (record != line.npos && line.starts_with("  "))
      result += std::string(line.substr(0, record + 3)) + one_level(line.substr(record + 3), "    ") + "\n";
    else if (!line.empty())
      result += std::string(line) + "\n";
  }
  return result;
}

}  // namespace

bool snap(Shell& shell, std::string_view arguments) {
  std::string_view filter;
  if (const size_t slash = arguments.find(" /"); slash != arguments.npos && arguments.ends_with('/')) {
    filter = arguments.substr(slash + 1);
    arguments = trim(arguments.substr(0, slash));
  }
  const size_t blank = arguments.find_last_of(" \t");
  uint64_t limit = 1;
  std::string_view what = arguments;
  if (blank != arguments.npos) {
    const std::string_view count = arguments.substr(blank + 1);
    limit = number_of<uint64_t>(count).value_or(0);
    if (limit == 0) return shell.complain(fmt::format("`{}` is no number of hits", count));
    what = trim(arguments.substr(0, blank));
  }
  if (what.empty()) return shell.complain("a function is missing", "write `:snap vfs_read`");
  const auto place = find_place(shell, what);
  if (!place)
    return shell.complain(
        fmt::format("nothing is called `{}`", what),
        "a kernel function, a system call, `tracepoint:CATEGORY:EVENT`, or `PROGRAM:FUNCTION`");

  std::string text;
  OutputOptions output;
  output.memory = &text;
  auto entry = shell.workspace().load_alone(script_for(*place, limit, filter), output);
  if (!entry) {
    shell.console().complain(entry.error());
    return false;
  }
  LiveScript& script = *entry->script;
  auto attached = script.attach([&](size_t) { return !shell.interrupted(); });
  if (!attached) return shell.complain(attached.error());
  if (auto armed = script.run(Provider::Begin); !armed) return shell.complain(armed.error());
  Waited waited = Waited::Time;
  while (!script.finished() && (waited == Waited::Ready || waited == Waited::Time)) {
    waited = shell.wait(script.session().event_fd(), Shell::Clock::now() + std::chrono::milliseconds(100));
    if (auto delivered = script.deliver(); !delivered) return shell.complain(delivered.error());
  }
  if (auto stopped = script.stop(); !stopped) return shell.complain(stopped.error());
  const std::string shown = spread_out(text);
  if (!shown.empty()) shell.say(std::string(trim(shown)));
  return script.finished();
}

}  // namespace tracer
