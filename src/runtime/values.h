// What is needed to turn the bytes of a value into text: the script's settings, symbols and clocks.
#pragma once

#include <string>

#include "plan/plan.h"
#include "runtime/session.h"
#include "runtime/symbols.h"

namespace tracer {

struct ValueContext {
  const Plan& plan;
  Symbols& symbols;
};

// Text of a value as LANGUAGE 11.2 has it.
std::string value_text(const Type& type, Bytes bytes, const ValueContext& context);
// The same appended; tuples without their parentheses when `bare_tuple` (map keys).
void append_value_text(std::string& out, const Type& type, Bytes bytes, const ValueContext& context,
                       bool bare_tuple = false);

// JSON form of a value (LANGUAGE 11.6).
void append_value_json(std::string& out, const Type& type, Bytes bytes, const ValueContext& context);

// Bytes of a string value up to its NUL, with the trailer when it was cut.
void append_string(std::string& out, const Type& type, Bytes bytes, const Config& config);
std::string string_text(const Type& type, Bytes bytes, const Config& config);

enum class BufferForm : uint8_t { Printable, Escaped, Hex };  // %r, %rx, %rh
void append_buffer(std::string& out, const Type& type, Bytes bytes, BufferForm form);

// Bytes of a buffer value: its length stands before them.
Bytes buffer_bytes(const Type& type, Bytes bytes);

// Value of a field, a bit-field shifted into place: its type then says the bytes.
struct FieldValue {
  uint64_t word = 0;  // holds a bit-field's value
  Bytes bytes;
};
void load_field(const Field& field, Bytes record, FieldValue& value);

}  // namespace tracer
