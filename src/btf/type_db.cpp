#include "btf/type_db.h"

#include <dirent.h>

#include <algorithm>
#include <cstdlib>
#include <map>

#include "base/unique_fd.h"
#include "btf/btf_file.h"
#include "btf/c_declarations.h"
#include "btf/c_type.h"
#include "btf/module_btf_fd.h"

namespace tracer {
namespace {

constexpr const char* kVmlinux = "vmlinux";
// Number of the script's own blob; the kernel's count from 0.
constexpr uint32_t kScriptUnit = 255;
// Numbers of user programs' blobs.
constexpr uint32_t kFirstUserUnit = 200;
constexpr const char* kKernelBtf = "/sys/kernel/btf/vmlinux";
constexpr KindMask kEnums = kind_bit(BTF_KIND_ENUM) | kind_bit(BTF_KIND_ENUM64);
constexpr size_t kMaxExpandedFields = 20000;
constexpr int kMaxExpandDepth = 24;

std::string default_path() {
  for (const char* variable : {"TRACER_BTF", "BPFTRACE_BTF"}) {
    const char* value = std::getenv(variable);
    if (value && *value) return value;
  }
  return kKernelBtf;
}

// Kernel modules are named with `_` in BTF, whatever their files are called.
std::string module_name(std::string_view name) {
  std::string result(name);
  std::replace(result.begin(), result.end(), '-', '_');
  return result;
}

std::vector<KindMask> kinds_in_order(TypeDb::Tag tag) {
  switch (tag) {
    case TypeDb::Tag::Struct:
      return {kind_bit(BTF_KIND_STRUCT)};
    case TypeDb::Tag::Union:
      return {kind_bit(BTF_KIND_UNION)};
    case TypeDb::Tag::Enum:
      return {kEnums};
    case TypeDb::Tag::Typedef:
      return {kind_bit(BTF_KIND_TYPEDEF)};
    case TypeDb::Tag::Any:
      break;
  }
  return {kind_bit(BTF_KIND_TYPEDEF), kind_bit(BTF_KIND_INT)};
}

// An enum that stands by itself has 64 bits (LANGUAGE 4.1). Kernels before 6.0 do not say in BTF
// that an enum is signed; its values do.
void widen_enum(Type& type, const std::vector<Enumerator>& values) {
  type.size = 8;
  for (const Enumerator& value : values) type.is_signed |= value.value < 0;
}

}  // namespace

struct TypeDb::Impl {
  struct Unit {
    std::string name;
    std::unique_ptr<BtfFile> file;  // null when the module's BTF cannot be read
    UniqueFd fd;                    // module_fd, opened by need
  };

  std::string path;
  bool opened = false;
  std::string why_not;
  std::vector<Unit> units;  // vmlinux first
  std::unique_ptr<BtfFile> script;
  std::vector<std::unique_ptr<BtfFile>> users;  // from kFirstUserUnit on
  std::function<void()> read_more;
  std::unique_ptr<CDeclarations> declarations;  // made by need
  std::optional<std::vector<std::string>> module_names;
  std::map<std::pair<Tag, std::string>, std::optional<Type>> found;

  bool open() {
    if (opened) return !units.empty();
    opened = true;
    auto file = BtfFile::open(path, nullptr);
    if (!file) {
      why_not = file.error().text;
      if (path == kKernelBtf) why_not = "the kernel gives no type information (BTF): " + why_not;
      return false;
    }
    units.push_back({kVmlinux, std::move(*file), UniqueFd()});
    return true;
  }

  // Modules' blobs stand beside vmlinux's.
  std::string folder() const { return path.substr(0, path.rfind('/') + 1); }

  const std::vector<std::string>& modules() {
    if (module_names) return *module_names;
    module_names.emplace();
    if (!path.ends_with("/vmlinux")) return *module_names;
    DIR* dir = ::opendir(folder().c_str());
    if (!dir) return *module_names;
    while (const dirent* entry = ::readdir(dir)) {
      std::string name = entry->d_name;
      if (name != "." && name != ".." && name != kVmlinux) module_names->push_back(std::move(name));
    }
    ::closedir(dir);
    std::sort(module_names->begin(), module_names->end());
    return *module_names;
  }

