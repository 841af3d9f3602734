#include "btf/c_preamble.h"

#include <algorithm>
#include <map>
#include <set>
#include <sstream>

#include "btf/btf_file.h"
#include "btf/clang_types.h"
#include "btf/clang_unit.h"
#include "btf/diagnostics.h"
#include "btf/kernel_c.h"
#include "btf/libclang.h"
#include "btf/simple_preamble.h"

namespace tracer {
namespace {

constexpr const char* kAbsentFolder = "/.tracer/absent";
constexpr const char* kKernelTypes = "/.tracer/kernel_types.h";
constexpr const char* kHeaderMissing = "' file not found";
constexpr const char* kHowToFind = "-I FOLDER adds a folder to look in";
// Each round adds the kernel's types that the round before lacked.
constexpr int kMostRounds = 8;
// libclang tells of definitions alone. A name that is undefined at the end defines another one.
constexpr std::string_view kUndefined = "tracer_undefined_";

// A definition of the script that the kernel may contradict.
struct Definition {
  TypeDb::Tag tag;
  std::string name;
  std::optional<Span> span;
};

std::vector<std::string> undefined_names(const std::vector<CPiece>& pieces) {
  std::vector<std::string> names;
  for (const CPiece& piece : pieces) {
    std::istringstream words(piece.text);
    char hash = 0;
    std::string directive, name;
    if (words >> hash >> directive >> name && hash == '#' && directive == "undef") names.push_back(name);
  }
  return names;
}

std::vector<CPiece> with_undefined_names(std::vector<CPiece> pieces) {
  for (const std::string& name : undefined_names(pieces))
    for (const std::string& line :
         {"#ifndef " + name, "#define " + std::string(kUndefined) + name, std::string("#endif")})
      pieces.push_back({line, pieces.front().span});
  return pieces;
}

// The part of `text` between the first two `'` after `before`.
std::string quoted_after(const std::string& text, std::string_view before) {
  size_t at = text.find(before);
  if (at == text.npos) return {};
  at = text.find('\'', at + before.size() - 1);
  const size_t end = at == text.npos ? at : text.find('\'', at + 1);
  return end == text.npos ? std::string() : text.substr(at + 1, end - at - 1);
}

// The type that clang misses, as kernel_types_as_c() wants it; empty when the error is another one.
std::string missing_type(const std::string& message) {
  std::string name = quoted_after(message, "unknown type name '");
  if (name.empty()) name = quoted_after(message, "incomplete type '");
  if (name.empty()) name = quoted_after(message, "incomplete element type '");
  // `'list_t' (aka 'struct list_head')` names a typedef first.
  return name;
}

bool same_layout(TypeDb& types, const Type& a, const Type& b) {
  if (a.kind != b.kind) return false;
  if (a.is(TypeKind::Enum)) {
    const auto left = types.enumerators(a), right = types.enumerators(b);
    return std::equal(
        left.begin(), left.end(), right.begin(), right.end(),
        [](const Enumerator& x, const Enumerator& y) { return x.name == y.name && x.value == y.value; });
  }
  if (a.size != b.size) return false;
  const auto names = types.field_names(a);
  if (names != types.field_names(b)) return false;
  return std::all_of(names.begin(), names.end(), [&](const std::string& name) {
    const auto left = types.field(a, name, AddressSpace::Unknown);
    const auto right = types.field(b, name, AddressSpace::Unknown);
    if (!left || !right) return left.has_value() == right.has_value();
    return left->offset == right->offset && left->bit_offset == right->bit_offset &&
           left->bit_size == right->bit_size && left->type.size == right->type.size;
  });
}

}  // namespace

struct CPreamble::Impl {
  std::vector<CPiece> pieces;
  CPreambleOptions options;
  TypeDb& types;
  Diagnostics& diags;
  std::map<std::string, std::string, std::less<>> macros;
  bool later = false;  // kernel headers alone, not read yet

  bool with_btf = false;
  std::vector<Definition> definitions;

