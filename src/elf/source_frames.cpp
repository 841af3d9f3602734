#include "elf/source_frames.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>

#include "elf/debug_files.h"
#include "elf/debug_types.h"

namespace tracer {

namespace {

constexpr int kMaxNesting = 64;            // of scopes in each other
constexpr size_t kMostRanges = 1u << 22;   // of units or functions; a damaged file can claim any number
constexpr size_t kMostIndexedUnits = 256;  // whose functions are kept sorted

// Where the code of a unit or a function lies.
struct Range {
  uint64_t begin, end;
  Dwarf_Off die;
};

void add_ranges(Dwarf_Die* die, std::vector<Range>& ranges) {
  Dwarf_Addr base = 0, begin = 0, end = 0;
  ptrdiff_t at = 0;
  while ((at = dwarf_ranges(die, at, &base, &begin, &end)) > 0 && ranges.size() < kMostRanges)
    if (begin < end) ranges.push_back({begin, end, dwarf_dieoffset(die)});
}

void put_in_order(std::vector<Range>& ranges) {
  std::ranges::sort(ranges, {}, &Range::begin);
  ranges.shrink_to_fit();
}

const Range* around(const std::vector<Range>& ranges, uint64_t address) {
  const auto after = std::ranges::upper_bound(ranges, address, {}, &Range::begin);
  if (after == ranges.begin()) return nullptr;
  const Range& found = *std::prev(after);
  return address < found.end ? &found : nullptr;
}

bool holds_functions(int tag) {
  return tag == DW_TAG_namespace || tag == DW_TAG_structure_type || tag == DW_TAG_class_type ||
         tag == DW_TAG_union_type || tag == DW_TAG_module;
}

void add_functions(Dwarf_Die* parent, std::vector<Range>& functions, int depth) {
  if (depth > kMaxNesting) return;
  each_child(parent, [&](Dwarf_Die* child) {
    const int tag = dwarf_tag(child);
    if (tag == DW_TAG_subprogram) add_ranges(child, functions);
    if (holds_functions(tag) && dwarf_haschildren(child)) add_functions(child, functions, depth + 1);
    return true;
  });
}

// Calls that were inlined around an address, the outermost first.
void find_inlined(Dwarf_Die* parent, uint64_t address, std::vector<Dwarf_Die>& found, int depth) {
  if (depth > kMaxNesting) return;
  each_child(parent, [&](Dwarf_Die* child) {
    const int tag = dwarf_tag(child);
    if (tag != DW_TAG_inlined_subroutine && tag != DW_TAG_lexical_block) return true;
    if (dwarf_haspc(child, address) <= 0) return true;
    if (tag == DW_TAG_inlined_subroutine) found.push_back(*child);
    find_inlined(child, address, found, depth + 1);
    return false;
  });
}

std::string function_name(Dwarf_Die* die) {
  Dwarf_Attribute attribute;
  for (const unsigned which : {DW_AT_linkage_name, DW_AT_MIPS_linkage_name, DW_AT_name})
    if (dwarf_attr_integrate(die, which, &attribute))
      if (const char* name = dwarf_formstring(&attribute)) return name;
  return {};
}

std::optional<uint64_t> number(Dwarf_Die* die, unsigned which) {
  Dwarf_Attribute attribute;
  Dwarf_Word value = 0;
  if (!dwarf_attr(die, which, &attribute) || dwarf_formudata(&attribute, &value) != 0) return {};
  return value;
}

}  // namespace

struct SourceFrames::Impl {
  std::optional<ElfFile> program, separate;
  uint64_t difference = 0;
  Dwarf* dwarf = nullptr;
  std::vector<Range> units;
  std::map<Dwarf_Off, std::vector<Range>> functions;  // by unit

  ~Impl() {
    if (dwarf) dwarf_end(dwarf);
  }

