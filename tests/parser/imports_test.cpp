#include "parser/imports.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "parser/parse.h"

namespace tracer {
namespace {

namespace fs = std::filesystem;

// A folder of its own, which goes with the test.
class Imports : public testing::Test {
 protected:
  Imports() {
    std::string pattern = (fs::temp_directory_path() / "imports.XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
  }
  ~Imports() override { fs::remove_all(folder_); }

  fs::path write(const std::string& name, const std::string& text) {
    fs::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name) << text;
    return folder_ / name;
  }

  // Reads the file as the script.
  void run(const fs::path& path) {
    std::ifstream in(path);
    const uint32_t source = sources_.add(path.string(), std::string(std::istreambuf_iterator<char>(in), {}));
    ast_ = parse(sources_, source, diags_);
    resolve_imports(ast_, sources_, path.string(), diags_);
  }

  std::string ids() const {
    std::string all;
    for (const Diagnostic& each : diags_.all()) all += std::string(each.kind->id) + " ";
    return all;
  }

  fs::path folder_;
  Sources sources_;
  Diagnostics diags_;
  ast::Ast ast_;
};

TEST_F(Imports, AreRelativeToTheImportingFile) {
  write("lib/deep/c.bt", "macro c() { 3 }");
  write("lib/b.bt", "import \"deep/c.bt\"; macro b() { 2 }");
  run(write("main.bt", "import \"lib/b.bt\"; begin { }"));
  EXPECT_EQ(ids(), "");
  ASSERT_EQ(ast_.script.macros.size(), 2u);
  EXPECT_EQ(ast_.script.macros[0]->name, "c");
  EXPECT_EQ(ast_.script.macros[1]->name, "b");
}

TEST_F(Imports, StandBeforeTheImporter) {
  write("one.bt", "begin { } let @one = hash(1);");
  run(write("main.bt", "import \"one.bt\"; begin { } begin { }"));
  ASSERT_EQ(ast_.script.clauses.size(), 3u);
  EXPECT_TRUE(sources_.expanded_from(ast_.script.clauses[0]->span.source).has_value());
  EXPECT_FALSE(sources_.expanded_from(ast_.script.clauses[1]->span.source).has_value());
  EXPECT_EQ(ast_.script.map_decls.size(), 1u);
}

TEST_F(Imports, TakeEachFileOnceWhateverItsPath) {
  write("lib/a.bt", "begin { }");
  fs::create_symlink("a.bt", folder_ / "lib/link.bt");
  run(write("main.bt",
            "import \"lib/a.bt\"; import \"lib/../lib/a.bt\"; import \"lib/link.bt\"; import \"lib\";"
            "import \"main.bt\"; begin { }"));
  EXPECT_EQ(ids(), "");
  EXPECT_EQ(ast_.script.clauses.size(), 2u);
}

TEST_F(Imports, CollectBpfPrograms) {
  write("x.bpf.c", "");
  write("y.bpf.o", "");
  write("z.h", "");
  run(write("main.bt", "import \"x.bpf.c\"; import \"y.bpf.o\"; import \"z.h\"; begin { }"));
  ASSERT_EQ(ast_.script.objects.size(), 2u);
  EXPECT_TRUE(ast_.script.objects[0].is_source);
  EXPECT_EQ(ast_.script.objects[1].path, fs::canonical(folder_ / "y.bpf.o"));
  EXPECT_FALSE(ast_.script.objects[1].is_source);
  ASSERT_EQ(ast_.script.c_items.size(), 1u);
  EXPECT_EQ(ast_.script.c_items[0]->text, "#include \"" + fs::canonical(folder_ / "z.h").string() + "\"");
}

TEST_F(Imports, RefuseWhatEverybodyMayWriteTo) {
  const fs::path file = write("lib/a.bt", "begin { }");
  ASSERT_EQ(chmod(file.c_str(), 0666), 0);
  run(write("main.bt", "import \"lib/a.bt\"; begin { }"));
  EXPECT_EQ(ids(), "import-writable ");
}

TEST_F(Imports, RefuseFilesOfAFolderThatEverybodyMayWriteTo) {
  write("lib/a.bt", "begin { }");
  ASSERT_EQ(chmod((folder_ / "lib").c_str(), 0777), 0);
  run(write("main.bt", "import \"lib/a.bt\"; begin { }"));
  EXPECT_EQ(ids(), "import-writable ");
}

TEST_F(Imports, EndALongChain) {
  for (int i = 0; i < 100; ++i)
    write("c" + std::to_string(i) + ".bt", "import \"c" + std::to_string(i + 1) + ".bt\"; begin { }");
  write("c100.bt", "begin { }");
  run(write("main.bt", "import \"c0.bt\"; begin { }"));
  EXPECT_EQ(ids(), "import-nesting ");
}

TEST_F(Imports, InABlockAreTakenOut) {
  write("z.h", "");
  run(write("main.bt", "config = { unstable_import_statement=enable }\nbegin { import \"z.h\"; print(1); }"));
  EXPECT_EQ(ids(), "");
  EXPECT_EQ(ast_.script.clauses[0]->body->statements.size(), 1u);
  EXPECT_EQ(ast_.script.c_items.size(), 1u);
}

TEST_F(Imports, TellUnreadableFilesAndPipes) {
  ASSERT_EQ(mkfifo((folder_ / "pipe.bt").c_str(), 0600), 0);
  run(write("main.bt", "import \"pipe.bt\"; import \"no.bt\"; begin { }"));
  EXPECT_EQ(ids(), "import-failed import-failed ");
}

}  // namespace
}  // namespace tracer
