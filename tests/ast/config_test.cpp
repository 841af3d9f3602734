#include <gtest/gtest.h>

#include <map>

#include "ast/passes/apply_config.h"

namespace tracer::ast {
namespace {

struct Outcome {
  Config config;
  Diagnostics diags;
};

Outcome apply(const std::map<std::string, std::string>& variables) {
  Outcome outcome;
  const Environment environment = [&](const char* name) -> const char* {
    const auto found = variables.find(name);
    return found == variables.end() ? nullptr : found->second.c_str();
  };
  apply_config({}, environment, outcome.config, outcome.diags);
  return outcome;
}

TEST(Environment, SetsConfig) {
  const Outcome outcome = apply({{"TRACER_MAX_STRLEN", "64"}, {"BPFTRACE_MAX_MAP_KEYS", "7"}});
  EXPECT_TRUE(outcome.diags.all().empty());
  EXPECT_EQ(outcome.config.max_strlen, 64u);
  EXPECT_EQ(outcome.config.max_map_keys, 7u);
}

TEST(Environment, TracerWinsOverBpftrace) {
  EXPECT_EQ(apply({{"TRACER_MAX_STRLEN", "64"}, {"BPFTRACE_MAX_STRLEN", "32"}}).config.max_strlen, 64u);
}

TEST(Environment, OldNamesWork) {
  const Outcome outcome = apply({{"BPFTRACE_STRLEN", "32"}, {"BPFTRACE_NO_CPP_DEMANGLE", "1"}});
  EXPECT_EQ(outcome.config.max_strlen, 32u);
  EXPECT_FALSE(outcome.config.cpp_demangle);
  EXPECT_EQ(outcome.diags.all().size(), 2u);
  EXPECT_FALSE(outcome.diags.has_errors());
}

TEST(Environment, BadValuesAreErrorsWithoutPlace) {
  const Outcome outcome = apply({{"TRACER_MAX_STRLEN", "abc"}});
  ASSERT_EQ(outcome.diags.all().size(), 1u);
  EXPECT_FALSE(outcome.diags.all()[0].has_place);
  EXPECT_EQ(outcome.diags.all()[0].text, "max_strlen: expecting a number, got abc");
}

TEST(Environment, ChoicesAndBooleans) {
  const Outcome outcome = apply({{"TRACER_STACK_MODE", "perf"},
                                 {"TRACER_MISSING_PROBES", "warn"},
                                 {"TRACER_PRINT_MAPS_ON_EXIT", "Off"},
                                 {"TRACER_STR_TRUNC_TRAILER", ""}});
  EXPECT_TRUE(outcome.diags.all().empty());
  EXPECT_EQ(outcome.config.stack_mode, StackMode::Perf);
  EXPECT_EQ(outcome.config.missing_probes, MissingProbes::Warn);
  EXPECT_FALSE(outcome.config.print_maps_on_exit);
  EXPECT_EQ(outcome.config.str_trunc_trailer, "");
}

}  // namespace
}  // namespace tracer::ast
