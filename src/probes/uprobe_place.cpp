#include "probes/uprobe_place.h"

#include <fmt/format.h>

#include "base/text.h"
#include "probes/diagnostics.h"
#include "probes/instructions.h"
#include "probes/match_report.h"
#include "probes/uprobe_match.h"

namespace tracer {
namespace {

// Code without a size reaches to the end of what is loaded; longer functions than this are not checked.
constexpr uint64_t kLongest = 1 << 20;

InstructionCheck check(const KernelInfo& kernel, const UserProgram& program, const UserFunction& function,
                       uint64_t offset) {
  const auto code = program.elf().loaded(function.address, function.size ? function.size : kLongest);
  return check_instruction(code, offset, kernel.instruction_reader(), program.elf().wide());
}

// `shown`: what stands before the offset of an instruction in advice.
bool is_good(const ProbeSpec& spec, const InstructionCheck& found, std::string_view what,
             const std::string& before, const std::string& after, Matching& matching) {
  switch (found.place) {
    case InstructionPlace::Start:
      return true;
    case InstructionPlace::Inside:
      matching.diags.report(last_part_span(spec), diag::inside_instruction, what)
          .hint(fmt::format("instructions begin at {} and {}; --unsafe skips this check", before, after));
      return false;
    case InstructionPlace::Outside:
      matching.diags.report(last_part_span(spec), diag::outside_function, what);
      return false;
    case InstructionPlace::Unknown:
      break;
  }
  if (!matching.kernel.instruction_reader()) return true;
  matching.diags.report(last_part_span(spec), diag::cannot_check_instruction, what)
      .hint("--unsafe skips this check");
  return false;
}

std::string join_numbers(const std::vector<uint32_t>& numbers) {
  return fmt::format("{}", fmt::join(numbers, ", "));
}

AttachTarget target_at(const ProbeSpec& spec, const UserBinary& binary, UserProgram& program,
                       uint64_t address) {
  AttachTarget target;
  target.name = uprobe_prefix(spec.provider, binary.path) + std::to_string(address);
  target.module = binary.file;
  target.address = address;
  target.file_offset = program.elf().file_offset(address).value_or(0);
  if (const UserFunction* function = program.function_at(address)) target.function = function->name;
  return target;
}

}  // namespace

bool check_offset(const ProbeSpec& spec, UserProgram& program, const UserFunction& function,
                  Matching& matching) {
  if (spec.unsafe) return true;
  const InstructionCheck found = check(matching.kernel, program, function, spec.offset);
  auto shown = [&](uint64_t offset) { return fmt::format("{}+{}", function.name, offset); };
  return is_good(spec, found, shown(spec.offset), shown(found.before), shown(found.after), matching);
}

std::vector<AttachTarget> match_address(const ProbeSpec& spec, const UserBinary& binary, UserProgram& program,
                                        Matching& matching) {
  const uint64_t address = spec.address;
  const Segment* segment = program.elf().segment_of(address);
  if (!segment || !segment->executable) {
    matching.diags.report(last_part_span(spec), diag::no_code_at_address, binary.path,
                          fmt::format("0x{:x}", address));
    return {};
  }
  if (!spec.unsafe) {
    const UserFunction* function = program.function_at(address);
    const InstructionCheck found =
        function ? check(matching.kernel, program, *function, address - function->address)
                 : InstructionCheck();
    auto shown = [&](uint64_t offset) {
      return fmt::format("0x{:x}", (function ? function->address : 0) + offset);
    };
    if (!is_good(spec, found, fmt::format("0x{:x}", address), shown(found.before), shown(found.after),
                 matching))
      return {};
  }
  AttachTarget target = target_at(spec, binary, program, address);
  target.unchecked = spec.unsafe;
  return {std::move(target)};
}

std::vector<AttachTarget> match_line(const ProbeSpec& spec, const UserBinary& binary, UserProgram& program,
                                     Matching& matching) {
  const Span at = last_part_span(spec);
  DwarfInfo* debug = program.debug_info();
  if (!debug) {
    matching.diags.report(at, diag::no_debug_info, binary.path).hint(program.why_no_debug_info());
    return {};
  }
  SourceLines found = debug->find_line(spec.source_file, spec.line, spec.column);
  std::erase_if(found.addresses,
                [&](const SourceAddress& each) { return !program.elf().file_offset(each.address); });
  if (found.addresses.empty()) {
    std::string place = fmt::format("{}:{}", spec.source_file, spec.line);
    if (spec.column) place += fmt::format(":{}", spec.column);
    auto& message = matching.diags.report(at, diag::no_such_line, place);
    if (!found.file_known)
      message.hint(fmt::format("`{}` was not made from a source file of that name", binary.path));
    else if (!found.columns.empty())
      message.hint("columns of that line with code: " + join_numbers(found.columns));
    else if (found.line_before || found.line_after)
      message.hint(fmt::format("lines with code near it: {}",
                               found.line_before && found.line_after
                                   ? fmt::format("{}, {}", found.line_before, found.line_after)
                                   : std::to_string(found.line_before + found.line_after)));
    return {};
  }
  const SourceAddress& first = found.addresses.front();
  for (const SourceAddress& other : found.addresses) {
    if (other.file == first.file) continue;
    matching.diags.report(at, diag::several_sources, spec.source_file, first.file)
        .hint("another: " + other.file);
    break;
  }
  return {target_at(spec, binary, program, first.address)};
}

}  // namespace tracer
