// Addresses of processes to names. What is needed to name the addresses of a process that may end is
// remembered when the process is seen; symbol tables are read when the first address of a file is asked
// for.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace tracer {

class UserSymbols {
 public:
  // `proc`: other than the system's for tests.
  explicit UserSymbols(std::string proc = "/proc");
  ~UserSymbols();

  struct Name {
    std::string_view name;  // empty: unknown
    std::string_view file;  // what is mapped there; empty: nothing that is known
    uint64_t offset = 0;
  };
  // Valid until the next call.
  Name find(pid_t process, uint64_t address);

  // Remembers what the process has mapped now, and keeps its files open so that they can be read later.
  void remember(pid_t process);
  // Whether names of C++ and Rust are shown as in their sources.
  void set_demangle(bool demangle);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tracer
