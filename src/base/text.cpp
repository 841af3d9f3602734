#include "base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace tracer {

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  size_t begin = 0;
  for (size_t at = text.find(separator); at != std::string_view::npos; at = text.find(separator, begin)) {
    parts.push_back(text.substr(begin, at - begin));
    begin = at + 1;
  }
  parts.push_back(text.substr(begin));
  return parts;
}

std::string_view trim(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

bool has_wildcard(std::string_view pattern) { return pattern.find_first_of("*?") != std::string_view::npos; }

bool glob_match(std::string_view pattern, std::string_view text) {
  // On a mismatch the last `*` takes one character more: linear in practice, never recursive.
  size_t p = 0, t = 0, star = std::string_view::npos, resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      p++;
      t++;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') p++;
  return p == pattern.size();
}

namespace {

// Edit distance with transpositions (optimal string alignment); gives up beyond `most`.
size_t edit_distance(std::string_view a, std::string_view b, size_t most) {
  if (std::max(a.size(), b.size()) - std::min(a.size(), b.size()) > most) return most + 1;
  std::vector<size_t> before(b.size() + 1), previous(b.size() + 1), current(b.size() + 1);
  for (size_t j = 0; j <= b.size(); j++) previous[j] = j;
  for (size_t i = 1; i <= a.size(); i++) {
    current[0] = i;
    size_t best = i;
    for (size_t j = 1; j <= b.size(); j++) {
      size_t cost = a[i - 1] == b[j - 1] ? 0 : 1;
      current[j] = std::min({previous[j] + 1, current[j - 1] + 1, previous[j - 1] + cost});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        current[j] = std::min(current[j], before[j - 2] + 1);
      best = std::min(best, current[j]);
    }
    if (best > most) return most + 1;
    before.swap(previous);
    previous.swap(current);
  }
  return previous[b.size()];
}

}  // namespace

std::string nearest(std::string_view name, std::span<const std::string> candidates) {
  size_t most = name.size() < 5 ? 1 : name.size() < 8 ? 2 : 3;
  std::string wanted = lower(name);
  std::string found;
  for (const std::string& candidate : candidates) {
    if (candidate == name) continue;
    size_t distance = edit_distance(wanted, lower(candidate), most);
    if (distance <= most && distance < std::max(wanted.size(), candidate.size())) {
      if (distance < most || found.empty()) {
        found = candidate;
        most = distance;
        if (most == 0) break;
      }
    }
  }
  return found;
}

std::string did_you_mean(std::string_view name, std::span<const std::string> candidates) {
  std::string found = nearest(name, candidates);
  return found.empty() ? std::string() : fmt::format("did you mean `{}`?", found);
}

std::string valid_utf8(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size());
  auto byte = [&](size_t i) { return static_cast<unsigned char>(bytes[i]); };
  for (size_t at = 0; at < bytes.size();) {
    unsigned char first = byte(at);
    size_t length = first < 0x80                    ? 1
                    : first >= 0xc2 && first < 0xe0 ? 2
                    : first >= 0xe0 && first < 0xf0 ? 3
                    : first >= 0xf0 && first < 0xf5 ? 4
                                                    : 0;
    bool good = length != 0 && at + length <= bytes.size();
    for (size_t i = 1; good && i < length; i++) good = (byte(at + i) & 0xc0) == 0x80;
    // Overlong forms, surrogates and what lies above U+10FFFF.
    if (good && length > 2) {
      unsigned char second = byte(at + 1);
      good = !(first == 0xe0 && second < 0xa0) && !(first == 0xed && second > 0x9f) &&
             !(first == 0xf0 && second < 0x90) && !(first == 0xf4 && second > 0x8f);
    }
    if (good) {
      out += bytes.substr(at, length);
      at += length;
    } else {
      out += "\xef\xbf\xbd";
      at++;
    }
  }
  return out;
}

}  // namespace tracer
