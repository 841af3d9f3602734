// A library with a static probe: `library:work` with the number it is given.
#include "usdt.h"

extern "C" [[gnu::noinline]] void usdt_library_work(long number) {
  USDT("library", "work", "0", "-8@%0", : : "r"(number));
}
