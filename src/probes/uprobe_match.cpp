#include "probes/uprobe_match.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <tuple>
#include <unordered_set>

#include "base/text.h"
#include "elf/demangle.h"
#include "elf/user_program.h"
#include "probes/diagnostics.h"
#include "probes/match_report.h"
#include "probes/uprobe_place.h"
#include "probes/user_binary.h"

namespace tracer {
namespace {

bool is_pattern(const ProbeSpec& spec) { return has_wildcard(spec.function) && (spec.cpp || !spec.literal); }

// A C++ name without the parameters of the function, as users write it: `a::b(int)` is `a::b`.
std::string_view without_parameters(std::string_view name) {
  int depth = 0;
  for (size_t i = name.size(); i-- > 0;) {
    if (name[i] == ')') ++depth;
    if (name[i] == '(' && --depth == 0) return i > 0 ? name.substr(0, i) : name;
    if (depth == 0 && name[i] == '>') break;  // Rust: no parameters
  }
  return name;
}

// `f<int>` is `f`.
std::string_view without_template_arguments(std::string_view name) {
  if (!name.ends_with('>')) return name;
  int depth = 0;
  for (size_t i = name.size(); i-- > 0;) {
    if (name[i] == '>') ++depth;
    if (name[i] == '<' && --depth == 0) return i > 0 ? name.substr(0, i) : name;
  }
  return name;
}

// Function templates are mangled with what they return: `int f<int>(int)`.
std::string_view without_result(std::string_view name) {
  int depth = 0;
  size_t begin = 0;
  for (size_t i = 0; i < name.size(); ++i) {
    if (name[i] == '<' || name[i] == '(') ++depth;
    if (name[i] == '>' || name[i] == ')') --depth;
    if (name[i] == ' ' && depth == 0) begin = i + 1;
  }
  return name.find("operator") == std::string_view::npos ? name.substr(begin) : name;
}

// `f[abi:cxx11]` is `f`: the tag is none of the source's.
std::string without_tags(std::string text) {
  constexpr std::string_view kTag = "[abi:";
  for (size_t at = text.find(kTag); at != std::string::npos; at = text.find(kTag, at)) {
    const size_t end = text.find(']', at);
    if (end == std::string::npos) break;
    text.erase(at, end + 1 - at);
  }
  return text;
}

bool fits_demangled(const ProbeSpec& spec, const std::string& mangled) {
  std::string text = without_tags(demangle(mangled));
  // What follows the parameters: ` const`, ` [clone .cold]`.
  if (const size_t clone = text.find(" ["); clone != std::string::npos) text.resize(clone);
  if (spec.function.find('(') != std::string::npos) return glob_match(spec.function, text);
  const size_t end = text.rfind(')');
  const std::string_view whole = std::string_view(text).substr(0, end == std::string::npos ? end : end + 1);
  const std::string_view name = without_result(without_parameters(whole));
  return glob_match(spec.function, name) || glob_match(spec.function, without_template_arguments(name));
}

// A return probe puts its own address where the return address stands. What is jumped to has none there:
// the place where the program starts, and code of the C library that has something else on its stack.
bool is_called(const UserFunction& function, const UserProgram& program) {
  constexpr std::string_view kJumpedTo[] = {"_start",       "_dl_start_user",       "_dl_runtime_resolve*",
                                            "__restore_rt", "_dl_runtime_profile*", "__restore"};
  if (function.address == program.elf().entry()) return false;
  return std::none_of(std::begin(kJumpedTo), std::end(kJumpedTo),
                      [&](std::string_view each) { return glob_match(each, function.name); });
}

std::vector<const UserFunction*> functions_of(const ProbeSpec& spec, UserProgram& program) {
  std::vector<const UserFunction*> found;
  for (const UserFunction& each : program.functions())
    if (fits(spec, each.name)) found.push_back(&each);
  // One event for each call: of several names for one address the most visible counts.
  std::stable_sort(found.begin(), found.end(),
                   [](const UserFunction* a, const UserFunction* b) { return a->rank < b->rank; });
  std::unordered_set<uint64_t> seen;
  std::erase_if(found, [&](const UserFunction* each) { return !seen.insert(each->address).second; });
  std::sort(found.begin(), found.end(), [](const UserFunction* a, const UserFunction* b) {
    return std::tie(a->name, a->address) < std::tie(b->name, b->address);
  });
  return found;
}

AttachTarget make_target(const ProbeSpec& spec, const UserBinary& binary, UserProgram& program,
                         const UserFunction& function) {
  AttachTarget target;
  target.name = uprobe_prefix(spec.provider, binary.path) + (spec.cpp ? "cpp:" : "") + function.name;
  if (spec.offset) target.name += fmt::format("+{}", spec.offset);
  target.module = binary.file;
  target.function = function.name;
  target.offset = spec.offset;
  target.file_offset = program.elf().file_offset(function.address + spec.offset).value_or(0);
  target.unchecked = spec.unsafe && spec.offset != 0;
  return target;
}

// ---------------------------------------------------------------- reports

std::vector<std::string> known_names(const ProbeSpec& spec, UserProgram& program) {
  constexpr size_t kMaxDifference = 3;
  std::vector<std::string> names;
  for (const UserFunction& each : program.functions()) {
    std::string name = each.name;
    if (spec.cpp) {
      name = demangle(name);
      if (spec.function.find('(') == std::string::npos) name = without_parameters(name);
    }
    const size_t size = spec.function.size();
    if (std::max(name.size(), size) - std::min(name.size(), size) <= kMaxDifference)
      names.push_back(std::move(name));
  }
  return names;
}

std::string advice(const ProbeSpec& spec, UserProgram& program) {
  std::string near = did_you_mean(spec.function, known_names(spec, program));
  if (!near.empty()) return near;
  if (program.elf().imports(spec.function))
    return fmt::format("it calls `{}`, which a library has; name that library", spec.function);
  if (program.functions().empty())
    return "the file has no names of functions: it was stripped, and no separate debug file was found; an "
           "address can be probed";
  if (!spec.cpp) {
    ProbeSpec demangled = spec;
    demangled.cpp = true;
    if (!functions_of(demangled, program).empty())
      return fmt::format("a demangled name is written `cpp:\"{}\"`", spec.function);
  }
  return {};
}

void report_missing(const ProbeSpec& spec, const UserBinary& binary, UserProgram& program,
                    Matching& matching) {
  if (matching.missing == MissingProbes::Ignore) return;
  const bool skip = matching.missing == MissingProbes::Warn;
  matching.diags
      .report(last_part_span(spec), skip ? diag::no_match_skip : diag::no_match,
              provider_info(spec.provider).name, fmt::format("{}:{}", binary.path, spec.function))
      .hint(advice(spec, program));
}

void report_unreadable(const ProbeSpec& spec, const Error& error, Matching& matching) {
  if (matching.missing == MissingProbes::Ignore) return;
  const bool skip = matching.missing == MissingProbes::Warn;
  matching.diags
      .report(binary_span(spec), skip ? diag::binary_unusable_skip : diag::binary_unusable, error.text)
      .hint(error.hint);
}

// ---------------------------------------------------------------- one file

bool is_wanted(const ProbeSpec& spec, const UserFunction& function, UserProgram& program,
               Matching& matching) {
  if (spec.provider != Provider::Uretprobe)
    return !spec.offset || check_offset(spec, program, function, matching);
  if (is_called(function, program)) return true;
  if (!is_pattern(spec)) matching.diags.report(last_part_span(spec), diag::never_returns, function.name);
  return false;
}

// The run-time system of Go moves stacks, and does not know of return probes' addresses in them.
void warn_of_go(const ProbeSpec& spec, const UserBinary& binary, const UserProgram& program,
                Matching& matching) {
  const bool go =
      !program.elf().section(".go.buildinfo").empty() || !program.elf().section(".gopclntab").empty();
  if (spec.provider == Provider::Uretprobe && go)
    matching.diags.report(binary_span(spec), diag::return_probe_in_go, binary.path);
}

std::vector<AttachTarget> match_name(const ProbeSpec& spec, const UserBinary& binary, UserProgram& program,
                                     Matching& matching, bool alone) {
  std::vector<AttachTarget> targets;
  const auto functions = functions_of(spec, program);
  for (const UserFunction* function : functions)
    if (is_wanted(spec, *function, program, matching))
      targets.push_back(make_target(spec, binary, program, *function));
  if (functions.empty() && alone && !is_pattern(spec)) report_missing(spec, binary, program, matching);
  if (!targets.empty()) warn_of_go(spec, binary, program, matching);
  if (functions.size() > 1 && !is_pattern(spec) && !spec.cpp)
    matching.diags.report(last_part_span(spec), diag::several_functions, functions.size(), binary.path,
                          spec.function);
  return targets;
}

std::vector<AttachTarget> match_in(const ProbeSpec& spec, const UserBinary& binary, UserProgram& program,
                                   Matching& matching, bool alone) {
  if (!spec.source_file.empty()) return match_line(spec, binary, program, matching);
  if (spec.function.empty()) return match_address(spec, binary, program, matching);
  return match_name(spec, binary, program, matching, alone);
}

// What is no ELF file can be probed by the place in the file only.
std::vector<AttachTarget> match_raw(const ProbeSpec& spec, const UserBinary& binary) {
  AttachTarget target;
  target.name = uprobe_prefix(spec.provider, binary.path) + std::to_string(spec.address);
  target.module = binary.file;
  target.address = spec.address;
  target.file_offset = spec.address;
  target.unchecked = true;
  return {target};
}

}  // namespace

bool fits(const ProbeSpec& spec, const std::string& symbol) {
  if (spec.cpp) return fits_demangled(spec, symbol);
  return is_pattern(spec) ? glob_match(spec.function, symbol) : spec.function == symbol;
}

std::string uprobe_prefix(Provider provider, std::string_view path) {
  return fmt::format("{}:{}:", provider_info(provider).name, path);
}

std::vector<AttachTarget> match_uprobe(const ProbeSpec& spec, Matching& matching) {
  const bool many = means_many_binaries(spec);
  std::vector<AttachTarget> targets;
  const std::vector<UserBinary> binaries = find_binaries(spec, matching);
  for (const UserBinary& binary : binaries) {
    auto program = matching.kernel.user_program(binary.file, binary.file_offset);
    const bool usable = program && (*program)->elf().of_this_machine();
    if (!usable && !many) {
      if (spec.unsafe && spec.function.empty() && spec.source_file.empty()) return match_raw(spec, binary);
      report_unreadable(spec,
                        program ? Error{fmt::format("`{}` is made for another processor", binary.path), ""}
                                : program.error(),
                        matching);
    }
    if (!usable) continue;
    auto found = match_in(spec, binary, **program, matching, !many);
    std::move(found.begin(), found.end(), std::back_inserter(targets));
  }
  const bool none = targets.empty() && !binaries.empty();
  if (none &&
      (many || (is_pattern(spec) && matching.kernel.user_program(binaries[0].file, binaries[0].file_offset))))
    matching.unmatched_wildcard = true;
  return targets;
}

}  // namespace tracer
