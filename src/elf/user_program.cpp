#include "elf/user_program.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "elf/debug_files.h"

namespace tracer {

Result<std::unique_ptr<UserProgram>> UserProgram::open(const std::string& path, uint64_t begin) {
  auto elf = ElfFile::open(path, begin);
  if (!elf) return std::unexpected(elf.error());
  return std::unique_ptr<UserProgram>(new UserProgram(path, std::move(*elf)));
}

const ElfFile* UserProgram::debug_file() {
  if (!looked_for_debug_file_) {
    looked_for_debug_file_ = true;
    if (auto found = separate_debug_file(elf_, path_)) debug_file_.emplace(std::move(*found));
    if (auto found = mini_debug_info(elf_, path_)) mini_.emplace(std::move(*found));
  }
  return debug_file_ ? &*debug_file_ : nullptr;
}

std::vector<const ElfFile*> UserProgram::symbol_files() {
  std::vector<const ElfFile*> files{&elf_};
  if (const ElfFile* debug = debug_file()) files.push_back(debug);
  if (mini_) files.push_back(&*mini_);
  return files;
}

void UserProgram::read_functions() {
  auto& all = functions_.emplace();
  for (const ElfFile* file : symbol_files()) {
    const uint64_t difference = address_difference(elf_, *file);
    file->each_symbol([&](const ElfSymbol& symbol) {
      const uint64_t address = symbol.address + difference;
      if (symbol.kind == ElfSymbol::Kind::Function && elf_.file_offset(address))
        all.push_back({std::string(symbol.name), address, symbol.size, symbol.rank});
    });
  }
  std::sort(all.begin(), all.end(), [](const UserFunction& a, const UserFunction& b) {
    return std::tie(a.name, a.address, a.rank, b.size) < std::tie(b.name, b.address, b.rank, a.size);
  });
  auto same = [](const UserFunction& a, const UserFunction& b) {
    return a.address == b.address && a.name == b.name;
  };
  all.erase(std::unique(all.begin(), all.end(), same), all.end());
  by_address_.resize(all.size());
  for (uint32_t i = 0; i < all.size(); ++i) by_address_[i] = i;
  std::sort(by_address_.begin(), by_address_.end(), [&](uint32_t a, uint32_t b) {
    return std::tie(all[a].address, all[b].rank, all[a].name) <
           std::tie(all[b].address, all[a].rank, all[b].name);
  });
}

const std::vector<UserFunction>& UserProgram::functions() {
  if (!functions_) read_functions();
  return *functions_;
}

std::vector<UserFunction> UserProgram::functions_named(std::string_view name) {
  const auto& all = functions();
  auto [begin, end] = std::equal_range(all.begin(), all.end(), name, [](const auto& a, const auto& b) {
    auto name_of = [](const auto& each) -> std::string_view {
      if constexpr (requires { each.name; })
        return each.name;
      else
        return each;
    };
    return name_of(a) < name_of(b);
  });
  return {begin, end};
}

const UserFunction* UserProgram::function_at(uint64_t address) {
  const auto& all = functions();
  auto after = std::upper_bound(by_address_.begin(), by_address_.end(), address,
                                [&](uint64_t value, uint32_t each) { return value < all[each].address; });
  if (after == by_address_.begin()) return nullptr;
  const UserFunction& found = all[*std::prev(after)];
  // Code written in assembly may have no size.
  return found.size == 0 || address - found.address < found.size ? &found : nullptr;
}

std::optional<ElfSymbol> UserProgram::symbol(std::string_view name) {
  std::optional<ElfSymbol> best;
  for (const ElfFile* file : symbol_files()) {
    const uint64_t difference = address_difference(elf_, *file);
    file->each_symbol([&](const ElfSymbol& symbol) {
      if (symbol.name != name || (best && best->rank <= symbol.rank)) return;
      best = symbol;
      best->address += difference;
    });
    if (best) break;
  }
  return best;
}

std::vector<std::string> UserProgram::symbol_names() {
  std::vector<std::string> names;
  for (const ElfFile* file : symbol_files())
    file->each_symbol([&](const ElfSymbol& symbol) { names.emplace_back(symbol.name); });
  return names;
}

DwarfInfo* UserProgram::debug_info() {
  if (looked_for_debug_info_) return debug_info_.get();
  looked_for_debug_info_ = true;
  const ElfFile* separate = debug_file();
  for (const ElfFile* file : {static_cast<const ElfFile*>(&elf_), separate}) {
    if (!file || debug_info_) continue;
    auto opened = DwarfInfo::open(*file, elf_, address_difference(elf_, *file), path_);
    if (opened)
      debug_info_ = std::move(*opened);
    else if (!opened.error().text.empty())
      why_no_debug_info_ = opened.error().text;
  }
  if (!debug_info_ && why_no_debug_info_.empty())
    why_no_debug_info_ = fmt::format("`{}` has no debug information", path_);
  return debug_info_.get();
}

}  // namespace tracer
