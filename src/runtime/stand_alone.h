// A program with a compiled script behind it: the Artifact, then a trailer that says how long it is.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace tracer {

// `runtime`: the bytes of the program that will run the Artifact.
std::string stand_alone_program(std::string_view runtime, std::string_view artifact);

// The Artifact behind the program in `path`; fails on one that has none, or not all of it.
Result<std::string> artifact_behind(const std::string& path);

}  // namespace tracer
