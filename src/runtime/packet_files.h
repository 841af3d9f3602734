// Capture files that skboutput() writes: pcap, raw IP packets without a header of the link.
#pragma once

#include <cstdio>
#include <map>
#include <memory>
#include <string>

#include "runtime/output.h"

namespace tracer {

class PacketFiles {
 public:
  // Appends the packet of a record (EventKind::Packet). The file is made anew at its first packet; one that
  // cannot be written to is reported once.
  void append(const std::string& path, Bytes record, Output& output);

 private:
  struct Close {
    void operator()(FILE* file) const { std::fclose(file); }
  };
  using File = std::unique_ptr<FILE, Close>;
  static File open(const std::string& path, Output& output);

  std::map<std::string, File> files_;  // null: cannot be written to
};

}  // namespace tracer
