// BTF for tests, written by libbpf: a second implementation of the format.
#pragma once

#include <bpf/btf.h>
#include <unistd.h>

#include <cstdio>
#include <string>

namespace tracer::test {

class BtfBuilder {
 public:
  BtfBuilder() : btf_(btf__new_empty()) {}
  ~BtfBuilder() { btf__free(btf_); }
  BtfBuilder(const BtfBuilder&) = delete;
  BtfBuilder& operator=(const BtfBuilder&) = delete;

  btf* operator*() { return btf_; }
  std::string bytes() const {
    uint32_t size = 0;
    const void* data = btf__raw_data(btf_, &size);
    return {static_cast<const char*>(data), size};
  }

 private:
  btf* btf_;
};

// A file that is gone with the object.
class TempFile {
 public:
  explicit TempFile(const std::string& bytes) {
    char name[] = "/tmp/tracer_test_XXXXXX";
    int fd = mkstemp(name);
    path_ = name;
    size_t done = 0;
    while (done < bytes.size()) {
      ssize_t n = write(fd, bytes.data() + done, bytes.size() - done);
      if (n <= 0) break;
      done += static_cast<size_t>(n);
    }
    close(fd);
  }
  ~TempFile() { std::remove(path_.c_str()); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace tracer::test
