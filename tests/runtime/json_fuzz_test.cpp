// JSON of random values of random types, read back by another parser: it is valid, and gives the values back.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>

#include "fake_session.h"
#include "runtime/bytes.h"
#include "runtime/map_printer.h"
#include "runtime/printf_format.h"
#include "runtime/values.h"

namespace tracer {
namespace {

using Json = nlohmann::json;

// What another library makes of bytes that are not UTF-8; the number of U+FFFD for a run of them is its own.
std::string readable(std::string text) {
  text = Json::parse(Json(text).dump(-1, ' ', false, Json::error_handler_t::replace)).get<std::string>();
  const std::string mark = "\xef\xbf\xbd";
  for (size_t at = 0; (at = text.find(mark + mark)) != text.npos;) text.erase(at, mark.size());
  return text;
}

class JsonFuzz : public testing::Test {
 protected:
  uint32_t below(uint32_t limit) { return std::uniform_int_distribution<uint32_t>(0, limit - 1)(random_); }

  Type any_type(int depth) {
    switch (below(depth > 0 ? 9 : 6)) {
      case 0:
        return bool_type();
      case 1:
        return string_type(1 + below(20));
      case 2:
        return buffer_type(1 + below(20));
      case 3:
        return void_pointer_type(AddressSpace::Kernel);
      case 6:
        return array_type(any_type(depth - 1), below(4));
      case 7: {
        std::vector<Type> elements;
        for (uint32_t i = below(4); i > 0; --i) elements.push_back(any_type(depth - 1));
        return tuple_type(elements);
      }
      case 8: {
        std::vector<std::pair<std::string, Type>> elements;
        for (uint32_t i = below(4); i > 0; --i)
          elements.emplace_back("field" + std::to_string(i), any_type(depth - 1));
        return record_type(elements);
      }
      default:
        return int_type(1u << below(4), below(2) != 0);
    }
  }

  // Text of all kinds: plain, with what JSON escapes, UTF-8 whole and broken.
  std::byte any_byte() {
    static constexpr std::string_view kOdd =
        "\"\\/\n\r\t\b\f\0\x1f\x7f\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\xff\xc0\xed\xa0\x80 a";
    return static_cast<std::byte>(below(3) == 0 ? below(256)
                                                : static_cast<unsigned char>(kOdd[below(kOdd.size())]));
  }
  ByteString any_bytes(size_t size) {
    ByteString bytes(size);
    for (std::byte& byte : bytes) byte = any_byte();
    return bytes;
  }

  // As a number only where a double holds it.
  template <typename Integer>
  static Json number(Integer value, double limit) {
    const auto rounded = static_cast<double>(value);
    return rounded < limit && static_cast<Integer>(rounded) == value ? Json(value)
                                                                     : Json(std::to_string(value));
  }

  // What must be read back.
  Json expected(const Type& type, Bytes bytes) {
    switch (type.kind) {
      case TypeKind::Bool:
        return bytes[0] != std::byte{0};
      case TypeKind::String: {
        const std::string_view text = as_text(bytes);
        const size_t end = text.find('\0');
        return readable(end == text.npos ? std::string(text) + ".." : std::string(text.substr(0, end)));
      }
      case TypeKind::Buffer: {
        Json list = Json::array();
        const size_t length = std::min<size_t>(load_unsigned(bytes, 0, 4), type.size - 4);
        for (size_t i = 0; i < length; ++i) list.push_back(static_cast<unsigned>(bytes[4 + i]));
        return list;
      }
      case TypeKind::Array: {
        Json list = Json::array();
        for (uint32_t i = 0; i < type.count; ++i)
          list.push_back(expected(*type.target, bytes.subspan(i * type.target->size, type.target->size)));
        return list;
      }
      case TypeKind::Tuple: {
        Json list = Json::array();
        for (const Field& field : *type.fields)
          list.push_back(expected(field.type, bytes.subspan(field.offset, field.type.size)));
        return list;
      }
      case TypeKind::Record: {
        Json object = Json::object();
        for (const Field& field : *type.fields)
          object[field.name] = expected(field.type, bytes.subspan(field.offset, field.type.size));
        return object;
      }
      default:
        if (type.is_signed) return number(static_cast<int64_t>(load_integer(type, bytes)), 0x1p63);
        return number(load_integer(type, bytes), 0x1p64);
    }
  }

  // Marks for broken UTF-8 are counted as one.
  static Json collapsed(const Json& value) {
    if (value.is_string()) return readable(value.get<std::string>());
    Json copy = value;
    if (value.is_structured())
      for (Json& each : copy) each = collapsed(each);
    return copy;
  }

  std::mt19937 random_{20260101};
  Plan plan_;
  Symbols symbols_{std::string(TEST_DATA) + "/kallsyms"};
  ValueContext context_{plan_, symbols_};
};

TEST_F(JsonFuzz, ValuesComeBack) {
  for (int i = 0; i < 20000; ++i) {
    const Type type = any_type(3);
    const ByteString bytes = any_bytes(type.size);
    std::string line;
    append_value_json(line, type, bytes, context_);
    ASSERT_TRUE(Json::accept(line)) << line;
    ASSERT_EQ(line.find('\n'), line.npos) << line;
    ASSERT_EQ(collapsed(Json::parse(line)), expected(type, bytes)) << line;
  }
}

TEST_F(JsonFuzz, MapsComeBack) {
  for (int i = 0; i < 300; ++i) {
    MapPlan plan;
    plan.name = "@m";
    plan.key = any_type(2);
    plan.key_size = (plan.key.size + 7) / 8 * 8;
    plan.value = any_type(2);
    plan.value_size = plan.value.size;
    FakeSession session;
    for (uint32_t entry = 0; entry <= i % 5u; ++entry)
      session.maps[0].push_back({any_bytes(plan.key_size), {any_bytes(plan.value_size)}});
    auto table = MapTable::read(plan, session, 0, false);
    ASSERT_TRUE(table.has_value());
    table->order(0);
    std::string line;
    write_map_json([&](std::string_view text) { line += text; }, *table, 1, context_);
    ASSERT_TRUE(Json::accept(line)) << line;
    const Json values = Json::parse(line)["data"]["@m"];
    ASSERT_LE(values.size(), table->size());
    for (const Json& value : values) {
      bool found = false;
      for (const FakeEntry& entry : session.maps[0])
        found = found || expected(plan.value, entry.values[0]) == collapsed(value);
      ASSERT_TRUE(found) << line;
    }
  }
}

}  // namespace
}  // namespace tracer
