// Runs small scripts in the user session and gives what they left behind.
#pragma once

#include <gtest/gtest.h>

#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "ast/check.h"
#include "btf/type_db.h"
#include "codegen/codegen.h"
#include "parser/parse.h"

namespace tracer {

// A script after its `begin` and `end` clauses have run.
class ScriptRun {
 public:
  explicit ScriptRun(const std::string& text) {
    uint32_t source = sources_.add("test", text);
    ast::Ast ast = parse(sources_, source, diags_);
    KernelInfo kernel;
    TypeDb types;
    ast::CheckOptions options;
    options.user_session = true;
    ast::CheckedScript checked = ast::check(ast, sources_, options, kernel, types, diags_);
    if (diags_.has_errors()) {
      for (const Diagnostic& diagnostic : diags_.all()) ADD_FAILURE() << render(diagnostic, sources_);
      return;
    }
    plan = checked.plan;
    auto module = generate(checked, sources_, CodeTarget::Host);
    if (!module) {
      ADD_FAILURE() << module.error().text;
      return;
    }
    optimise(*module);
    auto made = make_user_session(std::move(*module), plan);
    if (!made) {
      ADD_FAILURE() << made.error().text;
      return;
    }
    session_ = std::move(*made);
    for (auto step : {session_->load(), session_->run(Provider::Begin), session_->run(Provider::End)})
      if (!step) ADD_FAILURE() << step.error().text;
    auto polled = session_->poll(0, [&](Bytes record) {
      records.emplace_back(reinterpret_cast<const char*>(record.data()), record.size());
      return true;
    });
    if (!polled) ADD_FAILURE() << polled.error().text;
  }

  Plan plan;
  std::vector<std::string> records;  // as the rings delivered them

  // Key bytes and the value's bytes, of the only CPU.
  std::map<std::string, std::string> entries(const std::string& name) {
    std::map<std::string, std::string> found;
    if (!session_) return found;
    for (uint32_t i = 0; i < plan.maps.size(); i++) {
      if (plan.maps[i].name != name) continue;
      (void)session_->for_each(
          i, [&](Bytes key, std::span<const Bytes> values) { found[text(key)] = text(values[0]); });
    }
    return found;
  }

  // The value of a scalar map as an integer of the map's type; fails when it was never written.
  int64_t number(const std::string& name) {
    auto found = entries(name);
    if (found.size() != 1) {
      ADD_FAILURE() << name << " has " << found.size() << " entries";
      return 0;
    }
    const std::string& bytes = found.begin()->second;
    return integer(bytes, 0, type_of(name).size, type_of(name).is_signed);
  }

  static int64_t integer(const std::string& bytes, size_t offset, size_t size, bool is_signed) {
    uint64_t value = 0;
    std::memcpy(&value, bytes.data() + offset, std::min<size_t>(size, 8));
    if (is_signed && size < 8) {
      unsigned shift = 64 - 8 * size;
      return static_cast<int64_t>(value << shift) >> shift;
    }
    return static_cast<int64_t>(value);
  }

  // A string in the value, up to its NUL.
  std::string string(const std::string& name) {
    auto found = entries(name);
    return found.empty() ? "(none)" : std::string(found.begin()->second.c_str());
  }

  uint64_t counted(CounterKind kind) {
    if (!session_) return 0;
    auto values = session_->counters();
    if (!values) return 0;
    uint64_t sum = 0;
    for (size_t i = 0; i < values->size(); i++)
      if (plan.counters[i].kind == kind) sum += (*values)[i].count;
    return sum;
  }

 private:
  static std::string text(Bytes bytes) {
    return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }
  const Type& type_of(const std::string& name) {
    for (const MapPlan& map : plan.maps)
      if (map.name == name) return map.value;
    static const Type none;
    return none;
  }

  Sources sources_;
  Diagnostics diags_;
  std::unique_ptr<Session> session_;
};

}  // namespace tracer
