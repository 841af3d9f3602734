// Reading numbers out of records and map values. Reading past the end gives zeros: records come from
// programs, and a wrong size must not crash what prints them.
#pragma once

#include <algorithm>
#include <cstring>

#include "plan/type.h"
#include "runtime/session.h"

namespace tracer {

inline Bytes slice(Bytes bytes, size_t offset, size_t size) {
  offset = std::min(offset, bytes.size());
  return bytes.subspan(offset, std::min(size, bytes.size() - offset));
}

// `size` is at most 8.
inline uint64_t load_unsigned(Bytes bytes, size_t offset, size_t size) {
  Bytes part = slice(bytes, offset, std::min<size_t>(size, 8));
  uint64_t value = 0;
  if (!part.empty()) std::memcpy(&value, part.data(), part.size());
  return value;
}

inline int64_t sign_extend(uint64_t value, uint32_t bits) {
  if (bits == 0 || bits >= 64) return static_cast<int64_t>(value);
  return static_cast<int64_t>(value << (64 - bits)) >> (64 - bits);
}

// The integer of an integer-like or aggregate type at `offset`, widened to 64 bits by its sign.
inline uint64_t load_integer(const Type& type, Bytes bytes, size_t offset = 0) {
  uint64_t value = load_unsigned(bytes, offset, type.size);
  return type.is_signed ? static_cast<uint64_t>(sign_extend(value, type.size * 8)) : value;
}

inline std::string_view as_text(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace tracer
