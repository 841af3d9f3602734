// A small system for tests: attach points as the parser leaves them, a tracefs and kernel types of
// their own.
#pragma once

#include <bpf/btf.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "btf/type_db.h"
#include "probes/kernel_info.h"
#include "probes/provider.h"

namespace tracer::test {

// Splits `text` at `,` and `:` the way the parser does for attach points without quotes. A part in
// single quotes counts as quoted.
class AttachList {
 public:
  explicit AttachList(const std::string& text) {
    size_t begin = 0;
    while (begin <= text.size()) {
      size_t end = std::min(text.find(',', begin), text.size());
      add(text, begin, end);
      begin = end + 1;
    }
  }
  std::vector<AttachText> texts() const {
    std::vector<AttachText> result;
    for (const auto& p : points_) result.push_back({p->span, p->name, p->parts, p->quoted, p->spans});
    return result;
  }

 private:
  struct Point {
    Span span;
    std::string name;
    std::vector<std::string> parts;
    std::vector<bool> quoted;
    std::vector<Span> spans;
  };
  void add(const std::string& text, size_t begin, size_t end) {
    while (begin < end && text[begin] == ' ') begin++;
    auto point = std::make_unique<Point>();
    point->span = {0, static_cast<uint32_t>(begin), static_cast<uint32_t>(end)};
    size_t equals = text.find('=', begin);
    if (equals < end) {
      point->name = text.substr(begin, equals - begin);
      begin = equals + 1;
    }
    while (begin <= end) {
      size_t stop = std::min(text.find(':', begin), end);
      std::string part = text.substr(begin, stop - begin);
      bool quoted = part.size() > 1 && part.front() == '\'';
      point->spans.push_back({0, static_cast<uint32_t>(begin), static_cast<uint32_t>(stop)});
      point->parts.push_back(quoted ? part.substr(1, part.size() - 2) : part);
      point->quoted.push_back(quoted);
      begin = stop + 1;
    }
    points_.push_back(std::move(point));
  }
  std::vector<std::unique_ptr<Point>> points_;
};

class TempFolder {
 public:
  TempFolder() {
    char name[] = "/tmp/tracer_test_XXXXXX";
    path_ = mkdtemp(name);
  }
  ~TempFolder() { std::filesystem::remove_all(path_); }
  std::string path(const std::string& below = {}) const {
    return below.empty() ? path_ : path_ + "/" + below;
  }
  void write(const std::string& below, const std::string& text) const {
    std::filesystem::create_directories(std::filesystem::path(path(below)).parent_path());
    std::ofstream(path(below), std::ios::binary) << text;
  }

