#include "ledger_store/fake_disk.h"

#include <gtest/gtest.h>

namespace glucoledger::ledger_store {
namespace {

class FakeDiskTest : public testing::Test {
 protected:
  void write(const std::string& path, const std::string& data, bool sync) {
    std::unique_ptr<rocksdb::FSWritableFile> file;
    ASSERT_TRUE(disk_.NewWritableFile(path, {}, &file, nullptr).ok());
    ASSERT_TRUE(file->Append(data, {}, nullptr).ok());
    if (sync) {
      ASSERT_TRUE(file->Sync({}, nullptr).ok());
    }
  }
  void sync_folder() {
    std::unique_ptr<rocksdb::FSDirectory> folder;
    ASSERT_TRUE(disk_.NewDirectory("/d", {}, &folder, nullptr).ok());
    ASSERT_TRUE(folder->Fsync({}, nullptr).ok());
  }
  // 1 when the file is there, whole.
  int survivals(const std::string& path, std::uint64_t size) {
    std::uint64_t found = 0;
    return disk_.GetFileSize(path, {}, &found, nullptr).ok() && found == size ? 1 : 0;
  }
  FakeDisk disk_;
  std::mt19937_64 random_{1};
};

TEST_F(FakeDiskTest, KeepsWhatWasSynced) {
  for (int i = 0; i < 50; ++i) {
    const std::string path = "/d/" + std::to_string(i);
    write(path, "content", true);
    sync_folder();
    disk_.restart(random_);
    EXPECT_EQ(survivals(path, 7), 1);
  }
}

TEST_F(FakeDiskTest, MayDropUnsyncedDataAndNames) {
  int unsynced_data = 0;
  int unsynced_name = 0;
  int unsynced_rename = 0;
  constexpr int kRounds = 100;
  for (int i = 0; i < kRounds; ++i) {
    const std::string path = "/d/" + std::to_string(i);
    write(path, "content", false);
    sync_folder();
    disk_.restart(random_);
    unsynced_data += survivals(path, 7);
    write(path + "n", "content", true);
    disk_.restart(random_);
    unsynced_name += survivals(path + "n", 7);
    write(path + "r", "content", true);
    sync_folder();
    ASSERT_TRUE(disk_.RenameFile(path + "r", path + "s", {}, nullptr).ok());
    disk_.restart(random_);
    EXPECT_TRUE(survivals(path + "r", 7) + survivals(path + "s", 7) >= 1);
    unsynced_rename += survivals(path + "s", 7);
  }
  for (const int survived : {unsynced_data, unsynced_name, unsynced_rename}) {
    EXPECT_GT(survived, 0);
    EXPECT_LT(survived, kRounds);
  }
}

TEST_F(FakeDiskTest, LosesWhatItFailedToSyncThoughALaterSyncSucceeds) {
  std::unique_ptr<rocksdb::FSWritableFile> file;
  ASSERT_TRUE(disk_.NewWritableFile("/d/f", {}, &file, nullptr).ok());
  ASSERT_TRUE(file->Append("abcd", {}, nullptr).ok());
  disk_.fail_after(1, FakeDisk::Fault::kBroken);
  EXPECT_TRUE(file->Sync({}, nullptr).IsIOError());
  disk_.repair();
  ASSERT_TRUE(file->Append("efgh", {}, nullptr).ok());
  ASSERT_TRUE(file->Sync({}, nullptr).ok());
  sync_folder();
  disk_.restart(random_);
  std::unique_ptr<rocksdb::FSSequentialFile> reader;
  ASSERT_TRUE(disk_.NewSequentialFile("/d/f", {}, &reader, nullptr).ok());
  std::string scratch(8, 'x');
  rocksdb::Slice content;
  ASSERT_TRUE(reader->Read(8, {}, &content, scratch.data(), nullptr).ok());
  EXPECT_EQ(content.ToString(), std::string(4, '\0') + "efgh");
}

TEST_F(FakeDiskTest, FailsFromTheGivenCallOn) {
  disk_.fail_after(2, FakeDisk::Fault::kFull);
  std::unique_ptr<rocksdb::FSWritableFile> file;
  ASSERT_TRUE(disk_.NewWritableFile("/d/f", {}, &file, nullptr).ok());
  EXPECT_TRUE(file->Append("abcd", {}, nullptr).IsNoSpace());
  EXPECT_TRUE(file->Sync({}, nullptr).IsNoSpace());
  disk_.repair();
  EXPECT_TRUE(file->Append("abcd", {}, nullptr).ok());
}

}  // namespace
}  // namespace glucoledger::ledger_store
