#include "parser/syntax_errors.h"

#include <algorithm>
#include <array>
#include <string>

#include "base/text.h"
#include "parser.h"
#include "parser/diagnostics.h"

namespace tracer::syntax {

std::string_view token_name(int kind);  // parser.yy

namespace {

using Kind = Parser::token;

constexpr int kExpressionStarts[] = {
    Kind::INT,       Kind::STRING,      Kind::VARIABLE,
    Kind::MAP,       Kind::POSITIONAL,  Kind::POSITIONAL_COUNT,
    Kind::IDENT,     Kind::TRUE,        Kind::FALSE,
    Kind::SIZEOF,    Kind::OFFSETOF,    Kind::TYPEINFO,
    Kind::LPAREN,    Kind::TYPE_LPAREN, Kind::LBRACE,
    Kind::IF,        Kind::COMPTIME,    Kind::INCREMENT,
    Kind::DECREMENT, Kind::AMPERSAND,   Kind::STAR,
    Kind::MINUS,     Kind::NOT,         Kind::TILDE,
};
constexpr int kTypeStarts[] = {Kind::STRUCT, Kind::UNION, Kind::ENUM, Kind::TYPEOF};
constexpr int kStatementStarts[] = {
    Kind::LET,      Kind::FOR,    Kind::WHILE,  Kind::UNROLL,       Kind::BREAK,
    Kind::CONTINUE, Kind::RETURN, Kind::IMPORT, Kind::STATEMENT_IF, Kind::STATEMENT_LBRACE,
};
constexpr int kOperators[] = {
    Kind::EQUAL,         Kind::NOT_EQUAL,   Kind::LESS,  Kind::GREATER,  Kind::LESS_EQUAL, Kind::SHIFT_LEFT,
    Kind::GREATER_EQUAL, Kind::SHIFT_RIGHT, Kind::PLUS,  Kind::MINUS,    Kind::STAR,       Kind::SLASH,
    Kind::PERCENT,       Kind::AMPERSAND,   Kind::BAR,   Kind::CARET,    Kind::AND,        Kind::OR,
    Kind::QUESTION,      Kind::DOT,         Kind::ARROW, Kind::LBRACKET, Kind::INCREMENT,  Kind::DECREMENT,
};
constexpr int kAssignments[] = {
    Kind::ASSIGN,        Kind::ADD_ASSIGN,    Kind::SUBTRACT_ASSIGN, Kind::MULTIPLY_ASSIGN,
    Kind::DIVIDE_ASSIGN, Kind::MODULO_ASSIGN, Kind::AND_ASSIGN,      Kind::OR_ASSIGN,
    Kind::XOR_ASSIGN,    Kind::LEFT_ASSIGN,   Kind::RIGHT_ASSIGN,
};
constexpr int kItemStarts[] = {Kind::C_ITEM, Kind::CONFIG, Kind::IMPORT, Kind::MACRO, Kind::FN, Kind::LET};

template <typename Kinds>
bool contains(const Kinds& kinds, int kind) {
  return std::find(std::begin(kinds), std::end(kinds), kind) != std::end(kinds);
}

bool is_keyword(int kind) { return kind >= Kind::BREAK && kind <= Kind::WHILE; }
bool is_opening(int kind) {
  return kind == Kind::LPAREN || kind == Kind::TYPE_LPAREN || kind == Kind::LBRACKET ||
         kind == Kind::LBRACE || kind == Kind::STATEMENT_LBRACE || kind == Kind::ANGLE_OPEN;
}
bool is_closing(int kind) {
  return kind == Kind::RPAREN || kind == Kind::RBRACKET || kind == Kind::RBRACE || kind == Kind::ANGLE_CLOSE;
}

// One error being explained. Each attempt reports and gives true, or leaves it to the next.
class Explainer {
 public:
  Explainer(const std::vector<Token>& tokens, std::string_view text, size_t bad,
            const std::vector<int>& expected, Reporter& reporter)
      : tokens_(tokens), text_(text), bad_(bad), expected_(expected), reporter_(reporter) {}

