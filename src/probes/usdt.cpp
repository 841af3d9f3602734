// usdt: static probes of programs and libraries (LANGUAGE 7.7). A probe that stands at several places of the
// code is a target for each, since each has its own arguments.

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>

#include "base/text.h"
#include "elf/usdt_notes.h"
#include "probes/diagnostics.h"
#include "probes/match_report.h"
#include "probes/uprobe_attach.h"
#include "probes/usdt_argument.h"
#include "probes/user_binary.h"
#include "probes/user_symbol.h"

namespace tracer {
namespace {

bool is_pattern(const ProbeSpec& spec) {
  return has_wildcard(spec.name_space) || (has_wildcard(spec.function) && !spec.literal);
}

bool parse(std::span<const Part> parts, ProbeSpec& spec, Diagnostics& diags) {
  if (parts.size() == 1 && spec.target_pid == 0) {
    diags.report(parts[0].span, diag::usdt_without_binary)
        .hint(fmt::format("write `usdt:/path/to/program:{}`, or name the process: -p PID", parts[0].text));
    return false;
  }
  if (parts.size() > 1) spec.module = parts[0].text;
  if (parts.size() > 2) spec.name_space = parts[1].text;
  spec.function = parts.back().text;
  spec.literal = parts.back().quoted;
  return true;
}

// ---------------------------------------------------------------- matching

bool fits(const ProbeSpec& spec, const UsdtNote& note) {
  bool name = spec.literal ? spec.function == note.name : glob_match(spec.function, note.name);
  return name && (spec.name_space.empty() || glob_match(spec.name_space, note.name_space));
}

// As it is written in a script without its binary.
std::string short_name(const ProbeSpec& spec) {
  return spec.name_space.empty() ? spec.function : spec.name_space + ":" + spec.function;
}

class Symbols {
 public:
  explicit Symbols(const ElfFile& elf) : elf_(elf) {}

  std::optional<uint64_t> address(std::string_view name) {
    if (!read_)
      elf_.each_symbol([&](const ElfSymbol& symbol) { addresses_.try_emplace(symbol.name, symbol.address); });
    read_ = true;
    auto found = addresses_.find(name);
    return found == addresses_.end() ? std::nullopt : std::optional(found->second);
  }

 private:
  const ElfFile& elf_;
  bool read_ = false;
  std::unordered_map<std::string_view, uint64_t> addresses_;
};

// The static probes of one file.
struct ProbesOfFile {
  std::optional<ElfFile> elf;
  std::vector<UsdtNote> notes;
};

Result<ProbesOfFile> read_probes(const UserBinary& binary) {
  auto elf = ElfFile::open(binary.file, binary.file_offset);
  if (!elf) return std::unexpected(elf.error());
  auto notes = usdt_notes(*elf);
  if (!notes) return std::unexpected(notes.error());
  return ProbesOfFile{std::move(*elf), std::move(*notes)};
}

AttachTarget make_target(const UserBinary& binary, const UsdtNote& note, Symbols& symbols) {
  AttachTarget target;
  target.name = fmt::format("usdt:{}:{}:{}", binary.path, note.name_space, note.name);
  target.module = binary.file;
  target.function = note.name;
  target.file_offset = note.file_offset;
  target.semaphore = note.semaphore_file_offset;
  target.arguments = without_symbols(note.arguments, note.address,
                                     [&](std::string_view name) { return symbols.address(name); });
  return target;
}

class Matcher {
 public:
  Matcher(const ProbeSpec& spec, Matching& matching)
      : spec_(spec), matching_(matching), many_(means_many_binaries(spec)) {}

  std::vector<AttachTarget> run() {
    std::vector<UserBinary> binaries = find_binaries(spec_, matching_);
    if (binaries.empty()) return {};  // reported
    for (const UserBinary& binary : binaries)
      if (!add(binary)) return {};
    if (!targets_.empty()) return std::move(targets_);
    if (is_pattern(spec_))
      matching_.unmatched_wildcard = true;
    else
      report_no_match(spec_,
                      spec_.module.empty() ? short_name(spec_) : spec_.module + ":" + short_name(spec_),
                      candidates_, matching_);
    return {};
  }

