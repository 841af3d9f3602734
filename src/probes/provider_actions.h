// The questions that every provider answers, as a table of functions: one such table in each
// provider's file, one row for it in provider.cpp.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "btf/c_declarations.h"
#include "btf/type_db.h"
#include "probes/attach.h"
#include "probes/kernel_info.h"
#include "probes/provider.h"

namespace tracer {

// One part of an attach point, positional parameters expanded.
struct Part {
  std::string text;
  bool quoted = false;
  Span span;
};

// What matching needs to know and where it reports.
struct Matching {
  KernelInfo& kernel;
  TypeDb& types;
  MissingProbes missing;
  Diagnostics& diags;
  bool unmatched_wildcard = false;  // set instead of a report: what it means, the whole clause decides
};

// Takes one probe of a listing, as a target when more than its name is known. False: no more is wanted.
class ProbeLine {
 public:
  using Take = std::function<bool(const AttachTarget& target)>;
  explicit ProbeLine(Take take) : take_(std::move(take)) {}
  bool operator()(const AttachTarget& target) const { return take_(target); }
  bool operator()(std::string name) const {
    AttachTarget target;
    target.name = std::move(name);
    return take_(target);
  }

 private:
  Take take_;
};

// What listing probes may ask, and where they go.
struct Listing {
  KernelInfo& kernel;
  TypeDb& types;
  int32_t target_pid;  // -p: user probes of what that process has mapped; 0: none
  ProbeLine line;
};

// What describing a probe may ask.
struct Describing {
  KernelInfo& kernel;
  TypeDb& types;
  CDeclarations& c;
};

// One program being attached, and what became of it.
struct Attachment {
  bpf_program* program;
  const ProbePlan& probe;
  const AttachOptions& options;
  KernelInfo& kernel;
  MissingProbes missing;
  std::vector<BpfLink>& links;
  size_t& attached;
  std::vector<std::string>& skipped;
  std::vector<std::string>& left_out;
};

// Null where a provider has nothing of the kind.
struct ProviderActions {
  // Fills `spec` from the parts after the provider's name, whose number is right. False when
  // something was reported.
  bool (*parse)(std::span<const Part> parts, ProbeSpec& spec, Diagnostics& diags) = nullptr;
  std::vector<AttachTarget> (*match)(const ProbeSpec& spec, Matching& matching) = nullptr;
  ProbeContext (*context)(const ProbeSpec& spec, const AttachTarget& target, bool want_arguments,
                          KernelInfo& kernel, TypeDb& types) = nullptr;
  std::string (*section)(const ProbeSpec& spec, const std::vector<AttachTarget>& targets) = nullptr;
  // `pattern` is what follows the provider and its colon; may be empty, which means all. False when
  // `line` asked to stop.
  Result<bool> (*list)(Provider provider, std::string_view pattern, const Listing& listing) = nullptr;
  // Arguments as declarations, `struct file * file`, the result last; empty when not known.
  std::vector<std::string> (*describe)(Provider provider, const AttachTarget& target,
                                       Describing& describing) = nullptr;
  Result<void> (*prepare)(bpf_program* program, const ProbePlan& probe, KernelInfo& kernel) = nullptr;
  Result<void> (*attach)(Attachment& attachment) = nullptr;
};

const ProviderActions& provider_actions(Provider provider);

extern const ProviderActions kBeginEndActions;
extern const ProviderActions kSelfActions;
extern const ProviderActions kTestActions;
extern const ProviderActions kKprobeActions;
extern const ProviderActions kKsyscallActions;
extern const ProviderActions kFentryActions;
extern const ProviderActions kTracepointActions;
extern const ProviderActions kRawTracepointActions;
extern const ProviderActions kIterActions;
extern const ProviderActions kTimerActions;
extern const ProviderActions kPerfEventActions;
extern const ProviderActions kWatchpointActions;
extern const ProviderActions kUprobeActions;
extern const ProviderActions kUsdtActions;

}  // namespace tracer
