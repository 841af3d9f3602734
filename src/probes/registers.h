// What the calling convention of each architecture says, as tables. The only place that knows
// an architecture.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace tracer {

struct Register {
  const char* name;  // as reg("...") takes it
  uint32_t offset;   // bytes into struct pt_regs
};

// How assemblers write operands.
enum class OperandSyntax : uint8_t {
  Att,   // `$5`, `%rdi`, `-20(%rbp,%rax,8)`
  Arm64  // `5`, `x0`, `[sp, 16]`, `[x0, x1, lsl 3]`
};

struct RegisterTable {
  std::span<const Register> registers;
  std::span<const char* const> arguments;  // names, in order of integer arguments
  const char* result;
  const char* ip;
  const char* sp;
  uint32_t first_stack_argument;                   // bytes above the stack pointer
  uint32_t words_by_value;                         // largest struct passed in registers, in words
  const char* syscall_prefix;                      // of the kernel's functions for system calls
  std::span<const char* const> syscall_arguments;  // registers in which a program passes them to the kernel
  std::span<const char* const> watch_modes;        // of watchpoints that the processor has
  uint32_t watch_execute_length;                   // the one length of those for execution
  OperandSyntax operands;
};

// Of the machine that tracer runs on.
const RegisterTable& registers();

// Bytes into struct pt_regs; none when there is no such register.
std::optional<uint32_t> register_offset(std::string_view name);
std::optional<uint32_t> argument_offset(uint32_t index);
// Part of a general register under the name that assemblers have for it, without `%`.
struct OperandRegister {
  uint32_t offset;  // bytes into struct pt_regs
  uint32_t size;    // bytes that the name means
};
std::optional<OperandRegister> operand_register(std::string_view name);
// By the number that DWARF has for the register.
std::optional<uint32_t> debug_register_offset(int32_t number);
uint32_t result_offset();
uint32_t ip_offset();
uint32_t sp_offset();

// Bytes into the caller's struct pt_regs, of a system call's argument.
uint32_t syscall_argument_offset(uint32_t index);

// Bytes above the stack pointer at a function's entry, of an argument that no register holds.
uint32_t stack_argument_offset(uint32_t index);

// Where the level that code runs at is found: user mode when all bits of the mask are set. None where
// registers do not tell.
struct PrivilegeLevel {
  uint32_t offset;
  uint64_t mask;
};
std::optional<PrivilegeLevel> privilege_level();

}  // namespace tracer
