#include <arpa/inet.h>
#include <fmt/format.h>

#include <array>

#include "runtime/bytes.h"
#include "runtime/cgroup_paths.h"
#include "runtime/stack_text.h"
#include "runtime/time_format.h"
#include "runtime/user_names.h"
#include "runtime/user_symbols.h"
#include "runtime/values.h"

namespace tracer {

namespace {

using std::back_inserter;

class TextWriter {
 public:
  TextWriter(std::string& out, const ValueContext& context) : out_(out), context_(context) {}
  void write(const Type& type, Bytes bytes);
  void write_elements(const Type& type, Bytes bytes);  // of a tuple, without parentheses

 private:
  void write_enum(const Type& type, Bytes bytes);
  void write_array(const Type& type, Bytes bytes);
  void write_record(const Type& type, Bytes bytes);
  void write_inet(Bytes bytes);
  void write_mac(Bytes bytes);
  void write_symbol(Bytes bytes);
  void write_user_symbol(Bytes bytes);
  void write_cgroup_path(Bytes bytes);
  void write_integer(const Type& type, Bytes bytes);

  std::string& out_;
  const ValueContext& context_;
};

void TextWriter::write(const Type& type, Bytes bytes) {
  switch (type.kind) {
    case TypeKind::Bool:
      out_ += load_unsigned(bytes, 0, type.size) ? "true" : "false";
      break;
    case TypeKind::Int:
    case TypeKind::Count:
    case TypeKind::Sum:
    case TypeKind::Min:
    case TypeKind::Max:
    case TypeKind::Avg:
      write_integer(type, bytes);
      break;
    case TypeKind::Enum:
      write_enum(type, bytes);
      break;
    case TypeKind::String:
      append_string(out_, type, bytes, context_.plan.config);
      break;
    case TypeKind::Buffer:
      append_buffer(out_, type, bytes, BufferForm::Printable);
      break;
    case TypeKind::Pointer:
      fmt::format_to(back_inserter(out_), "{:#x}", load_unsigned(bytes, 0, 8));
      break;
    case TypeKind::Array:
      write_array(type, bytes);
      break;
    case TypeKind::Tuple:
      out_ += '(';
      write_elements(type, bytes);
      out_ += ')';
      break;
    case TypeKind::Record:
    case TypeKind::Struct:
      write_record(type, bytes);
      break;
    case TypeKind::KernelStack:
    case TypeKind::UserStack:
      append_stack_text(out_, type, bytes, context_.symbols);
      break;
    case TypeKind::KernelSymbol:
      write_symbol(bytes);
      break;
    case TypeKind::UserSymbol:
      write_user_symbol(bytes);
      break;
    case TypeKind::Inet:
      write_inet(bytes);
      break;
    case TypeKind::MacAddress:
      write_mac(bytes);
      break;
    case TypeKind::Timestamp:
      out_ += timestamp_text(type, bytes, context_.plan);
      break;
    case TypeKind::Username:
      out_ += user_name(static_cast<uint32_t>(load_unsigned(bytes, 0, 8)));
      break;
    case TypeKind::CgroupPath:
      write_cgroup_path(bytes);
      break;
    // No value of these kinds is ever stored as one piece of bytes.
    case TypeKind::None:
    case TypeKind::Error:
    case TypeKind::Void:
    case TypeKind::TimestampMode:
    case TypeKind::StackModeName:
    case TypeKind::Stats:
    case TypeKind::Hist:
    case TypeKind::LinearHist:
    case TypeKind::TimeSeries:
      break;
  }
}

void TextWriter::write_integer(const Type& type, Bytes bytes) {
  const uint64_t value = load_integer(type, bytes);
  const fmt::format_int text =
      type.is_signed ? fmt::format_int(static_cast<int64_t>(value)) : fmt::format_int(value);
  out_.append(text.data(), text.size());
}

void TextWriter::write_enum(const Type& type, Bytes bytes) {
  uint64_t value = load_integer(type, bytes);
  // Members are compared in the width that the value has where it is stored.
  uint64_t mask = type.size >= 8 ? ~uint64_t{0} : (uint64_t{1} << (type.size * 8)) - 1;
  if (type.enumerators) {
    for (const Enumerator& member : *type.enumerators) {
      if ((static_cast<uint64_t>(member.value) & mask) == (value & mask)) {
        out_ += member.name;
        return;
      }
    }
  }
  write_integer(type, bytes);
}

void TextWriter::write_array(const Type& type, Bytes bytes) {
  out_ += '[';
  for (uint32_t i = 0; type.target && i < type.count; ++i) {
    if (i > 0) out_ += ',';
    write(*type.target, slice(bytes, size_t{i} * type.target->size, type.target->size));
  }
  out_ += ']';
}

void TextWriter::write_elements(const Type& type, Bytes bytes) {
  if (!type.fields) return;
  bool first = true;
  for (const Field& field : *type.fields) {
    if (!first) out_ += ", ";
    first = false;
    write(field.type, slice(bytes, field.offset, field.type.size));
  }
}

void TextWriter::write_record(const Type& type, Bytes bytes) {
  if (!type.fields || type.fields->empty()) {
    out_ += "{}";
    return;
  }
  out_ += "{ ";
  bool first = true;
  for (const Field& field : *type.fields) {
    if (!first) out_ += ", ";
    first = false;
    FieldValue value;
    load_field(field, bytes, value);
    out_ += '.';
    out_ += field.name;
    out_ += " = ";
    write(field.type, value.bytes);
  }
  out_ += " }";
}

void TextWriter::write_symbol(Bytes bytes) {
  uint64_t address = load_unsigned(bytes, 0, 8);
  Symbols::Name name;
  if (bytes.size() >= 8) name = context_.symbols.kernel(address);
  if (name.name.empty()) {
    fmt::format_to(back_inserter(out_), "{:#x}", address);
  } else {
    out_ += name.name;
  }
}

// uint64 address, uint32 process.
void TextWriter::write_user_symbol(Bytes bytes) {
  const uint64_t address = load_unsigned(bytes, 0, 8);
  const auto process = static_cast<pid_t>(load_unsigned(bytes, 8, 4));
  const UserSymbols::Name name = context_.symbols.user().find(process, address);
  if (name.name.empty()) {
    fmt::format_to(back_inserter(out_), "{:#x}", address);
  } else {
    out_ += name.name;
  }
}

// uint64 number of the filter's text, uint64 cgroup.
void TextWriter::write_cgroup_path(Bytes bytes) {
  const uint64_t filter = load_unsigned(bytes, 0, 8);
  const auto& strings = context_.plan.strings;
  out_ += cgroup_path_text(load_unsigned(bytes, 8, 8), filter < strings.size() ? strings[filter] : "");
}

// uint64 address family, then 4 or 16 bytes of address.
void TextWriter::write_inet(Bytes bytes) {
  uint64_t family = load_unsigned(bytes, 0, 8);
  std::array<std::byte, 16> address{};
  Bytes given = slice(bytes, 8, address.size());
  std::copy(given.begin(), given.end(), address.begin());
  char text[INET6_ADDRSTRLEN] = "";
  if (family == AF_INET || family == AF_INET6) {
    inet_ntop(static_cast<int>(family), address.data(), text, sizeof text);
  }
  out_ += text;
}

void TextWriter::write_mac(Bytes bytes) {
  for (size_t i = 0; i < 6; ++i) {
    fmt::format_to(back_inserter(out_), "{}{:02X}", i > 0 ? ":" : "", load_unsigned(bytes, i, 1));
  }
}

}  // namespace

void append_value_text(std::string& out, const Type& type, Bytes bytes, const ValueContext& context,
                       bool bare_tuple) {
  TextWriter writer(out, context);
  if (bare_tuple && type.is(TypeKind::Tuple)) {
    writer.write_elements(type, bytes);
  } else {
    writer.write(type, bytes);
  }
}

std::string value_text(const Type& type, Bytes bytes, const ValueContext& context) {
  std::string text;
  append_value_text(text, type, bytes, context);
  return text;
}

void append_string(std::string& out, const Type& type, Bytes bytes, const Config& config) {
  const std::string_view text = as_text(slice(bytes, 0, type.size));
  const size_t end = text.find('\0');
  out += text.substr(0, end);
  if (end == std::string_view::npos && !text.empty()) out += config.str_trunc_trailer;
}

std::string string_text(const Type& type, Bytes bytes, const Config& config) {
  std::string text;
  append_string(text, type, bytes, config);
  return text;
}

Bytes buffer_bytes(const Type& type, Bytes bytes) {
  constexpr size_t kLengthSize = 4;
  size_t capacity = type.size > kLengthSize ? type.size - kLengthSize : 0;
  size_t length = load_unsigned(bytes, 0, kLengthSize);
  return slice(bytes, kLengthSize, std::min(length, capacity));
}

void append_buffer(std::string& out, const Type& type, Bytes bytes, BufferForm form) {
  bool first = true;
  for (std::byte each : buffer_bytes(type, bytes)) {
    auto byte = static_cast<unsigned char>(each);
    if (form == BufferForm::Hex) {
      fmt::format_to(back_inserter(out), "{}{:02x}", first ? "" : " ", byte);
    } else if (form == BufferForm::Escaped || byte < 32 || byte > 126) {
      fmt::format_to(back_inserter(out), "\\x{:02x}", byte);
    } else {
      out += static_cast<char>(byte);
    }
    first = false;
  }
}

void load_field(const Field& field, Bytes record, FieldValue& value) {
  if (field.bit_size == 0) {
    value.bytes = slice(record, field.offset, field.type.size);
    return;
  }
  // A bit-field lies within the eight bytes that begin at its first bit's byte, except one that is
  // wider than 57 bits; those lie aligned.
  uint64_t offset = field.offset + field.bit_offset / 8;
  uint64_t word = load_unsigned(record, offset, 8) >> (field.bit_offset % 8);
  uint32_t bits = std::min(field.bit_size, 64u);
  if (bits < 64) word &= (uint64_t{1} << bits) - 1;
  value.word = field.type.is_signed ? static_cast<uint64_t>(sign_extend(word, bits)) : word;
  value.bytes = Bytes(reinterpret_cast<const std::byte*>(&value.word), sizeof value.word);
}

}  // namespace tracer
