#include "btf/kernel_c.h"

#include <string_view>

#include "btf/dump_text.h"

namespace tracer {
namespace {

int find_type(const btf* types, const std::string& name) {
  struct Tag {
    std::string_view word;
    uint32_t kind;
  };
  constexpr Tag kTags[] = {
      {"struct ", BTF_KIND_STRUCT}, {"union ", BTF_KIND_UNION}, {"enum ", BTF_KIND_ENUM}};
  for (const Tag& tag : kTags) {
    if (!name.starts_with(tag.word)) continue;
    int id = btf__find_by_name_kind(types, name.c_str() + tag.word.size(), tag.kind);
    if (id < 0 && tag.kind == BTF_KIND_ENUM)
      id = btf__find_by_name_kind(types, name.c_str() + tag.word.size(), BTF_KIND_ENUM64);
    return id;
  }
  return btf__find_by_name_kind(types, name.c_str(), BTF_KIND_TYPEDEF);
}

// Takes the definition `struct NAME { ... };` out; the first line of one begins with its tag.
void remove_definition(std::string& text, const std::string& name) {
  for (const char* tag : {"struct ", "union ", "enum "}) {
    const std::string head = tag + name + " {\n";
    for (size_t at = text.find(head); at != text.npos; at = text.find(head, at + 1)) {
      if (at > 0 && text[at - 1] != '\n') continue;
      const size_t end = text.find("\n}", at);
      if (end == text.npos) return;
      text.erase(at, text.find('\n', end + 1) - at);
      break;
    }
  }
}

}  // namespace

Result<std::string> kernel_types_as_c(const std::string& btf_path, const std::set<std::string>& names,
                                      const std::set<std::string>& without) {
  BtfPtr types(btf__parse(btf_path.c_str(), nullptr), btf__free);
  if (!types) return fail("cannot read `" + btf_path + "`");
  std::string text;
  BtfDumpPtr dump = dump_into(text, types.get());
  if (!dump) return fail("cannot write the kernel's types as C");
  for (const std::string& name : names) {
    const int id = find_type(types.get(), name);
    if (id > 0) btf_dump__dump_type(dump.get(), static_cast<uint32_t>(id));
  }
  for (const std::string& name : without) remove_definition(text, name);
  return text;
}

}  // namespace tracer
