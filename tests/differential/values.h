// Values as text (LANGUAGE 8, 11.2).
#pragma once

#include "program.h"

namespace tracer::differential {

std::string text_of(const Value& value, const Ty& type);
std::string formatted(const std::string& format, const std::vector<Value>& values,
                      const std::vector<Ty>& types);

}  // namespace tracer::differential
