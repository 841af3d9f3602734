// Entry and return of the same kernel functions by one link, where the kernel has such links (6.10). The
// kernel then finds and patches the functions once, and follows a call once.
//
// A session link has one program for both. Programs of scripts are made without knowing of it, so that a
// saved object runs on kernels with and without sessions: a small program of ours is attached, which asks the
// kernel which of the two it is, and goes on with the one or the other by a tail call.
#pragma once

#include <bpf/libbpf.h>

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "base/unique_fd.h"
#include "probes/attach.h"

namespace tracer {

// BPF_TRACE_KPROBE_SESSION, which older headers lack.
constexpr auto kKprobeSession = static_cast<bpf_attach_type>(56);

struct KprobeSession {
  size_t entry = 0, exit = 0;  // of Plan::probes
  UniqueFd program;            // what is attached
  UniqueFd bodies;             // what it goes on with: an array of programs, empty once nobody holds it
};

// Pairs of probes that get a session. Their programs must be prepared and loaded with kKprobeSession.
std::vector<KprobeSession> kprobe_sessions(const Plan& plan, KernelInfo& kernel);

// As attach_program(), for both probes of a session; `programs` by index of Plan::probes.
Result<void> attach_session(const KprobeSession& session, std::span<bpf_program* const> programs,
                            const Plan& plan, const AttachOptions& options, KernelInfo& kernel,
                            std::vector<BpfLink>& links, size_t& attached, std::vector<std::string>& skipped,
                            std::vector<std::string>& left_out);

// Whether the kernel makes such links. No function is touched.
bool try_kprobe_session();

}  // namespace tracer
