#include "btf/c_headers.h"

#include <sys/stat.h>
#include <sys/utsname.h>

#include <algorithm>
#include <array>
#include <cstdlib>

namespace tracer {
namespace {

// Folders that exist for clang only. The compiler's own headers come before the system's, the others
// after: what a system has itself is better than ours.
constexpr const char* kCompilerFolder = "/.tracer/compiler";
constexpr const char* kLastFolder = "/.tracer/last";

constexpr std::string_view kStddef = R"(#pragma once
typedef __SIZE_TYPE__ size_t;
typedef __PTRDIFF_TYPE__ ptrdiff_t;
typedef __WCHAR_TYPE__ wchar_t;
typedef struct { long long a; long double b; } max_align_t;
#undef NULL
#define NULL ((void*)0)
#undef offsetof
#define offsetof(t, f) __builtin_offsetof(t, f)
)";

constexpr std::string_view kStdarg = R"(#pragma once
typedef __builtin_va_list va_list;
typedef __builtin_va_list __gnuc_va_list;
#define va_start(list, last) __builtin_va_start(list, last)
#define va_end(list) __builtin_va_end(list)
#define va_arg(list, type) __builtin_va_arg(list, type)
#define va_copy(to, from) __builtin_va_copy(to, from)
)";

constexpr std::string_view kStdbool = R"(#pragma once
#define bool _Bool
#define true 1
#define false 0
#define __bool_true_false_are_defined 1
)";

constexpr std::string_view kFloat = R"(#pragma once
#define FLT_RADIX __FLT_RADIX__
#define FLT_MAX __FLT_MAX__
#define FLT_MIN __FLT_MIN__
#define FLT_EPSILON __FLT_EPSILON__
#define DBL_MAX __DBL_MAX__
#define DBL_MIN __DBL_MIN__
#define DBL_EPSILON __DBL_EPSILON__
)";

constexpr std::string_view kStdint = R"(#pragma once
typedef __INT8_TYPE__ int8_t;
typedef __INT16_TYPE__ int16_t;
typedef __INT32_TYPE__ int32_t;
typedef __INT64_TYPE__ int64_t;
typedef __UINT8_TYPE__ uint8_t;
typedef __UINT16_TYPE__ uint16_t;
typedef __UINT32_TYPE__ uint32_t;
typedef __UINT64_TYPE__ uint64_t;
typedef __INTPTR_TYPE__ intptr_t;
typedef __UINTPTR_TYPE__ uintptr_t;
typedef __INTMAX_TYPE__ intmax_t;
typedef __UINTMAX_TYPE__ uintmax_t;
#define INT8_MAX 127
#define INT16_MAX 32767
#define INT32_MAX 2147483647
#define INT64_MAX 9223372036854775807
#define INT8_MIN (-128)
#define INT16_MIN (-32768)
#define INT32_MIN (-2147483648)
#define INT64_MIN (-9223372036854775807 - 1)
#define UINT8_MAX 255
#define UINT16_MAX 65535
#define UINT32_MAX 4294967295
#define UINT64_MAX 18446744073709551615u
#define SIZE_MAX UINT64_MAX
)";

constexpr std::string_view kLimits = R"(#pragma once
#define CHAR_BIT 8
#define SCHAR_MAX 127
#define SCHAR_MIN (-128)
#define UCHAR_MAX 255
#define CHAR_MAX SCHAR_MAX
#define CHAR_MIN SCHAR_MIN
#define SHRT_MAX 32767
#define SHRT_MIN (-32768)
#define USHRT_MAX 65535
#define INT_MAX 2147483647
#define INT_MIN (-2147483648)
#define UINT_MAX 4294967295
#define LONG_MAX 9223372036854775807
#define LONG_MIN (-9223372036854775807 - 1)
#define ULONG_MAX 18446744073709551615u
#define LLONG_MAX LONG_MAX
#define LLONG_MIN LONG_MIN
#define ULLONG_MAX ULONG_MAX
)";

constexpr std::string_view kAsmTypes = R"(#pragma once
typedef signed char __s8;
typedef unsigned char __u8;
typedef short __s16;
typedef unsigned short __u16;
typedef int __s32;
typedef unsigned int __u32;
typedef long long __s64;
typedef unsigned long long __u64;
)";

// The numbers that every architecture but a few old ones shares.
constexpr std::string_view kAsmErrno = R"(#pragma once
#define EPERM 1
#define ENOENT 2
#define ESRCH 3
#define EINTR 4
#define EIO 5
#define ENXIO 6
#define E2BIG 7
#define ENOEXEC 8
#define EBADF 9
#define ECHILD 10
#define EAGAIN 11
#define EWOULDBLOCK EAGAIN
#define ENOMEM 12
#define EACCES 13
#define EFAULT 14
#define EBUSY 16
#define EEXIST 17
#define ENODEV 19
#define ENOTDIR 20
#define EISDIR 21
#define EINVAL 22
#define ENFILE 23
#define EMFILE 24
#define EFBIG 27
#define ENOSPC 28
#define EROFS 30
#define EPIPE 32
#define ERANGE 34
#define EDEADLK 35
#define ENAMETOOLONG 36
#define ENOSYS 38
#define ENOTEMPTY 39
#define EPROTO 71
#define EOPNOTSUPP 95
#define EADDRINUSE 98
#define ENETUNREACH 101
#define ECONNABORTED 103
#define ECONNRESET 104
#define ENOBUFS 105
#define EISCONN 106
#define ENOTCONN 107
#define ETIMEDOUT 110
#define ECONNREFUSED 111
#define EHOSTUNREACH 113
#define EALREADY 114
#define EINPROGRESS 115
)";

