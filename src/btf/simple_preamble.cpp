#include "btf/simple_preamble.h"

#include "base/text.h"
#include "btf/c_headers.h"

namespace tracer {
namespace {

constexpr std::string_view kBlanks = " \t\r";
constexpr std::string_view kHaveBtf = "BPFTRACE_HAVE_BTF";

bool is_name(char c, bool first) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (!first && c >= '0' && c <= '9');
}

std::string_view trimmed(std::string_view text) {
  const size_t begin = text.find_first_not_of(kBlanks);
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) + 1 - begin);
}

std::string_view take_name(std::string_view& text) {
  text = trimmed(text);
  size_t length = 0;
  while (length < text.size() && is_name(text[length], length == 0)) length++;
  std::string_view name = text.substr(0, length);
  text.remove_prefix(length);
  return name;
}

class Reader {
 public:
  explicit Reader(const std::function<bool()>& has_btf) : has_btf_(has_btf) {}

  // False when the piece is not simple.
  bool take(std::string_view piece) {
    // Comments and continued lines are for the compiler.
    if (!piece.starts_with('#') || piece.find("\\\n") != piece.npos || piece.find("/*") != piece.npos ||
        piece.find("//") != piece.npos)
      return false;
    const std::string_view line = piece;
    piece.remove_prefix(1);
    const std::string_view word = take_name(piece);
    if (word == "ifdef" || word == "ifndef") return begin_condition(piece, word == "ifdef");
    if (word == "else" && !conditions_.empty()) {
      conditions_.back() = !conditions_.back();
      return true;
    }
    if (word == "endif" && !conditions_.empty()) {
      conditions_.pop_back();
      return true;
    }
    if (word == "include") return include(line);
    if (word == "define") return define(piece);
    return false;
  }
  bool complete() const { return conditions_.empty(); }

  SimplePreamble result;

 private:
  bool active() const {
    for (bool each : conditions_)
      if (!each) return false;
    return true;
  }

  bool begin_condition(std::string_view rest, bool wanted) {
    const std::string_view name = take_name(rest);
    if (name.empty() || !trimmed(rest).empty()) return false;
    const bool known = name == kHaveBtf ? has_btf_() : result.macros.contains(name);
    // Other names may be the compiler's own.
    if (name != kHaveBtf && !known) return false;
    conditions_.push_back(known == wanted);
    return true;
  }

  bool include(std::string_view line) {
    if (!active()) return true;
    if (!is_kernel_header(angle_include(line)) || !has_btf_()) return false;
    return result.has_includes = true;
  }

  bool define(std::string_view rest) {
    const std::string_view name = take_name(rest);
    const bool function_like = rest.starts_with('(');
    if (!active()) return true;
    if (name.empty() || function_like || result.macros.contains(name)) return false;
    if (!rest.empty() && kBlanks.find(rest.front()) == kBlanks.npos) return false;
    result.macros.emplace(name, expression_text(trimmed(rest)));
    return true;
  }

  const std::function<bool()>& has_btf_;
  std::vector<bool> conditions_;
};

}  // namespace

std::optional<SimplePreamble> read_simple_preamble(const std::vector<CPiece>& pieces,
                                                   const std::function<bool()>& has_btf) {
  Reader reader(has_btf);
  for (const CPiece& piece : pieces)
    if (!reader.take(piece.text)) return {};
  if (!reader.complete()) return {};
  return std::move(reader.result);
}

std::string expression_text(std::string_view text) {
  const bool character = text.size() == 3 && text.front() == '\'' && text.back() == '\'' && text[1] != '\\';
  return character ? std::to_string(static_cast<unsigned char>(text[1])) : std::string(text);
}

}  // namespace tracer
