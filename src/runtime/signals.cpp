#include "runtime/signals.h"

#include <fmt/format.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/file_limit.h"

namespace tracer {
namespace {

bool is_ignored(int signal) {
  struct sigaction now {};
  return sigaction(signal, nullptr, &now) == 0 && now.sa_handler == SIG_IGN;
}

std::unexpected<Error> cannot_watch(int error) {
  return fail(fmt::format("signals cannot be watched: {}", std::strerror(error)), file_limit_hint(error));
}

}  // namespace

Result<SignalWatch> SignalWatch::start(bool hangup) {
  SignalWatch watch;
  sigset_t watched;
  sigemptyset(&watched);
  for (int signal : {SIGINT, SIGTERM, SIGUSR1}) sigaddset(&watched, signal);
  if (hangup && !is_ignored(SIGHUP)) sigaddset(&watched, SIGHUP);
  watch.fd_.reset(signalfd(-1, &watched, SFD_NONBLOCK | SFD_CLOEXEC));
  if (!watch.fd_) return cannot_watch(errno);
  sigprocmask(SIG_BLOCK, &watched, &watch.mask_before_);
  struct sigaction ignore {};
  ignore.sa_handler = SIG_IGN;
  sigaction(SIGPIPE, &ignore, &watch.pipe_before_);
  sigaction(SIGXFSZ, &ignore, &watch.file_size_before_);
  return watch;
}

SignalWatch::SignalWatch(SignalWatch&& other) noexcept
    : fd_(std::move(other.fd_)),
      mask_before_(other.mask_before_),
      pipe_before_(other.pipe_before_),
      file_size_before_(other.file_size_before_) {}

SignalWatch::~SignalWatch() {
  if (!fd_) return;  // moved from
  take();            // a signal that is still waiting would strike as soon as it is let through
  sigprocmask(SIG_SETMASK, &mask_before_, nullptr);
  sigaction(SIGPIPE, &pipe_before_, nullptr);
  sigaction(SIGXFSZ, &file_size_before_, nullptr);
}

SignalWatch::Arrived SignalWatch::take() {
  Arrived arrived;
  signalfd_siginfo info;
  while (read(fd_.get(), &info, sizeof info) == sizeof info) {
    (info.ssi_signo == SIGUSR1 ? arrived.user : arrived.end) = true;
    if (info.ssi_signo == SIGTERM || info.ssi_signo == SIGHUP) arrived.terminate = true;
  }
  return arrived;
}

Result<ChildSignals> ChildSignals::start() {
  ChildSignals watch;
  sigset_t watched;
  sigemptyset(&watched);
  sigaddset(&watched, SIGCHLD);
  watch.fd_.reset(signalfd(-1, &watched, SFD_NONBLOCK | SFD_CLOEXEC));
  if (!watch.fd_) return cannot_watch(errno);
  sigprocmask(SIG_BLOCK, &watched, &watch.mask_before_);
  return watch;
}

ChildSignals::ChildSignals(ChildSignals&& other) noexcept
    : fd_(std::move(other.fd_)), mask_before_(other.mask_before_) {}

ChildSignals::~ChildSignals() {
  if (!fd_) return;  // moved from
  if (!sigismember(&mask_before_, SIGCHLD)) {
    sigset_t watched;
    sigemptyset(&watched);
    sigaddset(&watched, SIGCHLD);
    sigprocmask(SIG_UNBLOCK, &watched, nullptr);
  }
}

void ChildSignals::take() {
  signalfd_siginfo info;
  while (read(fd_.get(), &info, sizeof info) == sizeof info) {
  }
}

void expect_children() { signal(SIGCHLD, SIG_DFL); }

void reset_signals() {
  signal(SIGPIPE, SIG_DFL);
  signal(SIGXFSZ, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
}

}  // namespace tracer
