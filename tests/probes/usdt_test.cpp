// Arguments of static probes as text, and the notes of a real program, whole and damaged.
#include <elf.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <random>

#include "base/files.h"
#include "elf/usdt_notes.h"
#include "probes/registers.h"
#include "probes/usdt_argument.h"

namespace tracer {
namespace {

#if defined(__x86_64__)

// `-4 reg 112`, `8 mem 40+80*8-20`, `-4 const -5`, or the problem.
std::string show(const ProbeArgument& a) {
  if (!a.problem.empty()) return a.problem;
  const ArgumentPlace& p = a.place;
  std::string text = std::string(a.type.is_signed ? "-" : "") + std::to_string(a.type.size);
  switch (p.kind) {
    case ArgumentPlace::Kind::Constant:
      return text + " const " + std::to_string(p.displacement);
    case ArgumentPlace::Kind::UserRegister:
      text += " reg ";
      break;
    default:
      text += " mem ";
  }
  if (p.base >= 0) text += std::to_string(p.base);
  if (p.index_register >= 0) text += "+" + std::to_string(p.index_register) + "*" + std::to_string(p.scale);
  if (p.displacement) text += (p.displacement > 0 ? "+" : "") + std::to_string(p.displacement);
  return text;
}

std::vector<std::string> parse(std::string_view text) {
  std::vector<std::string> result;
  for (const ProbeArgument& argument : usdt_arguments(text)) result.push_back(show(argument));
  return result;
}

using Texts = std::vector<std::string>;

TEST(UsdtArguments, Constants) {
  EXPECT_EQ(parse("-4@$-5 4@$0x10 8@$-1"), (Texts{"-4 const -5", "4 const 16", "8 const -1"}));
  EXPECT_EQ(parse(""), Texts{});
  EXPECT_EQ(parse("  "), Texts{});
}

TEST(UsdtArguments, RegistersHaveTheSizeOfTheirName) {
  EXPECT_EQ(parse("8@%rdi -4@%eax 2@%r10w -1@%sil"),
            (Texts{"8 reg 112", "-4 reg 80", "2 reg 56", "-1 reg 104"}));
  EXPECT_EQ(parse("-8@%eax 1@%ah"), (Texts{"-4 reg 80", "1 reg 81"}));
  EXPECT_EQ(parse("8@%xyz"), (Texts{"the register in `%xyz` is not known"}));
}

TEST(UsdtArguments, Memory) {
  EXPECT_EQ(parse("4@-20(%rbp) 8@(%rsp) 8@8(%rax,%rbx,8)"),
            (Texts{"4 mem 32-20", "8 mem 152", "8 mem 80+40*8+8"}));
  EXPECT_EQ(parse("8@8(%rax, %rbx, 8) 8@0x10(,%rcx,4) 1@(%rax,%rbx)"),
            (Texts{"8 mem 80+40*8+8", "8 mem +88*4+16", "1 mem 80+40*1"}));
  EXPECT_EQ(parse("8@16(%rip) 8@$16(%rip)"), (Texts{"8 mem 128+16", "8 reg 128+16"}));
}

TEST(UsdtArguments, WithoutSizeTheyAreWords) {
  EXPECT_EQ(parse("%rdi $4"), (Texts{"8 reg 112", "8 const 4"}));
}

TEST(UsdtArguments, WhatCannotBeRead) {
  EXPECT_EQ(parse("8f@%xmm0"), Texts{"it is a floating-point number"});
  EXPECT_EQ(parse("8@%fs:8"), Texts{"`%fs:8` is memory of one thread"});
  EXPECT_EQ(parse("8@global(%rip)"), Texts{"the file has no symbol `global`"});
  EXPECT_EQ(parse("16@%rdi"), Texts{"its size in `16@%rdi` is not 1, 2, 4 or 8 bytes"});
  for (const char* text : {"8@", "8@(", "8@8(%rax", "8@(%rax,%rbx,3)", "8@(%rax,%rbx,8,1)", "8@a+b", "8@--5",
                           "8@$", "8@%", "@", "8@)(", "8@$$", "8@99999999999999999999"})
    EXPECT_FALSE(usdt_arguments(text).empty() || usdt_arguments(text).front().problem.empty()) << text;
}

TEST(UsdtArguments, AnyTextIsTaken) {
  std::mt19937 random(1);
  const std::string letters = "0189-@$%(),:+.rabxip8f [] ";
  for (int i = 0; i < 20000; i++) {
    std::string text;
    for (size_t length = random() % 24; text.size() < length;) text += letters[random() % letters.size()];
    auto arguments = usdt_arguments(text);
    without_symbols(text, 1, [](std::string_view) { return 2; });
    for (const ProbeArgument& argument : arguments) ASSERT_LE(argument.type.size, 8u) << text;
  }
}

TEST(UsdtArguments, SymbolsBecomeDistances) {
  auto address = [](std::string_view name) -> std::optional<uint64_t> {
    if (name == "words") return 0x3000;
    return {};
  };
  auto replace = [&](std::string_view text) { return without_symbols(text, 0x1000, address); };
  EXPECT_EQ(replace("8@words(%rip) 4@words+8(%rip) -4@8+words"), "8@8192(%rip) 4@8200(%rip) -4@8200(%rip)");
  EXPECT_EQ(replace("8@$words"), "8@$8192(%rip)");
  EXPECT_EQ(replace("8@words(,%rax,8) 8@words(%rax)"), "8@8192(%rip,%rax,8) 8@8192(%rip,%rax,1)");
  EXPECT_EQ(replace("8@unknown(%rip) 8@%rdi -4@$-5"), "8@unknown(%rip) 8@%rdi -4@$-5");
}

// ---------------------------------------------------------------- notes

std::vector<std::byte> program() {
  auto text = read_file(USDT_PROGRAM);
  if (!text) return {};
  auto* bytes = reinterpret_cast<const std::byte*>(text->data());
  return {bytes, bytes + text->size()};
}

TEST(UsdtNotes, OfAProgram) {
  auto elf = ElfFile::open(USDT_PROGRAM);
  ASSERT_TRUE(elf) << elf.error().text;
  auto notes = usdt_notes(*elf);
  ASSERT_TRUE(notes) << notes.error().text;
  size_t several = 0, guarded = 0;
  for (const UsdtNote& note : *notes) {
    EXPECT_EQ(elf->file_offset(note.address), note.file_offset);
    several += note.name == "several";
    if (note.name_space == "guarded" && note.semaphore_file_offset) guarded++;
    if (note.name == "constants") {
      EXPECT_EQ(note.semaphore_file_offset, 0u);
      EXPECT_EQ(note.arguments, "-4@$-5 4@$7 8@$0x1234 -1@$-1 2@$65535 1@$255 -8@$-9000000000");
    }
  }
  EXPECT_EQ(several, 3u);
  EXPECT_EQ(guarded, 1u);
  EXPECT_EQ(notes->size(), 12u);
}

// As lld lays programs out: the first of two writable segments ends in the page with which the second begins.
TEST(UsdtNotes, SemaphoreThatTwoSegmentsShow) {
  std::vector<std::byte> bytes = program();
  ASSERT_FALSE(bytes.empty());
  auto hidden = [](const std::vector<std::byte>& image) {
    auto elf = ElfFile::of_bytes(image, "program");
    auto notes = elf ? usdt_notes(*elf) : Result<std::vector<UsdtNote>>();
    return notes && std::ranges::any_of(*notes, &UsdtNote::semaphore_hidden);
  };
  EXPECT_FALSE(hidden(bytes));
  Elf64_Ehdr header;
  std::memcpy(&header, bytes.data(), sizeof header);
  std::vector<Elf64_Phdr> segments(header.e_phnum);
  std::memcpy(segments.data(), bytes.data() + header.e_phoff, segments.size() * sizeof(Elf64_Phdr));
  auto writable = std::ranges::find_if(
      segments, [](const Elf64_Phdr& each) { return each.p_type == PT_LOAD && (each.p_flags & PF_W); });
  auto stack = std::ranges::find(segments, Elf64_Word{PT_GNU_STACK}, &Elf64_Phdr::p_type);
  ASSERT_TRUE(writable != segments.end() && stack != segments.end());
  *stack = *writable;
  stack->p_vaddr = 0x1000;
  std::memcpy(bytes.data() + header.e_phoff, segments.data(), segments.size() * sizeof(Elf64_Phdr));
  EXPECT_TRUE(hidden(bytes));
}

TEST(UsdtNotes, OfProgramsCutShort) {
  std::vector<std::byte> bytes = program();
  ASSERT_FALSE(bytes.empty());
  for (size_t size = 0; size < bytes.size(); size += 1 + size / 64) {
    std::vector<std::byte> part(bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(size));
    auto elf = ElfFile::of_bytes(std::move(part), "part");
    if (!elf) continue;
    auto notes = usdt_notes(*elf);
    EXPECT_FALSE(notes) << size;  // the table of sections stands at the end
  }
}

// Where the notes are, and anywhere.
TEST(UsdtNotes, OfDamagedPrograms) {
  std::vector<std::byte> bytes = program();
  ASSERT_FALSE(bytes.empty());
  auto whole = ElfFile::of_bytes(bytes, "whole");
  ASSERT_TRUE(whole);
  std::span<const std::byte> section = whole->section(".note.stapsdt");
  ASSERT_FALSE(section.empty());
  std::string image(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  size_t begin = image.find(std::string(reinterpret_cast<const char*>(section.data()), section.size()));
  ASSERT_NE(begin, std::string::npos);
  std::mt19937 random(2);
  size_t refused = 0;
  for (int i = 0; i < 2000; i++) {
    std::vector<std::byte> damaged = bytes;
    for (size_t n = random() % 4 + 1; n > 0; n--) {
      size_t at = random() % 4 ? begin + random() % section.size() : random() % bytes.size();
      damaged[at] = static_cast<std::byte>(random());
    }
    auto elf = ElfFile::of_bytes(std::move(damaged), "damaged");
    if (!elf) continue;
    auto notes = usdt_notes(*elf);
    if (!notes) {
      refused++;
      EXPECT_FALSE(notes.error().text.empty());
      continue;
    }
    for (const UsdtNote& note : *notes) usdt_arguments(note.arguments);
  }
  EXPECT_GT(refused, 0u);
}

#endif

}  // namespace
}  // namespace tracer
