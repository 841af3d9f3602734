#include "ast/builtins.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <regex>
#include <set>

#include "base/files.h"

namespace tracer::ast {
namespace {

// `arg0`, `sarg0` and so on share a row.
bool numbered(const Builtin& row) { return row.id == BuiltinId::argN_ || row.id == BuiltinId::sargN_; }

TEST(Builtins, EachHasASignatureAndOneLineOfDocumentation) {
  for (const Builtin& row : builtins()) {
    EXPECT_FALSE(row.doc.empty()) << row.name;
    EXPECT_EQ(row.doc.find('\n'), std::string_view::npos) << row.name;
    EXPECT_FALSE(row.signature.empty()) << row.name;
    EXPECT_TRUE(row.signature.starts_with(row.name) || numbered(row)) << row.name;
  }
}

TEST(Builtins, NamesAreUnique) {
  std::set<std::string_view> names;
  for (const Builtin& row : builtins()) EXPECT_TRUE(names.insert(row.name).second) << row.name;
}

TEST(Builtins, ArgumentCountsAreInOrder) {
  for (const Builtin& row : builtins()) {
    EXPECT_GE(row.min_args, 0) << row.name;
    EXPECT_TRUE(row.max_args == -1 || row.max_args >= row.min_args) << row.name;
  }
}

TEST(Builtins, IdIsThePositionInTheTable) {
  for (size_t i = 0; i < builtins().size(); ++i) EXPECT_EQ(static_cast<size_t>(builtins()[i].id), i);
}

TEST(Builtins, AreFoundByName) {
  ASSERT_NE(find_builtin("pid"), nullptr);
  EXPECT_EQ(find_builtin("pid")->id, BuiltinId::pid_);
  EXPECT_EQ(find_builtin("pids"), nullptr);
  EXPECT_EQ(find_builtin(""), nullptr);
}

// docs/language.md shows the table's own words.
TEST(Builtins, AreInTheLanguageReference) {
  auto reference = read_file(TEST_DATA "/../../docs/language.md");
  ASSERT_TRUE(reference) << reference.error().text;
  std::string text = std::regex_replace(*reference, std::regex(R"(\\\|)"), "|");
  for (const Builtin& row : builtins()) {
    EXPECT_NE(text.find(std::string(row.signature)), std::string::npos) << row.signature;
    EXPECT_NE(text.find(std::string(row.doc)), std::string::npos) << row.doc;
  }
}

TEST(Builtins, AreUsedInScriptCases) {
  std::string all;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(TEST_DATA "/../cases")) {
    if (entry.path().extension() != ".case" || entry.path().string().find("/diag/") != std::string::npos)
      continue;
    all += read_file(entry.path()).value_or("");
  }
  for (const Builtin& row : builtins()) {
    std::string name(row.name);
    if (numbered(row)) name.replace(name.size() - 1, 1, "[0-9]");
    EXPECT_TRUE(std::regex_search(all, std::regex("\\b" + name + "\\b"))) << row.name << " is in no case";
  }
}

TEST(Builtins, NumberedArgumentsShareARow) {
  ASSERT_NE(find_builtin("arg0"), nullptr);
  EXPECT_EQ(find_builtin("arg0")->id, BuiltinId::argN_);
  EXPECT_EQ(find_builtin("arg12")->id, BuiltinId::argN_);
  for (const char* no : {"arg", "argN", "arg01", "arg1x", "arg1234"})
    EXPECT_EQ(find_builtin(no), nullptr) << no;
  EXPECT_EQ(find_builtin("sarg3")->id, BuiltinId::sargN_);
}

}  // namespace
}  // namespace tracer::ast
