// Reads an iterator to its end. What its program wrote are records like those of the rings, in the order
// of the objects, none of them lost.
#pragma once

#include <functional>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "runtime/session.h"

struct bpf_link;

namespace tracer {

class IteratorReader {
 public:
  explicit IteratorReader(const Plan& plan);

  Result<void> open(bpf_link* link);
  bool is_open() const { return static_cast<bool>(fd_); }
  int fd() const { return fd_.get(); }
  // Reads on and delivers what is complete; closes at the end, or when `record` returns false.
  Result<void> read(const std::function<bool(Bytes)>& record);

 private:
  Result<void> deliver(const std::function<bool(Bytes)>& record);

  const Plan& plan_;
  bool may_exit_ = false;  // a clause calls exit()
  UniqueFd fd_;
  std::vector<std::byte> pending_;  // read and not delivered
};

}  // namespace tracer
