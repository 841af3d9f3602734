#include "probes/registers.h"

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
constexpr RegisterTable kTable{kRegisters, kArguments, "ax", "ip", "sp", 8, 2, "__x64_sys_"};
constexpr std::optional<PrivilegeLevel> kPrivilege = PrivilegeLevel{136, 3};

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
constexpr RegisterTable kTable{kRegisters, kArguments, "r0", "pc", "sp", 0, 2, "__arm64_sys_"};
constexpr std::optional<PrivilegeLevel> kPrivilege;

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

uint32_t result_offset() { return *register_offset(kTable.result); }
uint32_t ip_offset() { return *register_offset(kTable.ip); }
uint32_t sp_offset() { return *register_offset(kTable.sp); }

uint32_t stack_argument_offset(uint32_t index) { return kTable.first_stack_argument + 8 * index; }
std::optional<PrivilegeLevel> privilege_level() { return kPrivilege; }

}  // namespace tracer
