#include "cli/saved.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "base/files.h"
#include "runtime/stand_alone.h"

namespace tracer {
namespace {

constexpr const char* kRuntimeName = "tracer_aot";
constexpr mode_t kExecutable = 0755;

// Folder of the command that runs.
std::string own_folder() {
  char path[4096];
  const ssize_t length = readlink("/proc/self/exe", path, sizeof path);
  const std::string_view whole(path, length > 0 ? static_cast<size_t>(length) : 0);
  return std::string(whole.substr(0, whole.rfind('/') + 1));
}

// Beside the command where it was built, in its library's folder where it is installed.
Result<std::string> read_runtime() {
  std::string tried;
  for (const char* below : {"", "../lib/tracer/", "../lib64/tracer/", "../" TRACER_LIBDIR "/tracer/"}) {
    const std::string path = own_folder() + below + kRuntimeName;
    if (auto bytes = read_file(path)) return bytes;
    if (tried.find("`" + path + "`") == std::string::npos)
      tried += (tried.empty() ? "`" : ", `") + path + "`";
  }
  return fail(fmt::format("the program `{}`, which stand-alone programs are made of, is in none of {}",
                          kRuntimeName, tried),
              "it is built and installed together with tracer");
}

// Written beside and moved, so that the file is whole at every moment, and may be running.
Result<void> write_program(const std::string& path, const std::string& bytes) {
  const std::string beside = path + ".tmp";
  if (auto done = write_file(beside, bytes); !done) return done;
  if (chmod(beside.c_str(), kExecutable) == 0 && rename(beside.c_str(), path.c_str()) == 0) return {};
  const int error = errno;
  unlink(beside.c_str());
  return fail(fmt::format("failed to write file '{}': {}", path, std::strerror(error)));
}

}  // namespace

bool is_object(const std::string& text) {
  return text.starts_with(
      "\x7f"
      "ELF");
}

Result<void> check_object_options(const Options& options, const Plan& plan) {
  std::string given;
  if (!options.positional.empty()) given = options.positional.front();
  if (!options.named.empty()) given = "--" + options.named.front().name;
  if (!given.empty())
    return fail(fmt::format("`{}` was given, but a compiled script takes no parameters", given),
                "their values were fixed when it was compiled; compile it again with others");
  if (options.fmt) return fail("a compiled script cannot be formatted", "give the script itself");
  if (!options.emit_elf.empty()) return fail("the script is compiled already", "copy the file");
  if (options.pid != 0 && options.pid != plan.target_pid)
    return fail(
        plan.target_pid == 0
            ? fmt::format("-p {} was given, but the script was compiled for all processes", options.pid)
            : fmt::format("-p {} was given, but the script was compiled for process {}", options.pid,
                          plan.target_pid),
        "compile it with that option, or filter by `pid`");
  return {};
}

Result<void> write_saved(const Options& options, const std::string& artifact) {
  if (!options.emit_elf.empty()) return write_file(options.emit_elf, artifact);
  auto runtime = read_runtime();
  if (!runtime) return std::unexpected(runtime.error());
  return write_program(options.aot, stand_alone_program(*runtime, artifact));
}

}  // namespace tracer
