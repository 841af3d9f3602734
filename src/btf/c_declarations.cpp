#include "btf/c_declarations.h"

#include <dirent.h>
#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "base/text.h"
#include "btf/dump_text.h"
#include "btf/type_db.h"

namespace tracer {
namespace {

constexpr const char* kVmlinux = "vmlinux";
constexpr const char* kModulesPath = "/sys/kernel/btf";

std::vector<std::string> module_names() {
  std::vector<std::string> names;
  std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir(kModulesPath), ::closedir);
  while (const dirent* entry = folder ? ::readdir(folder.get()) : nullptr) {
    const std::string_view name = entry->d_name;
    if (name[0] != '.' && name != kVmlinux) names.emplace_back(name);
  }
  std::ranges::sort(names);
  return names;
}

struct Tag {
  std::string_view word;
  uint32_t kind, other_kind;
};
constexpr Tag kTags[] = {{"struct", BTF_KIND_STRUCT, BTF_KIND_STRUCT},
                         {"union", BTF_KIND_UNION, BTF_KIND_UNION},
                         {"enum", BTF_KIND_ENUM, BTF_KIND_ENUM64}};

// The dumper indents by tabulators, one for each level.
std::string with_blanks(std::string_view text) {
  std::string result;
  for (char c : text) c == '\t' ? result.append(8, ' ') : result.append(1, c);
  return result;
}

}  // namespace

struct CDeclarations::Unit {
  BtfPtr types{nullptr, btf__free};
  uint32_t first_id = 1;
  std::string text;  // what `dump` wrote last
  BtfDumpPtr dump{nullptr, btf_dump__free};
  std::unordered_map<std::string_view, uint32_t> functions;

  bool open(const std::string& path, const btf* base) {
    types.reset(base ? btf__parse_split(path.c_str(), const_cast<btf*>(base))
                     : btf__parse(path.c_str(), nullptr));
    if (!types) return false;
    if (base) first_id = btf__type_cnt(base);
    dump = dump_into(text, types.get());
    for (uint32_t id = first_id; id < btf__type_cnt(types.get()); id++) {
      const btf_type* type = btf__type_by_id(types.get(), id);
      if (btf_is_func(type)) functions.emplace(name(type), id);
    }
    return dump != nullptr;
  }

  std::string_view name(const btf_type* type) const { return name(type->name_off); }
  std::string_view name(uint32_t offset) const {
    const char* text = btf__name_by_offset(types.get(), offset);
    return text ? text : "";
  }

  // `name` empty: the type alone.
  std::string declare(uint32_t id, std::string_view name = {}, int indent = 0) {
    if (id == 0) return "void";
    text.clear();
    const std::string field(name);
    LIBBPF_OPTS(btf_dump_emit_type_decl_opts, options, .field_name = field.c_str(), .indent_level = indent);
    if (btf_dump__emit_type_decl(dump.get(), id, &options) != 0) return "?";
    return text;
  }

  // What a tag of one of these kinds means, or a typedef; null: nothing.
  const btf_type* find(const std::string& tag, std::initializer_list<uint32_t> kinds) const {
    for (uint32_t kind : kinds)
      if (const int id = btf__find_by_name_kind(types.get(), tag.c_str(), kind); id > 0)
        return btf__type_by_id(types.get(), static_cast<uint32_t>(id));
    const int alias = btf__find_by_name_kind(types.get(), tag.c_str(), BTF_KIND_TYPEDEF);
    const int id = alias > 0 ? btf__resolve_type(types.get(), static_cast<uint32_t>(alias)) : -1;
    const btf_type* type = id > 0 ? btf__type_by_id(types.get(), static_cast<uint32_t>(id)) : nullptr;
    return type && std::ranges::find(kinds, btf_kind(type)) != kinds.end() ? type : nullptr;
  }

  // The lines between the braces.
  std::string members_of(const btf_type* type) {
    std::string lines;
    for (uint32_t i = 0; i < btf_vlen(type); i++) {
      const btf_member& member = btf_members(type)[i];
      lines += "\t" + declare(member.type, name(member.name_off), 1);
      if (const uint32_t bits = btf_member_bitfield_size(type, i)) lines += fmt::format(": {}", bits);
      lines += ";\n";
    }
    return lines;
  }

  std::string enumerators_of(const btf_type* type) {
    std::string lines;
    for (uint32_t i = 0; i < btf_vlen(type); i++) {
      const bool wide = btf_is_enum64(type);
      const uint32_t named = wide ? btf_enum64(type)[i].name_off : btf_enum(type)[i].name_off;
      const int64_t value = wide ? static_cast<int64_t>(btf_enum64_value(&btf_enum64(type)[i]))
                                 : static_cast<int64_t>(btf_enum(type)[i].val);
      lines += fmt::format("\t{} = {},\n", name(named), value);
    }
    return lines;
  }
};

