#include "runtime/stand_alone.h"

#include <gtest/gtest.h>

#include "base/files.h"
#include "base/process.h"

namespace tracer {
namespace {

class StandAlone : public testing::Test {
 protected:
  std::string written(const std::string& bytes) {
    const std::string path = folder_->path() + "/program";
    EXPECT_TRUE(write_file(path, bytes));
    return path;
  }
  std::string why_not(const std::string& bytes) {
    auto artifact = artifact_behind(written(bytes));
    return artifact ? "" : artifact.error().text;
  }
  Result<TemporaryFolder> folder_ = TemporaryFolder::make();
};

TEST_F(StandAlone, GivesBackWhatWasPutIn) {
  const std::string artifact("any bytes\0at all", 16);
  auto found = artifact_behind(written(stand_alone_program("runtime", artifact)));
  ASSERT_TRUE(found);
  EXPECT_EQ(*found, artifact);
}

TEST_F(StandAlone, EveryDamageIsFound) {
  const std::string whole = stand_alone_program("runtime", "artifact");
  for (size_t size = 0; size < whole.size(); ++size) EXPECT_NE(why_not(whole.substr(0, size)), "") << size;
  for (size_t at = 7; at < whole.size(); ++at) {
    std::string changed = whole;
    changed[at] ^= 1;
    EXPECT_NE(why_not(changed), "") << at;
  }
  EXPECT_NE(why_not("a program alone, with nothing that was put behind it"), "");
}

}  // namespace
}  // namespace tracer
