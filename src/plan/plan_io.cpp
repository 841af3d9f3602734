// The Plan's serialised form, by the lists of fields in plan_fields.h.
#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <stdexcept>

#include "plan/plan.h"
#include "plan/plan_check.h"
#include "plan/plan_fields.h"

namespace tracer {

namespace {

using json = nlohmann::json;

// Types that nest deeper than this are not made by the compiler.
constexpr int kMostNesting = 200;

template <typename T>
void write_value(json& out, const T& value);
template <typename T>
void read_value(const json& in, T& value);

template <typename T>
bool is_default(const T& value) {
  return value == T{};
}
template <typename T>
bool is_default(const std::vector<T>& value) {
  return value.empty();
}

// Zeros and empty lists are left out: a Plan is mostly that.
struct Writer {
  json out = json::object();
  template <typename T>
  void operator()(const char* name, T& value) {
    if (is_default(value)) return;
    write_value(out[name], value);
  }
  template <typename T>
  void nested(const char* name, T& value) {
    write_value(out[name], value);
  }
};

struct Reader {
  const json& in;
  template <typename T>
  void operator()(const char* name, T& value) {
    auto found = in.find(name);
    if (found == in.end()) {
      value = T{};
    } else {
      read_value(*found, value);
    }
  }
  template <typename T>
  void nested(const char* name, T& value) {
    read_value(in.at(name), value);
  }
};

template <typename T>
constexpr bool is_shared = false;
template <typename T>
constexpr bool is_shared<std::shared_ptr<const T>> = true;
template <typename T>
constexpr bool is_vector = false;
template <typename T>
constexpr bool is_vector<std::vector<T>> = true;

template <typename T>
void write_value(json& out, const T& value) {
  if constexpr (is_shared<T>) {
    write_value(out, *value);
  } else if constexpr (is_vector<T>) {
    out = json::array();
    for (const auto& element : value) write_value(out.emplace_back(), element);
  } else if constexpr (std::is_enum_v<T>) {
    out = static_cast<unsigned>(value);
  } else if constexpr (std::is_same_v<T, std::string>) {
    // Strings of scripts are bytes, not text.
    out = json::binary({value.begin(), value.end()});
  } else if constexpr (std::is_arithmetic_v<T>) {
    out = value;
  } else {
    Writer writer;
    describe(writer, const_cast<T&>(value));
    out = std::move(writer.out);
  }
}

template <typename T>
void read_value(const json& in, T& value) {
  if constexpr (is_shared<T>) {
    auto made = std::make_shared<std::remove_const_t<typename T::element_type>>();
    read_value(in, *made);
    value = std::move(made);
  } else if constexpr (is_vector<T>) {
    if (!in.is_array()) throw std::runtime_error("a list was expected");
    value.clear();
    for (const json& element : in) read_value(element, value.emplace_back());
  } else if constexpr (std::is_enum_v<T>) {
    auto number = in.get<unsigned>();
    if (number > 255) throw std::runtime_error("a number is too large");
    value = static_cast<T>(number);
  } else if constexpr (std::is_same_v<T, std::string>) {
    const auto& bytes = in.get_binary();
    value.assign(bytes.begin(), bytes.end());
  } else if constexpr (std::is_arithmetic_v<T>) {
    if constexpr (std::is_same_v<T, bool>) {
      value = in.get<bool>();
    } else {
      if (!in.is_number_integer()) throw std::runtime_error("a number was expected");
      value = in.get<T>();
    }
  } else {
    if (!in.is_object()) throw std::runtime_error("an object was expected");
    Reader reader{in};
    describe(reader, value);
  }
}

// Refuses what nests too deeply before anything recursive looks at it.
struct DepthGuard : nlohmann::json_sax<json> {
  int depth = 0;
  bool enter() { return ++depth <= kMostNesting; }
  bool leave() { return --depth, true; }
  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool start_object(std::size_t) override { return enter(); }
  bool key(string_t&) override { return true; }
  bool end_object() override { return leave(); }
  bool start_array(std::size_t) override { return enter(); }
  bool end_array() override { return leave(); }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override {
    return false;
  }
};

json to_json(const Plan& plan) {
  json out;
  write_value(out, plan);
  return out;
}

// Binary values as JSON strings, for people.
json readable(const json& in) {
  if (in.is_binary()) {
    const auto& bytes = in.get_binary();
    return std::string(bytes.begin(), bytes.end());
  }
  json out = in;
  if (in.is_structured())
    for (auto it = in.begin(); it != in.end(); ++it) {
      if (in.is_object()) out[it.key()] = readable(*it);
    }
  if (in.is_array())
    for (size_t i = 0; i < in.size(); i++) out[i] = readable(in[i]);
  return out;
}

}  // namespace

std::string plan_to_bytes(const Plan& plan) {
  json out{{"tracer", Plan::kVersion}, {"plan", to_json(plan)}};
  std::string bytes;
  json::to_cbor(out, bytes);
  return bytes;
}

Result<Plan> plan_from_bytes(std::string_view bytes) {
  constexpr const char* kHint = "compile the script again with this tracer";
  try {
    DepthGuard guard;
    if (!json::sax_parse(bytes.begin(), bytes.end(), &guard, json::input_format_t::cbor))
      return fail("the Plan of the object is damaged", kHint);
    json in = json::from_cbor(bytes.begin(), bytes.end());
    auto version = in.at("tracer").get<uint32_t>();
    if (version != Plan::kVersion)
      return fail(fmt::format("the object has a Plan of version {}, this tracer reads version {}", version,
                              Plan::kVersion),
                  kHint);
    Plan plan;
    read_value(in.at("plan"), plan);
    if (const std::string flaw = flaw_of(plan); !flaw.empty()) throw std::runtime_error(flaw);
    return plan;
  } catch (const std::exception& error) {
    return fail(fmt::format("the Plan of the object is damaged: {}", error.what()), kHint);
  }
}

std::string plan_to_text(const Plan& plan) {
  return readable(to_json(plan)).dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

}  // namespace tracer
