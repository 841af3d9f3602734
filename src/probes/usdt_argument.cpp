#include "probes/usdt_argument.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/text.h"
#include "probes/registers.h"

namespace tracer {
namespace {

// An operand taken apart: the value `symbol + number + base + index * scale`, or what stands in memory there.
struct Operand {
  bool memory = false;
  std::string_view symbol;
  int64_t number = 0;
  std::string_view base, index;  // registers without `%`; empty: none
  uint32_t scale = 1;
};

struct Written {
  std::string_view size;  // `-4`, `8f`; empty: not written
  std::string_view operand;
};

// ---------------------------------------------------------------- splitting

// At blanks, but not inside `(%rax, %rbx, 8)` and `[sp, 16]`.
std::vector<std::string_view> split_arguments(std::string_view text) {
  std::vector<std::string_view> result;
  size_t begin = 0;
  int depth = 0;
  auto end_at = [&](size_t end) {
    if (end > begin) result.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  };
  for (size_t i = 0; i < text.size(); i++) {
    if (text[i] == '(' || text[i] == '[') depth++;
    if (text[i] == ')' || text[i] == ']') depth--;
    if (text[i] == ' ' && depth <= 0) end_at(i);
  }
  end_at(text.size());
  return result;
}

// The first `@` ends the size; symbols may have further ones.
Written take_apart(std::string_view argument) {
  size_t at = argument.find('@');
  std::string_view size = at == std::string_view::npos ? "" : argument.substr(0, at);
  if (size.empty() || size.find_first_not_of("-0123456789f") != std::string_view::npos) return {{}, argument};
  return {size, argument.substr(at + 1)};
}

// ---------------------------------------------------------------- operands

// Decimal or hexadecimal, with its sign.
std::optional<int64_t> parse_signed(std::string_view text) {
  bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  int radix = text.starts_with("0x") || text.starts_with("0X") ? 16 : 10;
  if (radix == 16) text.remove_prefix(2);
  uint64_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, radix);
  if (error != std::errc() || end != text.data() + text.size()) return {};
  return static_cast<int64_t>(negative ? -value : value);
}

bool is_symbol(std::string_view text) {
  auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.' || c == '$';
  };
  return !text.empty() && !(text[0] >= '0' && text[0] <= '9') && std::ranges::all_of(text, allowed);
}

// `symbol+8`, `-20`, `8+symbol`: numbers and at most one symbol.
bool parse_sum(std::string_view text, Operand& operand) {
  while (!text.empty()) {
    size_t end = text.find_first_of("+-", 1);
    std::string_view term = text.substr(0, end);
    text = end == std::string_view::npos ? "" : text.substr(end);
    if (auto number = parse_signed(term)) {
      operand.number =
          static_cast<int64_t>(static_cast<uint64_t>(operand.number) + static_cast<uint64_t>(*number));
      continue;
    }
    if (term.starts_with('+')) term.remove_prefix(1);
    if (!is_symbol(term) || !operand.symbol.empty()) return false;
    operand.symbol = term;
  }
  return true;
}

bool parse_register(std::string_view text, std::string_view& name) {
  text = trim(text);
  if (!text.starts_with('%') || text.size() == 1) return false;
  name = text.substr(1);
  return true;
}

// What stands between the parentheses of `8(%rax,%rbx,4)`.
bool parse_address(std::string_view text, Operand& operand) {
  std::vector<std::string_view> parts = split(text, ',');
  if (parts.empty() || parts.size() > 3) return false;
  if (!trim(parts[0]).empty() && !parse_register(parts[0], operand.base)) return false;
  if (parts.size() > 1 && !parse_register(parts[1], operand.index)) return false;
  if (parts.size() < 3) return true;
  auto scale = parse_signed(trim(parts[2]));
  if (!scale || (*scale != 1 && *scale != 2 && *scale != 4 && *scale != 8)) return false;
  operand.scale = static_cast<uint32_t>(*scale);
  return true;
}

// `$8(%rip)` is our own: the address rather than what stands there.
std::optional<Operand> parse_att(std::string_view text) {
  Operand operand;
  if (parse_register(text, operand.base)) return operand;
  operand.memory = !text.starts_with('$');
  if (!operand.memory) text.remove_prefix(1);
  size_t open = text.find('(');
  if (text.empty() || !parse_sum(text.substr(0, open), operand)) return {};
  if (open == std::string_view::npos) return operand;
  if (!text.ends_with(')')) return {};
  if (!parse_address(text.substr(open + 1, text.size() - open - 2), operand)) return {};
  return operand;
}

// `16`, `#16`, `x1`, `lsl 3`, `lsl #3` behind the base of an address.
bool parse_arm64_offset(std::string_view part, Operand& operand) {
  part = trim(part);
  bool shift = part.starts_with("lsl");
  if (shift) part = trim(part.substr(3));
  if (part.starts_with('#')) part.remove_prefix(1);
  auto number = parse_signed(part);
  if (shift) {
    if (!number || *number < 0 || *number > 4) return false;
    operand.scale = 1u << *number;
    return true;
  }
  if (number)
    operand.number = *number;
  else
    operand.index = part;
  return true;
}

