// See ../util.c.
extern volatile long twin_sink;






__attribute__((noinline, noclone)) static long helper(long value) {
  twin_sink -= value;
  return value + 1;
}

long other_util(long value) { return helper(value); }
