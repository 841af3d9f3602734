#include "parser/import_path.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "parser/diagnostics.h"

namespace tracer {
namespace {

namespace fs = std::filesystem;

constexpr const char* kSupported =
    "scripts (.bt), C headers (.h), BPF programs (.bpf.c, .bpf.o) and folders of them can be imported";
constexpr const char* kSupportedInBlock = "inside a block .h, .c, .bpf.c and .o files can be imported";

class Finder {
 public:
  Finder(const ast::Import& import, bool in_block, Diagnostics& diags)
      : import_(import), in_block_(in_block), diags_(diags) {}

  std::vector<ImportFile> run(const fs::path& path) {
    struct stat status {};
    std::error_code error;
    const fs::path real = fs::canonical(path, error);
    if (error || stat(real.c_str(), &status) != 0) {
      fail(path, error ? error.message() : strerror(errno));
      return {};
    }
    if (!safe(path, status) || !safe_parent(real)) return {};
    if (S_ISDIR(status.st_mode) && !in_block_) return folder(path);
    if (!S_ISREG(status.st_mode)) {
      fail(path, S_ISDIR(status.st_mode) ? "a folder cannot be imported inside a block" : "not a file");
      return {};
    }
    ImportFile file{import_kind(path, in_block_), path, real};
    if (file.kind == ImportKind::Unknown) {
      diags_.report(import_.path_span, diag::import_kind, path.string())
          .hint(in_block_ ? kSupportedInBlock : kSupported);
      return {};
    }
    if (!readable(file)) return {};
    return {file};
  }

 private:
  std::vector<ImportFile> folder(const fs::path& path) {
    std::vector<ImportFile> files;
    std::error_code error;
    for (fs::directory_iterator entry(path, error), end; !error && entry != end; entry.increment(error)) {
      ImportFile file{import_kind(entry->path(), false), entry->path(), {}};
      std::error_code ignored;
      if (file.kind == ImportKind::Unknown || !entry->is_regular_file(ignored)) continue;
      files.push_back(std::move(file));
    }
    if (error) {
      fail(path, error.message());
      return {};
    }
    if (files.empty())
      diags_.report(import_.path_span, diag::import_empty_folder, path.string()).hint(kSupported);
    std::ranges::sort(files, {}, [](const ImportFile& file) { return file.shown.string(); });
    std::erase_if(files, [&](ImportFile& file) { return !complete(file); });
    return files;
  }

  // One file of a folder.
  bool complete(ImportFile& file) {
    struct stat status {};
    std::error_code error;
    file.real = fs::canonical(file.shown, error);
    if (error || stat(file.real.c_str(), &status) != 0) {
      fail(file.shown, error ? error.message() : strerror(errno));
      return false;
    }
    return safe(file.shown, status) && readable(file);
  }

  bool readable(const ImportFile& file) {
    if (eaccess(file.real.c_str(), R_OK) == 0) return true;
    fail(file.shown, strerror(errno));
    return false;
  }

  bool safe(const fs::path& path, const struct stat& status) {
    if ((status.st_mode & S_IWOTH) == 0) return true;
    diags_.report(import_.path_span, diag::import_writable, path.string())
        .hint(
            "anybody could put code there that runs with your privileges; take the permission away: "
            "`chmod o-w`");
    return false;
  }

  // Where everybody may make files but not replace those of others (`/tmp`), a file is its owner's.
  bool safe_parent(const fs::path& real) {
    struct stat status {};
    if (stat(real.parent_path().c_str(), &status) != 0 || (status.st_mode & S_ISVTX) != 0) return true;
    return safe(real.parent_path(), status);
  }

  void fail(const fs::path& path, const std::string& why) {
    diags_.report(import_.path_span, diag::import_failed, path.string(), why);
  }

  const ast::Import& import_;
  bool in_block_;
  Diagnostics& diags_;
};

}  // namespace

ImportKind import_kind(const fs::path& path, bool in_block) {
  const std::string name = path.filename().string();
  if (name.ends_with(".h")) return ImportKind::Header;
  if (name.ends_with(".bpf.c") || (in_block && name.ends_with(".c"))) return ImportKind::BpfSource;
  if (name.ends_with(".bpf.o") || (in_block && name.ends_with(".o"))) return ImportKind::BpfObject;
  return name.ends_with(".bt") && !in_block ? ImportKind::Script : ImportKind::Unknown;
}

std::vector<ImportFile> import_files(const ast::Import& import, const fs::path& folder, bool in_block,
                                     Diagnostics& diags) {
  if (import.path.empty()) {
    diags.report(import.path_span, diag::import_failed, import.path, "the path is empty");
    return {};
  }
  return Finder(import, in_block, diags).run((folder / import.path).lexically_normal());
}

}  // namespace tracer