CDeclarations::CDeclarations(std::string vmlinux_path) : vmlinux_path_(std::move(vmlinux_path)) {}
CDeclarations::~CDeclarations() {
  // Modules stand on vmlinux, which goes last.
  std::erase_if(units_, [](const auto& entry) { return entry.first != kVmlinux; });
}

CDeclarations::Unit* CDeclarations::unit(std::string_view module) {
  if (auto found = units_.find(module); found != units_.end()) return found->second.get();
  const bool is_kernel = module == kVmlinux;
  const Unit* base = is_kernel ? nullptr : unit(kVmlinux);
  auto made = std::make_unique<Unit>();
  const std::string path = is_kernel ? vmlinux_path_ : std::string(kModulesPath) + "/" + std::string(module);
  const bool opened = (is_kernel || base) && made->open(path, base ? base->types.get() : nullptr);
  // What is no module yet may be one when it is asked for again.
  if (!opened && !is_kernel) return nullptr;
  return (units_[std::string(module)] = opened ? std::move(made) : nullptr).get();
}

std::optional<CDeclarations::Function> CDeclarations::prototype(Unit& unit, uint32_t id) {
  const btf_type* type = btf__type_by_id(unit.types.get(), id);
  if (!type || !btf_is_func_proto(type)) return {};
  Function function;
  function.result = unit.declare(type->type);
  const btf_param* parameters = btf_params(type);
  for (uint32_t i = 0; i < btf_vlen(type); i++) {
    const bool variadic = parameters[i].type == 0;
    function.parameters.push_back({variadic ? "..." : unit.declare(parameters[i].type),
                                   std::string(unit.name(parameters[i].name_off))});
  }
  return function;
}

std::optional<CDeclarations::Function> CDeclarations::function(std::string_view module,
                                                               const std::string& name) {
  Unit* in = unit(module);
  if (!in) return {};
  auto found = in->functions.find(name);
  if (found == in->functions.end()) return {};
  return prototype(*in, btf__type_by_id(in->types.get(), found->second)->type);
}

std::optional<CDeclarations::Function> CDeclarations::raw_tracepoint(std::string_view module,
                                                                     const std::string& event) {
  auto caller = function(module, kRawTracepointCaller + event);
  if (caller && !caller->parameters.empty()) caller->parameters.erase(caller->parameters.begin());
  return caller;
}

std::vector<CDeclarations::Variable> CDeclarations::members(const std::string& structure) {
  std::vector<Variable> result;
  Unit* in = unit(kVmlinux);
  const btf_type* type = in ? in->find(structure, {BTF_KIND_STRUCT, BTF_KIND_UNION}) : nullptr;
  if (!type) return result;
  // Anonymous members (unions around one pointer) are taken for what is in them.
  const std::function<void(const btf_type*)> add = [&](const btf_type* of) {
    const btf_member* members = btf_members(of);
    for (uint32_t i = 0; i < btf_vlen(of); i++) {
      const std::string_view name = in->name(members[i].name_off);
      const btf_type* inner = btf__type_by_id(in->types.get(), members[i].type);
      if (name.empty() && inner && btf_is_composite(inner))
        add(inner);
      else if (!name.empty())
        result.push_back({in->declare(members[i].type), std::string(name),
                          with_blanks(in->declare(members[i].type, name, 1))});
    }
  };
  add(type);
  return result;
}

uint32_t CDeclarations::enum_size(const std::string& name) {
  const Unit* in = unit(kVmlinux);
  const btf_type* type = in ? in->find(name, {BTF_KIND_ENUM, BTF_KIND_ENUM64}) : nullptr;
  return type ? type->size : 0;
}

Result<void> CDeclarations::types(std::string_view word, std::string_view pattern, bool whole,
                                  const EachText& each) {
  const auto* tag = std::ranges::find(kTags, word, &Tag::word);
  if (!unit(kVmlinux)) return fail("cannot read the kernel's types from `" + vmlinux_path_ + "`");
  std::vector<std::string> modules = module_names();
  modules.insert(modules.begin(), kVmlinux);
  for (const std::string& module : modules) {
    Unit* in = unit(module);
    if (!in) continue;
    for (uint32_t id = in->first_id; id < btf__type_cnt(in->types.get()); id++) {
      const btf_type* type = btf__type_by_id(in->types.get(), id);
      const uint32_t kind = btf_kind(type);
      const std::string_view name = in->name(type);
      if ((kind != tag->kind && kind != tag->other_kind) || name.empty() || !glob_match(pattern, name))
        continue;
      std::string text = std::string(word) + " " + std::string(name);
      if (whole) {
        const std::string lines = btf_is_composite(type) ? in->members_of(type) : in->enumerators_of(type);
        text = with_blanks(module + ": " + text + " {\n" + lines + "};\n");
      }
      if (!each(text)) return {};
    }
  }
  return {};
}

}  // namespace tracer