  void run() {
    using Attempt = bool (Explainer::*)();
    constexpr Attempt kAttempts[] = {
        &Explainer::unmatched_closing, &Explainer::after_attach_point, &Explainer::wrong_let,
        &Explainer::wrong_loop,        &Explainer::mixed_record,       &Explainer::assignment,
        &Explainer::unary_plus,        &Explainer::lone_else,          &Explainer::word_operator,
        &Explainer::macro_bang,        &Explainer::array_length,       &Explainer::settings,
        &Explainer::unknown_statement, &Explainer::unclosed,           &Explainer::missing_semicolon,
        &Explainer::keyword_as_name,
    };
    for (Attempt attempt : kAttempts) {
      if ((this->*attempt)()) return;
    }
    generic();
  }

 private:
  // ------------------------------------------------------------ looking around

  int kind(size_t back = 0) const { return back <= bad_ ? tokens_[bad_ - back].kind : int(Kind::END); }
  const Token& token(size_t back = 0) const { return tokens_[bad_ - std::min(back, bad_)]; }
  bool expects(int wanted) const { return contains(expected_, wanted); }
  bool expects_expression() const {
    return expects(Kind::INT) && expects(Kind::VARIABLE) && expects(Kind::LPAREN);
  }
  bool expects_operator() const { return expects(Kind::AND) && expects(Kind::EQUAL); }
  std::string_view text_of(const Token& token) const {
    return text_.substr(token.span.begin, token.span.end - token.span.begin);
  }

  std::string found() const {
    if (kind() == Kind::END) return "the end of the script";
    std::string_view written = text_of(token());
    if (written.empty()) return "the end";  // of statements that stand by themselves
    written = written.substr(0, written.find('\n'));
    bool cut = written.size() > 40;
    if (cut) written = written.substr(0, 40);
    return fmt::format("`{}{}`", valid_utf8(written), cut ? "..." : "");
  }

  // The innermost bracket open before the bad token; kNoToken when none is.
  uint32_t open_bracket() const {
    if (bad_ == 0) return kNoToken;
    const Token& before = token(1);
    if (is_opening(before.kind)) return static_cast<uint32_t>(bad_ - 1);
    if (is_closing(before.kind) && before.match != kNoToken) return tokens_[before.match].opener;
    return before.opener;
  }

  // First token of the statement that holds the bad one.
  size_t statement_start() const {
    uint32_t opener = open_bracket();
    size_t at = bad_;
    while (at > 0) {
      int before = tokens_[at - 1].kind;
      if (before == Kind::SEMICOLON || before == Kind::RBRACE || at - 1 == opener) break;
      --at;
    }
    return at;
  }

  Diagnostic& report(const DiagnosticKind& kind) { return reporter_.report(token().span, kind); }

  // ------------------------------------------------------------ attempts

  // An attach point with the `<` of its action glued to it has been reported as such.
  bool glued_angle_before() const {
    for (size_t back = 1; back <= bad_; ++back)
      if (kind(back) == Kind::ATTACH) return text_of(token(back)).ends_with('<');
    return false;
  }

  bool unmatched_closing() {
    if (!is_closing(kind()) || token().match != kNoToken) return false;
    if (open_bracket() != kNoToken && (expects(Kind::RPAREN) || expects(Kind::RBRACKET))) return false;
    if (kind() == Kind::ANGLE_CLOSE && (angle_closed_early() || glued_angle_before())) return true;
    reporter_.report(token().span, diag::unmatched_closing, text_of(token()));
    return true;
  }

  // The end of an action that a `>` of a comparison has closed before; that one was reported.
  bool angle_closed_early() const {
    return reporter_.any() && std::any_of(tokens_.begin(), tokens_.begin() + static_cast<long>(bad_),
                                          [](const Token& t) { return t.kind == Kind::ANGLE_CLOSE; });
  }

