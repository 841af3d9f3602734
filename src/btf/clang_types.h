// From libclang's types to BTF.
#pragma once

#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

#include "btf/btf_writer.h"
#include "btf/libclang.h"

namespace tracer {

class ClangTypes {
 public:
  // `base`: the kernel's types, to which the blob may refer; null: none. `serves`: tells whether a
  // declaration is to be taken from there when both know it.
  ClangTypes(const LibClang& clang, const BtfFile* base, std::function<bool(CXCursor)> serves)
      : clang_(clang), base_(base), serves_(std::move(serves)), writer_(base) {}

  // A struct, union, enum or typedef at the top of a file.
  void add(CXCursor declaration);
  // The blob. Blank (no types) when nothing was added.
  std::string bytes() const { return writer_.bytes(); }

 private:
  uint32_t type(CXType type);
  uint32_t declared(CXCursor declaration);
  uint32_t record(CXCursor declaration, CXType type, const std::string& name);
  uint32_t enumeration(CXCursor declaration, const std::string& name);
  uint32_t type_definition(CXCursor declaration, const std::string& name);
  uint32_t integer(CXType type, uint32_t encoding);
  uint32_t pointer(CXType type);
  uint32_t array(CXType type);
  uint32_t tagged(CXType type);
  uint32_t from_kernel(const std::string& name, KindMask kinds) const;
  std::string name_of(CXCursor cursor) const;
  CXCursor definition_of(CXCursor declaration) const;

  struct Hash {
    const LibClang* clang;
    size_t operator()(const CXCursor& cursor) const { return clang->hashCursor(cursor); }
  };
  struct Equal {
    const LibClang* clang;
    bool operator()(const CXCursor& a, const CXCursor& b) const { return clang->equalCursors(a, b); }
  };

  const LibClang& clang_;
  const BtfFile* base_;
  std::function<bool(CXCursor)> serves_;
  BtfWriter writer_;
  std::unordered_map<CXCursor, uint32_t, Hash, Equal> known_{16, Hash{&clang_}, Equal{&clang_}};
  std::unordered_map<std::string, uint32_t> simple_;  // integers and floats by their spelling
};

}  // namespace tracer
