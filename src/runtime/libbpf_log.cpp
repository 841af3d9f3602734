#include "runtime/libbpf_log.h"

#include <bpf/libbpf.h>

#include <cstdarg>
#include <cstdio>

namespace tracer {

namespace {

// libbpf's listener gets no context of its own.
std::string g_text;
bool g_show = false;

int listen(libbpf_print_level level, const char* format, va_list arguments) {
  if (level == LIBBPF_DEBUG && !g_show) return 0;
  va_list again;
  va_copy(again, arguments);
  int length = std::vsnprintf(nullptr, 0, format, arguments);
  if (length > 0) {
    std::string line(static_cast<size_t>(length) + 1, '\0');
    std::vsnprintf(line.data(), line.size(), format, again);
    line.pop_back();
    if (g_show) std::fputs(line.c_str(), stderr);
    if (level != LIBBPF_DEBUG) g_text += line;
  }
  va_end(again);
  return 0;
}

}  // namespace

LibbpfLog::LibbpfLog(bool show) {
  g_text.clear();
  g_show = show;
  libbpf_set_print(listen);
}

LibbpfLog::~LibbpfLog() {
  libbpf_set_print(nullptr);
  g_text.clear();
}

const std::string& LibbpfLog::text() const { return g_text; }
void LibbpfLog::clear() { g_text.clear(); }

}  // namespace tracer
