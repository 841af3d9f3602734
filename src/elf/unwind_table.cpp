#include "elf/unwind_table.h"

#include <dwarf.h>
#include <elfutils/libdw.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>

namespace tracer {

namespace {

// DWARF's numbers of x86-64 registers.
constexpr int kBp = 6, kSp = 7, kReturn = 16;
constexpr size_t kMostRows = 1u << kRowSteps;
constexpr size_t kMostRowsOfFunction = 65536;

std::span<const std::byte> frame_header(const ElfFile& file, uint64_t& address) {
  size_t count = 0;
  if (elf_getphdrnum(file.elf(), &count) != 0) return {};
  for (size_t i = 0; i < count; ++i) {
    GElf_Phdr header;
    if (!gelf_getphdr(file.elf(), static_cast<int>(i), &header) || header.p_type != PT_GNU_EH_FRAME) continue;
    address = header.p_vaddr;
    return file.loaded(header.p_vaddr, header.p_filesz);
  }
  return {};
}

// Where functions begin. The header is a sorted table for binary searches, in the one form that linkers
// write.
std::vector<uint64_t> function_starts(const ElfFile& file) {
  constexpr uint8_t kVersion = 1, kCountForm = DW_EH_PE_udata4,
                    kTableForm = DW_EH_PE_datarel | DW_EH_PE_sdata4;
  constexpr size_t kCount = 8, kTable = 12, kEntry = 8;
  uint64_t address = 0;
  const auto header = frame_header(file, address);
  std::vector<uint64_t> starts;
  if (header.size() < kTable) return starts;
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(header[i]); };
  if (byte(0) != kVersion || byte(2) != kCountForm || byte(3) != kTableForm) return starts;
  uint32_t count = 0;
  std::memcpy(&count, header.data() + kCount, sizeof count);
  for (size_t i = 0; i < count && kTable + (i + 1) * kEntry <= header.size(); ++i) {
    int32_t distance = 0;
    std::memcpy(&distance, header.data() + kTable + i * kEntry, sizeof distance);
    starts.push_back(address + static_cast<uint64_t>(int64_t{distance}));
  }
  std::ranges::sort(starts);
  return starts;
}

struct FreeFrame {
  void operator()(Dwarf_Frame* frame) const { std::free(frame); }
};

template <typename T>
std::optional<T> fits(int64_t value) {
  const auto narrow = static_cast<T>(value);
  return narrow == value ? std::optional(narrow) : std::nullopt;
}

// The CFA as register and distance, or one of the expressions that compilers and linkers write.
void read_cfa(Dwarf_Frame* frame, UnwindRow& row) {
  Dwarf_Op* ops = nullptr;
  size_t count = 0;
  if (dwarf_frame_cfa(frame, &ops, &count) != 0 || count == 0) return;
  int reg = -1;
  auto distance = static_cast<int64_t>(ops[0].number);
  if (ops[0].atom >= DW_OP_breg0 && ops[0].atom <= DW_OP_breg31) reg = ops[0].atom - DW_OP_breg0;
  if (ops[0].atom == DW_OP_bregx) {
    reg = static_cast<int>(ops[0].number);
    distance = static_cast<int64_t>(ops[0].number2);
  }
  const auto narrow = fits<int32_t>(distance);
  if (!narrow) return;
  row.cfa = *narrow;
  constexpr size_t kPltOps = 9;
  if (count == 1 && reg == kSp) row.rule = UnwindRule::FromSp;
  if (count == 1 && reg == kBp) row.rule = UnwindRule::FromBp;
  if (count == 2 && reg == kBp && ops[1].atom == DW_OP_deref) row.rule = UnwindRule::AtBp;
  if (count == kPltOps && reg == kSp && ops[1].atom == DW_OP_breg0 + kReturn) row.rule = UnwindRule::Plt;
}

// What a register of the caller is in this frame.
struct Saved {
  bool undefined = false;
  std::optional<int64_t> at;  // from the CFA
};

Saved saved(Dwarf_Frame* frame, int reg) {
  Dwarf_Op memory[3];
  Dwarf_Op* ops = nullptr;
  size_t count = 0;
  Saved result;
  if (dwarf_frame_register(frame, reg, memory, &ops, &count) != 0) return result;
  if (count == 0) {
    result.undefined = ops != nullptr;
  } else if (ops[0].atom == DW_OP_call_frame_cfa && count <= 2) {
    if (count == 1) result.at = 0;
    if (count == 2 && ops[1].atom == DW_OP_plus_uconst) result.at = static_cast<int64_t>(ops[1].number);
  }
  return result;
}

UnwindRow row_of(Dwarf_Frame* frame, bool signal) {
  constexpr int64_t kBelowCfa = -8;
  UnwindRow row;
  if (signal) {
    row.rule = UnwindRule::SignalFrame;
    return row;
  }
  const Saved caller = saved(frame, kReturn), bp = saved(frame, kBp);
  if (caller.undefined) {
    row.rule = UnwindRule::End;
    return row;
  }
  if (caller.at != kBelowCfa) return row;
  read_cfa(frame, row);
  if (const auto at = bp.at ? fits<int16_t>(*bp.at) : std::nullopt) {
    row.keeps_bp = 0;
    row.bp = *at;
  }
  return row;
}

class TableReader {
 public:
  explicit TableReader(Dwarf_CFI* frames) : frames_(frames) {}

  // Rows of the function that begins at `address`.
  void read(uint64_t address) {
    for (size_t i = 0; i < kMostRowsOfFunction && address <= UINT32_MAX && rows_.size() < kMostRows; ++i) {
      Dwarf_Frame* found = nullptr;
      if (dwarf_cfi_addrframe(frames_, address, &found) != 0) break;
      const std::unique_ptr<Dwarf_Frame, FreeFrame> frame(found);
      Dwarf_Addr start = 0, end = 0;
      bool signal = false;
      if (dwarf_frame_info(frame.get(), &start, &end, &signal) < 0 || end <= address) break;
      add(address, row_of(frame.get(), signal));
      address = end;
      if (std::ranges::binary_search(*starts_, address)) return;
    }
    if (address <= UINT32_MAX) add(address, {});
  }

  std::vector<UnwindRow> all(const std::vector<uint64_t>& starts) {
    starts_ = &starts;
    for (const uint64_t start : starts) read(start);
    std::ranges::stable_sort(rows_, {}, &UnwindRow::address);
    rows_.shrink_to_fit();
    return std::move(rows_);
  }

 private:
  void add(uint64_t address, UnwindRow row) {
    if (!rows_.empty()) {
      UnwindRow same = rows_.back();
      same.address = row.address;
      if (same == row && rows_.back().address <= address) return;
    }
    row.address = static_cast<uint32_t>(address);
    if (!rows_.empty() && rows_.back().address == row.address)
      rows_.back() = row;
    else
      rows_.push_back(row);
  }

  Dwarf_CFI* frames_;
  const std::vector<uint64_t>* starts_ = nullptr;
  std::vector<UnwindRow> rows_;
};

}  // namespace

std::vector<UnwindRow> read_unwind_table(const ElfFile& file) {
  if (!file.wide() || file.machine() != EM_X86_64) return {};
  const std::vector<uint64_t> starts = function_starts(file);
  if (starts.empty()) return {};
  Dwarf_CFI* frames = dwarf_getcfi_elf(file.elf());
  if (!frames) return {};
  std::vector<UnwindRow> rows = TableReader(frames).all(starts);
  dwarf_cfi_end(frames);
  return rows;
}

}  // namespace tracer
