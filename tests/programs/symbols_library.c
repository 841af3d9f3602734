// Loaded by symbols_program.
__attribute__((noinline)) long symbols_in_library(void) {
  long result = 110;  // getppid
  __asm__ volatile("syscall" : "+a"(result) : : "rcx", "r11", "memory");
  return result;
}
