// A program to be probed: calls its functions as often as its argument says (default: once), with known
// arguments.
//
//   add(i, 2 * i)       returns 3 * i
//   greet("hello", i)   the name differs every other time: "world"
//   area({w, h})        a structure by value and by address
//   many(1..8)          more arguments than registers
//   scale(0.5, i)       a floating-point argument before an integer
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

struct size {
  int width;
  unsigned short height : 5;
  unsigned short depth : 11;
};

struct shape {
  const char *name;
  struct size size;
  long corners[3];
  struct shape *next;
  enum color { RED = 1, GREEN = 7 } color;
};

struct pair {
  long first, second;
};

struct big {
  long words[5];
};

volatile long sink;
int counter_of_calls = 42;
static short small_number = 7;

#define PROBED __attribute__((noinline, noclone, noipa))

PROBED long add(int a, long b) {
  sink += a;
  return a + b;
}

PROBED static const char *greet(const char *name, unsigned char times) {
  sink += times;
  return name;
}

PROBED int area(const struct shape *shape, int factor) {
  int result = shape->size.width * factor;
  sink += result;
  return result;
}

PROBED long pair_sum(struct pair pair, signed char last) {
  sink += last;
  return pair.first + pair.second + last;
}

PROBED struct big make_big(struct big from, int plus) {
  from.words[0] += plus;
  return from;
}

PROBED long many(int a, int b, int c, int d, int e, int f, short g, long h) {
  sink += a + b + c + d + e + f;
  return g + h;
}

PROBED long scale(double factor, int value) {
  sink += value;
  return (long)(factor * value);
}

PROBED int descend(int levels) {
  const int below = levels == 0 ? -1 : descend(levels - 1);
  sink += below;
  return below + 1;
}

int main(int argc, char **argv) {
  const int count = argc > 1 ? atoi(argv[1]) : 1;
  struct shape inner = {"inner", {1, 2, 3}, {4, 5, 6}, NULL, RED};
  struct shape outer = {"outer", {10, 31, 2047}, {40, 50, 60}, &inner, GREEN};
  struct big big = {{1, 2, 3, 4, 5}};
  // Probes read what the program has touched; this page with all texts is one of them.
  sink += *(const volatile char *)outer.name;
  for (int i = 0; i < count; i++) {
    sink += add(i, 2L * i);
    greet(i % 2 ? "world" : "hello", (unsigned char)i);
    area(&outer, 3);
    pair_sum((struct pair){100, 200}, -3);
    big = make_big(big, 1);
    many(1, 2, 3, 4, 5, 6, 7, 8);
    scale(0.5, i);
  }
  descend(4);
  sink += small_number + counter_of_calls;
  return 0;
}