 private:
  // False after a report.
  bool add(const UserBinary& binary) {
    auto probes = read_probes(binary);
    if (!probes) {
      if (many_) return true;
      say(diag::usdt_unreadable, diag::usdt_unreadable_skip, binary.path, probes.error().text);
      return false;
    }
    if (probes->notes.empty() && !many_) {
      say(diag::usdt_none, diag::usdt_none_skip, binary.path);
      return false;
    }
    Symbols symbols(*probes->elf);
    std::set<std::string> name_spaces;
    size_t before = targets_.size();
    for (const UsdtNote& note : probes->notes) {
      std::string parts = note.name_space + ":" + note.name;
      candidates_.push_back(spec_.module.empty() ? parts : spec_.module + ":" + parts);
      if (spec_.name_space.empty())
        candidates_.push_back(spec_.module.empty() ? note.name : spec_.module + ":" + note.name);
      if (!fits(spec_, note)) continue;
      name_spaces.insert(note.name_space);
      targets_.push_back(make_target(binary, note, symbols));
      if (note.semaphore_hidden && spec_.target_pid == 0) warn_hidden(targets_.back());
    }
    if (!spec_.name_space.empty() || is_pattern(spec_) || name_spaces.size() < 2) return true;
    targets_.resize(before);
    return report_ambiguous(binary, name_spaces);
  }

  bool report_ambiguous(const UserBinary& binary, const std::set<std::string>& name_spaces) {
    std::string names;
    for (const std::string& name : name_spaces) names += (names.empty() ? "`" : ", `") + name + "`";
    matching_.diags.report(last_part_span(spec_), diag::usdt_ambiguous, spec_.function, names)
        .hint(fmt::format("name the namespace: usdt:{}:{}:{}", binary.path, *name_spaces.begin(),
                          spec_.function));
    return false;
  }

  // A process that runs is told, one that starts later is not.
  void warn_hidden(const AttachTarget& target) {
    if (std::exchange(warned_hidden_, true)) return;
    matching_.diags.report(last_part_span(spec_), diag::usdt_semaphore_hidden, target.name)
        .hint("name a running process: -p PID; or link the program with another linker than lld");
  }

  template <typename... Args>
  void say(const DiagnosticKind& error, const DiagnosticKind& skipped, const Args&... args) {
    if (matching_.missing == MissingProbes::Ignore) return;
    matching_.diags.report(spec_.part_spans.size() > 1 ? spec_.part_spans[1] : spec_.span,
                           matching_.missing == MissingProbes::Warn ? skipped : error, args...);
  }

  const ProbeSpec& spec_;
  Matching& matching_;
  const bool many_;
  bool warned_hidden_ = false;
  std::vector<AttachTarget> targets_;
  std::vector<std::string> candidates_;  // for what was perhaps meant
};

std::vector<AttachTarget> match(const ProbeSpec& spec, Matching& matching) {
  return Matcher(spec, matching).run();
}

// ---------------------------------------------------------------- context, sections, listing

ProbeContext context(const ProbeSpec&, const AttachTarget& target, bool want_arguments, KernelInfo& kernel,
                     TypeDb&) {
  ProbeContext context;
  context.context = ContextKind::PtRegs;
  context.space = AddressSpace::User;
  context.user_symbol = user_symbols_of(target, kernel);
  context.why_no_arguments = "static probes have no names for their arguments, use arg0";
  // Those beyond the arguments of a place are 0.
  context.numbered_arguments = std::numeric_limits<uint32_t>::max();
  if (want_arguments) context.arguments = usdt_arguments(target.arguments);
  return context;
}

// Not `usdt`: libbpf would look for the notes itself.
std::string section(const ProbeSpec&, const std::vector<AttachTarget>& targets) {
  return targets.size() == 1 ? "uprobe" : "uprobe.multi";
}

Result<bool> list(Provider, std::string_view pattern, const Listing& listing) {
  std::vector<std::string_view> parts = split(pattern, ':');
  std::string_view name = parts.size() > 1 ? parts.back() : "*";
  std::string_view name_space = parts.size() > 2 ? parts[1] : "*";
  const std::string_view file = parts[0].empty() ? "*" : parts[0];
  const std::vector<UserBinary> binaries = list_binaries(file, listing.target_pid);
  if (binaries.empty() && !has_wildcard(file))
    return fail(fmt::format("usdt target file '{}' does not exist or is not executable", file));
  for (const UserBinary& binary : binaries) {
    auto probes = read_probes(binary);
    if (!probes && !has_wildcard(file)) return std::unexpected(probes.error());
    if (!probes) continue;
    std::set<std::string> found;  // each once, at however many places it stands
    for (const UsdtNote& note : probes->notes)
      if (glob_match(name, note.name) && glob_match(name_space, note.name_space))
        found.insert(fmt::format("usdt:{}:{}:{}", binary.path, note.name_space, note.name));
    for (const std::string& text : found)
      if (!listing.line(text)) return false;
  }
  return true;
}

}  // namespace

const ProviderActions kUsdtActions = {
    .parse = parse,
    .match = match,
    .context = context,
    .section = section,
    .list = list,
    .prepare = prepare_uprobe,
    .attach = attach_uprobe,
};

}  // namespace tracer
