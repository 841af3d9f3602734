#include "codegen/imported_objects.h"

#include <bpf/libbpf.h>
#include <elf.h>
#include <fmt/format.h>

#include <cstring>

#include "ast/diagnostics.h"
#include "base/files.h"
#include "base/text.h"
#include "btf/btf_file.h"
#include "btf/c_type.h"
#include "codegen/bpf_elf.h"

namespace tracer {
namespace {

constexpr size_t kMostClangLines = 12;
constexpr int kNewestClang = 25, kOldestClang = 12;

std::string find_clang() {
  std::vector<std::string> names{"clang"};
  for (int version = kNewestClang; version >= kOldestClang; version--)
    names.push_back("clang-" + std::to_string(version));
  return find_program(names);
}

std::string folder_of(const std::string& path) { return path.substr(0, path.rfind('/') + 1); }

// The first lines of what clang wrote: what follows are mostly consequences.
void show_clang(const std::string& errors, Diagnostic& message) {
  size_t shown = 0;
  for (std::string_view line : split(errors, '\n')) {
    if (trim(line).empty()) continue;
    if (++shown > kMostClangLines) return;
    message.hint(std::string(line));
  }
}

ast::ExternalFunction describe(const std::shared_ptr<BtfFile>& btf, uint32_t id, uint32_t object) {
  const btf_type* type = btf->type(id);
  const FunctionType prototype = function_type({btf.get(), 0, type->type}, AddressSpace::Kernel);
  ast::ExternalFunction function;
  function.name = btf->name(type);
  function.is_static = BTF_INFO_VLEN(type->info) == BTF_FUNC_STATIC;
  function.params = prototype.parameters;
  function.result = prototype.result;
  function.object = object;
  function.btf = btf;
  function.btf_id = id;
  return function;
}

}  // namespace

bool ImportedObjects::compile(ast::ImportedObject& object, const std::vector<std::string>& include_dirs,
                              Diagnostics& diags) {
  const std::string clang = find_clang();
  if (clang.empty()) {
    diags.report(object.span, diag::no_clang, object.path)
        .hint(
            "install clang, or compile it elsewhere (`clang -g -O2 --target=bpf -c`) and import the object");
    return false;
  }
  if (!folder_) {
    auto made = TemporaryFolder::make();
    if (!made) {
      diags.report(object.span, diag::bpf_compile, object.path).hint(made.error().text);
      return false;
    }
    folder_.emplace(std::move(*made));
  }
  object.object = fmt::format("{}/{}.o", folder_->path(), files_.size());
  std::vector<std::string> argv{clang,          "-g",       "-O2",
                                "--target=bpf", "-mcpu=v3", "-D__TARGET_ARCH_x86",
                                "-Wall",        "-I",       folder_of(object.path)};
  for (const std::string& folder : include_dirs) argv.insert(argv.end(), {"-I", folder});
  // Where Debian keeps `asm/types.h`.
  argv.insert(argv.end(),
              {"-idirafter", "/usr/include/x86_64-linux-gnu", "-c", object.path, "-o", object.object});
  auto done = run_program(argv);
  if (done && done->status == 0) return true;
  auto& message = diags.report(object.span, diag::bpf_compile, object.path);
  done ? show_clang(done->errors, message) : void(message.hint(done.error().text));
  return false;
}

void ImportedObjects::read(ast::Script& script, uint32_t index, Diagnostics& diags) {
  const ast::ImportedObject& object = script.objects[index];
  auto refuse = [&](const std::string& why) {
    diags.report(object.span, diag::not_a_bpf_object, object.path, why);
  };
  auto bytes = read_file(object.object);
  if (!bytes) return refuse(bytes.error().text);
  auto section = bpf_section(*bytes, ".BTF");
  if (!section) return refuse(section.error().text);
  if (section->empty()) {
    diags.report(object.span, diag::object_without_btf, object.path).hint("compile it with `clang -g`");
    return;
  }
  auto parsed = BtfFile::parse(std::string(*section), nullptr);
  if (!parsed) return refuse(parsed.error().text);
  std::shared_ptr<BtfFile> btf = std::move(*parsed);
  for (uint32_t id = btf->first_id(); id < btf->end_id(); id++) {
    const btf_type* type = btf->type(id);
    if (BTF_INFO_KIND(type->info) != BTF_KIND_FUNC || BTF_INFO_VLEN(type->info) == BTF_FUNC_EXTERN) continue;
    script.externals.push_back(describe(btf, id, index));
  }
  files_.push_back(object.object);
}

void ImportedObjects::prepare(ast::Script& script, bool user_session,
                              const std::vector<std::string>& include_dirs, Diagnostics& diags) {
  for (uint32_t i = 0; i < script.objects.size(); i++) {
    ast::ImportedObject& object = script.objects[i];
    if (user_session) {
      diags.report(object.span, diag::object_needs_kernel, object.path).hint("leave out --user");
      continue;
    }
    object.object = object.path;
    if (!object.is_source || compile(object, include_dirs, diags)) read(script, i, diags);
  }
}

// ---------------------------------------------------------------- linking

namespace {

// libbpf says why on its log only.
std::string* link_log = nullptr;
int keep_log(libbpf_print_level level, const char* format, va_list arguments) {
  char line[512];
  if (level != LIBBPF_WARN || !link_log) return 0;
  std::vsnprintf(line, sizeof line, format, arguments);
  if (link_log->empty()) *link_log = trim(line);
  return 0;
}

Result<void> link_files(const std::string& output, const std::vector<std::string>& inputs) {
  std::string log;
  link_log = &log;
  const libbpf_print_fn_t before = libbpf_set_print(keep_log);
  std::string failed;
  bpf_linker* linker = bpf_linker__new(output.c_str(), nullptr);
  if (!linker) failed = output;
  for (const std::string& input : inputs)
    if (failed.empty() && bpf_linker__add_file(linker, input.c_str(), nullptr) != 0) failed = input;
  if (failed.empty() && bpf_linker__finalize(linker) != 0) failed = output;
  bpf_linker__free(linker);
  libbpf_set_print(before);
  link_log = nullptr;
  if (failed.empty()) return {};
  return fail("cannot link the imported BPF programs to the script: " + (log.empty() ? failed : log));
}

}  // namespace

Result<std::string> ImportedObjects::link(std::string artifact) {
  if (files_.empty()) return artifact;
  auto folder = TemporaryFolder::make();
  if (!folder) return std::unexpected(folder.error());
  const std::string own = folder->path() + "/script.o", linked = folder->path() + "/linked.o";
  // The linker passes over string tables, as which loaders are to see the Plan.
  show_plan_section(artifact);
  if (auto done = write_file(own, artifact); !done) return std::unexpected(done.error());
  std::vector<std::string> inputs{own};
  inputs.insert(inputs.end(), files_.begin(), files_.end());
  if (auto done = link_files(linked, inputs); !done) return std::unexpected(done.error());
  auto bytes = read_file(linked);
  if (!bytes) return std::unexpected(bytes.error());
  hide_plan_section(*bytes);
  make_functions_static(*bytes);
  return *bytes;
}

}  // namespace tracer