  bool after_attach_point() {
    bool before_action = expects(Kind::ANGLE_OPEN) && expects(Kind::LBRACE);
    if (!before_action) return false;
    if (kind(1) == Kind::ATTACH) {
      std::string_view point = text_of(token(1));
      bool said_before = point.starts_with('@') || point.starts_with('$') || point.ends_with('<');
      if (said_before) return true;
      if (kind(2) == Kind::ANGLE_CLOSE && !token(1).line_start) {
        reporter_.report(token(2).span, diag::angle_comparison)
            .hint("between `<` and `>`, a comparison with `>` stands in parentheses: `(a > b)`");
        return true;
      }
      if (kind() == Kind::ATTACH && (point.ends_with(':') || text_of(token()).starts_with(':'))) {
        reporter_.report({token().span.source, token(1).span.end, token().span.begin}, diag::attach_blank)
            .hint("a part with blanks is put in quotes");
        return true;
      }
    }
    if (kind() == Kind::END || contains(kItemStarts, kind())) {
      size_t back = 1;
      while (back < bad_ && kind(back) != Kind::ATTACH) ++back;
      const Span at = token(back).span;
      const size_t next = text_.find_first_not_of(" \t\n", at.end);
      reporter_.report(at, diag::missing_action)
          .hint(next != text_.npos && text_.substr(next).starts_with("//")
                    ? "`//` begins a comment; a filter cannot be empty"
                    : "such as `{ @ = count(); }`");
      return true;
    }
    std::string wanted = kind(1) == Kind::FILTER_CLOSE ? "an action"
                         : kind(1) == Kind::COMMA      ? "an attach point, a filter or an action"
                                                       : "`,`, a filter or an action";
    reporter_.report(token().span, diag::expected, fmt::format("{} after the attach point", wanted), found());
    return true;
  }

  bool wrong_let() {
    if (kind(1) != Kind::LET || token(1).block_depth == 0) return false;
    if (kind() == Kind::MAP) {
      report(diag::let_map)
          .hint("maps need no declaration; their kind and size are set outside: `let @m = hash(100);`");
      return true;
    }
    if (kind() != Kind::IDENT && !is_keyword(kind())) return false;
    report(diag::let_name).hint(fmt::format("write `let ${}`", text_of(token())));
    return true;
  }

  bool wrong_loop() {
    bool head = kind(1) == Kind::FOR || (kind(1) == Kind::LPAREN && kind(2) == Kind::FOR);
    if (!head || (kind() != Kind::IDENT && kind() != Kind::MAP)) return false;
    report(diag::loop_variable).hint("such as `for $kv : @map` or `for $i : 0..10`");
    return true;
  }

  // `(a = 1, 2)`, `(1, a = 2)`.
  bool mixed_record() {
    uint32_t opener = open_bracket();
    if (opener == kNoToken || tokens_[opener].kind != Kind::LPAREN) return false;
    bool call = opener > 0 && tokens_[opener - 1].kind == Kind::IDENT;
    bool record = opener + 2 < bad_ && tokens_[opener + 1].kind == Kind::IDENT &&
                  tokens_[opener + 2].kind == Kind::ASSIGN;
    bool late_name = kind() == Kind::ASSIGN && kind(1) == Kind::IDENT && kind(2) == Kind::COMMA && !call;
    bool nameless = record && ((kind(1) == Kind::COMMA && kind() != Kind::RPAREN) ||
                               (kind(1) == Kind::IDENT && kind(2) == Kind::COMMA && expects(Kind::ASSIGN)));
    if (!late_name && !nameless) return false;
    report(diag::record_mixed).hint("a record is `(a = 1, b = 2)`, a tuple `(1, 2)`");
    return true;
  }

  bool assignment() {
    if (!contains(kAssignments, kind()) || token().block_depth + token().in_filter == 0) return false;
    if (!expects_operator()) return false;
    auto& reported = reporter_.report(token().span, diag::assignment_in_expression, text_of(token()));
    reported.hint(kind() == Kind::ASSIGN ? "`==` compares" : "assign in a statement of its own");
    return true;
  }

  bool unary_plus() {
    if (kind() != Kind::PLUS || !expects_expression()) return false;
    report(diag::unary_plus).hint("leave it out");
    return true;
  }

