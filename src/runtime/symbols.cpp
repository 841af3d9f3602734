#include "runtime/symbols.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <unordered_map>

#include "runtime/user_symbols.h"

namespace tracer {

namespace {

// No function is larger: an address further behind a symbol lies in a gap (a module that was unloaded,
// memory of compiled BPF programs).
constexpr uint64_t kLargestFunction = 1 << 20;

struct Line {
  uint64_t address;
  char type;
  std::string_view name, module;
};

// `ffffffff81000000 T name<TAB>[module]`
bool parse_line(char* text, Line& line) {
  char* at = nullptr;
  line.address = std::strtoull(text, &at, 16);
  if (at == text || at[0] != ' ' || at[1] == '\0' || at[2] != ' ') return false;
  line.type = at[1];
  char* name = at + 3;
  size_t length = std::strcspn(name, "\t \n");
  line.name = {name, length};
  line.module = {};
  if (char* open = std::strchr(name + length, '[')) {
    line.module = {open + 1, std::strcspn(open + 1, "]\n")};
  }
  return length > 0;
}

bool is_function(char type) {
  return type == 't' || type == 'T' || type == 'w' || type == 'W' || type == 'i';
}

}  // namespace

struct Symbols::Impl {
  struct Symbol {
    uint64_t address;
    uint32_t name;    // offset of its NUL-terminated name in `names`
    uint16_t module;  // index into `modules`
  };
  std::string path;
  bool is_read = false;
  std::vector<Symbol> symbols;  // by address, ties in the file's order
  std::string names;
  std::vector<std::string> modules{""};

  void read();
  uint16_t module_index(std::string_view name, std::unordered_map<std::string, uint16_t>& known);
};

uint16_t Symbols::Impl::module_index(std::string_view name,
                                     std::unordered_map<std::string, uint16_t>& known) {
  if (name.empty()) return 0;
  auto [found, fresh] = known.try_emplace(std::string(name), static_cast<uint16_t>(modules.size()));
  if (fresh) modules.emplace_back(name);
  return found->second;
}

void Symbols::Impl::read() {
  is_read = true;
  std::FILE* file = std::fopen(path.c_str(), "re");
  if (!file) return;
  std::unordered_map<std::string, uint16_t> known;
  char* text = nullptr;
  size_t space = 0;
  Line line;
  while (getline(&text, &space, file) > 0) {
    // All addresses are zero when the kernel hides them (kernel.kptr_restrict).
    if (!parse_line(text, line) || line.address == 0 || !is_function(line.type)) continue;
    symbols.push_back({line.address, static_cast<uint32_t>(names.size()), module_index(line.module, known)});
    names.append(line.name).push_back('\0');
  }
  std::free(text);
  std::fclose(file);
  std::stable_sort(symbols.begin(), symbols.end(),
                   [](const Symbol& a, const Symbol& b) { return a.address < b.address; });
  symbols.shrink_to_fit();
}

Symbols::Symbols(std::string kallsyms_path)
    : impl_(std::make_unique<Impl>()), user_(std::make_unique<UserSymbols>()) {
  impl_->path = std::move(kallsyms_path);
}
Symbols::~Symbols() = default;

Symbols::Name Symbols::kernel(uint64_t address) {
  if (address == 0) return {};
  if (!impl_->is_read) impl_->read();
  const auto& symbols = impl_->symbols;
  auto by_address = [](const Impl::Symbol& symbol, uint64_t value) { return symbol.address < value; };
  auto found = std::lower_bound(symbols.begin(), symbols.end(), address, by_address);
  if (found == symbols.end() || found->address != address) {
    if (found == symbols.begin()) return {};
    // Of several names for one address the first in the file.
    found = std::lower_bound(symbols.begin(), symbols.end(), std::prev(found)->address, by_address);
  }
  if (address - found->address >= kLargestFunction) return {};
  return {impl_->names.data() + found->name, impl_->modules[found->module], address - found->address};
}

}  // namespace tracer
