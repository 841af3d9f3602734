#include "elf/rust_names.h"

#include <cctype>
#include <charconv>
#include <cstdint>
#include <limits>

namespace tracer {
namespace {

// References back may nest and repeat: a short symbol can stand for a text without end.
constexpr int kDeepest = 128;
constexpr size_t kLongest = 16384;

std::string_view basic_type(char tag) {
  constexpr std::string_view kNames[] = {"i8",    "bool", "char", "f64", "str",  "f32",  "",    "u8", "isize",
                                         "usize", "",     "i32",  "u32", "i128", "u128", "_",   "",   "",
                                         "i16",   "u16",  "()",   "...", "",     "i64",  "u64", "!"};
  return tag >= 'a' && tag <= 'z' ? kNames[tag - 'a'] : std::string_view();
}

// Reads a symbol from left to right and writes its text. After something unexpected `failed_` is set, and
// nothing is read or written any more.
class RustName {
 public:
  explicit RustName(std::string_view symbol) : symbol_(symbol) {}

  std::optional<std::string> run() {
    path(true);
    // The crate that the code was made for stands behind the path.
    if (!failed_ && at_ < symbol_.size()) silently([&] { path(false); });
    if (failed_ || at_ != symbol_.size()) return std::nullopt;
    return std::move(text_);
  }

 private:
  char peek() const { return at_ < symbol_.size() ? symbol_[at_] : '\0'; }
  bool take(char wanted) {
    if (failed_ || peek() != wanted) return false;
    ++at_;
    return true;
  }
  char next() {
    if (at_ < symbol_.size()) return symbol_[at_++];
    failed_ = true;
    return '\0';
  }
  void write(std::string_view text) {
    if (silent_ == 0) text_ += text;
    if (text_.size() > kLongest) failed_ = true;
  }

  template <typename Body>
  void silently(const Body& body) {
    ++silent_;
    body();
    --silent_;
  }
  template <typename Body>
  void deeper(const Body& body) {
    if (++depth_ > kDeepest) failed_ = true;
    if (!failed_) body();
    --depth_;
  }
  // `body` for each element up to the `E`, with commas between them. Gives their number.
  template <typename Body>
  int each(const Body& body) {
    int count = 0;
    while (!failed_ && !take('E')) {
      if (count++ > 0) write(", ");
      body();
    }
    return count;
  }

  // `_` is 0, `0_` is 1, `a_` is 11.
  uint64_t base62() {
    if (take('_')) return 0;
    uint64_t value = 0;
    while (!failed_ && !take('_')) {
      const char c = next();
      const int digit = c >= '0' && c <= '9'   ? c - '0'
                        : c >= 'a' && c <= 'z' ? c - 'a' + 10
                        : c >= 'A' && c <= 'Z' ? c - 'A' + 36
                                               : -1;
      if (digit < 0 || value > std::numeric_limits<uint64_t>::max() / 62) failed_ = true;
      value = value * 62 + static_cast<uint64_t>(digit);
    }
    return value + 1;
  }
  uint64_t optional_base62(char tag) { return take(tag) ? base62() + 1 : 0; }

  // `u`: in Punycode, which is shown as it is.
  std::string identifier() {
    const bool punycode = take('u');
    size_t length = 0;
    if (!std::isdigit(static_cast<unsigned char>(peek()))) failed_ = true;
    // A name without letters is `0`, and what follows is another number.
    if (!take('0'))
      while (!failed_ && std::isdigit(static_cast<unsigned char>(peek())) && length < kLongest)
        length = length * 10 + static_cast<size_t>(next() - '0');
    take('_');
    if (failed_ || length > symbol_.size() - at_) {
      failed_ = true;
      return {};
    }
    std::string name(symbol_.substr(at_, length));
    at_ += length;
    return punycode ? "punycode{" + name + "}" : name;
  }

  // To what begins at an earlier place.
  template <typename Body>
  void back_reference(const Body& body) {
    const size_t tag = at_ - 1;
    const uint64_t place = base62();
    if (failed_ || place >= tag) {
      failed_ = true;
      return;
    }
    const size_t after = at_;
    at_ = place;
    deeper(body);
    at_ = after;
  }

  // `value`: names code rather than a type, so that generic arguments follow `::`.
  void path(bool value) {
    deeper([&] { path_of(next(), value); });
  }
  void path_of(char tag, bool value) {
    switch (tag) {
      case 'C':
        optional_base62('s');
        write(identifier());
        break;
      case 'M':
      case 'X':
        optional_base62('s');
        silently([&] { path(false); });
        [[fallthrough]];
      case 'Y':
        write("<");
        type();
        if (tag != 'M') {
          write(" as ");
          path(false);
        }
        write(">");
        break;
      case 'N':
        nested(value);
        break;
      case 'I':
        path(value);
        write(value ? "::<" : "<");
        each([&] { generic_argument(); });
        write(">");
        break;
      case 'B':
        back_reference([&] { path(value); });
        break;
      default:
        failed_ = true;
    }
  }

