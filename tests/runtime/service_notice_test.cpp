#include "runtime/service_notice.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>

#include "base/unique_fd.h"

namespace tracer {
namespace {

// What a service manager has: a socket of that name; `@` stands for the abstract kind.
class Manager {
 public:
  explicit Manager(const std::string& name) : name_(name), socket_(socket(AF_UNIX, SOCK_DGRAM, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, name.data(), name.size());
    if (name[0] == '@') address.sun_path[0] = '\0';
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    bound_ = bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), size) == 0;
    setenv("NOTIFY_SOCKET", name.c_str(), 1);
  }
  ~Manager() {
    unsetenv("NOTIFY_SOCKET");
    if (name_[0] == '/') unlink(name_.c_str());
  }
  bool bound() const { return bound_; }
  std::string heard() {
    char buffer[256];
    const ssize_t got = recv(socket_.get(), buffer, sizeof buffer, MSG_DONTWAIT);
    return got > 0 ? std::string(buffer, static_cast<size_t>(got)) : "";
  }

 private:
  std::string name_;
  UniqueFd socket_;
  bool bound_ = false;
};

TEST(ServiceNotice, ArrivesByPathAndByAbstractName) {
  const std::string number = std::to_string(getpid());
  for (const std::string& name :
       {testing::TempDir() + "/notify." + number, "@tracer_notify_test_" + number}) {
    Manager manager(name);
    ASSERT_TRUE(manager.bound()) << name;
    notify_service("READY=1");
    EXPECT_EQ(manager.heard(), "READY=1") << name;
    EXPECT_EQ(manager.heard(), "") << name;
  }
}

TEST(ServiceNotice, NobodyThereIsNoHarm) {
  notify_service("READY=1");
  for (const std::string& name : {std::string("/nonexistent/socket"), std::string("relative"), std::string(),
                                  "/" + std::string(500, 'x')}) {
    setenv("NOTIFY_SOCKET", name.c_str(), 1);
    notify_service("READY=1");
  }
  unsetenv("NOTIFY_SOCKET");
}

}  // namespace
}  // namespace tracer
