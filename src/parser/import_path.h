// What an import names in the file system.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "ast/ast.h"
#include "base/diagnostics.h"

namespace tracer {

enum class ImportKind : uint8_t { Script, Header, BpfSource, BpfObject, Unknown };

struct ImportFile {
  ImportKind kind = ImportKind::Unknown;
  std::filesystem::path shown;  // as messages name it
  std::filesystem::path real;   // absolute, without links: tells whether two imports are one
};

// By name; `in_block`: by the names that an import inside a block may have.
ImportKind import_kind(const std::filesystem::path& path, bool in_block);

// The file, or all supported files of a folder by name. Empty after a report.
std::vector<ImportFile> import_files(const ast::Import& import, const std::filesystem::path& folder,
                                     bool in_block, Diagnostics& diags);

}  // namespace tracer