  // Index into `units`; none when there is no such module or its BTF is damaged.
  std::optional<uint32_t> unit(std::string_view module) {
    if (!open()) return {};
    std::string name = module_name(module);
    for (uint32_t i = 0; i < units.size(); i++)
      if (units[i].name == name) return units[i].file ? std::optional(i) : std::nullopt;
    const auto& known = modules();
    if (!std::binary_search(known.begin(), known.end(), name) || units.size() >= kFirstUserUnit) return {};
    auto file = BtfFile::open(folder() + name, units[0].file.get());
    units.push_back({name, file ? std::move(*file) : nullptr, UniqueFd()});
    return units.back().file ? std::optional(static_cast<uint32_t>(units.size() - 1)) : std::nullopt;
  }

  // Null for a unit that there is not.
  const BtfFile* file_of(uint32_t unit) const {
    if (unit == kScriptUnit) return script.get();
    if (unit >= kFirstUserUnit)
      return unit - kFirstUserUnit < users.size() ? users[unit - kFirstUserUnit].get() : nullptr;
    return unit < units.size() ? units[unit].file.get() : nullptr;
  }

  BtfRef ref(uint32_t unit, uint32_t id) const { return {file_of(unit), unit, id}; }

  std::optional<BtfRef> ref(CTypeId id) const {
    const BtfFile* file = id != 0 ? file_of(unit_of(id)) : nullptr;
    return file ? std::optional(BtfRef{file, unit_of(id), btf_id_of(id)}) : std::nullopt;
  }

  // True when that has changed what is known.
  bool learn_more() {
    if (!read_more) return false;
    auto read = std::move(read_more);
    read_more = nullptr;
    read();
    return script != nullptr;
  }

  std::optional<BtfRef> find_in(std::string_view module, std::string_view name, KindMask kinds) {
    auto number = unit(module);
    if (!number) return {};
    uint32_t id = units[*number].file->find(name, kinds);
    return id == 0 ? std::nullopt : std::optional(ref(*number, id));
  }

  std::optional<BtfRef> find_in_script(std::string_view name, KindMask kinds) const {
    uint32_t id = script ? script->find(name, kinds) : 0;
    return id == 0 ? std::nullopt : std::optional(ref(kScriptUnit, id));
  }

  // In vmlinux, then in the modules.
  std::optional<BtfRef> find_anywhere(std::string_view name, KindMask kinds) {
    if (auto found = find_in(kVmlinux, name, kinds)) return found;
    if (!open()) return {};
    for (const std::string& module : modules())
      if (auto found = find_in(module, name, kinds)) return found;
    return {};
  }

  std::optional<BtfRef> find_function(std::string_view name, std::string_view module) {
    KindMask kinds = kind_bit(BTF_KIND_FUNC);
    return module.empty() ? find_anywhere(name, kinds) : find_in(module, name, kinds);
  }

  // The definition of a struct value's type; a forward declaration's by its name.
  std::optional<BtfRef> definition(const Type& structure) {
    if (!structure.is(TypeKind::Struct)) return {};
    auto known = ref(structure.c_type);
    if (known && known->type() && BTF_INFO_KIND(known->type()->info) != BTF_KIND_FWD) return known;
    KindMask kinds = kind_bit(structure.is_union ? BTF_KIND_UNION : BTF_KIND_STRUCT);
    // What a user program only declares may be defined in another of its parts, never in the kernel.
    if (const uint32_t unit = unit_of(structure.c_type);
        known && unit >= kFirstUserUnit && unit != kScriptUnit) {
      const uint32_t id = known->file->find(structure.name, kinds);
      return id ? std::optional(ref(unit, id)) : std::nullopt;
    }
    if (auto found = find_in_script(structure.name, kinds)) return found;
    return find_anywhere(structure.name, kinds);
  }

  std::optional<BtfRef> find_raw_tracepoint(std::string_view event, std::string_view module) {
    std::string name = kRawTracepointTypedef + std::string(event);
    KindMask kinds = kind_bit(BTF_KIND_TYPEDEF);
    return module.empty() ? find_anywhere(name, kinds) : find_in(module, name, kinds);
  }

  std::optional<FunctionId> id_for_loading(const BtfRef& ref);

  template <typename Visit>
  void each_own_type(uint32_t unit, KindMask kinds, const Visit& visit) {
    const BtfFile& file = *ref(unit, 0).file;
    for (uint32_t id = file.first_id(); id < file.end_id(); id++) {
      const btf_type* type = file.type(id);
      if ((kinds & kind_bit(BTF_INFO_KIND(type->info))) && !visit(id, type)) return;
    }
  }

