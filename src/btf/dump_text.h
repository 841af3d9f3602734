// What libbpf's BTF dumper writes, gathered in a string.
#pragma once

#include <bpf/btf.h>

#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

namespace tracer {

using BtfPtr = std::unique_ptr<btf, decltype(&btf__free)>;
using BtfDumpPtr = std::unique_ptr<btf_dump, decltype(&btf_dump__free)>;

inline void append_dumped(void* to, const char* format, va_list arguments) {
  char* text = nullptr;
  const int length = ::vasprintf(&text, format, arguments);
  if (length < 0) return;
  static_cast<std::string*>(to)->append(text, static_cast<size_t>(length));
  ::free(text);
}

// `text` gets what is dumped and must outlive the result, which is null when there is no memory.
inline BtfDumpPtr dump_into(std::string& text, const btf* types) {
  return {btf_dump__new(types, append_dumped, &text, nullptr), btf_dump__free};
}

}  // namespace tracer