 private:
  std::string path_;
};

inline std::string sched_switch_format() {
  return "name: sched_switch\nID: 372\nformat:\n"
         "\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"
         "\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n"
         "\tfield:char prev_comm[16];\toffset:8;\tsize:16;\tsigned:0;\n"
         "\tfield:pid_t prev_pid;\toffset:24;\tsize:4;\tsigned:1;\n"
         "\tfield:long prev_state;\toffset:32;\tsize:8;\tsigned:1;\n"
         "\tfield:unsigned int flags;\toffset:40;\tsize:4;\tsigned:0;\n"
         "\tfield:__data_loc char[] path;\toffset:44;\tsize:4;\tsigned:0;\n"
         "\tfield:__rel_loc char[] tail;\toffset:44;\tsize:4;\tsigned:0;\n"
         "\tfield:struct sock * sk;\toffset:48;\tsize:8;\tsigned:0;\n"
         "\tfield:__u8 saddr[4];\toffset:56;\tsize:4;\tsigned:0;\n"
         "\tfield:bool fast;\toffset:60;\tsize:1;\tsigned:0;\n\n"
         "print fmt: \"field:int no; offset:1; size:1; signed:1;\"\n";
}

inline std::string openat_format() {
  return "name: sys_enter_openat\nID: 700\nformat:\n"
         "\tfield:int __syscall_nr;\toffset:8;\tsize:4;\tsigned:1;\n"
         "\tfield:int dfd;\toffset:16;\tsize:8;\tsigned:0;\n"
         "\tfield:const char * filename;\toffset:24;\tsize:8;\tsigned:0;\n"
         "\tfield:struct sockaddr __user * addr;\toffset:32;\tsize:8;\tsigned:0;\n\n"
         "print fmt: \"x\"\n";
}

// int vfs_read(struct sock *sk, unsigned long count, struct two_words pair, int last);
// void tcp_close(struct sock *sk); int many(7 ints); long __x64_sys_openat(struct sock *regs);
inline std::string kernel_btf() {
  btf* b = btf__new_empty();
  int i32 = btf__add_int(b, "int", 4, BTF_INT_SIGNED);
  int u64 = btf__add_int(b, "long unsigned int", 8, 0);
  int sock = btf__add_struct(b, "sock", 8);
  btf__add_field(b, "port", u64, 0, 0);
  int sock_ptr = btf__add_ptr(b, sock);
  int two = btf__add_struct(b, "two_words", 16);
  btf__add_field(b, "a", u64, 0, 0);
  btf__add_field(b, "b", u64, 64, 0);
  int read = btf__add_func_proto(b, i32);
  btf__add_func_param(b, "sk", sock_ptr);
  btf__add_func_param(b, "count", u64);
  btf__add_func_param(b, "pair", two);
  btf__add_func_param(b, "last", i32);
  int close = btf__add_func_proto(b, 0);
  btf__add_func_param(b, "sk", sock_ptr);
  int many = btf__add_func_proto(b, i32);
  for (const char* name : {"a", "b", "c", "d", "e", "f", "g"}) btf__add_func_param(b, name, i32);
  btf__add_func(b, "vfs_read", BTF_FUNC_STATIC, read);
  btf__add_func(b, "vfs_write", BTF_FUNC_STATIC, read);
  btf__add_func(b, "tcp_close", BTF_FUNC_STATIC, close);
  btf__add_func(b, "tcp_connect", BTF_FUNC_STATIC, close);
  btf__add_func(b, "many", BTF_FUNC_STATIC, many);
  btf__add_func(b, "__x64_sys_openat", BTF_FUNC_STATIC, close);
  uint32_t size = 0;
  const void* data = btf__raw_data(b, &size);
  std::string bytes(static_cast<const char*>(data), size);
  btf__free(b);
  return bytes;
}

struct System {
  TempFolder folder;
  KernelInfo kernel{folder.path("tracefs"), folder.path("kallsyms")};
  TypeDb types{folder.path("btf")};
  Diagnostics diags;

  System() {
    folder.write("btf", kernel_btf());
    folder.write("kallsyms",
                 "ffffffff81000000 T vfs_read\nffffffff81000010 t notrace_me\nffffffff81000020 D some_data\n"
                 "ffffffff81000030 t only_listed\n");
    folder.write(
        "tracefs/available_filter_functions",
        "vfs_write\nvfs_read\ntcp_close\nonly_listed\nvfs_read.part.0\n__ftrace_invalid_address___64\n"
        "ext4_sync_file [ext4]\nmany\nvfs_read\n");
    folder.write("tracefs/events/sched/sched_switch/format", sched_switch_format());
    folder.write("tracefs/events/sched/sched_switch/id", "372\n");
    folder.write("tracefs/events/sched/sched_wakeup/format", "name: sched_wakeup\n");
    folder.write("tracefs/events/sched/enable", "0\n");
    folder.write("tracefs/events/syscalls/sys_enter_openat/format", openat_format());
    folder.write("tracefs/events/ftrace/function/format", "name: function\n");
  }

  std::vector<ProbeSpec> parse(const std::string& text, bool unsafe = false,
                               std::vector<std::string> positional = {}) {
    AttachList list(text);
    return parse_attach_points(list.texts(), {.positional = positional, .unsafe = unsafe}, diags);
  }
  std::vector<std::string> match_names(const std::string& text, MissingProbes missing = MissingProbes::Error,
                                       bool unsafe = false) {
    std::vector<std::string> names;
    for (const ProbeSpec& spec : parse(text, unsafe)) {
      const Matches found = match(spec, kernel, types, missing, diags);
      for (const AttachTarget& target : found.targets) names.push_back(target.name);
      if (found.unmatched_wildcard) report_unmatched_wildcard(spec, missing, diags);
    }
    return names;
  }
  ProbeContext context(const std::string& text) {
    ProbeSpec spec = parse(text).at(0);
    const Matches found = match(spec, kernel, types, MissingProbes::Error, diags);
    return probe_context(spec, found.targets.at(0), true, kernel, types);
  }
  // The text of the only message, its hint behind ` | `.
  std::string message() const {
    if (diags.all().size() != 1) return std::to_string(diags.all().size()) + " messages";
    const Diagnostic& one = diags.all().front();
    std::string text = one.text;
    for (const std::string& hint : one.hints) text += " | " + hint;
    return text;
  }
};

}  // namespace tracer::test
