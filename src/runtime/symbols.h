// Addresses to names: the kernel's here, those of processes in user_symbols.h.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace tracer {

struct Config;
struct SourceFrame;
class UserSymbols;

// Reads /proc/kallsyms when the first address is asked for, and again when an address may belong to a module
// or a BPF program that has come since; keeps it compact.
class Symbols {
 public:
  explicit Symbols(std::string kallsyms_path = "/proc/kallsyms", std::string modules_path = "/proc/modules");
  ~Symbols();
  struct Name {
    std::string_view name;    // empty: unknown
    std::string_view module;  // empty: vmlinux
    uint64_t offset = 0;
  };
  Name kernel(uint64_t address);  // valid until the next call
  // Where the code at the address comes from, as KernelLines::find() has it; not of modules.
  const std::vector<SourceFrame>& kernel_lines(uint64_t address);
  UserSymbols& user() { return *user_; }
  // How the script wants it.
  void configure(const Config& config);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
  std::unique_ptr<UserSymbols> user_;
};

}  // namespace tracer
