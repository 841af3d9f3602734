// Why the kernel did not take a script, in the user's words.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "plan/plan.h"
#include "runtime/privileges.h"

namespace tracer {

// `code`: negative error number of bpf_object__load. `log`: what libbpf said, with the verifier's log.
Error explain_load_failure(int code, std::string_view log, const Plan& plan, const Privileges& privileges);

// The verifier's last words about a program.
struct VerifierComplaint {
  std::string program;  // function's name in the Artifact
  std::string text;     // `R1 invalid mem access 'scalar'`
  std::string source;   // line of the script that it was at; empty when unknown
  std::string place;    // `stdin:3`; empty when the kernel does not say
};
// Empty `text` when the log holds no verifier's log.
VerifierComplaint verifier_complaint(std::string_view log);
// The program that libbpf says was not loaded; empty when it says none.
std::string refused_program(std::string_view log);

}  // namespace tracer
