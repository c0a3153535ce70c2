#include "wiring/folder_watch.h"

#include <gtest/gtest.h>

#include <fstream>

#include "base/test_folder.h"

namespace glucoledger::wiring {
namespace {

using Files = std::vector<std::string>;

class FolderWatchTest : public testing::Test {
 protected:
  std::string write(const std::string& name, std::string_view content) {
    std::ofstream(folder_ / name) << content;
    return folder_ / name;
  }
  const base::TestFolder folder_;
};

TEST_F(FolderWatchTest, GivesEachStateOfAFinishedFileOnce) {
  auto watch = FolderWatch::start(folder_.path()).value();
  EXPECT_EQ(watch.changed_files(), Files());
  const auto b = write("b.csv", "1");
  const auto a = write("a.csv", "1");
  write(".hidden", "1");
  std::filesystem::create_directory(folder_ / "folder");
  EXPECT_EQ(watch.changed_files(), (Files{a, b}));
  EXPECT_EQ(watch.changed_files(), Files());
  write("b.csv", "12");
  EXPECT_EQ(watch.changed_files(), Files{b});
  watch.try_again(b);
  EXPECT_EQ(watch.changed_files(), Files{b});
}

TEST_F(FolderWatchTest, AFileInPlaceOfOneOfTheSameSizeAndTimeIsANewOne) {
  auto watch = FolderWatch::start(folder_.path()).value();
  const auto file = write("file.csv", "1");
  EXPECT_EQ(watch.changed_files(), Files{file});
  const auto time = std::filesystem::last_write_time(file);
  std::filesystem::last_write_time(write(".other", "2"), time);
  std::filesystem::rename(folder_ / ".other", file);
  EXPECT_EQ(watch.changed_files(), Files{file});
  EXPECT_EQ(watch.changed_files(), Files());
}

TEST_F(FolderWatchTest, AFileThatIsBeingWrittenCountsOnceItRests) {
  auto watch = FolderWatch::start(folder_.path()).value();
  std::ofstream growing(folder_ / "growing.csv");
  growing << "1" << std::flush;
  EXPECT_EQ(watch.changed_files(), Files()) << "it may go on";
  growing << "2" << std::flush;
  EXPECT_EQ(watch.changed_files(), Files());
  EXPECT_EQ(watch.changed_files(), Files{folder_ / "growing.csv"}) << "as it was at the look before";
}

TEST_F(FolderWatchTest, WhatWasThereFromTheStartCountsAtTheSecondLook) {
  const auto old = write("old.csv", "1");
  auto watch = FolderWatch::start(folder_.path()).value();
  EXPECT_EQ(watch.changed_files(), Files());
  EXPECT_EQ(watch.changed_files(), Files{old});
}

TEST_F(FolderWatchTest, AWaitEndsWithWhatComesAndNotAtAllOnceCancelled) {
  auto watch = FolderWatch::start(folder_.path()).value();
  write("new.csv", "1");
  constexpr std::int64_t kLongMs = 600'000;
  EXPECT_FALSE(watch.wait_ms(kLongMs, {}));
  EXPECT_EQ(watch.changed_files().size(), 1U);
  base::CancelSource stop;
  stop.trip();
  EXPECT_TRUE(watch.wait_ms(kLongMs, stop.token()));
}

TEST_F(FolderWatchTest, OnlyAFolderIsWatched) {
  const auto watch = FolderWatch::start(write("file", ""));
  ASSERT_FALSE(watch);
  EXPECT_EQ(watch.error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace glucoledger::wiring
