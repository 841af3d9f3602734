#include "runtime/user_names.h"

#include <pwd.h>

#include <array>

namespace tracer {

std::string user_name(uint32_t uid) {
  passwd entry{};
  passwd* found = nullptr;
  std::array<char, 4096> space;
  getpwuid_r(uid, &entry, space.data(), space.size(), &found);
  return found ? found->pw_name : "";
}

}  // namespace tracer
