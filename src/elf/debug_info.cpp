#include "elf/debug_info.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/text.h"
#include "elf/debug_places.h"
#include "elf/debug_types.h"

namespace tracer {

namespace {

constexpr int kMaxNesting = 32;  // of namespaces, structures and functions in each other

// The function of a unit that begins at `address`.
bool find_function(Dwarf_Die* parent, uint64_t address, Dwarf_Die& found, int depth) {
  if (depth > kMaxNesting) return false;
  bool done = false;
  each_child(parent, [&](Dwarf_Die* child) {
    const int tag = dwarf_tag(child);
    Dwarf_Addr begin = 0;
    if (tag == DW_TAG_subprogram && dwarf_entrypc(child, &begin) == 0 && begin == address) {
      found = *child;
      return !(done = true);
    }
    const bool scope = tag == DW_TAG_namespace || tag == DW_TAG_structure_type || tag == DW_TAG_class_type ||
                       tag == DW_TAG_union_type || tag == DW_TAG_enumeration_type || tag == DW_TAG_module ||
                       tag == DW_TAG_subprogram || tag == DW_TAG_lexical_block;
    if (scope && dwarf_haschildren(child)) done = find_function(child, address, found, depth + 1);
    return !done;
  });
  return done;
}

std::string in_unit_folder(Dwarf_Die* unit, const char* name) {
  if (!name || *name == '/') return name ? name : "";
  Dwarf_Attribute attribute;
  const char* folder = dwarf_attr(unit, DW_AT_comp_dir, &attribute) ? dwarf_formstring(&attribute) : nullptr;
  return folder ? fmt::format("{}/{}", folder, name) : name;
}

// Paths without `.` and `x/..`, so that they compare.
std::string plain_path(std::string_view path) {
  std::vector<std::string_view> parts;
  for (std::string_view part : split(path, '/')) {
    if (part == "." || (part.empty() && !parts.empty())) continue;
    if (part == ".." && !parts.empty() && parts.back() != ".." && !parts.back().empty())
      parts.pop_back();
    else
      parts.push_back(part);
  }
  return fmt::format("{}", fmt::join(parts, "/"));
}

bool ends_in_path(std::string_view path, std::string_view end) {
  if (!path.ends_with(end)) return false;
  return path.size() == end.size() || end.starts_with('/') || path[path.size() - end.size() - 1] == '/';
}

// One row of a line table.
struct Row {
  uint64_t address = 0;
  uint32_t line = 0, column = 0;
};

// Rows of the unit's own source file at which a debugger would stop, in the table's order.
std::vector<Row> rows_of(Dwarf_Die* unit, const std::string& source) {
  Dwarf_Lines* lines = nullptr;
  size_t count = 0;
  std::vector<Row> rows;
  if (dwarf_getsrclines(unit, &lines, &count) != 0) return rows;
  const char* own = nullptr;  // its name as the table writes it, by address: compared once
  for (size_t i = 0; i < count; ++i) {
    Dwarf_Line* line = dwarf_onesrcline(lines, i);
    bool statement = false, end = false;
    int number = 0, column = 0;
    Dwarf_Addr address = 0;
    const char* file = line ? dwarf_linesrc(line, nullptr, nullptr) : nullptr;
    if (!file || dwarf_linebeginstatement(line, &statement) != 0 || !statement ||
        dwarf_lineendsequence(line, &end) != 0 || end || dwarf_lineno(line, &number) != 0 || number <= 0 ||
        dwarf_lineaddr(line, &address) != 0)
      continue;
    if (file != own && plain_path(in_unit_folder(unit, file)) != source) continue;
    own = file;
    dwarf_linecol(line, &column);
    rows.push_back({address, static_cast<uint32_t>(number), static_cast<uint32_t>(std::max(column, 0))});
  }
  return rows;
}

}  // namespace

struct DwarfInfo::Impl {
  const ElfFile* program = nullptr;
  uint64_t difference = 0;
  std::string name;
  Dwarf* dwarf = nullptr;
  Dwarf_CFI* frames[2] = {nullptr, nullptr};
  bool frames_read = false;
  DebugTypes types;
  std::map<std::pair<uint64_t, uint64_t>, std::optional<DebugFunction>> functions;

  ~Impl() {
    if (frames[1]) dwarf_cfi_end(frames[1]);
    if (dwarf) dwarf_end(dwarf);
  }

  void each_unit(const std::function<bool(Dwarf_Die*)>& visit) {
    Dwarf_CU* unit = nullptr;
    Dwarf_CU* next = nullptr;
    Dwarf_Half version;
    uint8_t type;
    Dwarf_Die die, inner;
    while (dwarf_get_units(dwarf, unit, &next, &version, &type, &die, &inner) == 0) {
      unit = next;
      if (type == DW_UT_type || type == DW_UT_split_type) continue;
      if (!visit(inner.addr ? &inner : &die)) return;
    }
  }

