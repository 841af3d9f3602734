#include <gelf.h>
#include <gtest/gtest.h>
#include <libelf.h>
#include <sys/mman.h>
#include <unistd.h>

#include <random>

#include "runtime/session.h"

namespace tracer {
namespace {

// A BPF object whose only content is the Plan.
std::string artifact(const std::string& plan_bytes, uint16_t machine = EM_BPF) {
  elf_version(EV_CURRENT);
  int fd = memfd_create("artifact", 0);
  Elf* elf = elf_begin(fd, ELF_C_WRITE, nullptr);
  gelf_newehdr(elf, ELFCLASS64);
  GElf_Ehdr header;
  gelf_getehdr(elf, &header);
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_machine = machine;
  header.e_type = ET_REL;
  header.e_version = EV_CURRENT;
  header.e_shstrndx = 2;
  gelf_update_ehdr(elf, &header);
  std::string names = std::string("\0.tracer\0.shstrtab\0", 19);
  auto add = [&](const std::string& bytes, uint32_t name, uint32_t type) {
    Elf_Scn* section = elf_newscn(elf);
    Elf_Data* data = elf_newdata(section);
    data->d_buf = const_cast<char*>(bytes.data());
    data->d_size = bytes.size();
    data->d_align = 1;
    GElf_Shdr about;
    gelf_getshdr(section, &about);
    about.sh_name = name;
    about.sh_type = type;
    gelf_update_shdr(section, &about);
  };
  add(plan_bytes, 1, SHT_PROGBITS);
  add(names, 9, SHT_STRTAB);
  elf_update(elf, ELF_C_WRITE);
  elf_end(elf);
  std::string bytes(static_cast<size_t>(lseek(fd, 0, SEEK_END)), '\0');
  EXPECT_EQ(pread(fd, bytes.data(), bytes.size(), 0), static_cast<ssize_t>(bytes.size()));
  close(fd);
  return bytes;
}

Plan some_plan() {
  Plan plan;
  plan.script = "stdin";
  MapPlan map;
  map.name = "@c";
  map.symbol = "map_c";
  map.key_size = map.value_size = 8;
  map.max_entries = 1;
  plan.maps.push_back(map);
  return plan;
}

TEST(ArtifactReader, FindsThePlan) {
  auto plan = read_plan(artifact(plan_to_bytes(some_plan())));
  ASSERT_TRUE(plan.has_value()) << plan.error().text;
  EXPECT_EQ(plan->script, "stdin");
  ASSERT_EQ(plan->maps.size(), 1u);
  EXPECT_EQ(plan->maps[0].name, "@c");
}

TEST(ArtifactReader, OtherBytesAreRefused) {
  EXPECT_FALSE(read_plan("").has_value());
  EXPECT_FALSE(read_plan("begin { }").has_value());
  EXPECT_FALSE(read_plan(artifact(plan_to_bytes(some_plan()), EM_X86_64)).has_value());
  EXPECT_FALSE(read_plan(artifact("no plan")).has_value());
}

TEST(ArtifactReader, TruncatedFilesAreRefused) {
  std::string whole = artifact(plan_to_bytes(some_plan()));
  for (size_t length = 0; length < whole.size(); length += 7) {
    EXPECT_FALSE(read_plan(whole.substr(0, length)).has_value()) << length;
  }
}

TEST(ArtifactReader, DamagedFilesDoNotCrash) {
  const std::string whole = artifact(plan_to_bytes(some_plan()));
  std::mt19937 random(7);
  size_t refused = 0;
  for (int round = 0; round < 5000; ++round) {
    std::string damaged = whole;
    for (unsigned i = 0, n = 1 + random() % 4; i < n; ++i) {
      damaged[random() % damaged.size()] = static_cast<char>(random());
    }
    refused += !read_plan(damaged).has_value();
  }
  EXPECT_GT(refused, 0u);
}

}  // namespace
}  // namespace tracer
