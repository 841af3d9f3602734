#include "ast/passes/expand_probes.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <regex>

#include "ast/builtins.h"
#include "ast/diagnostics.h"
#include "ast/passes/clone.h"
#include "ast/passes/walk.h"

namespace tracer::ast {
namespace {

// What in a clause depends on the probe that fired.
struct Dependence {
  bool on_name = false;       // `probe`
  bool on_arguments = false;  // `args`, a typed `retval`
  bool on_numbered = false;   // argN
  bool on_context = false;    // anything whose type or address space the provider decides
};

class DependenceFinder : public Walker {
 public:
  Dependence found;

  void expr(Expr*& slot) override {
    if (const auto* identifier = as<Identifier>(slot); identifier && identifier->builtin)
      note(*identifier->builtin);
    if (const auto* call = as<Call>(slot); call && call->builtin) note(*call->builtin);
    // The address space of what an integer points to is the probe's.
    if (as<Cast>(slot) || as<Call>(slot)) found.on_context = true;
    if (const auto* unary = as<Unary>(slot); unary && unary->op == UnaryOp::Deref) found.on_context = true;
    expr_children(*slot);
  }

 private:
  void note(const Builtin& row) {
    found.on_name |= row.id == BuiltinId::probe_ || row.id == BuiltinId::uaddr_;
    found.on_arguments |= row.id == BuiltinId::args_ || row.id == BuiltinId::retval_;
    found.on_numbered |= row.id == BuiltinId::argN_;
    found.on_context |= row.where != BuiltinWhere::Anywhere || row.id == BuiltinId::probetype_;
  }
};

bool same_argument(const ProbeArgument& a, const ProbeArgument& b) {
  return a.name == b.name && same_type(a.type, b.type) && a.type.space == b.type.space && a.place == b.place;
}

// Code compiled for one context serves the other.
bool same_context(const ProbeContext& a, const ProbeContext& b) {
  const bool results =
      a.result.has_value() == b.result.has_value() && (!a.result || same_argument(*a.result, *b.result));
  return a.provider == b.provider && a.context == b.context && a.space == b.space &&
         a.numbered_arguments == b.numbered_arguments && a.has_named_arguments == b.has_named_arguments &&
         results &&
         std::equal(a.arguments.begin(), a.arguments.end(), b.arguments.begin(), b.arguments.end(),
                    same_argument);
}

// Targets that one program serves.
struct Group {
  std::vector<AttachTarget> targets;
  ProbeContext context;
};

class Expander {
 public:
  Expander(Ast& ast, const CheckOptions& options, KernelInfo& kernel, TypeDb& types, Diagnostics& diags,
           CheckedScript& script)
      : ast_(ast), options_(options), kernel_(kernel), types_(types), diags_(diags), script_(script) {}

  void run() {
    if (!read_filter()) return;
    for (Clause* clause : ast_.script.clauses) {
      expand(*clause);
      ++clause_number_;
    }
    check_limits();
    if (filter_ && targets_ == 0 && !diags_.has_errors()) {
      diags_.report_without_place(diag::filter_without_match, options_.probe_filter);
    }
  }

 private:
  // --probe-filter
  bool read_filter() {
    if (options_.probe_filter.empty()) return true;
    try {
      filter_.emplace(options_.probe_filter);
    } catch (const std::regex_error& error) {
      diags_.report_without_place(diag::bad_filter, options_.probe_filter, error.what());
    }
    return filter_.has_value();
  }

  void keep_wanted(const ProbeSpec& spec, std::vector<AttachTarget>& targets) const {
    if (!filter_ || spec.provider == Provider::Begin || spec.provider == Provider::End) return;
    std::erase_if(targets, [&](const AttachTarget& target) {
      return !std::regex_search(spec.name.empty() ? target.name : spec.name, *filter_);
    });
  }

