// Passes static probes with arguments of every form, for x86-64.
//
//   usdt_program forms N     N times `forms:constants`, `forms:registers`, `forms:memory`, `forms:symbols`,
//                            `forms:odd`
//   usdt_program chosen N    N times `chosen:values` with i, -i, 1000000000000 * i and "text", which stand
//   where
//                            the compiler likes them best
//   usdt_program sites N     `sites:several` at three places, N, 2 * N and 3 * N times
//   usdt_program guarded N   N times `guarded:on`, if its semaphore is raised; prints `enabled` or `disabled`
//   usdt_program same N      N times `one:same` and `two:same`
//   usdt_program wait        prints `ready`, waits for a line from standard input, does `guarded 1`, and so
//   on
//                            until its end
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "usdt.h"

// Volatile, and so neither constants nor left out by the linker: notes do not count as uses.
extern "C" {
volatile uint64_t usdt_words[4] = {0x0102030405060708, 11, 22, 33};
static volatile uint16_t usdt_shorts[4] asm("usdt_shorts") = {1, 2, 65535, 4};
}

USDT_SEMAPHORE(guarded_semaphore)

[[gnu::noinline]] static void forms() {
  USDT("forms", "constants", "0", "-4@$-5 4@$7 8@$0x1234 -1@$-1 2@$65535 1@$255 -8@$-9000000000", : :);

  register uint64_t r10 asm("r10") = 0xfffffffffffffff6;
  USDT("forms", "registers", "0",
       "8@%%rax 4@%%eax -4@%%eax 2@%%ax -2@%%ax 1@%%al -1@%%al 1@%%ah -1@%%bh 8@%%r10 4@%%r10d -2@%%r10w "
       "-1@%%r10b -1@%%sil",
       :
       : "a"(0x11223344f5f6f788), "b"(0xff80), "S"(0x1280), "r"(r10));

  uint64_t memory[6] = {0x80, 0x8877665544332211, 0xfffffffffffffffe, 7, 8, 9};
  USDT("forms", "memory", "0",
       "8@(%%rbx) 4@4(%%rbx) -1@-8(%%rbx) 8@8(%%rbx,%%rcx,8) 2@(%%rbx,%%rcx) -8@0x8(%%rbx) "
       "8@(%%rbx, %%rcx, 8) 8@8(,%%rdx,8)",
       :
       : "b"(&memory[1]), "c"(uint64_t{2}), "d"(reinterpret_cast<uint64_t>(&memory[4]) / 8), "m"(memory));

  if (usdt_words[3] == 0 || usdt_shorts[3] == 0) return;
  USDT("forms", "symbols", "0",
       "8@usdt_words(%%rip) 8@usdt_words+8(%%rip) 4@16+usdt_words(%%rip) 2@usdt_shorts+4(%%rip)",
       :
       :);

  USDT("forms", "odd", "0", "8f@%%xmm0 8@%%fs:40 8@no_such_symbol(%%rip) 16@%%xmm1 4@$9 8@nonsense)", : :);
}

[[gnu::noinline]] static void chosen(int i, long large, const char* text) {
  int negative = -i;
  USDT("chosen", "values", "0", "-4@%0 -4@%1 -8@%2 8@%3",
       :
       : "nor"(i), "nor"(negative), "nor"(large), "nor"(text));
}

[[gnu::noinline]] static void sites(uint64_t first) {
  USDT("sites", "several", "0", "-4@$-3", : :);
  for (int i = 0; i < 2; i++) USDT("sites", "several", "0", "8@%0 1@$1", : : "D"(first));
  for (int i = 0; i < 3; i++) USDT("sites", "several", "0", "", : :);
}

[[gnu::noinline]] static void guarded(int i) {
  bool enabled = guarded_semaphore != 0;
  if (enabled) USDT("guarded", "on", "guarded_semaphore", "-4@%0", : : "nor"(i));
  puts(enabled ? "enabled" : "disabled");
  fflush(stdout);
}

[[gnu::noinline]] static void same() {
  USDT("one", "same", "0", "4@$1", : :);
  USDT("two", "same", "0", "4@$2", : :);
}

int main(int argc, char** argv) {
  const char* what = argc > 1 ? argv[1] : "";
  int count = argc > 2 ? atoi(argv[2]) : 1;
  if (strcmp(what, "wait") == 0) {
    char line[64];
    puts("ready");
    fflush(stdout);
    while (fgets(line, sizeof line, stdin)) guarded(1);
    return 0;
  }
  for (int i = 1; i <= count; i++) {
    if (strcmp(what, "forms") == 0) forms();
    if (strcmp(what, "chosen") == 0) chosen(i, 1000000000000L * i, "text");
    if (strcmp(what, "sites") == 0) sites(5000000000);
    if (strcmp(what, "guarded") == 0) guarded(i);
    if (strcmp(what, "same") == 0) same();
  }
  return 0;
}