constexpr std::array kKernelFolders = {
    "linux/", "net/",    "asm/", "asm-generic/", "uapi/", "scsi/",       "sound/", "trace/",
    "rdma/",  "crypto/", "drm/", "kvm/",         "acpi/", "media/",      "video/", "target/",
    "xen/",   "vdso/",   "soc/", "generated/",   "ras/",  "keys/",       "block/", "kernel/",
    "mm/",    "fs/",     "../",  "pcmcia/",      "misc/", "bpf/vmlinux",
};

bool is_folder(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

std::string from_environment(const char* name) {
  for (const char* prefix : {"TRACER_", "BPFTRACE_"}) {
    const char* value = std::getenv((std::string(prefix) + name).c_str());
    if (value && *value) return value;
  }
  return {};
}

// Kernel headers: their source and what the build has made of it. Empty when there are none.
struct KernelHeaders {
  std::string source, build;
};

KernelHeaders find_kernel_headers() {
  KernelHeaders found{from_environment("KERNEL_SOURCE"), from_environment("KERNEL_BUILD")};
  if (found.source.empty() && found.build.empty()) {
    utsname system{};
    ::uname(&system);
    const std::string modules = std::string("/lib/modules/") + system.release;
    if (is_folder(modules + "/build")) found.build = modules + "/build";
    found.source = is_folder(modules + "/source") ? modules + "/source" : found.build;
  }
  if (found.source.empty()) found.source = found.build;
  if (found.build.empty()) found.build = found.source;
  return found;
}

std::string kernel_architecture() {
#if defined(__x86_64__)
  return "x86";
#elif defined(__aarch64__)
  return "arm64";
#else
  return "generic";
#endif
}

// The flags with which the kernel compiles its own files.
void add_kernel_headers(std::vector<std::string>& arguments, const KernelHeaders& headers) {
  const std::string arch = "/arch/" + kernel_architecture() + "/include";
  arguments.insert(arguments.end(), {"-nostdinc", "-D__KERNEL__", "-D__BPF_TRACING__",
                                     "-DKBUILD_MODNAME=\"tracer\"", "-fno-builtin"});
  for (const char* uapi : {"", "/uapi"}) {
    arguments.insert(
        arguments.end(),
        {"-isystem" + headers.source + arch + uapi, "-isystem" + headers.build + arch + "/generated" + uapi,
         "-isystem" + headers.source + "/include" + uapi,
         "-isystem" + headers.build + "/include" + (*uapi ? "/generated/uapi" : "")});
  }
  arguments.insert(arguments.end(), {"-include", "linux/kconfig.h"});
}

}  // namespace

const std::vector<BuiltInHeader>& built_in_headers() {
  static const std::vector<BuiltInHeader> kHeaders = {
      {std::string(kCompilerFolder) + "/stddef.h", kStddef},
      {std::string(kCompilerFolder) + "/stdarg.h", kStdarg},
      {std::string(kCompilerFolder) + "/stdbool.h", kStdbool},
      {std::string(kCompilerFolder) + "/float.h", kFloat},
      {std::string(kLastFolder) + "/stdint.h", kStdint},
      {std::string(kLastFolder) + "/limits.h", kLimits},
      {std::string(kLastFolder) + "/asm/types.h", kAsmTypes},
      {std::string(kLastFolder) + "/asm/errno.h", kAsmErrno},
      {std::string(kLastFolder) + "/errno.h", "#include <asm/errno.h>\n"},
  };
  return kHeaders;
}

bool is_kernel_header(std::string_view path) {
  return std::any_of(kKernelFolders.begin(), kKernelFolders.end(),
                     [&](std::string_view folder) { return path.starts_with(folder); });
}

std::string_view angle_include(std::string_view line) {
  constexpr std::string_view kBlanks = " \t";
  auto skip_blanks = [&] { line.remove_prefix(std::min(line.find_first_not_of(kBlanks), line.size())); };
  if (!line.starts_with('#')) return {};
  line.remove_prefix(1);
  skip_blanks();
  if (!line.starts_with("include")) return {};
  line.remove_prefix(7);
  skip_blanks();
  if (!line.starts_with('<')) return {};
  const size_t end = line.find('>');
  return end == line.npos ? std::string_view() : line.substr(1, end - 1);
}

std::vector<std::string> clang_arguments(const CHeaderOptions& options, bool with_btf) {
  std::vector<std::string> arguments = {"-x", "c", "-std=gnu17", "-w", "-nobuiltininc"};
  for (const std::string& folder : options.include_dirs) arguments.push_back("-I" + folder);
  arguments.push_back(std::string("-isystem") + kCompilerFolder);
  const KernelHeaders headers = with_btf ? KernelHeaders() : find_kernel_headers();
  if (!headers.source.empty()) {
    add_kernel_headers(arguments, headers);
  } else {
    // Marks of the kernel's own headers, which definitions are copied with.
    for (const char* mark :
         {"__user=__attribute__((btf_type_tag(\"user\")))", "__percpu=", "__rcu=", "__force=", "__iomem=",
          "__kernel=", "__bitwise=", "__randomize_layout=", "__counted_by(x)="})
      arguments.push_back(std::string("-D") + mark);
  }
  arguments.push_back(std::string("-idirafter") + kLastFolder);
  if (with_btf) arguments.emplace_back("-DBPFTRACE_HAVE_BTF");
  for (const std::string& file : options.include_files) arguments.insert(arguments.end(), {"-include", file});
  return arguments;
}

}  // namespace tracer
