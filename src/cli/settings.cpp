#include "cli/settings.h"

namespace tracer {

ast::CheckOptions check_options(const Options& options) {
  using Saved = ast::CheckOptions::Saved;
  ast::CheckOptions how;
  how.positional = options.positional;
  how.named = options.named;
  how.unsafe = options.unsafe;
  how.count_failures = options.k_warnings;
  how.user_session = options.user_session;
  how.target_pid = options.pid;
  how.unwinds = !options.dwarf_pids.empty();
  how.probe_filter = options.probe_filter;
  how.saved = !options.aot.empty() ? Saved::StandAlone : options.saves() ? Saved::Object : Saved::No;
  return how;
}

KernelSessionOptions session_options(const Options& options) {
  KernelSessionOptions how;
  how.target_pid = options.pid;
  how.unwound_processes = options.dwarf_pids;
  how.verbose = options.verbose;
  how.show_verifier_log = options.debug("verifier");
  how.show_libbpf = options.debug("libbpf");
  how.mode = options.mode;
  return how;
}

OutputOptions output_options(const Options& options) {
  OutputOptions how;
  how.format = options.format;
  how.buffering = options.buffering;
  how.file = options.output_file;
  how.quiet = options.quiet;
  how.warnings = !options.no_warnings;
  return how;
}

}  // namespace tracer
