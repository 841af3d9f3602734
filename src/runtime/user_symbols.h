// Addresses of processes to names. What is needed to name the addresses of a process that may end is
// remembered while it lives; symbol tables are read when the first address of a file is asked for.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "plan/plan.h"
#include "runtime/code_files.h"
#include "runtime/process_images.h"

namespace tracer {

// Whether the script records addresses of user code that shall be named.
bool names_user_code(const Plan& plan);

class UserSymbols {
 public:
  struct Limits {
    CodeFiles::Limits files;
    ProcessImages::Limits processes;
    size_t shown_names = 65536;  // demangled names that are kept
    size_t compiled_code = 64;   // processes whose virtual machine's names are kept
  };
  // `proc`: other than the system's for tests.
  explicit UserSymbols(std::string proc = "/proc");
  UserSymbols(std::string proc, const Limits& limits);
  ~UserSymbols();

  // How the script wants it.
  void configure(const Config& config);
  // From now on the kernel tells what processes do; and, unless the script asks to be lazy, what those that
  // run now have mapped is read by and by. Fails when the kernel does not allow it: then processes are looked
  // at when they are seen.
  Result<void> follow();
  // Told of all that look() takes notice of.
  void tell(std::function<void(const ProcessRecord&)> listener);
  // Takes notice of what processes did meanwhile. To be called often.
  void look();
  // True while look() has more to do at once.
  bool has_more() const;
  // Readable when look() has something to do; -1: never.
  int event_fd() const;

  // Remembers what the process has mapped, and keeps its files open so that they can be read later.
  void remember(pid_t process);

  struct Frame {
    std::string_view name;  // empty: unknown
    uint64_t offset = 0;    // not of inlined ones
    bool inlined = false;
    std::string_view source;  // empty: unknown
    uint32_t line = 0;
  };
  struct Code {
    std::string_view file;      // what is mapped there; empty: nothing that is known
    std::vector<Frame> frames;  // the innermost first: the last is the function of the symbol table
  };
  // `returned_to`: the address stands behind a call, which is what is meant. Valid until the next call.
  const Code& code(pid_t process, uint64_t address, bool returned_to);

  struct Name {
    std::string_view name;  // empty: unknown
    std::string_view file;
    uint64_t offset = 0;
  };
  // The function around an address. Valid until the next call.
  Name find(pid_t process, uint64_t address);

  size_t known_processes() const;
  const CodeFiles& files() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tracer
