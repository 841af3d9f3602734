// Whether what tracer writes with -f json is what docs/output.schema.json says.
#pragma once

#include <memory>
#include <string>
#include <vector>

namespace tracer::test {

// Whether a command line asks for JSON.
bool asks_for_json(const std::vector<std::string>& arguments);

class JsonLines {
 public:
  JsonLines();
  ~JsonLines();
  // Empty when every line is valid; else what is wrong with the first that is not.
  std::string check(const std::string& text) const;

 private:
  struct Schema;
  std::unique_ptr<Schema> schema_;
};

}  // namespace tracer::test
