#include "runtime/symbols.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <unordered_map>
#include <unordered_set>

#include "base/files.h"
#include "base/text.h"
#include "plan/plan.h"
#include "runtime/kernel_lines.h"
#include "runtime/user_symbols.h"

namespace tracer {

namespace {

// No function is larger: an address further behind a symbol lies in a gap (a module that was unloaded,
// memory of compiled BPF programs).
constexpr uint64_t kLargestFunction = 1 << 20;
// Compiled BPF programs stand alone; of the next one nothing is known.
constexpr std::string_view kBpf = "bpf";

// Between two readings of the table: so that reading takes little of the time, and less and less while
// nothing new is found.
constexpr auto kLeastPause = std::chrono::milliseconds(200);
constexpr auto kLongestPause = std::chrono::minutes(1);
constexpr int kShareOfTime = 10;
constexpr size_t kMostSettled = 65536;

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
  using Clock = std::chrono::steady_clock;
  struct Symbol {
    uint64_t address;
    uint32_t name;    // offset of its NUL-terminated name in `names`
    uint16_t module;  // index into `modules`
  };
  struct Found {
    const Symbol* symbol = nullptr;
    bool sure = false;  // nothing that came later can be there
  };
  std::string path, modules_path;
  bool is_read = false;
  Clock::time_point next_read;
  Clock::duration pause = kLeastPause;
  std::unordered_set<uint64_t> settled;  // addresses that reading again told nothing new of
  std::vector<Symbol> symbols;           // by address, ties in the file's order
  std::string names;
  std::vector<std::string> modules{""};
  std::vector<uint64_t> module_ends;  // by module; 0: not known
  bool with_lines = true;
  bool looked_for_lines = false;
  std::unique_ptr<KernelLines> lines;

  void read();
  uint64_t address_of(std::string_view name) const;
  void read_module_ends(const std::unordered_map<std::string, uint16_t>& known);
  Found find(uint64_t address) const;
  bool read_again(uint64_t address);
  uint16_t module_index(std::string_view name, std::unordered_map<std::string, uint16_t>& known);
};

uint16_t Symbols::Impl::module_index(std::string_view name,
                                     std::unordered_map<std::string, uint16_t>& known) {
  if (name.empty() || modules.size() > UINT16_MAX) return 0;
  auto [found, fresh] = known.try_emplace(std::string(name), static_cast<uint16_t>(modules.size()));
  if (fresh) modules.emplace_back(name);
  return found->second;
}

void Symbols::Impl::read() {
  const Clock::time_point begun = Clock::now();
  is_read = true;
  symbols.clear();
  names.clear();
  modules.assign(1, "");
  module_ends.clear();
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
  read_module_ends(known);
  next_read = Clock::now() + std::max(pause, kShareOfTime * (Clock::now() - begun));
}

// `name size uses users state 0xaddress`
void Symbols::Impl::read_module_ends(const std::unordered_map<std::string, uint16_t>& known) {
  module_ends.assign(modules.size(), 0);
  const auto text = read_file(modules_path);
  if (!text) return;
  for (const std::string_view line : split(*text, '\n')) {
    const std::vector<std::string_view> words = split(line, ' ');
    if (words.size() < 6) continue;
    const auto module = known.find(std::string(words[0]));
    const uint64_t size = std::strtoull(std::string(words[1]).c_str(), nullptr, 10);
    const uint64_t start = std::strtoull(std::string(words[5]).c_str(), nullptr, 16);
    if (module != known.end() && start != 0 && start + size > start)
      module_ends[module->second] = start + size;
  }
}

Symbols::Impl::Found Symbols::Impl::find(uint64_t address) const {
  const auto after = std::ranges::upper_bound(symbols, address, {}, &Symbol::address);
  if (after == symbols.begin()) return {};
  // Of several names for one address the first in the file.
  const auto found = std::ranges::lower_bound(symbols, std::prev(after)->address, {}, &Symbol::address);
  if (address - found->address >= kLargestFunction) return {};
  if (const uint64_t end = module_ends[found->module]; end != 0 && address >= end) return {};
  const bool inside = after != symbols.end() && after->module == found->module;
  return {&*found, inside && modules[found->module] != kBpf};
}

// True when what is known now is newer.
bool Symbols::Impl::read_again(uint64_t address) {
  if (settled.contains(address) || Clock::now() < next_read) return false;
  const size_t before = symbols.size();
  read();
  const bool changed = symbols.size() != before;
  pause = changed ? Clock::duration(kLeastPause) : std::min<Clock::duration>(pause * 2, kLongestPause);
  if (changed || settled.size() >= kMostSettled) settled.clear();
  settled.insert(address);
  return true;
}

Symbols::Symbols(std::string kallsyms_path, std::string modules_path)
    : impl_(std::make_unique<Impl>()), user_(std::make_unique<UserSymbols>()) {
  impl_->path = std::move(kallsyms_path);
  impl_->modules_path = std::move(modules_path);
}
Symbols::~Symbols() = default;

Symbols::Name Symbols::kernel(uint64_t address) {
  if (address == 0) return {};
  if (!impl_->is_read) impl_->read();
  Impl::Found found = impl_->find(address);
  if (!found.sure && impl_->read_again(address)) found = impl_->find(address);
  if (!found.symbol) return {};
  return {impl_->names.data() + found.symbol->name, impl_->modules[found.symbol->module],
          address - found.symbol->address};
}

// 0: unknown.
uint64_t Symbols::Impl::address_of(std::string_view name) const {
  const auto found = std::ranges::find_if(symbols, [&](const Symbol& symbol) {
    return symbol.module == 0 && name == names.data() + symbol.name;
  });
  return found == symbols.end() ? 0 : found->address;
}

const std::vector<SourceFrame>& Symbols::kernel_lines(uint64_t address) {
  static const std::vector<SourceFrame> kNothing;
  if (!impl_->with_lines) return kNothing;
  if (!impl_->looked_for_lines) {
    impl_->looked_for_lines = true;
    const std::string file = kernel_debug_file();
    const uint64_t landmark = file.empty() ? 0 : impl_->address_of(KernelLines::kLandmark);
    if (landmark) impl_->lines = KernelLines::open(file, landmark);
  }
  return impl_->lines ? impl_->lines->find(address) : kNothing;
}

void Symbols::configure(const Config& config) {
  impl_->with_lines = config.show_debug_info;
  user_->configure(config);
}

}  // namespace tracer
