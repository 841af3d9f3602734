// Accesses memory in known places a known number of times.
//
//   memory_program touch N      N pages are touched for the first time, by the function `touch_pages`
//   memory_program write N      N writes of 8 bytes to 0x10000000, as many reads of it, and as many writes to
//   the
//                               8 bytes behind it
//   memory_program threads N    10 threads, one after the other, each with N writes to 0x10000000
//   memory_program call N       N calls of a function at 0x20000000
//   memory_program spin N       N rounds of arithmetic in each of two threads, at the same time
//   memory_program until-removed  writes to 0x10000000 until a signal comes or a minute is over
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <thread>

static void* map(uintptr_t address, size_t size, int rights) {
  int place = address ? MAP_FIXED_NOREPLACE : 0;
  void* memory =
      mmap(reinterpret_cast<void*>(address), size, rights, MAP_PRIVATE | MAP_ANONYMOUS | place, -1, 0);
  if (memory == MAP_FAILED) {
    perror("mmap");
    exit(1);
  }
  return memory;
}

extern "C" [[gnu::noinline]] void touch_pages(volatile char* memory, int pages, size_t size) {
  for (int i = 0; i < pages; i++) memory[static_cast<size_t>(i) * size] = 1;
}

static void touch(int count) {
  size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE)), size = page * static_cast<size_t>(count);
  void* memory = map(0, size, PROT_READ | PROT_WRITE);
  madvise(memory, size, MADV_NOHUGEPAGE);
  touch_pages(static_cast<volatile char*>(memory), count, page);
}

static void call(int count) {
#if defined(__x86_64__)
  const unsigned char code[] = {0xc3};  // ret
#else
  const unsigned char code[] = {0xc0, 0x03, 0x5f, 0xd6};
#endif
  void* memory = map(0x20000000, 4096, PROT_READ | PROT_WRITE | PROT_EXEC);
  memcpy(memory, code, sizeof code);
  __builtin___clear_cache(static_cast<char*>(memory), static_cast<char*>(memory) + sizeof code);
  for (int i = 0; i < count; i++) reinterpret_cast<void (*)()>(memory)();
}

static void spin(int count) {
  auto work = [=] {
    volatile unsigned long sum = 0;
    for (int i = 0; i < count; i++) sum = sum + static_cast<unsigned long>(i);
  };
  std::thread other(work);
  work();
  other.join();
}

int main(int argc, char** argv) {
  const char* what = argc > 1 ? argv[1] : "";
  int count = argc > 2 ? atoi(argv[2]) : 1;
  if (strcmp(what, "touch") == 0) touch(count);
  if (strcmp(what, "call") == 0) call(count);
  if (strcmp(what, "spin") == 0) spin(count);
  auto* words = static_cast<volatile uint64_t*>(map(0x10000000, 4096, PROT_READ | PROT_WRITE));
  words[4] = 1;  // the page is there before anything is counted
  if (strcmp(what, "write") == 0)
    for (int i = 1; i <= count; i++) {
      words[0] = static_cast<uint64_t>(i);
      if (words[0] == 0) return 1;
      words[1] = static_cast<uint64_t>(i);
    }
  if (strcmp(what, "threads") == 0)
    for (int t = 0; t < 10; t++)
      std::thread([&] {
        for (int i = 0; i < count; i++) words[0] = static_cast<uint64_t>(i);
      }).join();
  if (strcmp(what, "until-removed") == 0)
    for (time_t end = time(nullptr) + 60; time(nullptr) < end;) words[0] = 1;
  return 0;
}
