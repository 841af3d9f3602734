// Attaches small hand-written programs through the attach half and checks that they fire. Meant for
// guests, where tests/CMakeLists.txt runs it.
//
// attach_smoke ATTACH_POINT...: the workload is this process, which opens and reads a file. Prints
// a line for each attach point; fails when one did not fire.

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <elf.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <ctime>

#include "base/unique_fd.h"
#include "fixtures.h"
#include "probes/attach.h"

namespace tracer {
namespace {

// An ELF object with one program in `section` that adds one to element 0 of the array map behind
// `map_fd`. Written by hand, so that the attach half is tested without a compiler.
class Object {
 public:
  Object(const std::string& section, int map_fd) {
    std::vector<bpf_insn> code = {
        {.code = BPF_ST | BPF_MEM | BPF_W, .dst_reg = BPF_REG_10, .off = -4, .imm = 0},
        {.code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = BPF_REG_2, .src_reg = BPF_REG_10},
        {.code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = BPF_REG_2, .imm = -4},
        {.code = BPF_LD | BPF_IMM | BPF_DW,
         .dst_reg = BPF_REG_1,
         .src_reg = BPF_PSEUDO_MAP_FD,
         .imm = map_fd},
        {},
        {.code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_map_lookup_elem},
        {.code = BPF_JMP | BPF_JEQ | BPF_K, .dst_reg = BPF_REG_0, .off = 2, .imm = 0},
        {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_1, .imm = 1},
        {.code = BPF_STX | BPF_ATOMIC | BPF_DW, .dst_reg = BPF_REG_0, .src_reg = BPF_REG_1, .imm = BPF_ADD},
        {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 0},
        {.code = BPF_JMP | BPF_EXIT},
    };
    write_elf(section, code);
    object_ = bpf_object__open_mem(elf_.data(), elf_.size(), nullptr);
  }
  ~Object() { bpf_object__close(object_); }
  bpf_object* get() { return object_; }
  bpf_program* program() { return object_ ? bpf_object__next_program(object_, nullptr) : nullptr; }

 private:
  void write_elf(const std::string& section, const std::vector<bpf_insn>& code) {
    std::string names = std::string("\0.symtab\0.strtab\0license\0", 25) + section + '\0';
    std::string strings = std::string("\0", 1) + "program" + '\0';
    std::string license = std::string("GPL\0", 4);
    size_t code_size = code.size() * sizeof(bpf_insn);
    Elf64_Sym symbols[2] = {};
    symbols[1].st_name = 1;
    symbols[1].st_info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC);
    symbols[1].st_shndx = 1;
    symbols[1].st_size = code_size;
    Elf64_Ehdr header{};
    std::memcpy(header.e_ident, ELFMAG, SELFMAG);
    header.e_ident[EI_CLASS] = ELFCLASS64;
    header.e_ident[EI_DATA] = ELFDATA2LSB;
    header.e_ident[EI_VERSION] = EV_CURRENT;
    header.e_type = ET_REL;
    header.e_machine = EM_BPF;
    header.e_version = EV_CURRENT;
    header.e_ehsize = sizeof header;
    header.e_shentsize = sizeof(Elf64_Shdr);
    header.e_shnum = 6;
    header.e_shstrndx = 5;
    elf_.assign(reinterpret_cast<char*>(&header), sizeof header);
    Elf64_Shdr sections[6] = {};
    auto add = [&](int index, uint32_t name, uint32_t type, const void* data, size_t size) {
      while (elf_.size() % 8) elf_ += '\0';
      sections[index].sh_name = name;
      sections[index].sh_type = type;
      sections[index].sh_offset = elf_.size();
      sections[index].sh_size = size;
      sections[index].sh_addralign = 8;
      elf_.append(static_cast<const char*>(data), size);
    };
    add(1, 25, SHT_PROGBITS, code.data(), code_size);
    sections[1].sh_flags = SHF_ALLOC | SHF_EXECINSTR;
    add(2, 17, SHT_PROGBITS, license.data(), license.size());
    add(3, 1, SHT_SYMTAB, symbols, sizeof symbols);
    sections[3].sh_link = 4;
    sections[3].sh_info = 1;
    sections[3].sh_entsize = sizeof(Elf64_Sym);
    add(4, 9, SHT_STRTAB, strings.data(), strings.size());
    add(5, 9, SHT_STRTAB, names.data(), names.size());
    while (elf_.size() % 8) elf_ += '\0';
    reinterpret_cast<Elf64_Ehdr*>(elf_.data())->e_shoff = elf_.size();
    elf_.append(reinterpret_cast<char*>(sections), sizeof sections);
  }

