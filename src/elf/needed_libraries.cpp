#include "elf/needed_libraries.h"

#include <gelf.h>
#include <libelf.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <set>

#include "base/files.h"
#include "base/text.h"
#include "elf/elf_file.h"
#include "elf/library_cache.h"

namespace tracer {
namespace {

constexpr const char* kDefaultFolders = "/lib:/usr/lib:/lib64:/usr/lib64";

// What the dynamic section says.
struct Dynamic {
  std::vector<std::string> needed;
  std::string rpath, runpath;
};

Dynamic read_dynamic(const ElfFile& elf) {
  Dynamic dynamic;
  for (Elf_Scn* section = elf_nextscn(elf.elf(), nullptr); section;
       section = elf_nextscn(elf.elf(), section)) {
    GElf_Shdr header;
    if (!gelf_getshdr(section, &header) || header.sh_type != SHT_DYNAMIC) continue;
    Elf_Data* data = elf_getdata(section, nullptr);
    GElf_Dyn entry;
    for (int i = 0; data && gelf_getdyn(data, i, &entry) && entry.d_tag != DT_NULL; ++i) {
      const bool text = entry.d_tag == DT_NEEDED || entry.d_tag == DT_RPATH || entry.d_tag == DT_RUNPATH;
      const char* value = text ? elf_strptr(elf.elf(), header.sh_link, entry.d_un.d_val) : nullptr;
      if (!value) continue;
      if (entry.d_tag == DT_NEEDED)
        dynamic.needed.emplace_back(value);
      else
        (entry.d_tag == DT_RPATH ? dynamic.rpath : dynamic.runpath) = value;
    }
  }
  return dynamic;
}

std::string interpreter(const ElfFile& elf) {
  const std::span<const std::byte> text = elf.section(".interp");
  std::string path(reinterpret_cast<const char*>(text.data()), text.size());
  return path.substr(0, path.find('\0'));
}

std::string folder_of(const std::string& path) { return path.substr(0, path.rfind('/')); }

// `$ORIGIN` is the folder of the file that says it.
std::string with_origin(std::string folder, const std::string& origin) {
  for (std::string_view name : {"${ORIGIN}", "$ORIGIN"})
    for (size_t at = 0; (at = folder.find(name, at)) != std::string::npos; at += origin.size())
      folder.replace(at, name.size(), origin);
  return folder;
}

class Search {
 public:
  std::vector<std::string> run(const std::string& program) {
    if (auto elf = ElfFile::open(program)) {
      add(interpreter(*elf));
      add_needed_of(*elf, program);
    }
    // Grows meanwhile.
    for (size_t i = 0; i < found_.size(); ++i) {
      const std::string library = found_[i];
      if (auto elf = ElfFile::open(library)) add_needed_of(*elf, library);
    }
    return std::move(found_);
  }

 private:
  void add(const std::string& path) {
    if (!path.empty() && eaccess(path.c_str(), R_OK) == 0 && seen_.insert(path).second)
      found_.push_back(path);
  }

  void add_needed_of(const ElfFile& elf, const std::string& path) {
    const Dynamic dynamic = read_dynamic(elf);
    const char* environment = std::getenv("LD_LIBRARY_PATH");
    // In the linker's order; DT_RUNPATH makes it forget DT_RPATH.
    std::string folders = dynamic.runpath.empty() ? dynamic.rpath + ":" : "";
    folders += std::string(environment ? environment : "") + ":" + dynamic.runpath;
    for (const std::string& name : dynamic.needed)
      if (names_.insert(name).second) add(locate(name, with_origin(folders, folder_of(path))));
  }

  std::string locate(const std::string& name, const std::string& folders) {
    if (name.find('/') != std::string::npos) return name;
    if (std::string path = in_folders(name, folders); !path.empty()) return path;
    for (const Library& library : cache())
      if (library.name == name) return library.path;
    return in_folders(name, kDefaultFolders);
  }

  static std::string in_folders(const std::string& name, std::string_view folders) {
    for (std::string_view folder : split(folders, ':')) {
      std::string path = std::string(folder) + "/" + name;
      if (!folder.empty() && eaccess(path.c_str(), R_OK) == 0) return path;
    }
    return {};
  }

  const std::vector<Library>& cache() {
    if (!cache_read_)
      if (auto bytes = read_file("/etc/ld.so.cache")) cache_ = parse_library_cache(*bytes);
    cache_read_ = true;
    return cache_;
  }

  std::vector<std::string> found_;
  std::set<std::string> seen_, names_;
  bool cache_read_ = false;
  std::vector<Library> cache_;
};

}  // namespace

std::vector<std::string> needed_libraries(const std::string& program) { return Search().run(program); }

}  // namespace tracer
