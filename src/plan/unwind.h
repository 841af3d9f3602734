// How programs find the callers in user code that keeps no frame pointers: by tables that user space makes of
// the unwinding information of files. Layouts that both ends share.
#pragma once

#include <cstdint>

namespace tracer {

// What is true of a frame from an address on up to the next row's. The canonical frame address (CFA) is the
// value of the stack pointer before the call; the return address stands below it.
enum class UnwindRule : uint8_t {
  Unknown,     // no code is known here
  End,         // nothing called this: the first frame of a thread
  FromSp,      // CFA = stack pointer + cfa
  FromBp,      // CFA = base pointer + cfa
  AtBp,        // CFA stands at base pointer + cfa: functions that align their stack
  Plt,         // CFA = stack pointer + 8, or + 16 from the 11th byte of 16 on
  SignalFrame  // registers stand in the frame that a signal made
};

struct UnwindRow {
  uint32_t address = 0;  // of the file's own addresses
  UnwindRule rule = UnwindRule::Unknown;
  uint8_t keeps_bp = 1;  // 0: the caller's base pointer stands at CFA + bp
  int16_t bp = 0;
  int32_t cfa = 0;
  uint32_t zero = 0;
  bool operator==(const UnwindRow&) const = default;
};
static_assert(sizeof(UnwindRow) == 16);

// Executable memory of a process.
struct UnwindMapping {
  uint64_t start = 0, end = 0;
  uint64_t base = 0;   // what is added to the file's own addresses
  uint32_t first = 0;  // its rows in kUnwindRows, sorted by address
  uint32_t rows = 0;
};
static_assert(sizeof(UnwindMapping) == 32);

// Its mappings in kUnwindMappings, sorted by address.
struct UnwindProcess {
  uint32_t first = 0, mappings = 0;
};

constexpr const char* kUnwindRows = "tracer_unwind_rows";       // ARRAY of UnwindRow; sized when it is loaded
constexpr const char* kUnwindMappings = "tracer_unwind_maps";   // ARRAY of UnwindMapping
constexpr const char* kUnwindProcesses = "tracer_unwind_pids";  // HASH, uint32 pid -> UnwindProcess
constexpr uint32_t kMostUnwindMappings = 65536;
constexpr uint32_t kMostUnwindProcesses = 4096;
// Steps of the binary searches: what can be found in 2^steps.
constexpr uint32_t kMappingSteps = 13, kRowSteps = 23;

// In the word behind the process of a user stack (plan/type.h): where the last frame's caller is, is not
// known.
constexpr uint32_t kUnwindFailed = 1;

}  // namespace tracer