  std::string elf_;
  bpf_object* object_ = nullptr;
};

double cpu_ms() {
  timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

void work() {
  char bytes[64];
  int fd = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);
  if (read(fd, bytes, sizeof bytes) < 0) std::perror("read");
  close(fd);
  timespec pause{0, 60'000'000};
  nanosleep(&pause, nullptr);
}

bool fail_with(const std::string& point, const Error& error) {
  std::printf("%s: %s (%s)\n", point.c_str(), error.text.c_str(), error.hint.c_str());
  return false;
}

// Everything that the compiler would do for `clause { @++ }`.
std::optional<ProbePlan> plan_for(const std::string& point, KernelInfo& kernel, std::string& section) {
  Diagnostics diags;
  test::AttachList list(point);
  auto specs = parse_attach_points(list.texts(), {}, diags);
  ProbePlan plan;
  if (!specs.empty()) {
    plan.provider = specs[0].provider;
    plan.name = specs[0].text;
    plan.period = specs[0].period;
    plan.targets = match(specs[0], kernel, kernel.types(), MissingProbes::Error, diags).targets;
    plan.multi = plan.targets.size() > 1;
    section = section_name(specs[0], plan.targets);
  }
  for (const Diagnostic& d : diags.all()) std::printf("%s: %s\n", point.c_str(), d.text.c_str());
  if (plan.targets.empty()) return {};
  return plan;
}

uint64_t read_hits(int map) {
  uint32_t zero = 0;
  uint64_t hits = 0;
  bpf_map_lookup_elem(map, &zero, &hits);
  return hits;
}

bool try_point(const std::string& point) {
  KernelInfo kernel;
  std::string section;
  double start = cpu_ms();
  auto plan = plan_for(point, kernel, section);
  if (!plan) return false;
  double matched = cpu_ms();
  UniqueFd map(bpf_map_create(BPF_MAP_TYPE_ARRAY, "hits", 4, 8, 1, nullptr));
  Object object(section, map.get());
  if (!object.program()) return fail_with(point, {"cannot open the object", std::strerror(errno)});
  if (auto done = prepare_program(object.program(), *plan, kernel); !done)
    return fail_with(point, done.error());
  if (bpf_object__load(object.get()) != 0) return fail_with(point, {"cannot load", std::strerror(errno)});
  double loaded = cpu_ms();
  std::vector<BpfLink> links;
  std::vector<std::string> skipped, left_out;
  size_t attached = 0;
  if (plan->provider == Provider::Begin) {
    if (auto ran = run_program(object.program()); !ran) return fail_with(point, ran.error());
  } else {
    auto done = attach_program(object.program(), *plan, {}, kernel, MissingProbes::Error, links, attached,
                               skipped, left_out);
    if (!done) return fail_with(point, done.error());
  }
  double done = cpu_ms();
  work();
  bool fired = read_hits(map.get()) > 0;
  std::printf("%s: %s, %zu targets, %zu links; CPU ms: match %.1f, load %.1f, attach %.1f\n", point.c_str(),
              fired ? "fired" : "DID NOT FIRE", attached, links.size(), matched - start, loaded - matched,
              done - loaded);
  return fired;
}

}  // namespace
}  // namespace tracer

int main(int argc, char** argv) {
  setvbuf(stdout, nullptr, _IOLBF, 0);
  rlimit most{RLIM_INFINITY, RLIM_INFINITY};
  setrlimit(RLIMIT_MEMLOCK, &most);
  rlimit files{65536, 65536};
  setrlimit(RLIMIT_NOFILE, &files);
  tracer::install_section_handlers();
  bool good = true;
  for (int i = 1; i < argc; i++) good &= tracer::try_point(argv[i]);
  return good ? 0 : 1;
}