  void read_units();
  const std::vector<Range>& functions_of(Dwarf_Die* unit);
  std::string path_of(Dwarf_Die* unit, const char* file);
  SourceFrame line_at(Dwarf_Die* unit, uint64_t address);
  SourceFrame call_of(Dwarf_Die* unit, Dwarf_Die* inlined);
};

SourceFrames::SourceFrames(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
SourceFrames::~SourceFrames() = default;

std::unique_ptr<SourceFrames> SourceFrames::open(int fd, const std::string& path) {
  auto program = ElfFile::of_descriptor(fd, path);
  if (!program) return nullptr;
  auto impl = std::make_unique<Impl>();
  impl->program.emplace(std::move(*program));
  const auto has_info = [](const ElfFile& file) {
    return !file.section(".debug_info").empty() || !file.section(".zdebug_info").empty();
  };
  const ElfFile* file = &*impl->program;
  if (!has_info(*file)) {
    auto separate = separate_debug_file(*impl->program, path);
    if (!separate || !has_info(*separate)) return nullptr;
    impl->difference = address_difference(*impl->program, *separate);
    file = &impl->separate.emplace(std::move(*separate));
  }
  impl->dwarf = dwarf_begin_elf(file->elf(), DWARF_C_READ, nullptr);
  if (!impl->dwarf) return nullptr;
  impl->read_units();
  return std::unique_ptr<SourceFrames>(new SourceFrames(std::move(impl)));
}

// Not by .debug_aranges: not every compiler makes them.
void SourceFrames::Impl::read_units() {
  Dwarf_CU* unit = nullptr;
  Dwarf_CU* next = nullptr;
  Dwarf_Half version;
  uint8_t type;
  Dwarf_Die die, inner;
  while (dwarf_get_units(dwarf, unit, &next, &version, &type, &die, &inner) == 0) {
    unit = next;
    if (type == DW_UT_compile || type == DW_UT_skeleton) add_ranges(&die, units);
  }
  put_in_order(units);
}

const std::vector<Range>& SourceFrames::Impl::functions_of(Dwarf_Die* unit) {
  const Dwarf_Off offset = dwarf_dieoffset(unit);
  if (functions.size() >= kMostIndexedUnits && !functions.contains(offset)) functions.clear();
  auto [known, is_new] = functions.try_emplace(offset);
  if (is_new) {
    add_functions(unit, known->second, 0);
    put_in_order(known->second);
  }
  return known->second;
}

std::string SourceFrames::Impl::path_of(Dwarf_Die* unit, const char* file) {
  if (!file) return {};
  if (*file == '/') return file;
  Dwarf_Attribute attribute;
  const char* folder = dwarf_attr(unit, DW_AT_comp_dir, &attribute) ? dwarf_formstring(&attribute) : nullptr;
  return std::filesystem::path(folder ? fmt::format("{}/{}", folder, file) : file).lexically_normal();
}

SourceFrame SourceFrames::Impl::line_at(Dwarf_Die* unit, uint64_t address) {
  Dwarf_Line* line = dwarf_getsrc_die(unit, address);
  int value = 0;
  if (!line || dwarf_lineno(line, &value) != 0 || value <= 0) return {};
  return {"", path_of(unit, dwarf_linesrc(line, nullptr, nullptr)), static_cast<uint32_t>(value)};
}

// The place from which an inlined function is called.
SourceFrame SourceFrames::Impl::call_of(Dwarf_Die* unit, Dwarf_Die* inlined) {
  const auto line = number(inlined, DW_AT_call_line), index = number(inlined, DW_AT_call_file);
  Dwarf_Files* files = nullptr;
  size_t count = 0;
  if (!line || !index || dwarf_getsrcfiles(unit, &files, &count) != 0 || *index >= count) return {};
  return {"", path_of(unit, dwarf_filesrc(files, *index, nullptr, nullptr)), static_cast<uint32_t>(*line)};
}

std::vector<SourceFrame> SourceFrames::find(uint64_t address) {
  address -= impl_->difference;
  const Range* range = around(impl_->units, address);
  Dwarf_Die unit, function, inner;
  if (!range || !dwarf_offdie(impl_->dwarf, range->die, &unit)) return {};
  // What is kept in a file of its own has its lines there too.
  if (dwarf_cu_info(unit.cu, nullptr, nullptr, nullptr, &inner, nullptr, nullptr, nullptr) == 0 && inner.addr)
    unit = inner;
  std::vector<Dwarf_Die> inlined;
  const Range* code = around(impl_->functions_of(&unit), address);
  if (code && dwarf_offdie(dwarf_cu_getdwarf(unit.cu), code->die, &function))
    find_inlined(&function, address, inlined, 0);
  std::vector<SourceFrame> frames{impl_->line_at(&unit, address)};
  for (size_t i = inlined.size(); i-- > 0;) {
    frames.back().function = function_name(&inlined[i]);
    frames.push_back(impl_->call_of(&unit, &inlined[i]));
  }
  const bool nothing = frames.size() == 1 && frames.front().line == 0;
  return nothing ? std::vector<SourceFrame>() : frames;
}

}  // namespace tracer
