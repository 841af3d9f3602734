#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tracer {

std::vector<std::string_view> split(std::string_view text, char separator);
std::string_view trim(std::string_view text);
std::string lower(std::string_view text);

// True when `text` matches `pattern`, in which `*` stands for any characters and
// `?` for one.
bool glob_match(std::string_view pattern, std::string_view text);
bool has_wildcard(std::string_view pattern);

// The candidate nearest to `name` by edit distance (transpositions count one), or
// empty when none is near enough to be worth suggesting.
std::string nearest(std::string_view name, std::span<const std::string> candidates);

// "did you mean `x`?" for the nearest candidate, or empty.
std::string did_you_mean(std::string_view name, std::span<const std::string> candidates);

// Replaces bytes that are no valid UTF-8 by U+FFFD.
std::string valid_utf8(std::string_view bytes);

}  // namespace tracer