  bool lone_else() {
    if (kind() != Kind::ELSE) return false;
    auto& reported = report(diag::else_without_if);
    if (kind(1) == Kind::SEMICOLON && kind(2) == Kind::RBRACE)
      reported.hint("no `;` stands between `}` and `else`");
    return true;
  }

  bool word_operator() {
    struct Word {
      std::string_view word, sign;
    };
    constexpr Word kWords[] = {{"and", "&&"}, {"or", "||"}, {"not", "!"}};
    for (const Word& word : kWords) {
      bool prefix = word.sign == "!" && kind(1) == Kind::IDENT && text_of(token(1)) == word.word;
      bool infix =
          word.sign != "!" && kind() == Kind::IDENT && expects_operator() && text_of(token()) == word.word;
      if (!prefix && !infix) continue;
      reporter_.report(token(prefix).span, diag::word_operator, word.word)
          .hint(fmt::format("the operator is `{}`", word.sign));
      return true;
    }
    return false;
  }

  bool macro_bang() {
    if (kind() != Kind::NOT || kind(1) != Kind::IDENT || tokens_[bad_ + 1].kind != Kind::LPAREN) return false;
    report(diag::macro_bang).hint(fmt::format("write `{}(...)`", text_of(token(1))));
    return true;
  }

  bool array_length() {
    if (kind(1) != Kind::LBRACKET || !expects(Kind::INT) || expects(Kind::VARIABLE)) return false;
    reporter_.report(token().span, diag::array_length, text_of(token()));
    return true;
  }

  bool settings() {
    bool after_setting =
        expects(Kind::SEMICOLON) && expects(Kind::RBRACE) && !expects(Kind::LET) && !expects_operator();
    uint32_t opener = open_bracket();
    bool in_config = opener != kNoToken && opener >= 2 && tokens_[opener - 2].kind == Kind::CONFIG;
    if (!after_setting || !in_config || (kind() != Kind::COMMA && kind() != Kind::IDENT)) return false;
    report(diag::setting_separator);
    return true;
  }

  // `whlie ($x) {`, `elif $y {`, `retrun 5;`
  bool unknown_statement() {
    static const std::array<std::string, 7> kKnown{"for", "while", "unroll", "return", "if", "else", "let"};
    size_t start = statement_start();
    if (start >= bad_ || tokens_[start].kind != Kind::IDENT || token().block_depth == 0) return false;
    std::string name(text_of(tokens_[start]));
    bool block = kind() == Kind::LBRACE || kind() == Kind::STATEMENT_LBRACE;
    bool word_first = start + 1 == bad_;
    bool else_if = name == "elif" || name == "elsif" || name == "elseif";
    std::string near = nearest(name, kKnown);
    if (!block && !(word_first && (else_if || !near.empty()))) return false;
    if (!expects_operator() && !block) return false;
    bool single_call =
        block && tokens_[start + 1].kind == Kind::LPAREN && tokens_[start + 1].match + 1 == bad_;
    if (block && !word_first && !single_call && near.empty() && !else_if) return false;
    reporter_.report(tokens_[start].span, diag::unknown_statement, name)
        .hint(else_if        ? "write `else if`"
              : near.empty() ? "statements with a block are `if`, `for`, `while` and `unroll`"
                             : fmt::format("did you mean `{}`?", near));
    return true;
  }

  bool unclosed() {
    bool ends = kind() == Kind::SEMICOLON || kind() == Kind::END || kind() == Kind::LBRACE ||
                kind() == Kind::STATEMENT_LBRACE || kind() == Kind::FILTER_CLOSE || is_closing(kind());
    uint32_t opener = open_bracket();
    if (!ends || opener == kNoToken) return false;
    int open = tokens_[opener].kind;
    bool round = (open == Kind::LPAREN || open == Kind::TYPE_LPAREN) && expects(Kind::RPAREN);
    bool square = open == Kind::LBRACKET && expects(Kind::RBRACKET);
    if ((!round && !square) || expects_expression()) return false;
    reporter_.report(token().span, diag::expected_closing, round ? ")" : "]", found())
        .note(tokens_[opener].span, fmt::format("`{}` is open since here", text_of(tokens_[opener])));
    return true;
  }