std::optional<Operand> parse_arm64(std::string_view text) {
  Operand operand;
  std::string_view number = text.starts_with('#') ? text.substr(1) : text;
  if (auto value = parse_signed(number)) {
    operand.number = *value;
    return operand;
  }
  if (!text.starts_with('[')) {
    operand.base = text;
    return operand;
  }
  if (!text.ends_with(']')) return {};
  operand.memory = true;
  std::vector<std::string_view> parts = split(text.substr(1, text.size() - 2), ',');
  operand.base = trim(parts[0]);
  for (size_t i = 1; i < parts.size(); i++)
    if (!parse_arm64_offset(parts[i], operand)) return {};
  return operand;
}

std::optional<Operand> parse_operand(std::string_view text) {
  return registers().operands == OperandSyntax::Att ? parse_att(text) : parse_arm64(text);
}

// ---------------------------------------------------------------- values

ProbeArgument unreadable(std::string problem) {
  ProbeArgument argument;
  argument.type = int_type(8, false);
  argument.place.kind = ArgumentPlace::Kind::Constant;
  argument.problem = std::move(problem);
  return argument;
}

struct Size {
  uint32_t bytes = 8;
  bool is_signed = false;
};

std::optional<Size> parse_size(std::string_view text) {
  if (text.empty()) return Size{};  // notes of the first version have none
  auto number = parse_signed(text);
  if (!number) return {};
  uint64_t bytes = static_cast<uint64_t>(*number < 0 ? -*number : *number);
  if (bytes != 1 && bytes != 2 && bytes != 4 && bytes != 8) return {};
  return Size{static_cast<uint32_t>(bytes), *number < 0};
}

// The value of a register may be wider than its name.
ProbeArgument in_register(const OperandRegister& reg, Size size, int64_t displacement) {
  ProbeArgument argument;
  argument.type = int_type(std::min(size.bytes, reg.size), size.is_signed);
  argument.place.kind = ArgumentPlace::Kind::UserRegister;
  argument.place.base = static_cast<int32_t>(reg.offset);
  argument.place.displacement = displacement;
  return argument;
}

ProbeArgument argument_of(const Operand& operand, Size size, std::string_view text) {
  auto base = operand_register(operand.base), index = operand_register(operand.index);
  if ((!operand.base.empty() && !base) || (!operand.index.empty() && !index))
    return unreadable(fmt::format("the register in `{}` is not known", text));
  if (!operand.symbol.empty()) return unreadable(fmt::format("the file has no symbol `{}`", operand.symbol));
  if (!operand.memory && base) return in_register(*base, size, operand.number);
  ProbeArgument argument;
  argument.type = int_type(size.bytes, size.is_signed);
  argument.place.kind = operand.memory ? ArgumentPlace::Kind::UserMemory : ArgumentPlace::Kind::Constant;
  argument.place.displacement = operand.number;
  argument.place.scale = operand.scale;
  if (base) argument.place.base = static_cast<int32_t>(base->offset);
  if (index) argument.place.index_register = static_cast<int32_t>(index->offset);
  return argument;
}

ProbeArgument parse_argument(std::string_view text) {
  Written written = take_apart(text);
  if (written.size.ends_with('f')) return unreadable("it is a floating-point number");
  auto size = parse_size(written.size);
  if (!size) return unreadable(fmt::format("its size in `{}` is not 1, 2, 4 or 8 bytes", text));
  if (written.operand.find(':') != std::string_view::npos)
    return unreadable(fmt::format("`{}` is memory of one thread", written.operand));
  auto operand = parse_operand(written.operand);
  if (!operand) return unreadable(fmt::format("`{}` is no operand that is understood", written.operand));
  return argument_of(*operand, *size, written.operand);
}

// ---------------------------------------------------------------- symbols

// None where the sum has no room for one more register.
std::optional<std::string> relative(const Operand& operand, int64_t distance) {
  std::string_view second = operand.base == "rip" ? "" : operand.base;
  if (!second.empty() && !operand.index.empty()) return {};
  std::string_view index = second.empty() ? operand.index : second;
  std::string text = fmt::format("{}{}(%rip", operand.memory ? "" : "$", distance + operand.number);
  if (!index.empty()) text += fmt::format(",%{},{}", index, second.empty() ? operand.scale : 1);
  return text + ")";
}

}  // namespace

std::vector<ProbeArgument> usdt_arguments(std::string_view text) {
  std::vector<ProbeArgument> arguments;
  for (std::string_view argument : split_arguments(text)) arguments.push_back(parse_argument(argument));
  return arguments;
}

std::string without_symbols(std::string_view text, uint64_t place, const SymbolAddress& address) {
  if (registers().operands != OperandSyntax::Att) return std::string(text);  // others name none
  std::string result;
  for (std::string_view argument : split_arguments(text)) {
    Written written = take_apart(argument);
    auto operand = parse_operand(written.operand);
    std::optional<std::string> plain;
    if (operand && !operand->symbol.empty())
      if (auto found = address(operand->symbol))
        plain = relative(*operand, static_cast<int64_t>(*found - place));
    if (!result.empty()) result += ' ';
    result += plain ? fmt::format("{}{}{}", written.size, written.size.empty() ? "" : "@", *plain)
                    : std::string(argument);
  }
  return result;
}

}  // namespace tracer
