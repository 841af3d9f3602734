// Calls library_step: `library_user N` for i from 0 to N - 1, `library_user wait` with each number that it reads,
// saying `done` after each.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

long library_step(long value);

static int answer(void) {
  char line[32];
  while (fgets(line, sizeof line, stdin)) {
    library_step(atol(line));
    puts("done");
    fflush(stdout);
  }
  return 0;
}

int main(int argc, char **argv) {
  if (argc > 1 && strcmp(argv[1], "wait") == 0) return answer();
  const int count = argc > 1 ? atoi(argv[1]) : 1;
  long sum = 0;
  for (int i = 0; i < count; i++) sum += library_step(i);
  return sum < 0;
}
