#pragma once

#include "probes/kernel_info.h"

namespace tracer {

// What tracer does without where the kernel, or --no-feature, says so.
struct OptionalFeature {
  const char* name;
  KernelInfo::Feature feature;
  const char* lack;  // what that costs the user
};
inline constexpr OptionalFeature kOptionalFeatures[] = {
    {"kprobe_multi", KernelInfo::Feature::KprobeMulti,
     "a kprobe on many functions takes one perf event each and attaches slowly"},
    {"kprobe_session", KernelInfo::Feature::KprobeSession,
     "kprobe and kretprobe on the same many functions attach one after the other"},
    {"uprobe_multi", KernelInfo::Feature::UprobeMulti,
     "a uprobe on many functions takes one perf event each and attaches slowly"},
};

// Asks the kernel itself, by trying; never its version.
bool try_feature(KernelInfo::Feature feature);

}  // namespace tracer