  std::vector<ProbeSpec> specs_of(const Clause& clause) {
    std::vector<AttachText> points;
    points.reserve(clause.attach_points.size());
    for (const AttachPoint* each : clause.attach_points) {
      points.push_back({each->span, each->name, each->parts, each->quoted, each->part_spans});
    }
    return parse_attach_points(points,
                               {options_.positional, options_.unsafe, options_.target_pid,
                                static_cast<int32_t>(options_.child_pid), options_.child_program},
                               diags_);
  }

  void expand(Clause& clause) {
    DependenceFinder finder;
    finder.clause(clause);
    const size_t first = script_.programs.size();
    for (auto& [spec, targets] : matched_points(clause)) {
      keep_wanted(spec, targets);
      targets_ += targets.size();
      if (targets.empty() || too_many()) continue;
      const bool wildcard = targets.size() > 1;
      for (Group& group : groups_of(spec, std::move(targets), finder.found)) {
        add_program(clause_for(clause, first, group.context, finder.found), spec, std::move(group));
        script_.plan.probes.back().wildcard = wildcard;
      }
    }
  }

  struct MatchedPoint {
    ProbeSpec spec;
    std::vector<AttachTarget> targets;
  };

  std::vector<MatchedPoint> matched_points(const Clause& clause) {
    const MissingProbes missing = script_.plan.config.missing_probes;
    std::vector<MatchedPoint> matched;
    std::vector<ProbeSpec> unmatched;
    for (ProbeSpec& spec : specs_of(clause)) {
      if (!allowed_here(spec) || !unique_name(spec) || !goes_with_iterator(spec)) continue;
      Matches found = match(spec, kernel_, types_, missing, diags_);
      if (found.unmatched_wildcard) unmatched.push_back(spec);
      if (!found.targets.empty()) matched.push_back({std::move(spec), std::move(found.targets)});
    }
    // A wildcard is for what this kernel may have beside the others: `f, f.constprop.*`.
    const bool others = !matched.empty() && missing == MissingProbes::Error;
    for (const ProbeSpec& spec : unmatched)
      report_unmatched_wildcard(spec, others ? MissingProbes::Warn : missing, diags_);
    return matched;
  }

  // The clause itself for the first of its programs and those that can share its code; else a copy.
  Clause& clause_for(Clause& clause, size_t first, const ProbeContext& context, const Dependence& depends) {
    if (script_.programs.size() == first) return clause;
    const bool differs = !same_context(script_.programs[first].context, context);
    const bool needs_copy = depends.on_name || (depends.on_context && differs);
    return needs_copy ? *clone(ast_, clause) : clause;
  }

  bool allowed_here(const ProbeSpec& spec) {
    const ProviderInfo& info = provider_info(spec.provider);
    if (!options_.user_session || info.runs_in_user_session) return true;
    const Span at = spec.part_spans.empty() ? spec.span : spec.part_spans[0];
    diags_.report(at, diag::user_session_provider, info.name).hint("leave out --user");
    return false;
  }

  // Tests and benchmarks are told apart by their names.
  bool unique_name(const ProbeSpec& spec) {
    if (spec.provider != Provider::Test && spec.provider != Provider::Bench) return true;
    auto [first, added] = test_names_.try_emplace({spec.provider, spec.function}, spec.span);
    if (added) return true;
    const char* kind = spec.provider == Provider::Test ? "TEST" : "BENCH";
    diags_.report(spec.span, diag::test_name_twice, spec.function, kind).note(first->second, "the first one");
    return false;
  }

  // What an iterator prints is read to its end, and the run is over then: nothing else is attached.
  bool goes_with_iterator(const ProbeSpec& spec) {
    if (spec.provider <= Provider::Bench) return true;
    const bool is_iterator = spec.provider == Provider::Iter;
    std::optional<Span>& first = is_iterator ? iterator_ : other_probe_;
    if (is_iterator && first) {
      diags_.report(spec.span, diag::iter_twice).note(*first, "the first one");
      return false;
    }
    if (!first) first = spec.span;
    if (!iterator_ || !other_probe_) return true;
    diags_.report(spec.span, diag::iter_not_alone)
        .note(is_iterator ? *other_probe_ : *iterator_, is_iterator ? "the other probe" : "the iterator");
    return false;
  }