  // Namespaces in capitals are the compiler's: closures and the like, which have numbers rather than names.
  void nested(bool value) {
    const char space = next();
    path(value);
    const uint64_t number = optional_base62('s');
    const std::string name = identifier();
    if (!std::isupper(static_cast<unsigned char>(space))) {
      if (!name.empty()) write("::" + name);
      return;
    }
    write("::{");
    write(space == 'C' ? "closure" : space == 'S' ? "shim" : std::string(1, space));
    if (!name.empty()) write(":" + name);
    write("#" + std::to_string(number) + "}");
  }

  void generic_argument() {
    if (take('L'))
      lifetime(base62());
    else if (take('K'))
      constant();
    else
      type();
  }

  // Those bound by `for<...>` are numbered from the innermost.
  void lifetime(uint64_t index) {
    if (index == 0) return write("'_");
    if (index > bound_) {
      failed_ = true;
      return;
    }
    const uint64_t depth = bound_ - index;
    write(depth < 26 ? "'" + std::string(1, static_cast<char>('a' + depth)) : "'_" + std::to_string(depth));
  }
  template <typename Body>
  void with_binder(const Body& body) {
    const uint64_t count = optional_base62('G'), before = bound_;
    if (count > kLongest) failed_ = true;
    if (count > 0) write("for<");
    for (uint64_t i = 0; i < count && !failed_; ++i) {
      if (i > 0) write(", ");
      ++bound_;
      lifetime(1);
    }
    if (count > 0) write("> ");
    body();
    bound_ = before;
  }

  void type() {
    deeper([&] { type_of(next()); });
  }
  void type_of(char tag) {
    if (const std::string_view name = basic_type(tag); !name.empty()) return write(name);
    switch (tag) {
      case 'R':
      case 'Q':
        write("&");
        if (take('L'))
          if (const uint64_t index = base62(); index != 0) {
            lifetime(index);
            write(" ");
          }
        write(tag == 'Q' ? "mut " : "");
        return type();
      case 'P':
      case 'O':
        write(tag == 'P' ? "*const " : "*mut ");
        return type();
      case 'A':
      case 'S':
        write("[");
        type();
        if (tag == 'A') {
          write("; ");
          constant();
        }
        return write("]");
      case 'T':
        write("(");
        write(each([&] { type(); }) == 1 ? ",)" : ")");
        return;
      case 'F':
        return with_binder([&] { function(); });
      case 'D':
        return object();
      case 'B':
        return back_reference([&] { type(); });
      default:
        path_of(tag, false);
    }
  }

  void function() {
    if (take('U')) write("unsafe ");
    if (take('K')) {
      std::string abi = take('C') ? "C" : identifier();
      for (char& c : abi)
        if (c == '_') c = '-';
      write("extern \"" + abi + "\" ");
    }
    write("fn(");
    each([&] { type(); });
    write(")");
    if (take('u')) return;  // returns ()
    write(" -> ");
    type();
  }

  void object() {
    write("dyn ");
    with_binder([&] {
      for (int i = 0; !failed_ && !take('E'); ++i) {
        if (i > 0) write(" + ");
        trait();
      }
    });
    if (!take('L')) failed_ = true;
    if (const uint64_t index = base62(); index != 0) {
      write(" + ");
      lifetime(index);
    }
  }
  // Associated types (`Item = u8`) stand among the generic arguments.
  void trait() {
    const size_t begin = text_.size();
    path(false);
    bool open = text_.size() > begin && text_.ends_with('>');
    if (!failed_ && peek() == 'p' && open && silent_ == 0) text_.pop_back();
    for (bool first = !open; take('p'); first = false) {
      write(first ? "<" : ", ");
      write(identifier() + " = ");
      type();
      if (peek() != 'p') write(">");
    }
  }

  void constant() {
    deeper([&] {
      if (take('p')) return write("_");
      if (take('B')) return back_reference([&] { constant(); });
      literal(next());
    });
  }
  void literal(char type) {
    if (basic_type(type).empty()) failed_ = true;
    const bool negative = take('n');
    const size_t begin = at_;
    while (!failed_ && !take('_'))
      if (!std::isxdigit(static_cast<unsigned char>(next()))) failed_ = true;
    if (failed_) return;
    const std::string digits(symbol_.substr(begin, at_ - 1 - begin));
    uint64_t value = 0;
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
    const bool fits = digits.empty() || read.ec == std::errc();
    write(negative ? "-" : "");
    if (type == 'b')
      write(value ? "true" : "false");
    else if (type == 'c' && value >= ' ' && value < 127)
      write("'" + std::string(1, static_cast<char>(value)) + "'");
    else
      write(fits ? std::to_string(value) : "0x" + digits);
  }

  std::string_view symbol_;  // behind `_R`
  size_t at_ = 0;
  std::string text_;
  int depth_ = 0, silent_ = 0;
  uint64_t bound_ = 0;  // lifetimes that `for<...>` around here have named
  bool failed_ = false;
};

}  // namespace

std::optional<std::string> demangle_rust(std::string_view symbol) {
  if (!symbol.starts_with("_R")) return std::nullopt;
  symbol.remove_prefix(2);
  // What compilers append to names of their copies: `.llvm.123`.
  return RustName(symbol.substr(0, symbol.find('.'))).run();
}

}  // namespace tracer
