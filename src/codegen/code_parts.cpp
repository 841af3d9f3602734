#include "codegen/code_parts.h"

#include <algorithm>
#include <limits>

#include "ast/passes/walk.h"

namespace tracer {
namespace {

using ast::as;

// In nodes of the tree, of which each becomes a few instructions.
constexpr uint64_t kPartWeight = 500;
constexpr uint64_t kSplitAbove = 2 * kPartWeight;
constexpr uint64_t kLeastPart = kPartWeight / 8;
// What calls something, or reads or writes a map, takes more instructions than an addition.
constexpr uint64_t kCallWeight = 5;

class Splitter : public ast::Walker {
 public:
  CodeParts parts;

  void block(ast::Block& block) override {
    const uint64_t before = std::exchange(weight_, 0);
    std::vector<Measured> statements;
    for (ast::Statement*& each : block.statements) statements.push_back(measure(each));
    child(block.value);
    if (weight_ > kSplitAbove) split(block, statements);
    weight_ += before;
  }

  void statement(ast::Statement*& slot) override {
    ++weight_;
    if (as<ast::Jump>(slot)) lowest_jump_ = std::min(lowest_jump_, loops_);
    if (auto* loop = as<ast::For>(slot)) {
      child(loop->begin);
      child(loop->end);
      ++loops_;
      child(loop->body);
      --loops_;
    } else if (auto* repeat = as<ast::While>(slot)) {
      child(repeat->condition);
      ++loops_;
      child(repeat->body);
      --loops_;
    } else if (auto* unroll = as<ast::Unroll>(slot)) {
      unrolled(*unroll);
    } else {
      statement_children(*slot);
    }
  }

  void expr(ast::Expr*& slot) override {
    weight_ += as<ast::Call>(slot) || as<ast::MapRef>(slot) ? kCallWeight : 1;
    expr_children(*slot);
  }

 protected:
  void unevaluated(ast::TypeOrExpr&) override {}

 private:
  struct Measured {
    uint64_t weight = 0;
    bool stays = false;  // it jumps out of itself
  };

  static constexpr uint64_t kCallOfPart = kCallWeight;

  Measured measure(ast::Statement*& slot) {
    const uint64_t before = weight_;
    const uint32_t outer_jump = std::exchange(lowest_jump_, kNoJump);
    statement(slot);
    const Measured measured{weight_ - before, lowest_jump_ <= loops_};
    lowest_jump_ = std::min(lowest_jump_, outer_jump);
    return measured;
  }

  void split(const ast::Block& block, const std::vector<Measured>& statements) {
    std::vector<CodePart> found;
    CodePart part;
    uint64_t weight = 0;
    auto close = [&](size_t next) {
      if (weight >= kLeastPart && part.end > part.begin) {
        found.push_back(part);
        weight_ -= weight - std::min(weight, kCallOfPart);
      }
      part = {next, next};
      weight = 0;
    };
    for (size_t i = 0; i < statements.size(); ++i) {
      if (statements[i].stays) {
        close(i + 1);
        continue;
      }
      if (weight > 0 && weight + statements[i].weight > kPartWeight) close(i);
      part.end = i + 1;
      weight += statements[i].weight;
    }
    close(statements.size());
    if (!found.empty()) parts[&block] = std::move(found);
  }

  void unrolled(ast::Unroll& unroll) {
    const uint64_t times = unroll.count->constant.value_or(0);
    const uint64_t before = std::exchange(weight_, 0);
    const uint32_t outer_jump = std::exchange(lowest_jump_, kNoJump);
    child(unroll.body);
    const bool stays = lowest_jump_ <= loops_ || unroll.body->value;
    lowest_jump_ = std::min(lowest_jump_, outer_jump);
    if (!stays && times > 1 && weight_ * times > kSplitAbove && !parts.contains(unroll.body)) {
      parts[unroll.body] = {{0, unroll.body->statements.size()}};
      weight_ = kCallOfPart;
    }
    weight_ = before + weight_ * times;
  }

  static constexpr uint32_t kNoJump = std::numeric_limits<uint32_t>::max();
  uint64_t weight_ = 0;
  uint32_t loops_ = 0;
  uint32_t lowest_jump_ = kNoJump;  // number of the outermost loop that a jump belongs to
};

}  // namespace

CodeParts find_code_parts(ast::Clause& clause) {
  Splitter splitter;
  splitter.clause(clause);
  return std::move(splitter.parts);
}

}  // namespace tracer
