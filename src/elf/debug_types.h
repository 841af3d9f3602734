// From DWARF's types to BTF, in which the type database takes them.
#pragma once

#include <elfutils/libdw.h>

#include <deque>
#include <functional>
#include <string>
#include <unordered_map>

#include "btf/btf_writer.h"

namespace tracer {

class DebugTypes {
 public:
  DebugTypes() : writer_(nullptr) {}

  // The id of what the attribute DW_AT_type of `die` names; 0: void, or what BTF cannot say.
  uint32_t type_of(Dwarf_Die* die);
  // BTF of all that was asked for, and what that refers to. Ids stay as they are.
  std::string blob() const { return writer_.bytes(); }
  size_t count() const { return known_.size(); }

 private:
  uint32_t type(Dwarf_Die* die, int depth);
  uint32_t base(Dwarf_Die* die);
  uint32_t record(Dwarf_Die* die, uint32_t kind);
  uint32_t enumeration(Dwarf_Die* die);
  uint32_t array(Dwarf_Die* die, int depth);
  void fill(uint32_t id, uint32_t kind, Dwarf_Die* die);
  void fill_waiting();
  bool add_member(Dwarf_Die* member, uint32_t record_size, BtfWriter::Words& words);
  uint32_t index_type();

  // Bodies of structures are made one after the other: what is near comes before what is far.
  struct Waiting {
    uint32_t id, kind;
    Dwarf_Die die;
  };
  BtfWriter writer_;
  std::unordered_map<void*, uint32_t> known_;  // by the place of the DIE
  std::deque<Waiting> waiting_;
  size_t bodies_ = 0;
  uint32_t index_type_ = 0;
};

// Typedefs and qualifiers taken off; false when nothing is left (void).
bool stripped_type(Dwarf_Die* die, Dwarf_Die& type);
// Bytes of a type; 0 when it is not known.
uint64_t type_size(Dwarf_Die* type);
// As C writes it: `const char*`.
std::string type_text(Dwarf_Die* die);

// Calls `visit` for each child until it returns false; stops at children that lead backwards.
void each_child(Dwarf_Die* parent, const std::function<bool(Dwarf_Die*)>& visit);

}  // namespace tracer
