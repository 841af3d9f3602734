// The one channel for trouble in the world (files, kernel, processes).
// Trouble in the user's script is a diagnostic instead (diagnostics.h).
#pragma once

#include <expected>
#include <string>
#include <utility>

namespace tracer {

struct Error {
  std::string text;  // one sentence: what failed and why
  std::string hint;  // what the user can do about it; empty when nothing is known
};

template <typename T = void>
using Result = std::expected<T, Error>;

inline std::unexpected<Error> fail(std::string text, std::string hint = {}) {
  return std::unexpected<Error>(Error{std::move(text), std::move(hint)});
}

}  // namespace tracer
