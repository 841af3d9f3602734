// usdt_user N: calls the library with 1 to N.
#include <stdlib.h>

extern "C" void usdt_library_work(long number);

int main(int argc, char** argv) {
  for (long i = 1; i <= (argc > 1 ? atol(argv[1]) : 1); i++) usdt_library_work(i);
  return 0;
}