  bool find(uint64_t address, Dwarf_Die& found) {
    Dwarf_Die unit;
    // By the table of ranges where the compiler made one.
    if (dwarf_addrdie(dwarf, address, &unit) && find_function(&unit, address, found, 0)) return true;
    bool done = false;
    each_unit([&](Dwarf_Die* each) {
      if (dwarf_haspc(each, address) > 0) done = find_function(each, address, found, 0);
      return !done;
    });
    return done;
  }

  void read_frames() {
    if (frames_read) return;
    frames_read = true;
    frames[0] = dwarf_getcfi(dwarf);
    frames[1] = dwarf_getcfi_elf(program->elf());
  }

  std::optional<DebugFunction> describe(uint64_t entry, uint64_t address);
  DebugParameter parameter(Dwarf_Die* die, Dwarf_Die* function, uint64_t address);
};

DwarfInfo::DwarfInfo(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
DwarfInfo::~DwarfInfo() = default;

Result<std::unique_ptr<DwarfInfo>> DwarfInfo::open(const ElfFile& file, const ElfFile& program,
                                                   uint64_t difference, const std::string& name) {
  if (file.section(".debug_info").empty() && file.section(".zdebug_info").empty()) return fail("");
  auto impl = std::make_unique<Impl>();
  impl->program = &program;
  impl->difference = difference;
  impl->name = name;
  impl->dwarf = dwarf_begin_elf(file.elf(), DWARF_C_READ, nullptr);
  if (!impl->dwarf)
    return fail(fmt::format("the debug information of `{}` cannot be read: {}", name, dwarf_errmsg(-1)));
  return std::unique_ptr<DwarfInfo>(new DwarfInfo(std::move(impl)));
}

DebugParameter DwarfInfo::Impl::parameter(Dwarf_Die* die, Dwarf_Die* function, uint64_t address) {
  DebugParameter result;
  const char* name = dwarf_diename(die);
  result.name = name ? name : "";
  result.btf_type = types.type_of(die);
  Dwarf_Die type;
  result.size =
      stripped_type(die, type) ? static_cast<uint32_t>(std::min<uint64_t>(type_size(&type), UINT32_MAX)) : 0;
  const PassedValue passed = how_passed(die);
  result.passing = passed.passing;
  result.words = passed.words;
  result.by_value = passed.by_value;
  result.place = place_at(die, function, address, frames);
  return result;
}

std::optional<DebugFunction> DwarfInfo::Impl::describe(uint64_t entry, uint64_t address) {
  Dwarf_Die function;
  if (!find(entry - difference, function)) return {};
  read_frames();
  DebugFunction result;
  Dwarf_Die returned;
  result.has_hidden_result = stripped_type(&function, returned) &&
                             how_passed(&function).passing == Passing::Memory &&
                             how_passed(&function).by_value;
  if (how_passed(&function).by_value && how_passed(&function).words == 1 && type_size(&returned) > 8)
    result.has_hidden_result = true;  // an object that C++ makes in place
  Dwarf_Attribute external;
  dwarf_attr_integrate(&function, DW_AT_external, &external) &&
      dwarf_formflag(&external, &result.is_external);
  each_child(&function, [&](Dwarf_Die* child) {
    if (dwarf_tag(child) != DW_TAG_formal_parameter) return true;
    result.parameters.push_back(parameter(child, &function, address - difference));
    result.parameters.back().text = fmt::format("{} {}", type_text(child), result.parameters.back().name);
    return true;
  });
  return result;
}

std::optional<DebugFunction> DwarfInfo::function(uint64_t entry, uint64_t address) {
  auto [known, is_new] = impl_->functions.try_emplace({entry, address});
  if (is_new) known->second = impl_->describe(entry, address);
  return known->second;
}

std::string DwarfInfo::types_blob() const { return impl_->types.blob(); }
size_t DwarfInfo::types_count() const { return impl_->types.count(); }

SourceLines DwarfInfo::find_line(std::string_view source, uint32_t line, uint32_t column) {
  SourceLines result;
  const std::string wanted = plain_path(source);
  std::set<uint32_t> near;
  impl_->each_unit([&](Dwarf_Die* unit) {
    const std::string file = plain_path(in_unit_folder(unit, dwarf_diename(unit)));
    if (file.empty() || !ends_in_path(file, wanted)) return true;
    result.file_known = true;
    const std::vector<Row> rows = rows_of(unit, file);
    auto fits = [&](const Row& row) { return row.line == line && (column == 0 || row.column == column); };
    const auto found = std::find_if(rows.begin(), rows.end(), fits);
    if (found != rows.end())
      result.addresses.push_back({found->address + impl_->difference, line, found->column, file});
    for (const Row& row : rows) {
      if (row.line == line) result.columns.push_back(row.column);
      near.insert(row.line);
    }
    return true;
  });
  auto after = near.lower_bound(line);
  if (after != near.end()) result.line_after = *after;
  if (after != near.begin()) result.line_before = *std::prev(after);
  std::sort(result.columns.begin(), result.columns.end());
  result.columns.erase(std::unique(result.columns.begin(), result.columns.end()), result.columns.end());
  return result;
}

}  // namespace tracer