  bool missing_semicolon() {
    bool begins = kind() == Kind::IDENT || kind() == Kind::VARIABLE || kind() == Kind::MAP ||
                  kind() == Kind::IF || kind() == Kind::INT || kind() == Kind::STRING ||
                  contains(kStatementStarts, kind());
    bool only_that = expected_.size() == 1 && expects(Kind::SEMICOLON);
    if (!expects(Kind::SEMICOLON) || (!begins && !only_that) || bad_ == 0) return false;
    Span last = token(1).span;
    reporter_.report({last.source, std::max(last.begin, last.end - 1), last.end}, diag::missing_semicolon);
    return true;
  }

  bool keyword_as_name() {
    if (!is_keyword(kind()) || !expects(Kind::IDENT) || expects_expression() || expects(Kind::STRUCT))
      return false;
    reporter_.report(token().span, diag::keyword_as_name, text_of(token()));
    return true;
  }

  // ------------------------------------------------------------ the rest

  void generic() {
    std::vector<std::string> wanted = wanted_names();
    std::string list;
    for (size_t i = 0; i < wanted.size(); ++i) {
      if (i > 0) list += i + 1 == wanted.size() ? " or " : ", ";
      list += wanted[i];
    }
    bool told = !wanted.empty() && wanted.size() <= 4;
    auto& reported = told ? reporter_.report(token().span, diag::expected, list, found())
                          : reporter_.report(token().span, diag::unexpected, found());
    if (kind() == Kind::ANGLE_CLOSE) {
      reported.hint("between `<` and `>`, a comparison with `>` stands in parentheses: `(a > b)`");
    }
  }

  // What could stand here, in few words.
  std::vector<std::string> wanted_names() const {
    std::vector<int> kinds = expected_;
    std::vector<std::string> names;
    auto drop = [&](const auto& group) { std::erase_if(kinds, [&](int k) { return contains(group, k); }); };
    if (expects(Kind::C_ITEM)) return {"a probe"};
    if (expects(Kind::STRING) && expects(Kind::TRUE) && !expects_expression()) {
      return {"a string, a number, a name, `true`", "`false`"};
    }
    bool statement = expects(Kind::LET) && expects(Kind::FOR);
    bool operators = expects_operator() && !expects_expression();
    if (statement || expects_expression()) {
      names.push_back(statement ? "a statement" : "an expression");
      drop(kExpressionStarts);
      if (statement) drop(kStatementStarts);
      // An argument may be a type as well; few mean one.
      if (!statement) drop(kTypeStarts);
    } else if (expects(Kind::STRUCT) && expects(Kind::IDENT)) {
      names.push_back("a type");
      drop(kTypeStarts);
      drop(std::array<int, 1>{Kind::IDENT});
    }
    if (operators) {
      drop(kOperators);
      drop(kAssignments);
      drop(std::array<int, 1>{Kind::LPAREN});
    }
    drop(std::array<int, 5>{Kind::SYNC, Parser::symbol_kind::S_YYerror, Parser::symbol_kind::S_YYUNDEF,
                            Kind::TYPE_LPAREN, Kind::STATEMENT_LBRACE});
    for (int kind : kinds) names.push_back(described(kind));
    if (operators) names.push_back("an operator");
    return names;
  }

  static std::string described(int kind) {
    std::string name(token_name(kind));
    if (name.starts_with('`')) return name;
    bool vowel = name.find_first_of("aeiou") == 0;
    return fmt::format("{} {}", vowel ? "an" : "a", name);
  }

  const std::vector<Token>& tokens_;
  std::string_view text_;
  size_t bad_;
  const std::vector<int>& expected_;
  Reporter& reporter_;
};

}  // namespace

void explain_syntax_error(const std::vector<Token>& tokens, std::string_view text, size_t bad,
                          const std::vector<int>& expected, Reporter& reporter) {
  Explainer(tokens, text, bad, expected, reporter).run();
}

}  // namespace tracer::syntax
