// Every message about the text of a script: what is wrong and the first line that is reported.
#include "parser/diagnostics.h"

#include <gtest/gtest.h>

#include <set>

#include "parse_text.h"

namespace tracer {
namespace {

struct Case {
  std::string_view script;
  std::string_view message;
};

constexpr Case kCases[] = {
    {"begin { $x = `1; }", "stdin:1:14-15: ERROR: unexpected character ``` [unexpected-character]"},
    {"begin { $x = 1 # 2; }", "stdin:1:16-17: ERROR: unexpected character `#` [unexpected-character]"},
    {"begin { $x = \303\251; }",
     "stdin:1:14-16: ERROR: unexpected character `\303\251` [unexpected-character]"},
    {"begin { print(\"abc); }",
     "stdin:1:15-23: ERROR: string has no closing `\"` on its line [unterminated-string]"},
    {"begin { print(1); /* open", "stdin:1:19-21: ERROR: comment has no closing `*/` [unterminated-comment]"},
    {"begin { print(\"a\\qb\"); }", "stdin:1:17-19: ERROR: unknown escape `\\q` in a string [bad-escape]"},
    {"begin { print(\"\\777\"); }",
     "stdin:1:16-20: ERROR: octal escape `\\777` is above 255 [octal-escape-range]"},
    {"begin { print(\"\\xzz\"); }",
     "stdin:1:16-18: ERROR: `\\x` needs one or two hexadecimal digits [hex-escape-digits]"},
    {"begin { $x = 'a'; }",
     "stdin:1:14-17: ERROR: there are no character literals: `'a'` [character-literal]"},
    {"begin { $x = 10kb; }",
     "stdin:1:16-18: ERROR: unknown suffix `kb` of the number `10kb` [number-suffix]"},
    {"begin { $x = 5000000000u; }",
     "stdin:1:14-25: ERROR: `5000000000u` does not fit in 32 unsigned bits, which its suffix asks for "
     "[number-suffix-range]"},
    {"begin { $x = 18446744073709551616; }",
     "stdin:1:14-34: ERROR: `18446744073709551616` does not fit in 64 bits [number-too-large]"},
    {"begin { $x = 08; }", "stdin:1:14-16: ERROR: digit `8` in the octal number `08` [number-octal-digit]"},
    {"begin { $x = 0x; }", "stdin:1:14-16: ERROR: `0x` has no hexadecimal digits [number-hex-digits]"},
    {"begin { $x = 1_000_; }",
     "stdin:1:14-20: ERROR: the number `1_000_` ends in an underscore [number-underscore]"},
    {"begin { $x = 0b101; }", "stdin:1:14-19: ERROR: there are no binary numbers: `0b101` [number-binary]"},
    {"begin { $x = 12e3; }", "stdin:1:14-18: ERROR: `12e3` is not a scientific number [number-exponent]"},
    {"begin { $x = 1e20; }", "stdin:1:14-18: ERROR: `1e20` does not fit in 64 bits [number-too-large]"},
    {"begin { $x = 1.5; }", "stdin:1:14-17: ERROR: there are no floating-point numbers [number-float]"},
    {"begin { $x = $; }", "stdin:1:14-15: ERROR: `$` without the name of a variable [bare-dollar]"},
    {"begin { $x = $0; }", "stdin:1:14-16: ERROR: there is no positional parameter `$0` [positional-zero]"},
    {"begin { $x = 300000000000d; }",
     "stdin:1:14-27: ERROR: `300000000000d` does not fit in 64 bits [number-too-large]"},
    {"kprobe:$x { }",
     "stdin:1:8-9: ERROR: `$` in an attach point is not followed by the number of a parameter "
     "[attach-dollar]"},
    {"uprobe:\"/bin/sh:f { }",
     "stdin:1:8-22: ERROR: quoted part of an attach point has no closing `\"` on its line [attach-quote]"},
    {"tracepoint:sched: sched_switch { }",
     "stdin:1:18-19: ERROR: blank inside an attach point [attach-blank]"},
    {"kprobe:f< @c = count(); >",
     "stdin:1:9-10: ERROR: this `<` belongs to the attach point, because no blank stands before it "
     "[attach-glued-angle]"},
    {"kprobe:f /pid == 1 { @ = 1; }", "stdin:1:10-11: ERROR: filter has no closing `/` [unclosed-filter]"},
    {"kprobe:f /pid == 1", "stdin:1:10-11: ERROR: filter has no closing `/` [unclosed-filter]"},
    {"kprobe:f", "stdin:1:1-9: ERROR: attach point without an action [missing-action]"},
    {"kprobe:f kprobe:g { }",
     "stdin:1:10-18: ERROR: expected `,`, a filter or an action after the attach point, found `kprobe:g` "
     "[syntax-error]"},
    {"kprobe:f, , kprobe:g { }",
     "stdin:1:11-12: ERROR: expected an attach point, a filter or an action after the attach point, found "
     "`,` [syntax-error]"},
    {"@x = 1;", "stdin:1:1-3: ERROR: statement outside of an action [statement-outside]"},
    {"$x = 1;", "stdin:1:1-3: ERROR: statement outside of an action [statement-outside]"},
    {"begin { print(1);", "stdin:1:7-8: ERROR: `{` is not closed [unclosed-bracket]"},
    {"begin { if (1) { print(1); }", "stdin:1:7-8: ERROR: `{` is not closed [unclosed-bracket]"},
    {"begin { print(1; }", "stdin:1:16-17: ERROR: expected `)`, found `;` [expected-closing]"},
    {"begin { @x[1 = 2; }",
     "stdin:1:14-15: ERROR: assignment with `=` is a statement, not an expression "
     "[assignment-in-expression]"},
    {"begin { print(1)); }", "stdin:1:17-18: ERROR: `)` closes nothing [unmatched-closing]"},
    {"begin { print(1); } }", "stdin:1:21-22: ERROR: `}` closes nothing [unmatched-closing]"},
    {"begin < @x = 1; }",
     "stdin:1:17-18: ERROR: `}` closes an action that `<` opened [angle-closed-by-brace]"},
    {"kprobe:f < @x = a > b; >", "stdin:1:19-20: ERROR: this `>` closes the action [angle-comparison]"},
    {"kprobe:f < if $x > 3 { exit(); } >",
     "stdin:1:18-19: ERROR: expected `{` or an operator, found `>` [syntax-error]"},
    {"struct foo { int a;", "stdin:1:1-7: ERROR: C definition has no end [unclosed-c-definition]"},
    {"begin { } #include <a.h>",
     "stdin:1:11-25: ERROR: C definitions must appear before probes and functions [late-c-definition]"},
    {"begin { }  struct x { int a; };",
     "stdin:1:12-32: ERROR: C definitions must appear before probes and functions [late-c-definition]"},
    {"begin { } config = { a = 1 }",
     "stdin:1:11-17: ERROR: config must appear before probes and functions [late-config]"},
    {"begin { } import \"x.bt\";",
     "stdin:1:11-17: ERROR: root imports must appear before probes and functions [late-import]"},
    {"config = { a = 1 } config = { b = 2 }",
     "stdin:1:20-26: ERROR: duplicate config block [duplicate-config]"},
    {"config = { a = 1 } struct x { int a; };",
     "stdin:1:20-40: ERROR: C definitions must appear before the config block [late-c-definition]"},
    {"begin { } #!/bin/sh",
     "stdin:1:11-13: ERROR: `#!` must be the first bytes of the script [late-shebang]"},
    {"import \"x.bt\" begin { }",
     "stdin:1:13-14: ERROR: missing `;` after the statement [missing-semicolon]"},
    {"import x;", "stdin:1:8-9: ERROR: expected a string, found `x` [syntax-error]"},
    {"begin { $x = ; }", "stdin:1:14-15: ERROR: expected an expression, found `;` [syntax-error]"},
    {"begin { $x = 1 $y = 2; }", "stdin:1:14-15: ERROR: missing `;` after the statement [missing-semicolon]"},
    {"begin { if ($x = 1) { } }",
     "stdin:1:16-17: ERROR: assignment with `=` is a statement, not an expression "
     "[assignment-in-expression]"},
    {"begin { $x = $y = 1; }",
     "stdin:1:17-18: ERROR: assignment with `=` is a statement, not an expression "
     "[assignment-in-expression]"},
    {"begin { print($x += 1); }",
     "stdin:1:18-20: ERROR: assignment with `+=` is a statement, not an expression "
     "[assignment-in-expression]"},
    {"kprobe:f /pid = 1/ { }",
     "stdin:1:15-16: ERROR: assignment with `=` is a statement, not an expression "
     "[assignment-in-expression]"},
    {"begin { pid = 1; }", "stdin:1:9-12: ERROR: cannot assign to `pid` [assignment-target]"},
    {"begin { $x.a = 1; }", "stdin:1:9-13: ERROR: cannot assign to the field `a` [assignment-target]"},
    {"begin { f(1) = 2; }", "stdin:1:9-13: ERROR: cannot assign to the call of `f` [assignment-target]"},
    {"begin { 1 = 2; }", "stdin:1:9-10: ERROR: cannot assign to a literal [assignment-target]"},
    {"begin { ($x) = 2; }", "stdin:1:9-13: ERROR: cannot assign to an expression [assignment-target]"},
    {"begin { pid++; }", "stdin:1:9-12: ERROR: `++` needs a variable or a map [increment-operand]"},
    {"begin { ++1; }", "stdin:1:11-12: ERROR: `++` needs a variable or a map [increment-operand]"},
    {"begin { $x = &pid; }",
     "stdin:1:15-18: ERROR: `&` needs a variable or a map without key [address-operand]"},
    {"begin { $x = &@m[1]; }",
     "stdin:1:15-20: ERROR: `&` needs a variable or a map without key [address-operand]"},
    {"begin { $x = +1; }", "stdin:1:14-15: ERROR: there is no unary `+` [unary-plus]"},
    {"begin { if ($a and $b) { } }", "stdin:1:16-19: ERROR: unexpected `and` [word-operator]"},
    {"begin { if ($a or $b) { } }", "stdin:1:16-18: ERROR: unexpected `or` [word-operator]"},
    {"begin { $x = not $y; }", "stdin:1:14-17: ERROR: unexpected `not` [word-operator]"},
    {"begin { else { } }", "stdin:1:9-13: ERROR: `else` without `if` [else-without-if]"},
    {"begin { if ($a) { }; else { } }", "stdin:1:22-26: ERROR: `else` without `if` [else-without-if]"},
    {"begin { whlie ($x) { print(1); } }",
     "stdin:1:9-14: ERROR: `whlie` does not begin a statement [unknown-statement]"},
    {"begin { if 1 { } elif 2 { } }",
     "stdin:1:18-22: ERROR: `elif` does not begin a statement [unknown-statement]"},
    {"begin { retrun 5; }", "stdin:1:9-15: ERROR: `retrun` does not begin a statement [unknown-statement]"},
    {"begin { switch ($x) { } }",
     "stdin:1:9-15: ERROR: `switch` does not begin a statement [unknown-statement]"},
    {"begin { foo!(1); }", "stdin:1:12-13: ERROR: a macro is called without `!` [macro-bang]"},
    {"macro if(x) { x }",
     "stdin:1:7-9: ERROR: `if` is a keyword and cannot be a name here [keyword-as-name]"},
    {"begin { let @x = 1; }",
     "stdin:1:13-15: ERROR: `let` inside an action declares variables only [let-map]"},
    {"begin { let x = 1; }", "stdin:1:13-14: ERROR: a variable's name begins with `$` [let-name]"},
    {"let $x = 1; begin { }",
     "stdin:1:1-7: ERROR: variables can be declared only inside an action [let-outside]"},
    {"let @m = hsh(10); begin { }", "stdin:1:10-13: ERROR: unknown map kind `hsh` [map-kind]"},
    {"let @m = foo(10); begin { }", "stdin:1:10-13: ERROR: unknown map kind `foo` [map-kind]"},
    {"let @m = hash; begin { }", "stdin:1:14-15: ERROR: expected `(`, found `;` [syntax-error]"},
    {"let @m = hash(\"a\"); begin { }",
     "stdin:1:15-18: ERROR: expected a number, found `\"a\"` [syntax-error]"},
    {"begin { @x[] = 1; }", "stdin:1:11-13: ERROR: `[]` without a key [empty-key]"},
    {"begin { $x[1, 2]; }",
     "stdin:1:11-17: ERROR: only maps take several keys; an index is one expression [several-indices]"},
    {"begin { $r = (a=1, b=2, a=3); }",
     "stdin:1:25-26: ERROR: the record repeats the field `a` [record-duplicate-field]"},
    {"begin { $r = (a=1, 2); }", "stdin:1:20-21: ERROR: fields of a record need names [record-mixed]"},
    {"begin { $r = (1, a=2); }", "stdin:1:19-20: ERROR: fields of a record need names [record-mixed]"},
    {"begin { for $i : 0..$n + 1 { } }",
     "stdin:1:21-27: ERROR: the bound of a range needs parentheses here [range-bound]"},
    {"begin { for $i : $x { } }", "stdin:1:18-20: ERROR: a `for` loop needs a map or a range [loop-over]"},
    {"begin { for $i : @m[1] { } }",
     "stdin:1:18-23: ERROR: a `for` loop goes over a whole map, not over one element [loop-over-element]"},
    {"begin { for i : 0..3 { } }",
     "stdin:1:13-14: ERROR: the variable of a `for` loop begins with `$` [loop-variable]"},
    {"begin { for (i : 0..3) { } }",
     "stdin:1:14-15: ERROR: the variable of a `for` loop begins with `$` [loop-variable]"},
    {"config = { a = 1, b = 2 } begin { }",
     "stdin:1:17-18: ERROR: settings are separated by `;` [setting-separator]"},
    {"config = { a = 1 b = 2 } begin { }",
     "stdin:1:18-19: ERROR: settings are separated by `;` [setting-separator]"},
    {"config = { a = } begin { }",
     "stdin:1:16-17: ERROR: expected a string, a number, a name, `true` or `false`, found `}` "
     "[syntax-error]"},
    {"fn f($a : int) { return 1; }",
     "stdin:1:4-5: ERROR: function needs the type of its result [function-needs-result]"},
    {"fn f(a : int) : int { return 1; }",
     "stdin:1:6-7: ERROR: expected a variable or `)`, found `a` [syntax-error]"},
    {"fn f($a) : int { return 1; }", "stdin:1:8-9: ERROR: expected `:`, found `)` [syntax-error]"},
    {"macro m(1) { 1 }",
     "stdin:1:9-10: ERROR: expected a name, a variable, a map or `)`, found `1` [syntax-error]"},
    {"begin { let $x : int[n]; }",
     "stdin:1:22-23: ERROR: `[n]` is not a length: a number is needed [array-length]"},
    {"begin { $x = (struct *)$y; }", "stdin:1:22-23: ERROR: expected a name, found `*` [syntax-error]"},
    {"begin { $x = sizeof(); }", "stdin:1:21-22: ERROR: expected an expression, found `)` [syntax-error]"},
    {"begin { $x = offsetof(struct foo); }",
     "stdin:1:33-34: ERROR: expected `[`, `,` or `*`, found `)` [syntax-error]"},
    {"begin { $x = $y \? 1; }",
     "stdin:1:20-21: ERROR: expected `:` or an operator, found `;` [syntax-error]"},
    {"begin { print(,); }", "stdin:1:15-16: ERROR: expected an expression or `)`, found `,` [syntax-error]"},
    {"begin { print(1,); }", "stdin:1:17-18: ERROR: expected an expression, found `)` [syntax-error]"},
    {"begin { unroll { } }", "stdin:1:20-21: ERROR: expected `{` or an operator, found `}` [syntax-error]"},
    {"begin { for { } }", "stdin:1:13-14: ERROR: expected a variable or `(`, found `{` [syntax-error]"},
    {"begin { break 1; }", "stdin:1:13-14: ERROR: missing `;` after the statement [missing-semicolon]"},
    {"begin { $x = for; }", "stdin:1:14-17: ERROR: expected an expression, found `for` [syntax-error]"},
    {"begin { } ;", "stdin:1:11-12: ERROR: expected a probe, found `;` [syntax-error]"},
    {"begin { };", "stdin:1:10-11: ERROR: expected a probe, found `;` [syntax-error]"},
    {" } begin { }", "stdin:1:2-3: ERROR: `}` closes nothing [unmatched-closing]"},
    {"begin { $x-> = 1; }", "stdin:1:14-15: ERROR: expected a name, found `=` [syntax-error]"},
    {"begin { if { } }", "stdin:1:16-17: ERROR: expected `{` or an operator, found `}` [syntax-error]"},
    {"kprobe:f // { }", "stdin:1:1-9: ERROR: attach point without an action [missing-action]"},
    {"begin { $x = \"a\" \"b\"; }",
     "stdin:1:16-17: ERROR: missing `;` after the statement [missing-semicolon]"},
    {"begin { $x = a b; }", "stdin:1:14-15: ERROR: missing `;` after the statement [missing-semicolon]"},
    {"begin { @x++ @y++; }", "stdin:1:12-13: ERROR: missing `;` after the statement [missing-semicolon]"},
    {"begin { $x = (1 + 2; $y = 3; }", "stdin:1:20-21: ERROR: expected `)`, found `;` [expected-closing]"},
    {"begin { $x =  $y = 3; $z = ; }",
     "stdin:1:18-19: ERROR: assignment with `=` is a statement, not an expression "
     "[assignment-in-expression]"},
    {"begin { $x = [1]; }", "stdin:1:14-15: ERROR: expected an expression, found `[` [syntax-error]"},
    {"begin { return 1 2; }", "stdin:1:16-17: ERROR: missing `;` after the statement [missing-semicolon]"},
    {"begin { continue }  }", "stdin:1:21-22: ERROR: `}` closes nothing [unmatched-closing]"},
    {"begin { print(1) } end print(2) }",
     "stdin:1:24-32: ERROR: expected `,`, a filter or an action after the attach point, found `print(2)` "
     "[syntax-error]"},
    {"begin { try { } }", "stdin:1:9-12: ERROR: `try` does not begin a statement [unknown-statement]"},
    {"begin { $x = $y.0x1; }",
     "stdin:1:17-20: ERROR: expected the number of a tuple's element, found `0x1` [syntax-error]"},
    {"begin { f() += 1; }", "stdin:1:9-12: ERROR: cannot assign to the call of `f` [assignment-target]"},
    {"begin { _ += 1; }", "stdin:1:9-10: ERROR: cannot assign to `_` [assignment-target]"},
    {"kprobe:f /pid ==/ { }", "stdin:1:17-18: ERROR: expected an expression, found `/` [syntax-error]"},
    {"begin { $x = offsetof(struct foo, ); }",
     "stdin:1:35-36: ERROR: expected a name, found `)` [syntax-error]"},
    {"config { a = 1 } begin { }", "stdin:1:8-9: ERROR: expected `=`, found `{` [syntax-error]"},
    {"begin { let $x : int : }", "stdin:1:22-23: ERROR: unexpected `:` [unexpected-token]"},
    {"#define A 1 /* open", "stdin:1:13-15: ERROR: comment has no closing `*/` [unterminated-comment]"},
    {std::string_view("begin { \0 }", 11),
     "stdin:1:9-10: ERROR: NUL byte outside of a string or comment [nul-byte]"},
    {"begin { \xff }",
     "stdin:1:9-10: ERROR: bytes that are not valid UTF-8 outside of a string or comment [invalid-utf8]"},
};

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

TEST(Diagnostics, SayWhatWasSeen) {
  for (const Case& c : kCases) {
    EXPECT_EQ(first_line(Parsed(std::string(c.script)).messages()), c.message) << c.script;
  }
}

TEST(Diagnostics, EachKindHasACase) {
  constexpr const DiagnosticKind* kKinds[] = {
#define DIAGNOSTIC(name, id, severity, text) &diag::name,
#include "parser/diagnostics.def"
#undef DIAGNOSTIC
  };
  std::set<std::string> seen{"nested-too-deeply", "too-many-errors"};  // robustness_test.cpp
  for (const Case& c : kCases) {
    Parsed parsed{std::string(c.script)};
    for (const Diagnostic& diagnostic : parsed.diags.all()) seen.insert(diagnostic.kind->id);
  }
  for (const DiagnosticKind* kind : kKinds) {
    if (std::string_view(kind->id).starts_with("import-")) continue;  // imports_test.cpp
    EXPECT_TRUE(seen.contains(kind->id)) << kind->id;
  }
}

struct HintCase {
  std::string_view script;
  std::string_view hint;
};

TEST(Diagnostics, Hints) {
  constexpr HintCase kHints[] = {
      {"let @m = lruhas(10);", "HINT: did you mean `lruhash`?"},
      {"begin { whiel ($x) { } }", "HINT: did you mean `while`?"},
      {"begin { if a { } elsif b { } }", "HINT: write `else if`"},
      {"begin { if ($x = 1) { } }", "HINT: `==` compares"},
      {"begin { for $i : 0..$n * 2 { } }", "HINT: write `($n * 2)`"},
      {"begin { let name = 1; }", "HINT: write `let $name`"},
      {"kprobe:f < @x = a > b; >", "a comparison with `>` stands in parentheses"},
      {"begin { print(1; }", "NOTE: `(` is open since here"},
      {"begin { print(1);\nkprobe:f { }", "NOTE: the next clause seems to begin here"},
  };
  for (const HintCase& c : kHints) {
    std::string messages = Parsed(std::string(c.script)).messages();
    EXPECT_NE(messages.find(c.hint), std::string::npos) << messages;
  }
}

TEST(Diagnostics, OneMistakeGivesOneMessage) {
  for (const Case& c : kCases) {
    Parsed parsed{std::string(c.script)};
    EXPECT_LE(parsed.diags.error_count(), 2u) << parsed.messages();
  }
}

}  // namespace
}  // namespace tracer