  bool only_kernel_headers() const;
  void read_with_clang();
  std::string main_file() const;
  std::vector<std::string> arguments() const;
  ClangUnit::Files absent_headers() const;
  bool parse(ClangUnit& unit);
  bool report(const ClangUnit& unit);
  void collect_types(const LibClang& clang, const ClangUnit& unit);
  void collect_macros(const LibClang& clang, const ClangUnit& unit);
  void note_definition(const LibClang& clang, const ClangUnit& unit, CXCursor cursor);
  void warn_of_contradictions();
};

CPreamble::CPreamble(std::vector<CPiece> pieces, CPreambleOptions options, TypeDb& types, Diagnostics& diags)
    : impl_(new Impl{std::move(pieces), std::move(options), types, diags, {}, false, false, {}}) {}
CPreamble::~CPreamble() = default;

bool CPreamble::Impl::only_kernel_headers() const {
  return options.headers.include_files.empty() &&
         std::all_of(pieces.begin(), pieces.end(),
                     [](const CPiece& piece) { return is_kernel_header(angle_include(piece.text)); });
}

void CPreamble::read() {
  Impl& self = *impl_;
  if (self.pieces.empty() && self.options.headers.include_files.empty()) return;
  if (self.options.headers.include_files.empty()) {
    if (auto simple = read_simple_preamble(self.pieces, [&] { return self.types.available(); })) {
      self.macros = std::move(simple->macros);
      self.later = simple->has_includes;
    } else {
      return self.read_with_clang();
    }
  } else {
    return self.read_with_clang();
  }
  if (!self.later) return;
  self.types.when_unknown([this] {
    if (std::exchange(impl_->later, false)) impl_->read_with_clang();
  });
}

std::optional<std::string> CPreamble::macro(std::string_view name) {
  Impl& self = *impl_;
  auto found = self.macros.find(name);
  // Asking the types first spares reading the headers for what is a constant of the kernel.
  if (found == self.macros.end() && self.later && !self.types.enumerator(name))
    found = self.macros.find(name);
  return found == self.macros.end() ? std::nullopt : std::optional(found->second);
}

// ---------------------------------------------------------------- running clang

std::string CPreamble::Impl::main_file() const {
  const std::string folder = options.folders.empty() || options.folders[0].empty() ? "." : options.folders[0];
  return folder + "/.tracer_preamble.c";
}

std::vector<std::string> CPreamble::Impl::arguments() const {
  std::vector<std::string> result = clang_arguments(options.headers, with_btf);
  for (const std::string& folder : options.folders)
    result.push_back("-iquote" + (folder.empty() ? std::string(".") : folder));
  result.push_back(std::string("-idirafter") + kAbsentFolder);
  return result;
}

// BTF has the types of the kernel's headers, so those that are not here are taken as empty.
ClangUnit::Files CPreamble::Impl::absent_headers() const {
  ClangUnit::Files files;
  if (!with_btf) return files;
  for (const CPiece& piece : pieces) {
    const std::string_view path = angle_include(piece.text);
    if (is_kernel_header(path)) files.emplace_back(std::string(kAbsentFolder) + "/" + std::string(path), "");
  }
  return files;
}

bool CPreamble::Impl::parse(ClangUnit& unit) {
  ClangUnit::Files files = absent_headers();
  std::vector<std::string> words = arguments();
  std::set<std::string> wanted, own;
  for (const Definition& each : definitions) own.insert(each.name);
  for (int round = 0; round < kMostRounds; round++) {
    if (!unit.parse(words, files)) return false;
    const size_t before = wanted.size();
    if (with_btf) {
      for (const ClangUnit::Message& error : unit.errors())
        if (std::string name = missing_type(error.text); !name.empty()) wanted.insert(std::move(name));
    }
    if (wanted.size() == before) return true;
    auto text = kernel_types_as_c(types.kernel_path(), wanted, own);
    if (!text) return true;  // the errors stand
    if (before > 0) {
      files.pop_back();
    } else {
      words.insert(words.end(), {"-include", kKernelTypes});
    }
    files.emplace_back(kKernelTypes, std::move(*text));
  }
  return true;
}

// True when nothing was wrong.
bool CPreamble::Impl::report(const ClangUnit& unit) {
  const size_t before = diags.error_count();
  for (const ClangUnit::Message& error : unit.errors()) {
    // With BTF a header of the system is a help, not a need.
    if (with_btf && error.place.in_system) continue;
    const std::optional<Span> span = unit.script_span(error.place);
    const bool missing = error.text.ends_with(kHeaderMissing);
    const std::string header =
        missing ? error.text.substr(1, error.text.size() - 1 - std::string_view(kHeaderMissing).size()) : "";
    if (error.place.file.empty() && missing) {  // of --include
      diags.report_without_place(diag::c_header_missing, header).hint(kHowToFind);
      continue;
    }
    if (!span) {
      diags.report_without_place(diag::c_header_error, error.place.file, error.place.line, error.place.column,
                                 error.text);
      continue;
    }
    Diagnostic* said = nullptr;
    if (error.place.in_main && missing) {
      said = &diags.report(*span, diag::c_header_missing, header);
      said->hint(kHowToFind);
    } else if (error.place.in_main) {
      said = &diags.report(*span, diag::c_error, error.text);
    } else {
      said = &diags.report(*span, diag::c_header_error, error.place.file, error.place.line,
                           error.place.column, error.text);
    }
    for (const auto& [place, text] : error.notes)
      if (auto at = unit.script_span(place)) said->note(*at, text);
  }
  return diags.error_count() == before;
}

void CPreamble::Impl::read_with_clang() {
  with_btf = types.available();
  // Kernel headers alone are a help when BTF is there.
  const bool needed = !with_btf || !only_kernel_headers();
  auto clang = open_libclang();
  if (!clang) {
    auto& message = pieces.empty() ? diags.report_without_place(diag::c_without_clang, clang.error().text)
                                   : diags.report(pieces[0].span,
                                                  needed ? diag::c_without_clang : diag::c_headers_not_read,
                                                  clang.error().text);
    message.hint(clang.error().hint);
    return;
  }
  const PreambleText text(with_undefined_names(pieces));
  ClangUnit unit(*clang, text, main_file());
  if (!parse(unit)) {
    diags.report_without_place(diag::c_without_clang, "clang failed");
    return;
  }
  if (!report(unit)) return;
  collect_types(*clang, unit);
  collect_macros(*clang, unit);
  warn_of_contradictions();
}

// ---------------------------------------------------------------- what clang has found

void CPreamble::Impl::note_definition(const LibClang& clang, const ClangUnit& unit, CXCursor cursor) {
  const CXCursorKind kind = clang.getCursorKind(cursor);
  if (kind == CXCursor_TypedefDecl || !clang.isCursorDefinition(cursor)) return;
  const ClangUnit::Place place = unit.place(clang.getCursorLocation(cursor));
  if (place.in_system || place.file == kKernelTypes) return;
  const TypeDb::Tag tag = kind == CXCursor_StructDecl  ? TypeDb::Tag::Struct
                          : kind == CXCursor_UnionDecl ? TypeDb::Tag::Union
                                                       : TypeDb::Tag::Enum;
  definitions.push_back({tag, clang.text(clang.getCursorSpelling(cursor)), unit.script_span(place)});
}

void CPreamble::Impl::collect_types(const LibClang& clang, const ClangUnit& unit) {
  // The kernel's own types serve where a header of the system has them too; headers that are not the
  // kernel's describe other programs.
  auto kernel_serves = [&](CXCursor cursor) {
    const ClangUnit::Place place = unit.place(clang.getCursorLocation(cursor));
    if (place.file == kKernelTypes) return true;
    if (!place.in_system) return false;
    const char* const kFolders[] = {"/linux/", "/asm", "/net/", "/uapi/", "/generated/"};
    return std::any_of(std::begin(kFolders), std::end(kFolders),
                       [&](const char* folder) { return place.file.find(folder) != std::string::npos; });
  };
  struct Walk {
    Impl& self;
    const LibClang& clang;
    const ClangUnit& unit;
    ClangTypes types;
  };
  Walk walk{*this, clang, unit, ClangTypes(clang, types.kernel_file(), kernel_serves)};
  clang.visitChildren(
      unit.root(),
      [](CXCursor cursor, CXCursor, CXClientData data) {
        auto& walk = *static_cast<Walk*>(data);
        switch (walk.clang.getCursorKind(cursor)) {
          case CXCursor_StructDecl:
          case CXCursor_UnionDecl:
          case CXCursor_EnumDecl:
          case CXCursor_TypedefDecl:
            walk.types.add(cursor);
            walk.self.note_definition(walk.clang, walk.unit, cursor);
            break;
          default:
            break;
        }
        return CXChildVisit_Continue;
      },
      &walk);
  auto file = BtfFile::parse(walk.types.bytes(), types.kernel_file());
  if (file) {
    types.set_script_types(std::move(*file));
  } else {
    diags.report_without_place(diag::c_without_clang, file.error().text);
  }
}

void CPreamble::Impl::collect_macros(const LibClang& clang, const ClangUnit& unit) {
  struct Walk {
    Impl& self;
    const LibClang& clang;
    const ClangUnit& unit;
  };
  Walk walk{*this, clang, unit};
  clang.visitChildren(
      unit.root(),
      [](CXCursor cursor, CXCursor, CXClientData data) {
        auto& [self, clang, unit] = *static_cast<Walk*>(data);
        if (clang.getCursorKind(cursor) != CXCursor_MacroDefinition ||
            clang.Cursor_isMacroFunctionLike(cursor) || clang.Cursor_isMacroBuiltin(cursor) ||
            unit.place(clang.getCursorLocation(cursor)).file.empty())
          return CXChildVisit_Continue;
        CXToken* tokens = nullptr;
        unsigned count = 0;
        clang.tokenize(unit.handle(), clang.getCursorExtent(cursor), &tokens, &count);
        std::string text;
        for (unsigned i = 1; i < count; i++) {
          if (!text.empty()) text += ' ';
          text += clang.text(clang.getTokenSpelling(unit.handle(), tokens[i]));
        }
        clang.disposeTokens(unit.handle(), tokens, count);
        self.macros[clang.text(clang.getCursorSpelling(cursor))] = expression_text(text);
        return CXChildVisit_Continue;
      },
      &walk);
  for (const std::string& name : undefined_names(pieces))
    if (macros.erase(std::string(kUndefined) + name) > 0) macros.erase(name);
}

void CPreamble::Impl::warn_of_contradictions() {
  if (!with_btf) return;
  for (const Definition& definition : definitions) {
    const auto ours = types.find(definition.tag, definition.name);
    const auto theirs = types.find_in_kernel(definition.tag, definition.name);
    if (!ours || !theirs || !definition.span || same_layout(types, *ours, *theirs)) continue;
    diags.report(*definition.span, diag::c_contradiction, to_string(*ours));
  }
}

bool has_libclang() { return open_libclang().has_value(); }

}  // namespace tracer