  std::vector<Group> groups_of(const ProbeSpec& spec, std::vector<AttachTarget> targets,
                               const Dependence& depends) {
    std::vector<Group> groups;
    const ProviderInfo& info = provider_info(spec.provider);
    const bool alone = depends.on_name || !info.serves_many;
    const bool by_target = depends.on_arguments || (depends.on_numbered && info.arguments_by_target);
    for (AttachTarget& target : targets) {
      if (!alone && !by_target && !groups.empty()) {
        groups.front().targets.push_back(std::move(target));
        continue;
      }
      ProbeContext context = probe_context(spec, target, by_target, kernel_, types_);
      Group* same = alone ? nullptr : find_group(groups, context);
      if (!same) {
        groups.push_back({{}, std::move(context)});
        same = &groups.back();
      }
      same->targets.push_back(std::move(target));
    }
    return groups;
  }

  static Group* find_group(std::vector<Group>& groups, const ProbeContext& context) {
    for (Group& group : groups) {
      if (same_context(group.context, context)) return &group;
    }
    return nullptr;
  }

  void add_program(Clause& clause, const ProbeSpec& spec, Group group) {
    const auto index = static_cast<uint32_t>(script_.plan.probes.size());
    ProbePlan probe;
    probe.provider = spec.provider;
    probe.multi = group.targets.size() > 1;
    probe.name = probe_name(spec, group.targets);
    probe.program = program_name(spec, group.targets, index);
    probe.section = section_name(spec, group.targets);
    probe.period = spec.period;
    probe.clause = clause_number_;
    if (provider_info(spec.provider).has_target) probe.targets = std::move(group.targets);
    script_.plan.probes.push_back(std::move(probe));
    script_.programs.push_back({index, &clause, std::move(group.context)});
  }

  static std::string probe_name(const ProbeSpec& spec, const std::vector<AttachTarget>& targets) {
    if (!spec.name.empty()) return spec.name;
    return targets.size() == 1 ? targets[0].name : spec.text;
  }

  // A C identifier; short, as the kernel keeps 15 characters of it. The number makes it unique.
  static std::string program_name(const ProbeSpec& spec, const std::vector<AttachTarget>& targets,
                                  uint32_t index) {
    std::string name = provider_info(spec.provider).name;
    name += '_';
    if (targets.size() == 1) name += targets[0].function;
    for (char& c : name) {
      if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
    }
    if (!name.ends_with('_')) name += '_';
    return name + std::to_string(index + 1);
  }

  bool too_many() {
    const Config& config = script_.plan.config;
    return targets_ > config.max_probes || script_.plan.probes.size() > config.max_bpf_progs;
  }

  void check_limits() {
    const Config& config = script_.plan.config;
    if (targets_ > config.max_probes) {
      diags_.report_without_place(diag::too_many_probes, targets_, config.max_probes)
          .hint(fmt::format("set the config variable max_probes to {} or more", targets_));
    } else if (script_.plan.probes.size() > config.max_bpf_progs) {
      diags_.report_without_place(diag::too_many_programs, script_.plan.probes.size(), config.max_bpf_progs)
          .hint(
              fmt::format("set the config variable max_bpf_progs to {} or more", script_.plan.probes.size()));
    }
  }

  Ast& ast_;
  const CheckOptions& options_;
  KernelInfo& kernel_;
  TypeDb& types_;
  Diagnostics& diags_;
  CheckedScript& script_;
  std::optional<std::regex> filter_;
  uint32_t clause_number_ = 0;
  size_t targets_ = 0;
  std::optional<Span> iterator_, other_probe_;  // the first of each
  std::map<std::pair<Provider, std::string>, Span> test_names_;
};

}  // namespace

void expand_probes(Ast& ast, const CheckOptions& options, KernelInfo& kernel, TypeDb& types,
                   Diagnostics& diags, CheckedScript& script) {
  Expander(ast, options, kernel, types, diags, script).run();
}

}  // namespace tracer::ast
