// A library to be probed: one function that is exported, one that is not.
#define PROBED __attribute__((noinline, noclone))

volatile long library_sink;
unsigned char library_flag = 5;

PROBED static long hidden_step(long value, const char *why) {
  library_sink += value;
  return value + (why ? 1 : 0);
}

PROBED long library_step(long value) { return hidden_step(value, "step") + 1; }
