#include "ast/builtins.h"

#include <gtest/gtest.h>

#include <set>

namespace tracer::ast {
namespace {

TEST(Builtins, EachHasASignatureAndOneLineOfDocumentation) {
  for (const Builtin& row : builtins()) {
    EXPECT_FALSE(row.doc.empty()) << row.name;
    EXPECT_EQ(row.doc.find('\n'), std::string_view::npos) << row.name;
    EXPECT_FALSE(row.signature.empty()) << row.name;
    EXPECT_TRUE(row.signature.starts_with(row.name) || row.id == BuiltinId::argN_) << row.name;
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

TEST(Builtins, NumberedArgumentsShareARow) {
  ASSERT_NE(find_builtin("arg0"), nullptr);
  EXPECT_EQ(find_builtin("arg0")->id, BuiltinId::argN_);
  EXPECT_EQ(find_builtin("arg12")->id, BuiltinId::argN_);
  for (const char* no : {"arg", "argN", "arg01", "arg1x", "arg1234"})
    EXPECT_EQ(find_builtin(no), nullptr) << no;
}

}  // namespace
}  // namespace tracer::ast
