// uprobe and uretprobe: functions, addresses and source lines of user programs (LANGUAGE 7.6). What they
// match: uprobe_match.cpp; attaching: uprobe_attach.cpp.

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "base/text.h"
#include "elf/demangle.h"
#include "elf/user_program.h"
#include "probes/diagnostics.h"
#include "probes/function_offset.h"
#include "probes/number.h"
#include "probes/provider_actions.h"
#include "probes/registers.h"
#include "probes/uprobe_attach.h"
#include "probes/uprobe_match.h"
#include "probes/user_arguments.h"
#include "probes/user_binary.h"
#include "probes/user_symbol.h"

namespace tracer {
namespace {

// ---------------------------------------------------------------- parsing

bool starts_with_digit(const Part& part) {
  return !part.quoted && part.text[0] >= '0' && part.text[0] <= '9';
}

bool parse_small(const Part& part, uint32_t& number, Diagnostics& diags) {
  const auto value = parse_number(part.text);
  if (!value || *value == 0 || *value > std::numeric_limits<uint32_t>::max()) {
    diags.report(part.span, diag::not_a_line, part.text);
    return false;
  }
  number = static_cast<uint32_t>(*value);
  return true;
}

// `binary@file:line[:column]`
bool parse_source(std::span<const Part> parts, size_t sign, ProbeSpec& spec, Diagnostics& diags) {
  if (spec.provider == Provider::Uretprobe) {
    diags.report(parts[0].span, diag::source_line_of_return);
    return false;
  }
  spec.module = parts[0].text.substr(0, sign);
  spec.source_file = parts[0].text.substr(sign + 1);
  if (spec.source_file.empty() || has_wildcard(spec.source_file) || has_wildcard(spec.module)) {
    diags.report(parts[0].span, diag::source_file_name, spec.source_file);
    return false;
  }
  return parse_small(parts[1], spec.line, diags) &&
         (parts.size() < 3 || parse_small(parts[2], spec.column, diags));
}

bool parse_address(const Part& part, ProbeSpec& spec, Diagnostics& diags) {
  const auto address = parse_number(part.text);
  if (!address || *address == 0) {
    diags.report(part.span, diag::invalid_address, part.text);
    return false;
  }
  if (spec.provider == Provider::Uretprobe) {
    diags.report(part.span, diag::offset_not_allowed);
    return false;
  }
  spec.address = *address;
  spec.function.clear();
  return true;
}

bool parse_name(std::span<const Part> parts, ProbeSpec& spec, Diagnostics& diags) {
  const Part& last = parts.back();
  if (parts.size() == 3) {
    if (parts[1].text != "cpp" || parts[1].quoted) {
      diags.report(parts[1].span, diag::unknown_language, parts[1].text)
          .hint(fmt::format("a name with colons is quoted, a demangled one is written `cpp:\"{}\"`",
                            last.text));
      return false;
    }
    spec.cpp = true;
  }
  spec.function = last.text;
  spec.literal = last.quoted;
  if (spec.cpp || last.quoted) return true;
  if (starts_with_digit(last)) return parse_address(last, spec, diags);
  if (!parse_offset(last, spec, diags)) return false;
  if (spec.function.empty()) diags.report(last.span, diag::empty_part, provider_info(spec.provider).name);
  return !spec.function.empty();
}

bool parse(std::span<const Part> parts, ProbeSpec& spec, Diagnostics& diags) {
  const size_t sign = parts[0].quoted ? std::string::npos : parts[0].text.rfind('@');
  if (parts.size() > 1 && parts.size() < 4 && sign != std::string::npos && starts_with_digit(parts[1]))
    return parse_source(parts, sign, spec, diags);
  const bool has_binary = parts.size() > 1;
  if (parts.size() > 3 || (!has_binary && spec.target_pid == 0)) {
    auto& message = diags.report(parts[0].span, diag::probe_part_count, provider_info(spec.provider).name,
                                 "2 or 3", parts.size());
    if (!has_binary) message.hint("name the program or library; with -p all files of the process are meant");
    return false;
  }
  if (has_binary) spec.module = parts[0].text;
  return parse_name(parts, spec, diags);
}

// ---------------------------------------------------------------- context

// Where the function begins that the probe is in; the probe's own address when none is known.
struct Place {
  UserProgram* program = nullptr;
  uint64_t entry = 0, address = 0;
};

Place place_of(const AttachTarget& target, KernelInfo& kernel) {
  auto program = kernel.user_program(target.module);
  const auto address = program ? (*program)->elf().address(target.file_offset) : std::nullopt;
  if (!address) return {};
  const UserFunction* function = target.address ? (*program)->function_at(*address) : nullptr;
  return {*program, function ? function->address : *address - target.offset, *address};
}

ProbeContext context(const ProbeSpec& spec, const AttachTarget& target, bool want_arguments,
                     KernelInfo& kernel, TypeDb& types) {
  ProbeContext context;
  context.context = ContextKind::PtRegs;
  context.space = AddressSpace::User;
  context.user_symbol = user_symbols_of(target, kernel);
  if (spec.provider == Provider::Uretprobe) {
    context.why_no_arguments = "a uretprobe has no arguments; keep them in a map at the entry";
    context.result = ProbeArgument{"retval", int_type(8, false), {ArgumentPlace::Kind::ReturnRegister, 0, 0}};
    return context;
  }
  if (!spec.offset) context.numbered_arguments = static_cast<uint32_t>(registers().arguments.size());
  if (!want_arguments) return context;
  const Place place = place_of(target, kernel);
  if (place.program)
    add_user_arguments(*place.program, place.entry, place.address, types, context);
  else
    context.why_no_arguments = fmt::format("nothing is known of `{}`", target.module);
  return context;
}

// ---------------------------------------------------------------- sections and listing

std::string section(const ProbeSpec& spec, const std::vector<AttachTarget>& targets) {
  const std::string name = provider_info(spec.provider).name;
  if (targets.size() != 1) return fmt::format("{}.multi/{}:{}", name, spec.module, spec.function);
  // What follows the provider in the probe's name.
  const AttachTarget& target = targets.front();
  if (target.function.empty()) return fmt::format("{}/{}:0x{:x}", name, target.module, target.address);
  const std::string offset = target.offset ? fmt::format("+0x{:x}", target.offset) : "";
  return fmt::format("{}/{}:{}{}", name, target.module, target.function, offset);
}

// `FILE`, `FILE:FUNCTION` or `FILE:cpp:"NAME"`; wildcards may stand in each part. The file may hold colons in
// theory only; the function part is what follows the last one.
ProbeSpec listed_functions(std::string_view pattern) {
  constexpr std::string_view kCpp = ":cpp:";
  ProbeSpec spec;
  const size_t cpp = pattern.find(kCpp);
  spec.cpp = cpp != std::string_view::npos;
  const size_t colon = spec.cpp ? cpp : pattern.rfind(':');
  spec.module = pattern.substr(0, colon);
  if (colon != std::string_view::npos) spec.function = pattern.substr(colon + (spec.cpp ? kCpp.size() : 1));
  std::erase(spec.function, '"');
  if (spec.function.empty()) spec.function = "*";
  return spec;
}

// As an attach point may be written.
std::string listed_name(const ProbeSpec& spec, const std::string& symbol) {
  return spec.cpp ? fmt::format("cpp:\"{}\"", demangle(symbol)) : symbol;
}

// What is no path may be meant for another provider: then it is no mistake when there is no such file.
Result<bool> list(Provider provider, std::string_view pattern, const Listing& listing) {
  const bool is_path = pattern.find('/') != std::string_view::npos;
  // Without a file these would be all functions of all programs.
  if (pattern.find(':') == std::string_view::npos && !is_path) return true;
  const ProbeSpec spec = listed_functions(pattern);
  const auto binaries = list_binaries(spec.module, listing.target_pid);
  if (binaries.empty() && is_path && !has_wildcard(spec.module))
    return fail(fmt::format("uprobe target file '{}' does not exist or is not executable", spec.module));
  for (const UserBinary& binary : binaries) {
    auto program = listing.kernel.user_program(binary.file, binary.file_offset);
    if (!program && is_path && binaries.size() == 1) return std::unexpected(program.error());
    if (!program) continue;
    std::string_view last;
    for (const UserFunction& each : (*program)->functions()) {
      if (each.name == last || !fits(spec, each.name)) continue;
      last = each.name;
      AttachTarget target;
      target.name = uprobe_prefix(provider, binary.path) + listed_name(spec, each.name);
      target.module = binary.file;
      target.function = each.name;
      target.file_offset = (*program)->elf().file_offset(each.address).value_or(0);
      if (!listing.line(target)) return false;
    }
  }
  return true;
}

std::vector<std::string> describe(Provider provider, const AttachTarget& target, Describing& describing) {
  const Place place = provider == Provider::Uprobe ? place_of(target, describing.kernel) : Place();
  DwarfInfo* debug = place.program ? place.program->debug_info() : nullptr;
  const auto function = debug ? debug->function(place.entry, place.address) : std::nullopt;
  std::vector<std::string> lines;
  if (!function) return lines;
  for (const DebugParameter& parameter : function->parameters)
    if (!parameter.name.empty()) lines.push_back(parameter.text);
  return lines;
}

}  // namespace

const ProviderActions kUprobeActions = {
    .parse = parse,
    .match = match_uprobe,
    .context = context,
    .section = section,
    .list = list,
    .describe = describe,
    .prepare = prepare_uprobe,
    .attach = attach_uprobe,
};

}  // namespace tracer
