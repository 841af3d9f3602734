#include "probes/kernel_needs.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#include <functional>
#include <optional>

#include "base/files.h"
#include "base/text.h"
#include "btf/type_db.h"
#include "elf/user_program.h"
#include "probes/kernel_calls.h"
#include "probes/provider.h"
#include "probes/slots.h"
#include "probes/tracepoint_format.h"

namespace tracer {
namespace {

// `struct sock`, `union x`, or the name of a typedef.
std::optional<Type> structure_named(std::string_view name, TypeDb& types) {
  for (auto [prefix, tag] : {std::pair(std::string_view("struct "), TypeDb::Tag::Struct),
                             {std::string_view("union "), TypeDb::Tag::Union}})
    if (name.starts_with(prefix)) return types.find_in_kernel(tag, name.substr(prefix.size()));
  return types.find_in_kernel(TypeDb::Tag::Typedef, name);
}

std::string size_found(const Need& need, KernelInfo& kernel) {
  const auto type = structure_named(need.subject, kernel.types());
  return type ? fmt::format("has {} bytes", type->size) : "";
}

void append_layout(const std::vector<Field>& fields, std::string& text) {
  for (const Field& field : fields) {
    text += fmt::format("{} {} {} {} {};", field.name, field.offset, field.type.size, field.bit_offset,
                        field.bit_size);
    if (field.type.fields) append_layout(*field.type.fields, text);
  }
}

std::string layout_found(const Need& need, KernelInfo& kernel) {
  const auto type = structure_named(need.subject, kernel.types());
  if (!type) return "";
  std::string text;
  if (const Type whole = kernel.types().expand(*type); whole.fields) append_layout(*whole.fields, text);
  return fmt::format("has {} bytes and the layout {:08x}", type->size,
                     static_cast<uint32_t>(std::hash<std::string>()(text)));
}

std::string offset_found(const Need& need, KernelInfo& kernel) {
  auto type = structure_named(need.subject, kernel.types());
  uint64_t offset = 0;
  for (std::string_view name : split(need.member, '.')) {
    const auto field = type ? kernel.types().field(*type, name, AddressSpace::Kernel) : std::nullopt;
    if (!field) return "";
    offset += field->offset;
    type = field->type;
  }
  return fmt::format("has `{}` at byte {}", need.member, offset);
}

std::string enumerator_found(const Need& need, KernelInfo& kernel) {
  const auto constant = kernel.types().enumerator(need.subject);
  return constant ? fmt::format("is {}", constant->second) : "";
}

// `$retval`: what comes after the arguments. `skipped`: parameters at the beginning that are none of the
// event's.
std::string parameter_of(const std::optional<FunctionType>& function, const Need& need, size_t skipped) {
  if (!function) return "";
  uint32_t place = 0;
  for (size_t i = skipped; i < function->parameters.size(); ++i) {
    const Field& parameter = function->parameters[i];
    if (parameter.name == need.member)
      return fmt::format("has the argument `{}` in place {} with {} bytes", need.member, place,
                         parameter.type.size);
    place += slots_of(parameter.type);
  }
  if (need.member != "$retval") return "has no argument `" + need.member + "`";
  return fmt::format("has {} arguments and a result of {} bytes", place, function->result.size);
}

std::string parameter_found(const Need& need, KernelInfo& kernel) {
  return parameter_of(kernel.types().function(need.subject, need.module), need, 0);
}

std::string event_value_found(const Need& need, KernelInfo& kernel) {
  return parameter_of(kernel.types().function(kRawTracepointCaller + need.subject, need.module), need, 1);
}

std::string event_field_found(const Need& need, KernelInfo& kernel) {
  const auto format = kernel.tracepoint_format(need.module, need.subject);
  if (!format) return "";
  for (const TracepointField& field : parse_tracepoint_format(*format))
    if (field.name == need.member)
      return fmt::format("has the field `{}` at byte {} with {} bytes", field.name, field.offset, field.size);
  return "has no field `" + need.member + "`";
}

std::string callable_found(const Need& need, KernelInfo& kernel) {
  const ProviderInfo* provider = find_provider(need.member);
  const bool can = provider ? callable_in(provider->provider, need.subject, kernel.types()).value_or(false)
                            : callable_exists(need.subject, kernel.types());
  return can ? "can be called" : "cannot be called";
}

std::string user_program_found(const Need& need, KernelInfo& kernel) {
  struct stat info {};
  if (stat(need.subject.c_str(), &info) != 0) return "";
  const auto program = kernel.user_program(need.subject);
  const std::string id = program ? (*program)->elf().build_id() : "";
  if (!id.empty()) return "has the build id " + id;
  return fmt::format("has {} bytes, written at {}", info.st_size, info.st_mtim.tv_sec);
}

// Member `boot`: addresses are those of one boot.
std::string kernel_found(const Need& need, KernelInfo&) {
  utsname system{};
  uname(&system);
  if (need.member == "boot") {
    const auto boot = read_file("/proc/sys/kernel/random/boot_id");
    return fmt::format("is Linux {}, boot {}", system.release,
                       boot ? trim(*boot) : std::string_view("unknown"));
  }
  return fmt::format("is Linux {} {}", system.release, system.version);
}

struct Row {
  NeedKind kind;
  const char* subject;  // with `{0}` the subject, `{1}` the module
  std::string (*found)(const Need& need, KernelInfo& kernel);
};

const Row& row_of(NeedKind kind) {
  static constexpr Row kRows[] = {
      {NeedKind::Size, "`{0}`", size_found},
      {NeedKind::Layout, "`{0}`", layout_found},
      {NeedKind::Offset, "`{0}`", offset_found},
      {NeedKind::Enumerator, "the constant `{0}`", enumerator_found},
      {NeedKind::Parameter, "the function `{0}`", parameter_found},
      {NeedKind::EventField, "the tracepoint `{1}:{0}`", event_field_found},
      {NeedKind::EventValue, "the raw tracepoint `{0}`", event_value_found},
      {NeedKind::Callable, "the kernel's function `{0}`", callable_found},
      {NeedKind::UserProgram, "the file `{0}`", user_program_found},
      {NeedKind::Kernel, "the kernel, to which {0} is bound,", kernel_found},
  };
  return kRows[static_cast<size_t>(kind)];
}

}  // namespace

std::string found_here(const Need& need, KernelInfo& kernel) { return row_of(need.kind).found(need, kernel); }

std::string subject_of(const Need& need) {
  return fmt::format(fmt::runtime(row_of(need.kind).subject), need.subject, need.module);
}

std::string kernel_release() {
  utsname system{};
  return uname(&system) == 0 ? system.release : "";
}

}  // namespace tracer
