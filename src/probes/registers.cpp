#include "probes/registers.h"

#include <algorithm>

namespace tracer {
namespace {

#if defined(__x86_64__)

// struct pt_regs as the kernel lays it out for BPF programs.
constexpr Register kRegisters[] = {
    {"r15", 0},  {"r14", 8},     {"r13", 16}, {"r12", 24},       {"bp", 32},  {"bx", 40},
    {"r11", 48}, {"r10", 56},    {"r9", 64},  {"r8", 72},        {"ax", 80},  {"cx", 88},
    {"dx", 96},  {"si", 104},    {"di", 112}, {"orig_rax", 120}, {"ip", 128}, {"pc", 128},
    {"cs", 136}, {"flags", 144}, {"sp", 152}, {"ss", 160},
};
constexpr const char* kArguments[] = {"di", "si", "dx", "cx", "r8", "r9"};
constexpr const char* kSyscallArguments[] = {"di", "si", "dx", "r10", "r8", "r9"};
// A register cannot be watched for reads alone.
constexpr const char* kWatchModes[] = {"w", "rw", "x"};
constexpr const char* kDebugNumbers[] = {"ax", "dx", "cx",  "bx",  "si",  "di",  "bp",  "sp",
                                         "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15"};
constexpr RegisterTable kTable{
    kRegisters, kArguments,        "ax", "ip", "sp", 8, 2, "__x64_sys_", kSyscallArguments, kWatchModes,
    8,          OperandSyntax::Att};
constexpr std::optional<PrivilegeLevel> kPrivilege = PrivilegeLevel{136, 3};

// Of 8, 4, 2 and 1 bytes.
struct OperandNames {
  const char* by_size[4];
  uint32_t offset;
};
constexpr OperandNames kOperands[] = {
    {{"rax", "eax", "ax", "al"}, 80},      {{"rbx", "ebx", "bx", "bl"}, 40},
    {{"rcx", "ecx", "cx", "cl"}, 88},      {{"rdx", "edx", "dx", "dl"}, 96},
    {{"rsi", "esi", "si", "sil"}, 104},    {{"rdi", "edi", "di", "dil"}, 112},
    {{"rbp", "ebp", "bp", "bpl"}, 32},     {{"rsp", "esp", "sp", "spl"}, 152},
    {{"r8", "r8d", "r8w", "r8b"}, 72},     {{"r9", "r9d", "r9w", "r9b"}, 64},
    {{"r10", "r10d", "r10w", "r10b"}, 56}, {{"r11", "r11d", "r11w", "r11b"}, 48},
    {{"r12", "r12d", "r12w", "r12b"}, 24}, {{"r13", "r13d", "r13w", "r13b"}, 16},
    {{"r14", "r14d", "r14w", "r14b"}, 8},  {{"r15", "r15d", "r15w", "r15b"}, 0},
    {{"rip", "eip", "ip", ""}, 128},
};
// The second byte of a register.
constexpr OperandNames kHighBytes[] = {
    {{"", "", "", "ah"}, 81}, {{"", "", "", "bh"}, 41}, {{"", "", "", "ch"}, 89}, {{"", "", "", "dh"}, 97}};

std::optional<OperandRegister> find_operand(std::string_view name) {
  if (name.empty()) return {};
  auto find_in = [&](std::span<const OperandNames> table) -> std::optional<OperandRegister> {
    for (const OperandNames& row : table)
      for (uint32_t i = 0; i < 4; i++)
        if (name == row.by_size[i]) return OperandRegister{row.offset, 8u >> i};
    return {};
  };
  auto found = find_in(kOperands);
  return found ? found : find_in(kHighBytes);
}

#elif defined(__aarch64__)

// struct user_pt_regs.
constexpr Register kRegisters[] = {
    {"r0", 0},    {"r1", 8},    {"r2", 16},   {"r3", 24},   {"r4", 32},   {"r5", 40},      {"r6", 48},
    {"r7", 56},   {"r8", 64},   {"r9", 72},   {"r10", 80},  {"r11", 88},  {"r12", 96},     {"r13", 104},
    {"r14", 112}, {"r15", 120}, {"r16", 128}, {"r17", 136}, {"r18", 144}, {"r19", 152},    {"r20", 160},
    {"r21", 168}, {"r22", 176}, {"r23", 184}, {"r24", 192}, {"r25", 200}, {"r26", 208},    {"r27", 216},
    {"r28", 224}, {"r29", 232}, {"r30", 240}, {"sp", 248},  {"pc", 256},  {"pstate", 264},
};
constexpr const char* kArguments[] = {"r0", "r1", "r2", "r3", "r4", "r5", "r6", "r7"};
constexpr const char* kSyscallArguments[] = {"r0", "r1", "r2", "r3", "r4", "r5"};
constexpr const char* kWatchModes[] = {"r", "w", "rw", "x"};
constexpr const char* kDebugNumbers[] = {"r0",  "r1",  "r2",  "r3",  "r4",  "r5",  "r6",  "r7",
                                         "r8",  "r9",  "r10", "r11", "r12", "r13", "r14", "r15",
                                         "r16", "r17", "r18", "r19", "r20", "r21", "r22", "r23",
                                         "r24", "r25", "r26", "r27", "r28", "r29", "r30", "sp"};
constexpr RegisterTable kTable{
    kRegisters, kArguments,          "r0", "pc", "sp", 0, 2, "__arm64_sys_", kSyscallArguments, kWatchModes,
    4,          OperandSyntax::Arm64};
constexpr std::optional<PrivilegeLevel> kPrivilege;

// `x3`, of which `w3` is the lower half; `sp`.
std::optional<OperandRegister> find_operand(std::string_view name) {
  if (name == "sp") return OperandRegister{248, 8};
  if (name.size() < 2 || name.size() > 3 || (name[0] != 'x' && name[0] != 'w')) return {};
  uint32_t number = 0;
  for (char c : name.substr(1)) {
    if (c < '0' || c > '9') return {};
    number = 10 * number + static_cast<uint32_t>(c - '0');
  }
  if (number > 30) return {};
  return OperandRegister{8 * number, name[0] == 'x' ? 8u : 4u};
}

#else
#error "This architecture has no table of registers."
#endif

}  // namespace

const RegisterTable& registers() { return kTable; }

std::optional<uint32_t> register_offset(std::string_view name) {
  for (const Register& reg : kRegisters)
    if (name == reg.name) return reg.offset;
  return {};
}

std::optional<uint32_t> argument_offset(uint32_t index) {
  return index < kTable.arguments.size() ? register_offset(kTable.arguments[index]) : std::nullopt;
}

std::optional<OperandRegister> operand_register(std::string_view name) { return find_operand(name); }

std::optional<uint32_t> debug_register_offset(int32_t number) {
  const auto index = static_cast<size_t>(number);
  return number >= 0 && index < std::size(kDebugNumbers) ? register_offset(kDebugNumbers[index])
                                                         : std::nullopt;
}

uint32_t result_offset() { return *register_offset(kTable.result); }
uint32_t ip_offset() { return *register_offset(kTable.ip); }
uint32_t sp_offset() { return *register_offset(kTable.sp); }

uint32_t syscall_argument_offset(uint32_t index) {
  const auto names = kTable.syscall_arguments;
  return *register_offset(names[std::min<size_t>(index, names.size() - 1)]);
}

uint32_t stack_argument_offset(uint32_t index) { return kTable.first_stack_argument + 8 * index; }
std::optional<PrivilegeLevel> privilege_level() { return kPrivilege; }

}  // namespace tracer
