#include "parser/imports.h"

#include <fmt/format.h>

#include <cstdlib>
#include <set>

#include "ast/passes/apply_config.h"
#include "ast/passes/check_unstable.h"
#include "ast/passes/walk.h"
#include "base/files.h"
#include "parser/diagnostics.h"
#include "parser/import_path.h"
#include "parser/parse.h"

namespace tracer {
namespace {

namespace fs = std::filesystem;

// Scripts that import each other in a chain; each is read once, so only a chain of files is this long.
constexpr size_t kMostNesting = 64;

template <typename T>
void prepend(std::vector<T>& list, std::vector<T>&& first) {
  list.insert(list.begin(), std::make_move_iterator(first.begin()), std::make_move_iterator(first.end()));
}

// What is put before the parts of a script.
struct Parts {
  std::vector<ast::CItem*> c_items;
  std::vector<ast::Node*> items;
  std::vector<ast::Clause*> clauses;
  std::vector<ast::Macro*> macros;
  std::vector<ast::Function*> functions;
  std::vector<ast::MapDecl*> map_decls;

  void add(const ast::Script& script) {
    const auto append = [](auto& list, const auto& more) {
      list.insert(list.end(), more.begin(), more.end());
    };
    append(c_items, script.c_items);
    append(items, script.items);
    append(clauses, script.clauses);
    append(macros, script.macros);
    append(functions, script.functions);
    append(map_decls, script.map_decls);
  }

  void put_before(ast::Script& script) && {
    prepend(script.c_items, std::move(c_items));
    prepend(script.items, std::move(items));
    prepend(script.clauses, std::move(clauses));
    prepend(script.macros, std::move(macros));
    prepend(script.functions, std::move(functions));
    prepend(script.map_decls, std::move(map_decls));
  }
};

// Takes `import` out of blocks.
class BlockImports : public ast::Walker {
 public:
  std::vector<ast::Import*> found;

  void block(ast::Block& block) override {
    std::erase_if(block.statements, [&](ast::Statement* statement) {
      auto* import = ast::as<ast::ImportStatement>(statement);
      if (import) found.push_back(import->import);
      return import != nullptr;
    });
    Walker::block(block);
  }
};

class Importer {
 public:
  Importer(ast::Ast& ast, Sources& sources, Diagnostics& diags)
      : ast_(ast), sources_(sources), diags_(diags) {
    Diagnostics later;  // check() reports what is wrong with the settings
    ast::apply_config(
        ast.script, [](const char* name) -> const char* { return std::getenv(name); }, config_, later);
  }

  void run(const std::string& path) {
    std::error_code error;
    if (!path.empty()) seen_.insert(fs::canonical(path, error));
    import_all(ast_.script, path.empty() ? fs::path() : fs::path(path).parent_path());
  }

 private:
  // Imports of one script, whose own parts come after them.
  void import_all(ast::Script& script, const fs::path& folder) {
    Parts parts;
    for (const ast::Import* each : script.imports) import(*each, folder, parts);
    import_in_blocks(script, folder, parts);
    std::move(parts).put_before(script);
  }

  void import(const ast::Import& import, const fs::path& folder, Parts& parts, bool in_block = false) {
    for (const ImportFile& file : import_files(import, folder, in_block, diags_)) {
      if (!seen_.insert(file.real).second) continue;
      switch (file.kind) {
        case ImportKind::Script:
          script(import, file, parts);
          break;
        case ImportKind::Header:
          header(import, file, parts);
          break;
        case ImportKind::BpfSource:
        case ImportKind::BpfObject:
          ast_.script.objects.push_back(
              {import.path_span, file.real.string(), file.kind == ImportKind::BpfSource, {}});
          break;
        case ImportKind::Unknown:
          break;
      }
    }
  }

  void script(const ast::Import& import, const ImportFile& file, Parts& parts) {
    auto text = read_file(file.real.string());
    if (!text) {
      diags_.report(import.path_span, diag::import_failed, file.shown.string(), text.error().text);
      return;
    }
    if (nesting_ >= kMostNesting) {
      diags_.report(import.path_span, diag::import_nesting, kMostNesting);
      return;
    }
    const uint32_t source = sources_.add(file.shown.string(), std::move(*text));
    ast::Ast read = parse(sources_, sources_.add_expansion(source, import.path_span), diags_);
    if (read.script.config) {
      Span keyword = read.script.config->span;
      keyword.end = keyword.begin + 6;
      diags_.report(keyword, diag::import_config).hint("set it in the script that is run");
    }
    ++nesting_;
    import_all(read.script, file.shown.parent_path());
    --nesting_;
    parts.add(read.script);
    ast_.own_nodes_of(std::move(read));
  }

  void header(const ast::Import& import, const ImportFile& file, Parts& parts) {
    auto* item = ast_.make<ast::CItem>(import.path_span);
    item->text = fmt::format("#include \"{}\"", file.real.string());
    parts.c_items.push_back(item);
  }

  void import_in_blocks(ast::Script& script, const fs::path& folder, Parts& parts) {
    BlockImports blocks;
    for (ast::Clause* code : ast::all_code(script)) blocks.clause(*code);
    for (ast::Macro* macro : script.macros) blocks.block(*macro->body);
    for (const ast::Import* each : blocks.found) {
      if (config_.unstable_import_statement == Unstable::Error) {
        diags_.report(each->span, diag::import_in_block)
            .hint("put it before the first probe, or write `config = { unstable_import_statement=enable }`");
        continue;
      }
      ast::allow_unstable(each->span, "import statement", "unstable_import_statement",
                          config_.unstable_import_statement, diags_);
      import(*each, folder, parts, /*in_block=*/true);
    }
  }

  ast::Ast& ast_;
  Sources& sources_;
  Diagnostics& diags_;
  Config config_;
  std::set<fs::path> seen_;
  size_t nesting_ = 0;
};

}  // namespace

void resolve_imports(ast::Ast& ast, Sources& sources, const std::string& path, Diagnostics& diags) {
  Importer(ast, sources, diags).run(path);
}

void put_before(ast::Ast& ast, ast::Ast&& first) {
  Parts parts;
  parts.add(first.script);
  std::move(parts).put_before(ast.script);
  ast.own_nodes_of(std::move(first));
}

}  // namespace tracer
