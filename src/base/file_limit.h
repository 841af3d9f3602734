// The way out for who may open no more files.
#pragma once

#include <cerrno>

namespace tracer {

// Empty for any other error number.
inline const char* file_limit_hint(int error) { return error == EMFILE ? "raise the limit: ulimit -n" : ""; }

}  // namespace tracer
