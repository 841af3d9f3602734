// Functions and a map in BPF C, for scripts to import.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct point {
  int x, y;
};

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __type(key, unsigned int);
  __type(value, unsigned long long);
} calls SEC(".maps");

static __noinline int helper(int n) { return n * 3; }

int triple(int n) {
  unsigned int zero = 0;
  unsigned long long* count = bpf_map_lookup_elem(&calls, &zero);
  if (count) *count += 1;
  return helper(n);
}

unsigned long long calls_so_far(void) {
  unsigned int zero = 0;
  unsigned long long* count = bpf_map_lookup_elem(&calls, &zero);
  return count ? *count : 0;
}

long area(const struct point* p) {
  struct point copy = {};
  bpf_probe_read_kernel(&copy, sizeof copy, p);
  return (long)copy.x * copy.y;
}

long first_byte(const char* text) {
  char c = 0;
  bpf_probe_read_kernel(&c, 1, text);
  return c;
}

unsigned char low(unsigned long long n) { return n; }