  Type expand(const Type& type, size_t& fields_left, int depth);
  std::optional<Type> find(Tag tag, std::string_view name, bool in_script);
  std::optional<std::pair<Type, int64_t>> enumerator(uint32_t unit, std::string_view name);
};

TypeDb::TypeDb(std::string vmlinux_path) : impl_(std::make_unique<Impl>()) {
  impl_->path = vmlinux_path.empty() ? default_path() : std::move(vmlinux_path);
}
TypeDb::~TypeDb() = default;

bool TypeDb::available() { return impl_->open(); }
const std::string& TypeDb::why_not() {
  impl_->open();
  return impl_->why_not;
}

// ---------------------------------------------------------------- the script's own types

const std::string& TypeDb::kernel_path() const { return impl_->path; }

CDeclarations& TypeDb::declarations() {
  if (!impl_->declarations) impl_->declarations = std::make_unique<CDeclarations>(impl_->path);
  return *impl_->declarations;
}
const BtfFile* TypeDb::kernel_file() { return impl_->open() ? impl_->units[0].file.get() : nullptr; }

void TypeDb::set_script_types(std::unique_ptr<BtfFile> file) {
  impl_->script = std::move(file);
  impl_->found.clear();
}

uint32_t TypeDb::set_user_types(uint32_t unit, std::unique_ptr<BtfFile> file) {
  if (unit == 0) {
    unit = kFirstUserUnit + static_cast<uint32_t>(impl_->users.size());
    if (unit == kScriptUnit) return 0;
    impl_->users.emplace_back();
  }
  impl_->users[unit - kFirstUserUnit] = std::move(file);
  return unit;
}

Type TypeDb::user_type(uint32_t unit, uint32_t id) {
  const BtfRef ref = impl_->ref(unit, id);
  return ref.file ? to_type(ref, AddressSpace::User) : Type();
}

void TypeDb::when_unknown(std::function<void()> read_more) { impl_->read_more = std::move(read_more); }

// ---------------------------------------------------------------- types

std::optional<Type> TypeDb::Impl::find(Tag tag, std::string_view name, bool in_script) {
  for (KindMask kinds : kinds_in_order(tag)) {
    auto ref = in_script ? find_in_script(name, kinds) : find_anywhere(name, kinds);
    if (!ref) continue;
    Type result = to_type(*ref, AddressSpace::Unknown);
    if (result.is(TypeKind::Enum)) widen_enum(result, enumerators_of(strip(*ref)));
    return result.is(TypeKind::None) ? std::nullopt : std::optional(std::move(result));
  }
  return {};
}

std::optional<Type> TypeDb::find(Tag tag, std::string_view name) {
  if (name.empty()) return {};
  auto key = std::pair(tag, std::string(name));
  if (auto known = impl_->found.find(key); known != impl_->found.end()) return known->second;
  auto result = impl_->find(tag, name, true);
  if (!result) result = impl_->find(tag, name, false);
  if (!result && impl_->learn_more()) result = impl_->find(tag, name, true);
  impl_->found.emplace(std::move(key), result);
  return result;
}

std::optional<Type> TypeDb::find_in_kernel(Tag tag, std::string_view name) {
  return impl_->find(tag, name, false);
}

std::vector<std::string> TypeDb::similar(Tag tag, std::string_view name) {
  std::vector<std::string> result;
  KindMask kinds = 0;
  for (KindMask some : kinds_in_order(tag)) kinds |= some;
  constexpr size_t kMaxDifference = 3;
  auto add_near = [&](uint32_t unit) {
    impl_->each_own_type(unit, kinds, [&](uint32_t id, const btf_type* type) {
      std::string_view other = impl_->ref(unit, id).file->name(type);
      size_t longer = std::max(other.size(), name.size()), shorter = std::min(other.size(), name.size());
      if (!other.empty() && longer - shorter <= kMaxDifference) result.emplace_back(other);
      return true;
    });
  };
  if (impl_->script) add_near(kScriptUnit);
  if (impl_->open()) add_near(0);
  return result;
}

std::optional<Field> TypeDb::field(const Type& structure, std::string_view name, AddressSpace space) {
  auto ref = impl_->definition(structure);
  std::optional<Field> result;
  if (!ref) return result;
  for_each_member(*ref, space, [&](std::string_view member, const std::function<Field()>& make) {
    if (member != name) return true;
    result = make();
    return false;
  });
  if (result && result->type.is(TypeKind::None)) result.reset();
  return result;
}

TypeDb::KernelName TypeDb::kernel_name(const Type& structure) {
  const auto definition = impl_->definition(structure);
  if (!definition || definition->unit >= kFirstUserUnit) return KernelName::NotKernel;
  if (structure.name.empty()) return KernelName::Unnamed;
  return definition->file->name(definition->type()).empty() ? KernelName::Typedef : KernelName::Tag;
}

std::vector<std::string> TypeDb::field_names(const Type& structure) {
  std::vector<std::string> result;
  if (auto ref = impl_->definition(structure)) {
    for_each_member(*ref, AddressSpace::Unknown, [&](std::string_view name, const auto&) {
      result.emplace_back(name);
      return true;
    });
  }
  return result;
}

Type TypeDb::Impl::expand(const Type& type, size_t& fields_left, int depth) {
  Type result = type;
  if (depth > kMaxExpandDepth) return result;
  if (type.is(TypeKind::Enum)) {
    if (auto known = ref(type.c_type))
      result.enumerators = std::make_shared<const std::vector<Enumerator>>(enumerators_of(*known));
  } else if (type.is(TypeKind::Array) && type.target) {
    result.target = std::make_shared<const Type>(expand(*type.target, fields_left, depth + 1));
  } else if (type.is(TypeKind::Struct)) {
    auto known = definition(type);
    if (!known) return result;
    std::vector<Field> fields;
    for_each_member(*known, AddressSpace::Unknown, [&](std::string_view, const std::function<Field()>& make) {
      if (fields_left == 0) return false;
      fields_left--;
      Field field = make();
      field.type = expand(field.type, fields_left, depth + 1);
      if (!field.type.is(TypeKind::None)) fields.push_back(std::move(field));
      return true;
    });
    std::stable_sort(fields.begin(), fields.end(), [](const Field& a, const Field& b) {
      return std::pair(a.offset, a.bit_offset) < std::pair(b.offset, b.bit_offset);
    });
    result.fields = std::make_shared<const std::vector<Field>>(std::move(fields));
  }
  return result;
}

Type TypeDb::expand(const Type& structure) {
  size_t fields_left = kMaxExpandedFields;
  return impl_->expand(structure, fields_left, 0);
}

// ---------------------------------------------------------------- functions

std::optional<FunctionType> TypeDb::function(std::string_view name, std::string_view module) {
  auto ref = impl_->find_function(name, module);
  if (!ref) return {};
  BtfRef prototype = ref->at(ref->type()->type);
  if (!prototype.type() || BTF_INFO_KIND(prototype.type()->info) != BTF_KIND_FUNC_PROTO) return {};
  return function_type(prototype, AddressSpace::Kernel);
}

std::optional<TypeDb::FunctionId> TypeDb::Impl::id_for_loading(const BtfRef& ref) {
  FunctionId result{ref.id, 0};
  if (ref.unit == 0) return result;
  Unit& unit = units[ref.unit];
  if (!unit.fd) {
    auto fd = open_module_btf(unit.name);
    if (!fd) return {};
    unit.fd = std::move(*fd);
  }
  result.module_fd = unit.fd.get();
  return result;
}

std::optional<TypeDb::FunctionId> TypeDb::function_id(std::string_view name, std::string_view module) {
  auto ref = impl_->find_function(name, module);
  return ref ? impl_->id_for_loading(*ref) : std::nullopt;
}

std::vector<std::string> TypeDb::functions(std::string_view module) {
  std::vector<std::string> result;
  auto unit = impl_->unit(module);
  if (!unit) return result;
  impl_->each_own_type(*unit, kind_bit(BTF_KIND_FUNC), [&](uint32_t, const btf_type* type) {
    result.emplace_back(impl_->units[*unit].file->name(type));
    return true;
  });
  return result;
}

std::vector<std::string> TypeDb::modules() { return impl_->modules(); }

std::string TypeDb::module_of(std::string_view function) {
  auto ref = impl_->find_function(function, {});
  return ref ? impl_->units[ref->unit].name : std::string();
}

std::optional<Type> TypeDb::variable(std::string_view name) {
  auto ref = impl_->find_in(kVmlinux, name, kind_bit(BTF_KIND_VAR));
  if (!ref) return {};
  Type type = to_type(ref->at(ref->type()->type), AddressSpace::Kernel);
  return type.is(TypeKind::None) ? std::nullopt : std::optional(std::move(type));
}

std::optional<FunctionType> TypeDb::raw_tracepoint(std::string_view event, std::string_view module) {
  auto ref = impl_->find_raw_tracepoint(event, module);
  if (!ref) return {};
  BtfRef pointer = strip(*ref);
  if (!pointer.type() || BTF_INFO_KIND(pointer.type()->info) != BTF_KIND_PTR) return {};
  BtfRef prototype = strip(pointer.at(pointer.type()->type));
  if (!prototype.type() || BTF_INFO_KIND(prototype.type()->info) != BTF_KIND_FUNC_PROTO) return {};
  FunctionType result = function_type(prototype, AddressSpace::Kernel);
  // The typedef leaves the names out; the function that calls every program at the event has them.
  if (auto caller = function(kRawTracepointCaller + std::string(event), module);
      caller && caller->parameters.size() == result.parameters.size()) {
    for (size_t i = 0; i < result.parameters.size(); i++)
      if (result.parameters[i].name.empty()) result.parameters[i].name = caller->parameters[i].name;
  }
  if (!result.parameters.empty()) result.parameters.erase(result.parameters.begin());
  return result;
}

std::vector<std::string> TypeDb::raw_tracepoints(std::string_view module) {
  std::vector<std::string> result;
  auto unit = impl_->unit(module);
  if (!unit) return result;
  std::string_view prefix = kRawTracepointTypedef;
  impl_->each_own_type(*unit, kind_bit(BTF_KIND_TYPEDEF), [&](uint32_t, const btf_type* type) {
    std::string_view name = impl_->units[*unit].file->name(type);
    if (name.starts_with(prefix)) result.emplace_back(name.substr(prefix.size()));
    return true;
  });
  std::sort(result.begin(), result.end());
  return result;
}

std::optional<TypeDb::FunctionId> TypeDb::raw_tracepoint_id(std::string_view event, std::string_view module) {
  auto ref = impl_->find_raw_tracepoint(event, module);
  return ref ? impl_->id_for_loading(*ref) : std::nullopt;
}

// ---------------------------------------------------------------- enums

std::optional<std::pair<Type, int64_t>> TypeDb::Impl::enumerator(uint32_t unit, std::string_view name) {
  std::vector<uint32_t> offsets = ref(unit, 0).file->string_offsets(name);
  if (offsets.empty()) return {};
  std::optional<std::pair<Type, int64_t>> result;
  each_own_type(unit, kEnums, [&](uint32_t id, const btf_type* type) {
    // Both kinds of row begin with the name; only their sizes differ.
    size_t row_size = BTF_INFO_KIND(type->info) == BTF_KIND_ENUM ? sizeof(btf_enum) : sizeof(btf_enum64);
    const char* row = reinterpret_cast<const char*>(type + 1);
    for (uint32_t i = 0; i < BTF_INFO_VLEN(type->info); i++, row += row_size) {
      uint32_t offset = *reinterpret_cast<const uint32_t*>(row);
      if (std::find(offsets.begin(), offsets.end(), offset) == offsets.end()) continue;
      std::vector<Enumerator> values = enumerators_of(ref(unit, id));
      Type enumeration = to_type(ref(unit, id), AddressSpace::Unknown);
      widen_enum(enumeration, values);
      result = std::pair(std::move(enumeration), values[i].value);
      return false;
    }
    return true;
  });
  return result;
}

std::optional<std::pair<Type, int64_t>> TypeDb::enumerator(std::string_view name) {
  if (name.empty()) return {};
  std::optional<std::pair<Type, int64_t>> result;
  if (impl_->script) result = impl_->enumerator(kScriptUnit, name);
  if (!result && impl_->open()) result = impl_->enumerator(0, name);
  if (!result && impl_->learn_more()) result = impl_->enumerator(kScriptUnit, name);
  return result;
}

std::vector<Enumerator> TypeDb::enumerators(const Type& enumeration) {
  if (!enumeration.is(TypeKind::Enum)) return {};
  auto ref = impl_->ref(enumeration.c_type);
  return ref ? enumerators_of(*ref) : std::vector<Enumerator>();
}

}  // namespace tracer
