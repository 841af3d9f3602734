// The kernel's types as C declarations, for people to read: what listings show (LANGUAGE 10.3).
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tracer {

class CDeclarations {
 public:
  // `vmlinux_path`: the file with the kernel's BTF. Nothing is read before the first question.
  explicit CDeclarations(std::string vmlinux_path);
  ~CDeclarations();
  CDeclarations(const CDeclarations&) = delete;
  CDeclarations& operator=(const CDeclarations&) = delete;

  struct Variable {
    std::string type;              // `struct file *`
    std::string name;              // may be empty
    std::string declaration = {};  // of members: both, as C writes them, `int (*open)(struct inode *)`
  };
  struct Function {
    std::vector<Variable> parameters;
    std::string result;  // `void` when none
  };
  // By name; `module` "vmlinux" or that of a loaded module.
  std::optional<Function> function(std::string_view module, const std::string& name);
  // What a raw tracepoint passes; the kernel's own first parameter is left out.
  std::optional<Function> raw_tracepoint(std::string_view module, const std::string& event);
  // Of a struct or union, named by its tag or a typedef.
  std::vector<Variable> members(const std::string& structure);
  // What an enum takes in C; 0: there is none of that tag or typedef.
  uint32_t enum_size(const std::string& name);

  // Calls `each` with the definition of every type of vmlinux and of loaded modules whose name matches:
  // `vmlinux: struct timespec64 {`, members, `};`. With `whole` false only the first word and name,
  // `struct timespec64`. `tag` is `struct`, `union` or `enum`. Until `each` returns false.
  using EachText = std::function<bool(const std::string& text)>;
  Result<void> types(std::string_view tag, std::string_view pattern, bool whole, const EachText& each);

 private:
  struct Unit;
  Unit* unit(std::string_view module);
  std::optional<Function> prototype(Unit& unit, uint32_t id);

  std::string vmlinux_path_;
  std::map<std::string, std::unique_ptr<Unit>, std::less<>> units_;
};

}  // namespace tracer
