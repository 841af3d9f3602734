// Code whose names are known: makes one system call getppid in each of the ways that its arguments name, in
// this order, from functions called by main.
//
//   plain         symbols::outer(int), symbols_middle, symbols_inner
//   inlined       symbols_outside, into which symbols_first() and symbols_second(int) are inlined
//   last          symbols_never_returns, called at the very end of symbols_calls_at_the_end
//   compiled      memory that is filled here, named `compiled one` in /tmp/perf-PID.map
//   library=PATH  symbols_in_library of a library that is loaded here
//   vdso          clock_gettime in the kernel's own page (system call clock_gettime)
//   again=PATH    executes another program, with the arguments that follow
//   wait          for a line on standard input, saying `ready` before
#include <dlfcn.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

#define NAMED extern "C" [[gnu::noinline, gnu::noipa]]

// System call and all, so that no frame is missing that functions of libc would not make.
#define ASK()                                                          \
  ({                                                                   \
    long result = SYS_getppid;                                         \
    asm volatile("syscall" : "+a"(result) : : "rcx", "r11", "memory"); \
    result;                                                            \
  })

volatile long sink;

NAMED long symbols_inner() { return ASK(); }
NAMED long symbols_middle() { return symbols_inner() + 1; }

namespace symbols {
[[gnu::noinline, gnu::noipa]] long outer(int more) { return symbols_middle() + more; }
}  // namespace symbols

[[gnu::always_inline]] static inline long symbols_second(int more) { return ASK() + more; }
[[gnu::always_inline]] static inline long symbols_first() { return symbols_second(2) * 2; }
NAMED long symbols_outside() { return symbols_first() + 1; }

NAMED [[noreturn]] void symbols_never_returns() {
  sink = ASK();
  _exit(0);
}
NAMED [[noreturn]] void symbols_calls_at_the_end() { symbols_never_returns(); }

static int compiled() {
  const unsigned char code[] = {
      0x55,                    // push %rbp
      0x48, 0x89, 0xe5,        // mov %rsp, %rbp
      0xb8, 110,  0,    0, 0,  // mov $SYS_getppid, %eax
      0x0f, 0x05,              // syscall
      0x5d, 0xc3,              // pop %rbp; ret
  };
  void* memory = mmap(nullptr, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return 1;
  memcpy(memory, code, sizeof code);
  char path[64];
  snprintf(path, sizeof path, "/tmp/perf-%d.map", static_cast<int>(getpid()));
  FILE* names = fopen(path, "w");
  if (!names) return 1;
  fprintf(names, "%lx %zx compiled one\n", reinterpret_cast<unsigned long>(memory), sizeof code);
  fclose(names);
  sink = reinterpret_cast<long (*)()>(memory)();
  return 0;
}

static int library(const char* path) {
  void* loaded = dlopen(path, RTLD_NOW);
  auto* function = loaded ? reinterpret_cast<long (*)()>(dlsym(loaded, "symbols_in_library")) : nullptr;
  if (!function) return fprintf(stderr, "%s\n", dlerror()), 1;
  sink = function();
  return 0;
}

static int wait_for_line() {
  char line[64];
  puts("ready");
  fflush(stdout);
  return fgets(line, sizeof line, stdin) ? 0 : 1;
}

int main(int argc, char** argv) {
  for (int i = 1; i < argc; i++) {
    const char* how = argv[i];
    int failed = 0;
    timespec time;
    if (strcmp(how, "plain") == 0)
      sink = symbols::outer(i);
    else if (strcmp(how, "inlined") == 0)
      sink = symbols_outside();
    else if (strcmp(how, "last") == 0)
      symbols_calls_at_the_end();
    else if (strcmp(how, "compiled") == 0)
      failed = compiled();
    else if (strncmp(how, "library=", 8) == 0)
      failed = library(how + 8);
    else if (strcmp(how, "vdso") == 0)
      failed = clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    else if (strncmp(how, "again=", 6) == 0) {
      argv[i] = argv[i] + 6;
      execv(how + 6, argv + i);
      failed = 1;
    } else if (strcmp(how, "wait") == 0)
      failed = wait_for_line();
    else
      failed = 2;
    if (failed) return failed;
  }
  return 0;
}
