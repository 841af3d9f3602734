// The formatter on the scripts of all cases, and with comments put wherever one may stand.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include "corpus.h"
#include "parse_text.h"
#include "parser/token_stream.h"

namespace tracer {
namespace {

std::string script_of(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::string line, script;
  bool inside = false;
  while (std::getline(in, line)) {
    if (line.starts_with("--- ")) {
      inside = line == "--- script";
    } else if (inside) {
      script += line + "\n";
    }
  }
  return script;
}

// Scripts of tests/cases that have no syntax error, and the corpus.
const std::vector<CorpusFile>& scripts() {
  static const std::vector<CorpusFile> all = [] {
    std::vector<CorpusFile> files = corpus();
    for (const auto& entry : std::filesystem::recursive_directory_iterator(TEST_DATA "/../cases")) {
      if (entry.path().extension() != ".case") continue;
      std::string text = script_of(entry.path());
      if (!text.empty() && Parsed(text).messages().empty())
        files.push_back({entry.path().filename().string(), std::move(text)});
    }
    std::ranges::sort(files, {}, &CorpusFile::name);
    return files;
  }();
  return all;
}

TEST(FormatCases, AreMany) { EXPECT_GE(scripts().size(), 400u); }

TEST(FormatCases, KeepTheirTrees) {
  for (const CorpusFile& file : scripts()) {
    Parsed first(file.text);
    Parsed second(first.format());
    ASSERT_EQ(second.messages(), "") << file.name << "\n" << first.format();
    EXPECT_EQ(first.dump(), second.dump()) << file.name << "\n" << first.format();
  }
}

TEST(FormatCases, ChangeNothingTheSecondTime) {
  for (const CorpusFile& file : scripts()) {
    std::string once = Parsed(file.text).format();
    EXPECT_EQ(once, Parsed(once).format()) << file.name;
  }
}

// Puts a comment before the token `at`, in one of the forms that comments have.
std::string with_comment(const std::string& text, const syntax::TokenList& list, size_t at) {
  const uint32_t begin = list.tokens[at].span.begin;
  const char* forms[] = {" /* note */ ", " // note\n", "\n// note\n\n", "\n/* note\n   more */\n"};
  return text.substr(0, begin) + forms[at / 4 % std::size(forms)] + text.substr(begin);
}

TEST(FormatCases, KeepCommentsWhereverTheyStand) {
  size_t tried = 0, next = 0;
  for (const CorpusFile& file : scripts()) {
    if (file.text.size() > 500) continue;
    const syntax::TokenList list = syntax::tokenize(file.text, 0);
    // Every fourth place, of each script others.
    for (size_t at = next++ % 4; at < list.tokens.size(); at += 4) {
      const std::string text = with_comment(file.text, list, at);
      Parsed first(text);
      // In an attach point and in a preprocessor line it is no comment.
      if (!first.messages().empty() || first.ast.script.comments.size() != list.comments.size() + 1) continue;
      ++tried;
      const std::string once = first.format();
      Parsed second(once);
      ASSERT_EQ(second.messages(), "") << text << "\n-----\n" << once;
      ASSERT_EQ(second.ast.script.comments.size(), first.ast.script.comments.size()) << text << "\n-----\n"
                                                                                     << once;
      ASSERT_EQ(second.dump(), first.dump()) << text << "\n-----\n" << once;
      ASSERT_EQ(second.format(), once) << text << "\n-----\n" << once;
    }
  }
  EXPECT_GE(tried, 2000u);
}

}  // namespace
}  // namespace tracer
