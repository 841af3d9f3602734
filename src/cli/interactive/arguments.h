// Arguments of commands.
#pragma once

#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

namespace tracer {

// The whole text as a number that fits `Number`.
template <typename Number>
std::optional<Number> number_of(std::string_view text) {
  Number number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() ? std::optional(number) : std::nullopt;
}

// `5s`, `200ms`; a day at most, and not zero.
inline std::optional<std::chrono::milliseconds> time_of(std::string_view text) {
  constexpr uint64_t kDay = 86'400'000;
  const bool milliseconds = text.ends_with("ms");
  if (!text.ends_with('s')) return std::nullopt;
  text.remove_suffix(milliseconds ? 2 : 1);
  const auto number = number_of<uint64_t>(text);
  if (!number || *number == 0 || *number > kDay) return std::nullopt;
  return std::chrono::milliseconds(milliseconds ? *number : *number * 1000);
}

// The name of a file, with `~/` as shells read it.
inline std::string path_of(std::string_view text) {
  const char* home = getenv("HOME");
  const bool at_home = text == "~" || text.starts_with("~/");
  return home && at_home ? home + std::string(text.substr(1)) : std::string(text);
}

}  // namespace tracer
