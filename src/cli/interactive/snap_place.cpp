#include "cli/interactive/snap_place.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/text.h"
#include "cli/interactive/shell.h"
#include "probes/provider.h"

namespace tracer {
namespace {

using Found = Result<std::optional<SnapPlace>>;

// `struct file * file` as listings write it: the name is the last word.
SnapPlace::Argument argument_of(std::string_view line) {
  line = trim(line);
  const size_t end = line.find_last_of(" *");
  const size_t begin = end == line.npos ? 0 : end + 1;
  const std::string_view name = line.substr(begin);
  const std::string plain(name.substr(0, name.find('[')));
  return {std::string(trim(line.substr(0, begin))), plain, "args." + plain};
}

// The probe that `pattern` means, with its arguments; nothing when there is none.
Found look_up(Shell& shell, const std::string& pattern) {
  KernelInfo& kernel = shell.workspace().kernel();
  SnapPlace place;
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
  if (!done) return std::unexpected(done.error());
  if (place.entry.empty()) return std::nullopt;
  return place;
}

// Who calls these does not come back to where the return is seen.
bool never_returns(std::string_view name) {
  constexpr std::string_view kNames[] = {"exit", "exit_group", "do_exit", "do_group_exit", "make_task_dead"};
  return std::ranges::find(kNames, name) != std::end(kNames);
}

std::string with_provider(const char* provider, const std::string& attach_point) {
  return provider + attach_point.substr(attach_point.find(':'));
}

// What BTF describes.
Found typed_function(Shell& shell, std::string_view name) {
  auto found = look_up(shell, fmt::format("fexit:{}", name));
  if (!found || !*found) return found;
  SnapPlace& place = **found;
  place.exit = place.entry;
  place.entry = with_provider("fentry", place.exit);
  if (!place.arguments.empty() && place.arguments.back().name == "retval") {
    place.arguments.pop_back();
    place.result = "retval";
  }
  return found;
}

// What can be probed, but is not described: registers.
Found bare_function(Shell& shell, std::string_view name) {
  constexpr int kArguments = 6;
  auto found = look_up(shell, fmt::format("kprobe:{}", name));
  if (!found || !*found) return found;
  SnapPlace& place = **found;
  place.exit = with_provider("kretprobe", place.entry);
  place.result = "retval";
  if (!place.arguments.empty()) return found;
  for (int i = 0; i < kArguments; ++i)
    place.arguments.push_back({"", fmt::format("arg{}", i), fmt::format("arg{}", i)});
  return found;
}

// Events keep each argument in eight bytes, of which an `int` fills four.
void narrow(SnapPlace::Argument& argument) {
  constexpr std::string_view kNarrow[] = {"int", "pid_t", "clockid_t", "key_t", "mqd_t", "timer_t"};
  if (std::ranges::find(kNarrow, argument.type) != std::end(kNarrow))
    argument.value = fmt::format("(int32)args.{}", argument.name);
}

Found system_call(Shell& shell, std::string_view name) {
  auto found = look_up(shell, fmt::format("tracepoint:syscalls:sys_enter_{}", name));
  if (!found || !*found) return found;
  SnapPlace& place = **found;
  std::erase_if(place.arguments, [](const auto& each) { return each.name == "__syscall_nr"; });
  std::ranges::for_each(place.arguments, narrow);
  place.exit = fmt::format("tracepoint:syscalls:sys_exit_{}", name);
  place.result = "args.ret";
  place.result_is_error = true;
  return found;
}

Found user_function(Shell& shell, std::string_view name) {
  auto found = look_up(shell, fmt::format("uprobe:{}", name));
  if (!found || !*found) return found;
  (*found)->exit = with_provider("uretprobe", (*found)->entry);
  (*found)->result = "retval";
  return found;
}

using Finder = Found (*)(Shell&, std::string_view);

// The first that knows the name. What one cannot tell counts only when the others know nothing.
Found first_of(Shell& shell, std::string_view name, std::initializer_list<Finder> finders) {
  Found none = std::nullopt;
  for (Finder finder : finders) {
    auto found = finder(shell, name);
    if (found && *found) return found;
    if (!found && none) none = std::unexpected(found.error());
  }
  return none;
}

Found find(Shell& shell, std::string_view what) {
  const size_t colon = what.find(':');
  const ProviderInfo* provider = colon == what.npos ? nullptr : find_provider(what.substr(0, colon));
  const std::string_view rest = colon == what.npos ? what : what.substr(colon + 1);
  if (!provider) {
    const bool in_program = colon != what.npos || what.find('/') != what.npos;
    if (colon != what.npos && what.find('/') == what.npos)
      if (auto event = look_up(shell, fmt::format("tracepoint:{}", what)); event && *event) return event;
    return in_program ? user_function(shell, what)
                      : first_of(shell, what, {typed_function, system_call, bare_function});
  }
  switch (provider->provider) {
    case Provider::Kprobe:
    case Provider::Kretprobe:
    case Provider::Fentry:
    case Provider::Fexit:
      return first_of(shell, rest, {typed_function, bare_function});
    case Provider::Ksyscall:
    case Provider::Kretsyscall:
      return system_call(shell, rest);
    case Provider::Uprobe:
    case Provider::Uretprobe:
      return user_function(shell, rest);
    default:
      return look_up(shell, std::string(what));
  }
}

// What may be the reason that nothing has this name.
std::string why_not(Shell& shell, std::string_view name) {
  const size_t colon = name.rfind(':');
  if (colon != name.npos && name.find('/') < colon)
    return fmt::format("`:list {}{}*` shows its functions; what the compiler built into its callers is none",
                       name.starts_with("uprobe:") ? "" : "uprobe:", name.substr(0, colon + 1));
  if (shell.workspace().kernel().is_kernel_function(name))
    return "the kernel has a function of that name, but does not let it be traced";
  return "a kernel function, a system call, `tracepoint:CATEGORY:EVENT`, or `PROGRAM:FUNCTION`; what the "
         "compiler built into its callers cannot be found by name";
}

}  // namespace

Result<SnapPlace> find_snap_place(Shell& shell, std::string_view what) {
  const size_t colon = what.rfind(':');
  if (has_wildcard(what))
    return fail(fmt::format("`{}` may be several functions", what),
                fmt::format("name one; `:list {}{}` shows them", colon == what.npos ? "fentry:" : "", what));
  if (colon != what.npos && colon + 1 == what.size())
    return fail(fmt::format("the name of a function is missing after `{}`", what));
  auto found = find(shell, what);
  if (!found) return std::unexpected(found.error());
  if (!*found) return fail(fmt::format("nothing is called `{}`", what), why_not(shell, what));
  SnapPlace place = std::move(**found);
  const bool in_kernel = !place.entry.starts_with("uprobe:");
  if (in_kernel && never_returns(std::string_view(what).substr(colon == what.npos ? 0 : colon + 1)))
    place.exit.clear();
  return place;
}

}  // namespace tracer
