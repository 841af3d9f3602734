#pragma once

#include <cstdint>
#include <string>

namespace tracer {

// Name of a user by the password file; empty when unknown.
std::string user_name(uint32_t uid);

}  // namespace tracer
