#include "parser/token_stream.h"

#include <algorithm>

#include "base/text.h"
#include "parser.h"
#include "parser/attach_text.h"
#include "parser/c_text.h"
#include "parser/diagnostics.h"
#include "parser/scanner.h"
#include "parser/type_parens.h"

namespace tracer::syntax {
namespace {

using Kind = Parser::token;

bool is_name_start(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_name(char c) { return is_name_start(c) || (c >= '0' && c <= '9'); }
bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

// Length of the UTF-8 sequence at the start of `text`; 0 when it is not valid.
size_t utf8_length(std::string_view text) {
  auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  unsigned char first = byte(0);
  size_t length = first < 0x80                    ? 1
                  : first >= 0xc2 && first < 0xe0 ? 2
                  : first >= 0xe0 && first < 0xf0 ? 3
                  : first >= 0xf0 && first < 0xf5 ? 4
                                                  : 0;
  if (length > text.size()) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  bool overlong_or_surrogate =
      length > 2 && ((first == 0xe0 && byte(1) < 0xa0) || (first == 0xed && byte(1) > 0x9f) ||
                     (first == 0xf0 && byte(1) < 0x90) || (first == 0xf4 && byte(1) > 0x8f));
  return overlong_or_surrogate ? 0 : length;
}

// What a stretch of code is part of; decides where it ends.
enum class Region { Action, Filter, Block, MapDeclaration, Import, Config };

class Tokenizer {
 public:
  Tokenizer(std::string_view text, uint32_t source) : text_(text), source_(source), scanner_(text) {}

  TokenList run() {
    read_shebang();
    for (;;) {
      skip_blanks();
      if (at_ >= text_.size()) break;
      top_level();
    }
    push(Kind::END, size(), size());
    list_.tokens.back().synthetic = ended_early_;
    mark_type_parens(list_.tokens, text_);
    return std::move(list_);
  }

 private:
  struct Bracket {
    char kind;  // ( [ { <
    uint32_t token;
  };

  // ------------------------------------------------------------ text

  uint32_t size() const { return static_cast<uint32_t>(text_.size()); }
  Span span(uint32_t begin, uint32_t end) const { return {source_, begin, end}; }
  char peek(uint32_t at) const { return at < size() ? text_[at] : '\0'; }

  void read_shebang() {
    if (text_.starts_with("\xef\xbb\xbf")) at_ = 3;
    if (text_.substr(at_, 2) != "#!") return;
    size_t end = std::min(text_.find('\n', at_), text_.size());
    list_.shebang = text_.substr(at_, end - at_);
    if (list_.shebang.ends_with('\r')) list_.shebang.pop_back();
    at_ = static_cast<uint32_t>(end);
  }

  // First byte at or after `at` that is neither blank nor comment.
  uint32_t after_blanks(uint32_t at) const {
    while (at < size()) {
      if (is_blank(text_[at])) {
        ++at;
      } else if (text_.substr(at, 2) == "//" || text_.substr(at, 2) == "/*") {
        at = end_of_comment(at);
      } else {
        break;
      }
    }
    return at;
  }

  uint32_t end_of_comment(uint32_t at) const {
    bool line = text_[at + 1] == '/';
    size_t end = line ? text_.find('\n', at) : text_.find("*/", at + 2);
    return end == text_.npos ? size() : static_cast<uint32_t>(line ? end : end + 2);
  }

  void skip_blanks() {
    while (at_ < size()) {
      if (is_blank(text_[at_])) {
        ++at_;
      } else if (text_.substr(at_, 2) == "//" || text_.substr(at_, 2) == "/*") {
        uint32_t begin = at_;
        at_ = end_of_comment(at_);
        bool closed = text_[begin + 1] == '/' || (at_ - begin >= 4 && text_.substr(at_ - 2, 2) == "*/");
        comment(begin, at_, closed);
      } else {
        break;
      }
    }
  }

  void comment(uint32_t begin, uint32_t end, bool closed) {
    if (!closed) {
      error(span(begin, begin + 2), diag::unterminated_comment);
      ended_early_ = swallowed_ = true;
      return;
    }
    if (text_[begin + 1] == '/' && text_[end - 1] == '\r') --end;
    list_.comments.push_back({span(begin, end), first_on_line(begin)});
  }

  bool first_on_line(uint32_t at) const {
    uint32_t i = at;
    while (i > 0 && (text_[i - 1] == ' ' || text_[i - 1] == '\t' || text_[i - 1] == '\r')) --i;
    return i == 0 || text_[i - 1] == '\n';
  }

  std::string_view word_at(uint32_t at) const {
    uint32_t end = at;
    while (end < size() && is_name(text_[end])) ++end;
    return text_.substr(at, end - at);
  }

  // ------------------------------------------------------------ errors and tokens

  PendingError& error(Span place, const DiagnosticKind& kind, std::string argument = {},
                      std::string hint = {}) {
    if (list_.errors.size() > kMaxErrors) return ignored_;
    list_.errors.push_back({list_.tokens.size(), place, &kind, std::move(argument), std::move(hint), {}});
    return list_.errors.back();
  }

  Token& push(int kind, uint32_t begin, uint32_t end) {
    Token token;
    token.kind = kind;
    token.span = span(begin, end);
    token.opener = brackets_.empty() ? kNoToken : brackets_.back().token;
    token.block_depth = block_depth_;
    token.line_start = first_on_line(begin);
    list_.tokens.push_back(token);
    return list_.tokens.back();
  }

  int previous() const { return list_.tokens.empty() ? int(Kind::END) : list_.tokens.back().kind; }
  std::string_view text_of(const Token& token) const {
    return text_.substr(token.span.begin, token.span.end - token.span.begin);
  }

  void open(char kind) {
    brackets_.push_back({kind, static_cast<uint32_t>(list_.tokens.size() - 1)});
    if (kind == '{' || kind == '<') ++block_depth_;
  }

  // The last token closes the innermost open bracket.
  void close() {
    uint32_t closing = static_cast<uint32_t>(list_.tokens.size() - 1);
    Bracket bracket = brackets_.back();
    brackets_.pop_back();
    if (bracket.kind == '{' || bracket.kind == '<') --block_depth_;
    list_.tokens[bracket.token].match = closing;
    list_.tokens[closing].match = bracket.token;
    list_.tokens[closing].block_depth = block_depth_;
  }

  // ------------------------------------------------------------ the top level

  void top_level() {
    uint32_t begin = at_;
    switch (text_[at_]) {
      case '#':
        return preprocessor_line();
      case '{':
        return action(Kind::LBRACE, '{');
      case '<':
        return action(Kind::ANGLE_OPEN, '<');
      case '/':
        if (previous() == Kind::ATTACH || !slash_begins_path(text_, at_)) return filter();
        return attach_point();
      case ',':
        return single(Kind::COMMA);
      case ';':
        return single(Kind::SEMICOLON);
      case '}':
        return single(Kind::RBRACE);
      case ')':
        return single(Kind::RPAREN);
      case '=':
        return single(Kind::ASSIGN);
      case '>':
        return single(Kind::ANGLE_CLOSE);
      default:
        break;
    }
    std::string_view word = word_at(begin);
    if (!word.empty() && keyword(word)) return;
    attach_point();
  }

  void single(int kind) {
    push(kind, at_, at_ + 1);
    ++at_;
  }

  void preprocessor_line() {
    auto [end, complete] = end_of_preprocessor_line(text_, at_);
    if (!complete) {
      error(span(end, end + 2), diag::unterminated_comment);
      ended_early_ = true;
      at_ = size();
      return;
    }
    if (text_.substr(at_, 2) == "#!") {
      error(span(at_, at_ + 2), diag::late_shebang);
    } else {
      push(Kind::C_ITEM, at_, end);
    }
    at_ = end;
  }

  // A part that begins with a keyword. The words act as keywords by what follows only, so that an attach
  // point may still be named like one.
  bool keyword(std::string_view word) {
    uint32_t word_end = at_ + static_cast<uint32_t>(word.size());
    uint32_t next_at = after_blanks(word_end);
    char next = peek(next_at);
    bool name_follows = next_at > word_end && is_name_start(next);
    if (word == "struct" || word == "union" || word == "enum" || word == "typedef") {
      if (!name_follows && next != '{') return false;
      c_definition();
    } else if (word == "config") {
      bool block = next == '{' || (next == '=' && peek(after_blanks(next_at + 1)) == '{');
      if (!block) return false;
      declaration(Kind::CONFIG, word_end, Region::Config);
    } else if (word == "import") {
      if (next != '"' && !name_follows) return false;
      declaration(Kind::IMPORT, word_end, Region::Import);
    } else if (word == "macro" || word == "fn") {
      if (!name_follows) return false;
      declaration(word == "fn" ? Kind::FN : Kind::MACRO, word_end, Region::Block);
    } else if (word == "let") {
      if (next != '@' && next != '$' && !name_follows) return false;
      declaration(Kind::LET, word_end, Region::MapDeclaration);
    } else {
      return false;
    }
    return true;
  }

  void c_definition() {
    CEnd end = end_of_c_definition(text_, at_);
    if (!end.complete) {
      std::string_view word = word_at(at_);
      error(span(at_, at_ + static_cast<uint32_t>(word.size())), diag::unclosed_c_definition);
      ended_early_ = true;
    } else {
      push(Kind::C_ITEM, at_, end.end);
    }
    at_ = end.end;
  }

  void declaration(int kind, uint32_t word_end, Region region) {
    push(kind, at_, word_end);
    at_ = word_end;
    code(region);
  }

  void action(int kind, char bracket) {
    single(kind);
    open(bracket);
    code(Region::Action);
  }

  void filter() {
    single(Kind::FILTER_OPEN);
    filter_open_ = list_.tokens.size() - 1;
    in_filter_ = true;
    code(Region::Filter);
    in_filter_ = false;
  }

  void attach_point() {
    uint32_t end = end_of_attach_point(text_, at_);
    if (end == at_) return bad_bytes();
    check_bytes(at_, end);
    check_quotes(at_, end);
    push(Kind::ATTACH, at_, end);
    at_ = end;
  }

  // NUL bytes never get here: they end attach points.
  void check_bytes(uint32_t begin, uint32_t end) {
    for (uint32_t i = begin; i < end;) {
      size_t length = utf8_length(text_.substr(i, end - i));
      if (length == 0) {
        error(span(i, i + 1), diag::invalid_utf8);
        return;
      }
      i += static_cast<uint32_t>(length);
    }
  }

  void check_quotes(uint32_t begin, uint32_t end) {
    uint32_t quote = kNoToken;
    for (uint32_t i = begin; i < end; ++i) {
      if (quote != kNoToken && text_[i] == '\\') {
        ++i;
      } else if (text_[i] == '"') {
        quote = quote == kNoToken ? i : kNoToken;
      }
    }
    if (quote != kNoToken) error(span(quote, end), diag::attach_quote);
  }

  // ------------------------------------------------------------ code

  void code(Region region) {
    size_t base = region == Region::Action ? brackets_.size() - 1 : brackets_.size();
    scanner_.seek(at_);
    for (bool more = true; more;) {
      bool angle = !brackets_.empty() && brackets_.back().kind == '<';
      RawToken raw = scanner_.next(angle);
      at_ = raw.end;
      if (raw.kind == kRawEnd) {
        end_of_text(region, base);
        return;
      }
      if (raw.kind >= kRawComment) {
        irregular(raw);
      } else if (begins_next_clause(region, raw)) {
        close_at_clause(base, raw.begin);
        return;
      } else {
        more = regular(raw, region, base);
      }
    }
  }

  // Comments and wrong characters. Wrong literals stay literals for the grammar.
  void irregular(const RawToken& raw) {
    switch (raw.kind) {
      case kRawComment:
        comment(raw.begin, raw.end, true);
        break;
      case kRawUnterminatedComment:
        comment(raw.begin, raw.end, false);
        break;
      case kRawUnterminatedString:
        error(span(raw.begin, raw.end), diag::unterminated_string);
        swallowed_ = true;
        add(Kind::STRING, raw);
        break;
      case kRawCharacterLiteral:
        error(span(raw.begin, raw.end), diag::character_literal,
              fmt::format("`{}`", valid_utf8(text_.substr(raw.begin, raw.end - raw.begin))),
              "strings stand in double quotes");
        add(Kind::STRING, raw);
        break;
      case kRawDollar:
        error(span(raw.begin, raw.end), diag::bare_dollar);
        add(Kind::VARIABLE, raw);
        break;
      default:
        at_ = raw.begin;
        bad_bytes();
        scanner_.seek(at_);
    }
  }

  // A run of bytes that are no part of the language, at `at_`.
  void bad_bytes() {
    uint32_t begin = at_;
    if (text_[at_] == '\0') {
      while (at_ < size() && text_[at_] == '\0') ++at_;
      error(span(begin, at_), diag::nul_byte);
      return;
    }
    if (size_t length = utf8_length(text_.substr(at_))) {
      at_ += static_cast<uint32_t>(length);
      unsigned char c = static_cast<unsigned char>(text_[begin]);
      std::string shown =
          c < 0x20 || c == 0x7f ? fmt::format("\\x{:02x}", c) : std::string(text_.substr(begin, length));
      error(span(begin, at_), diag::unexpected_character, shown);
      return;
    }
    while (at_ < size() && utf8_length(text_.substr(at_)) == 0) ++at_;
    error(span(begin, at_), diag::invalid_utf8);
  }

  void add(int kind, const RawToken& raw) {
    bool field = previous() == Kind::DOT || previous() == Kind::ARROW;
    if (field && is_name_start(text_[raw.begin])) kind = Kind::IDENT;
    if (kind == Kind::LET && peek(raw.end) == '(') kind = Kind::IDENT;
    if (kind == Kind::IDENT && continues_c_integer(raw)) {
      list_.tokens.back().span.end = raw.end;
      return;
    }
    if (kind == Kind::IDENT && at_statement_start() && peek(after_blanks(raw.end)) == '"' &&
        text_.substr(raw.begin, raw.end - raw.begin) == "import") {
      kind = Kind::IMPORT;
    }
    if (at_statement_start()) {
      if (kind == Kind::LBRACE) kind = Kind::STATEMENT_LBRACE;
      if (kind == Kind::IF) kind = Kind::STATEMENT_IF;
    }
    push(kind, raw.begin, raw.end).in_filter = in_filter_;
  }

  // `unsigned long`: C's integer types of several words are one name.
  bool continues_c_integer(const RawToken& raw) const {
    if (previous() != Kind::IDENT) return false;
    const Token& before = list_.tokens.back();
    auto is_one_of = [](std::string_view word, auto... words) { return ((word == words) || ...); };
    if (!is_one_of(text_.substr(raw.begin, raw.end - raw.begin), "int", "long", "short", "char", "unsigned",
                   "signed"))
      return false;
    std::string_view first = text_of(before);
    first = first.substr(0, first.find(' '));
    return is_one_of(first, "unsigned", "signed", "long", "short") &&
           text_.substr(before.span.end, raw.begin - before.span.end).find_first_not_of(" \t") ==
               std::string_view::npos;
  }

  // A block or `if` here is a statement of its own: no operator may follow it.
  bool at_statement_start() const {
    if (block_depth_ == 0) return false;
    switch (previous()) {
      case Kind::SEMICOLON:
      case Kind::LBRACE:
      case Kind::STATEMENT_LBRACE:
      case Kind::RBRACE:
      case Kind::ANGLE_OPEN:
        return true;
      default:
        return false;
    }
  }

  // Adds a token of code and follows the brackets. False at the end of the region.
  bool regular(const RawToken& raw, Region region, size_t base) {
    if (region == Region::Filter && filter_ends(raw)) return false;
    if (raw.kind == Kind::RBRACE && region == Region::Action && brackets_.size() > base) {
      while (brackets_.back().kind == '(' || brackets_.back().kind == '[') brackets_.pop_back();
      if (brackets_.back().kind == '<') return close_angle_by_brace(raw, base);
    }
    add(raw.kind, raw);
    switch (raw.kind) {
      case Kind::LPAREN:
        open('(');
        break;
      case Kind::LBRACKET:
        open('[');
        break;
      case Kind::LBRACE:
        open('{');
        break;
      case Kind::RPAREN:
        close_inner('(', '[', base);
        break;
      case Kind::RBRACKET:
        close_inner('[', '(', base);
        break;
      case Kind::RBRACE:
        close_block(base);
        break;
      case Kind::ANGLE_CLOSE:
        close();
        break;
      case Kind::SEMICOLON:
        drop_inner(base);
        break;
      default:
        break;
    }
    return !region_ends(raw, region, base);
  }

  bool region_ends(const RawToken& raw, Region region, size_t base) const {
    if (brackets_.size() != base) return false;
    switch (region) {
      case Region::Filter:
        return false;
      case Region::Action:
        return true;
      case Region::Config:
      case Region::Block:
        return raw.kind == Kind::RBRACE;
      case Region::MapDeclaration:
        return raw.kind == Kind::SEMICOLON ||
               (raw.kind == Kind::RPAREN && peek(after_blanks(raw.end)) != ';') || raw.kind == Kind::RBRACE;
      case Region::Import:
        return raw.kind == Kind::SEMICOLON ||
               (raw.kind == Kind::STRING && peek(after_blanks(raw.end)) != ';');
    }
    return true;
  }

  // LANGUAGE 1.1: the `/` before the action's opening delimiter. A `{` where an operand just ended is an
  // action too: its `/` was forgotten.
  bool filter_ends(const RawToken& raw) {
    if (raw.kind == Kind::SLASH) {
      char next = peek(after_blanks(raw.end));
      if (next != '{' && next != '<') return false;
      drop_inner(0);
      push(Kind::FILTER_CLOSE, raw.begin, raw.end).in_filter = true;
      return true;
    }
    bool operand_before = false;
    switch (previous()) {
      case Kind::IDENT:
      case Kind::INT:
      case Kind::STRING:
      case Kind::VARIABLE:
      case Kind::MAP:
      case Kind::POSITIONAL:
      case Kind::TRUE:
      case Kind::FALSE:
      case Kind::RPAREN:
      case Kind::RBRACKET:
        operand_before = true;
        break;
      default:
        break;
    }
    if (raw.kind != Kind::LBRACE || !operand_before || filter_has_if()) return false;
    error(list_.tokens[filter_open_].span, diag::unclosed_filter).note = {span(raw.begin, raw.end),
                                                                          "the action begins here"};
    drop_inner(0);
    Token& token = push(Kind::FILTER_CLOSE, raw.begin, raw.begin);
    token.in_filter = token.synthetic = true;
    at_ = raw.begin;
    return true;
  }

  bool filter_has_if() const {
    return std::any_of(list_.tokens.begin() + static_cast<long>(filter_open_), list_.tokens.end(),
                       [](const Token& token) { return token.kind == Kind::IF; });
  }

  bool close_angle_by_brace(const RawToken& raw, size_t base) {
    Span opened = list_.tokens[brackets_.back().token].span;
    error(span(raw.begin, raw.end), diag::angle_closed_by_brace).note = {opened, "opened here"};
    push(Kind::ANGLE_CLOSE, raw.begin, raw.end);
    close();
    return brackets_.size() != base;
  }

  void close_inner(char kind, char other, size_t base) {
    if (brackets_.size() <= base) return;
    if (brackets_.back().kind == other && brackets_.size() - 1 > base &&
        brackets_[brackets_.size() - 2].kind == kind) {
      brackets_.pop_back();  // the grammar reports it
    }
    if (brackets_.back().kind == kind) close();
  }

  void close_block(size_t base) {
    size_t top = brackets_.size();
    while (top > base && brackets_[top - 1].kind != '{') --top;
    if (top == base) return;
    brackets_.resize(top);
    close();
  }

  // No `;` stands inside parentheses: what is still open was forgotten, and the grammar says so.
  void drop_inner(size_t base) {
    while (brackets_.size() > base && (brackets_.back().kind == '(' || brackets_.back().kind == '[')) {
      brackets_.pop_back();
    }
  }

  // ------------------------------------------------------------ what is never closed

  // `kprobe:f` or `begin {` where a statement could begin: a brace is missing before it.
  bool begins_next_clause(Region region, const RawToken& raw) {
    if (raw.kind != Kind::IDENT || (region != Region::Action && region != Region::Block)) return false;
    if (!at_statement_start() || !first_on_line(raw.begin)) return false;
    if (peek(raw.end) == ':') return is_name_start(peek(raw.end + 1)) || peek(raw.end + 1) == '/';
    std::string name = lower(text_.substr(raw.begin, raw.end - raw.begin));
    return (name == "begin" || name == "end") && peek(after_blanks(raw.end)) == '{';
  }

  void close_at_clause(size_t base, uint32_t clause) {
    at_ = clause;
    report_unclosed(base, span(clause, clause + static_cast<uint32_t>(word_at(clause).size())));
    close_all(base);
  }

  void end_of_text(Region region, size_t base) {
    if (region == Region::Filter) {
      error(list_.tokens[filter_open_].span, diag::unclosed_filter);
      ended_early_ = true;
    }
    if (brackets_.size() > base) ended_early_ = true;
    report_unclosed(base, {});
    close_all(base);
  }

  void report_unclosed(size_t base, Span next_clause) {
    if (swallowed_) return;
    for (size_t i = base; i < brackets_.size(); ++i) {
      PendingError& reported = error(list_.tokens[brackets_[i].token].span, diag::unclosed_bracket,
                                     std::string(1, brackets_[i].kind));
      if (next_clause.end) reported.note = {next_clause, "the next clause seems to begin here"};
    }
  }

  void close_all(size_t base) {
    while (brackets_.size() > base) {
      char kind = brackets_.back().kind;
      if (kind == '(' || kind == '[') {
        brackets_.pop_back();
        continue;
      }
      push(kind == '<' ? Kind::ANGLE_CLOSE : Kind::RBRACE, at_, at_).synthetic = true;
      close();
    }
  }

  std::string_view text_;
  uint32_t source_;
  Scanner scanner_;
  TokenList list_;
  PendingError ignored_;
  uint32_t at_ = 0;
  std::vector<Bracket> brackets_;
  uint32_t block_depth_ = 0;
  size_t filter_open_ = 0;
  bool in_filter_ = false;
  bool ended_early_ = false;
  bool swallowed_ = false;  // a string or comment without end may have taken closing brackets with it
};

}  // namespace

TokenList tokenize(std::string_view text, uint32_t source) { return Tokenizer(text, source).run(); }

}  // namespace tracer::syntax
