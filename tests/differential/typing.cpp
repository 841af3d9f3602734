#include <algorithm>

#include "program.h"

namespace tracer::differential {

bool key_before(const Value& a, const Value& b) {
  if (!a.elements.empty() || !b.elements.empty())
    return std::lexicographical_compare(a.elements.begin(), a.elements.end(), b.elements.begin(),
                                        b.elements.end(), key_before);
  if (a.number != b.number) return static_cast<int64_t>(a.number) < static_cast<int64_t>(b.number);
  return a.bytes < b.bytes;
}

bool same_value(const Value& a, const Value& b) { return !key_before(a, b) && !key_before(b, a); }

uint64_t convert(uint64_t number, const Ty& type) {
  if (type.is(Ty::Kind::Bool)) return number != 0;
  if (type.bits == 64) return number;
  uint64_t low = number & ((uint64_t{1} << type.bits) - 1);
  bool negative = type.sign && (low >> (type.bits - 1)) != 0;
  return negative ? low | ~((uint64_t{1} << type.bits) - 1) : low;
}

bool flexible(const Expr& e) { return e.literal && static_cast<int64_t>(e.value.number) >= 0; }

Ty literal_type(int64_t value) {
  for (uint32_t bits : {8u, 16u, 32u})
    if (convert(static_cast<uint64_t>(value), integer(bits, true)) == static_cast<uint64_t>(value))
      return integer(bits, true);
  return integer(64, true);
}

namespace {

Ty as_integer(const Ty& type) { return type.is(Ty::Kind::Bool) ? integer(8, false) : type; }

Ty promoted_types(const Ty& a, const Ty& b, bool a_flexible, bool b_flexible) {
  if (a_flexible != b_flexible) {
    const Ty& other = a_flexible ? b : a;
    return integer(std::max(a.bits, b.bits), other.sign);
  }
  if (a.sign == b.sign) return integer(std::max(a.bits, b.bits), a.sign);
  uint32_t signed_bits = a.sign ? a.bits : b.bits, unsigned_bits = a.sign ? b.bits : a.bits;
  if (signed_bits > unsigned_bits) return integer(signed_bits, true);
  return integer(std::min(64u, 2 * std::max(a.bits, b.bits)), true);
}

}  // namespace

Ty promoted(const Expr& a, const Expr& b) {
  if (!a.type.is(Ty::Kind::Int) && !a.type.is(Ty::Kind::Bool)) return a.type;
  if (a.type.is(Ty::Kind::Bool) && b.type.is(Ty::Kind::Bool)) return boolean();
  return promoted_types(as_integer(a.type), as_integer(b.type), flexible(a), flexible(b));
}

Ty arithmetic_type(Op op, const Expr& a, const Expr& b) {
  if (op == Op::Subtract) return integer(64, true);
  bool a_sign = as_integer(a.type).sign, b_sign = as_integer(b.type).sign;
  if (flexible(a) && flexible(b)) return integer(64, true);
  if (flexible(a)) return integer(64, b_sign);
  if (flexible(b)) return integer(64, a_sign);
  return integer(64, a_sign || b_sign);
}

std::string type_name(const Ty& type) {
  if (type.is(Ty::Kind::Bool)) return "bool";
  if (type.is(Ty::Kind::Text)) return "string";
  return (type.sign ? "int" : "uint") + std::to_string(type.bits);
}

}  // namespace tracer::differential
