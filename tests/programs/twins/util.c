// Half of a program in which a name means two functions, and a file name two sources. Its other half is
// other/util.c.
volatile long twin_sink;
long other_util(long value);

// As programs of Go have it.
__attribute__((section(".go.buildinfo"), used, retain)) static const char build_info[] = "none";

__attribute__((noinline, noclone)) static long helper(long value) {
  twin_sink += value;
  return value + 1;
}

int main(void) { return helper(1) + other_util(2) == 0; }
