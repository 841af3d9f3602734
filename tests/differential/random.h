#pragma once

#include <cstdint>
#include <initializer_list>
#include <vector>

namespace tracer::differential {

// The same numbers for the same seed on every machine (splitmix64).
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}

  uint64_t next() {
    uint64_t z = (state_ += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  uint32_t below(uint64_t limit) { return static_cast<uint32_t>(next() % limit); }
  bool percent(uint32_t chance) { return below(100) < chance; }
  template <typename T>
  const T& of(const std::vector<T>& list) {
    return list[below(list.size())];
  }
  template <typename T>
  T of(std::initializer_list<T> list) {
    return *(list.begin() + below(list.size()));
  }

 private:
  uint64_t state_;
};

}  // namespace tracer::differential
