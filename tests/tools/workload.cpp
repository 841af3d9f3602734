// Does a known number of known things, for tests to count.
//
//   workload connect N      N TCP connections over loopback, one after the other
//   workload getppid N      N system calls getppid
//   workload open PATH N    opens PATH N times
//   workload read N SIZE    N reads of SIZE bytes from /dev/zero
//   workload spin N         N rounds of arithmetic
//   workload stack N        N system calls getppid, from three functions called by main
//   workload when-told ...  any of these, after a line from standard input
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

namespace {

int fail(const char* what) {
  perror(what);
  return 1;
}

int connect_many(int count) {
  int listener = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (bind(listener, reinterpret_cast<sockaddr*>(&address), size) != 0 || listen(listener, 128) != 0)
    return fail("listen");
  if (getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) != 0) return fail("getsockname");
  for (int i = 0; i < count; i++) {
    int client = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(client, reinterpret_cast<sockaddr*>(&address), size) != 0) return fail("connect");
    int server = accept(listener, nullptr, nullptr);
    if (server < 0) return fail("accept");
    close(server);
    close(client);
  }
  return 0;
}

int read_many(int count, size_t bytes) {
  int file = open("/dev/zero", O_RDONLY);
  if (file < 0) return fail("/dev/zero");
  std::vector<char> buffer(bytes);
  for (int i = 0; i < count; i++)
    if (read(file, buffer.data(), bytes) != static_cast<ssize_t>(bytes)) return fail("read");
  return 0;
}

}  // namespace

// System call and all, so that no frame is missing that functions of libc would not make.
extern "C" [[gnu::noinline]] long workload_inner() {
#if defined(__x86_64__)
  long result = SYS_getppid;
  asm volatile("syscall" : "+a"(result) : : "rcx", "r11", "memory");
  return result;
#else
  return syscall(SYS_getppid);
#endif
}

extern "C" [[gnu::noinline]] long workload_middle() { return workload_inner() + 1; }

namespace shapes {
[[gnu::noinline]] long outer(int more) { return workload_middle() + more; }
}  // namespace shapes

int main(int argc, char** argv) {
  if (argc > 1 && strcmp(argv[1], "when-told") == 0) {
    char line[64];
    if (!fgets(line, sizeof line, stdin)) return 1;
    argc--;
    argv++;
  }
  std::string what = argc > 1 ? argv[1] : "";
  auto number = [&](int i) { return argc > i ? atoi(argv[i]) : 1; };
  if (what == "connect") return connect_many(number(2));
  if (what == "getppid") {
    for (int i = number(2); i > 0; i--) syscall(SYS_getppid);
    return 0;
  }
  if (what == "stack") {
    long sum = 0;
    for (int i = number(2); i > 0; i--) sum += shapes::outer(i);
    return sum == 0 ? 1 : 0;
  }
  if (what == "open" && argc > 2) {
    for (int i = number(3); i > 0; i--) {
      int file = open(argv[2], O_RDONLY);
      if (file >= 0) close(file);
    }
    return 0;
  }
  if (what == "read") return read_many(number(2), static_cast<size_t>(number(3)));
  if (what == "spin") {
    volatile unsigned long sum = 0;
    for (long i = number(2); i > 0; i--) sum = sum + static_cast<unsigned long>(i);
    return 0;
  }
  fprintf(stderr, "usage: workload connect N | getppid N | open PATH N | read N SIZE | spin N | stack N\n");
  return 2;
}
