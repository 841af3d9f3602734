// C++ names, to be probed: classes N makes N times
//   basket.put(2, "pear")  basket.put(1.5)  basket.size()
//   twice<int>(i)  twice<long>(i)  total(basket, label)  made(i)
#include <cstdlib>
#include <string>

namespace shop {

struct Thing {
  int id = 5;
  virtual ~Thing() = default;
};

class Basket : public Thing {
 public:
  [[gnu::noinline]] int put(int count, const char* name);
  [[gnu::noinline]] int put(double weight);
  [[gnu::noinline]] int size() const { return size_; }
  int size_ = 0;
  enum class State : unsigned char { Empty, Full = 9 } state = State::Full;
};

int Basket::put(int count, const char* name) { return size_ += name ? count : 0; }
int Basket::put(double weight) { return size_ += weight > 1; }

template <typename T>
[[gnu::noinline]] T twice(T value) {
  return value + value;
}

[[gnu::noinline]] size_t total(const Basket& basket, std::string label, bool last) {
  return static_cast<size_t>(basket.size_) + label.size() + last;
}

// Returned in memory: the caller passes the place as a first argument of its own.
[[gnu::noinline]] std::string made(int number) { return std::to_string(number); }

}  // namespace shop

int main(int argc, char** argv) {
  const int count = argc > 1 ? std::atoi(argv[1]) : 1;
  shop::Basket basket;
  size_t sum = 0;
  for (int i = 0; i < count; i++) {
    sum += static_cast<size_t>(basket.put(2, "pear") + basket.put(1.5) + basket.size());
    sum += static_cast<size_t>(shop::twice(i) + shop::twice<long>(i));
    sum += shop::total(basket, "label", true) + shop::made(i).size();
  }
  return sum == 0;
}
