#include "ledger_store/log_check.h"

#include <gtest/gtest.h>
#include <rocksdb/db.h>

#include <algorithm>
#include <boost/crc.hpp>
#include <set>

#include "base/file.h"
#include "base/test_folder.h"
#include "ledger_store/fake_disk.h"

namespace glucoledger::ledger_store {
namespace {

// Logs as RocksDB writes them.
class LogCheckTest : public testing::Test {
 protected:
  // The values of `sizes`, a record each, in a database of its own.
  std::string log_of(const std::vector<std::size_t>& sizes) {
    const auto env = make_environment(disk_);
    rocksdb::Options options;
    options.env = env.get();
    options.create_if_missing = true;
    rocksdb::DB* opened = nullptr;
    EXPECT_TRUE(rocksdb::DB::Open(options, "/db", &opened).ok());
    const std::unique_ptr<rocksdb::DB> database(opened);
    rocksdb::WriteOptions synced;
    synced.sync = true;
    for (const std::size_t size : sizes) {
      EXPECT_TRUE(database->Put(synced, std::to_string(size), std::string(size, 'v')).ok());
    }
    std::vector<std::string> names;
    EXPECT_TRUE(env->GetChildren("/db", &names).ok());
    std::erase_if(names, [](const std::string& name) { return !name.ends_with(".log"); });
    std::string content;
    EXPECT_TRUE(rocksdb::ReadFileToString(env.get(), "/db/" + names.at(0), &content).ok());
    return content;
  }
  std::shared_ptr<FakeDisk> disk_ = std::make_shared<FakeDisk>();
};

TEST_F(LogCheckTest, AWholeLogIsWhole) {
  // Values that end short of a block's end by less than a header, and such that span several blocks.
  for (const auto& sizes : std::vector<std::vector<std::size_t>>{
           {}, {1}, {10, 20, 30}, {32735, 5}, {32736, 5}, {32737, 5}, {32738, 5}, {32740, 5}, {100'000, 1, 70'000}}) {
    disk_ = std::make_shared<FakeDisk>();
    const std::string log = log_of(sizes);
    const LogCondition condition = examine_log(log);
    EXPECT_EQ(condition.intact_size, log.size());
    EXPECT_FALSE(condition.is_torn);
    EXPECT_EQ(condition.first_record.empty(), sizes.empty());
  }
}

TEST_F(LogCheckTest, ATornEndIsNoDamage) {
  const std::string log = log_of({100, 50'000, 100'000});
  const std::size_t intact = examine_log(std::string_view(log).substr(0, log.size() - 1)).intact_size;
  for (std::size_t size = intact + 1; size < log.size(); size += 997) {
    LogCondition condition = examine_log(std::string_view(log).substr(0, size));
    EXPECT_EQ(condition.intact_size, intact);
    EXPECT_TRUE(condition.is_torn);
    EXPECT_FALSE(condition.records_follow);
    std::string zeroed = log;  // a part in the middle of the last record did not reach the disk
    std::fill_n(zeroed.begin() + static_cast<std::ptrdiff_t>(size), std::min<std::size_t>(4096, log.size() - size),
                '\0');
    condition = examine_log(zeroed);
    EXPECT_EQ(condition.intact_size, intact);
    EXPECT_FALSE(condition.records_follow);
  }
}

TEST_F(LogCheckTest, DamageBeforeTheLastRecordIsFound) {
  const std::string log = log_of({100, 50'000, 100'000, 10});
  const std::size_t last = examine_log(std::string_view(log).substr(0, log.size() - 1)).intact_size;
  for (std::size_t place = 0; place < last; place += 499) {
    std::string damaged = log;
    damaged[place] = static_cast<char>(damaged[place] ^ 4);
    EXPECT_TRUE(examine_log(damaged).records_follow) << place;
  }
}

// Who sends transactions chooses bytes of their records: a torn one that is full of what looks like records is torn.
TEST_F(LogCheckTest, ATornEndFullOfForgedRecordsIsNoDamage) {
  const std::string empty("\x05\x2b\x28\x43\x00\x00\x01", 7);  // of an empty record: masked sum, length 0, whole
  std::string forged;
  while (forged.size() < 60'000) forged += empty;
  for (const std::size_t last_size : {std::size_t{1'000}, std::size_t{50'000}}) {
    const std::string front = log_of({100, last_size});
    const std::size_t intact = examine_log(std::string_view(front).substr(0, front.size() - 1)).intact_size;
    std::string log = front;  // the value of the last record, all of it, is forged
    const std::size_t value = log.find(std::string(100, 'v'), intact);
    ASSERT_NE(value, std::string::npos);
    for (std::size_t i = value; i < log.size(); ++i) {
      if (log[i] == 'v') log[i] = forged[i % empty.size()];
    }
    for (std::size_t size = intact + 8; size < log.size(); size += 11) {
      const LogCondition condition = examine_log(std::string_view(log).substr(0, size));
      ASSERT_EQ(condition.intact_size, intact);
      ASSERT_FALSE(condition.records_follow) << size;
    }
  }
}

// Also where their numbers go on from one to the next, as nobody can know which would be right.
TEST_F(LogCheckTest, ATornEndFullOfForgedRecordsWithNumbersIsNoDamage) {
  std::string forged;
  for (std::uint64_t sequence = std::uint64_t{1} << 48; forged.size() < 1'500; ++sequence) {
    std::string record("\x01", 1);  // a whole one, of one change
    for (int i = 0; i < 8; ++i) record += static_cast<char>(sequence >> (8 * i) & 0xFF);
    record += std::string("\x01\x00\x00\x00", 4);
    boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true> crc;
    crc.process_bytes(record.data(), record.size());
    const std::uint32_t sum = (crc.checksum() >> 15 | crc.checksum() << 17) + 0xA282EAD8U;
    for (int i = 0; i < 4; ++i) forged += static_cast<char>(sum >> (8 * i) & 0xFF);
    forged += std::string("\x0C\x00", 2) + record;
  }
  std::string log = log_of({100, 2'000});
  const std::size_t intact = examine_log(std::string_view(log).substr(0, log.size() - 1)).intact_size;
  const std::size_t value = log.find(std::string(100, 'v'), intact);
  log.replace(value, forged.size(), forged);
  for (std::size_t size = value; size < log.size(); ++size) {
    ASSERT_FALSE(examine_log(std::string_view(log).substr(0, size)).records_follow) << size;
  }
}

// A record may begin with a header and no more than some bytes, or none, at the end of a block; what it says of
// sequence numbers stands in the next block then.
TEST_F(LogCheckTest, ARecordThatBeginsAtTheEndOfABlockIsReadAsAWhole) {
  const auto env = make_environment(disk_);
  rocksdb::Options options;
  options.env = env.get();
  options.create_if_missing = true;
  options.avoid_flush_during_recovery = true;
  const auto open = [&] {
    rocksdb::DB* opened = nullptr;
    EXPECT_TRUE(rocksdb::DB::Open(options, "/db", &opened).ok());
    return std::unique_ptr<rocksdb::DB>(opened);
  };
  const auto put = [](rocksdb::DB& database, const std::string& key, std::size_t size) {
    ASSERT_TRUE(database.Put({}, key, std::string(size, 'v')).ok());
  };
  for (std::size_t size = 32'700; size < 32'760; ++size) {  // of the first record of a log
    SCOPED_TRACE(size);
    ASSERT_TRUE(rocksdb::DestroyDB("/db", options).ok());
    auto database = open();
    put(*database, "first", size);
    put(*database, "last of its log", 5);
    database.reset();
    database = open();
    put(*database, "of the next log", 5);
    database.reset();
    ASSERT_TRUE(check_logs(*env, "/db", true));
  }
  // The list of files, whose records hold the first and the last key of what was flushed.
  constexpr std::size_t kKeySize = 16'000;
  constexpr std::size_t kBlockSize = 32'768;
  constexpr std::size_t kHeaderSize = 7;
  std::size_t block_rest = 0;  // behind a record with a key of this size
  std::set<std::size_t> rests;
  for (std::size_t less = 0; less < 40; ++less) {
    SCOPED_TRACE(less);
    ASSERT_TRUE(rocksdb::DestroyDB("/db", options).ok());
    auto database = open();
    put(*database, std::string(kKeySize, 'a'), 1);
    put(*database, std::string(kKeySize + block_rest - less, 'b'), 1);
    ASSERT_TRUE(database->Flush({}).ok());
    std::string name;
    ASSERT_TRUE(rocksdb::ReadFileToString(env.get(), "/db/CURRENT", &name).ok());
    std::uint64_t list_size = 0;
    ASSERT_TRUE(env->GetFileSize("/db/" + name.substr(0, name.size() - 1), &list_size).ok());
    if (less == 0) block_rest = kBlockSize - list_size;
    rests.insert(kBlockSize - list_size);
    put(*database, "flushed", 1);
    ASSERT_TRUE(database->Flush({}).ok());
    put(*database, "of the log", 1);
    database.reset();
    ASSERT_TRUE(check_logs(*env, "/db", true));
  }
  for (std::size_t rest = 0; rest < 3 * kHeaderSize; ++rest) EXPECT_TRUE(rests.contains(rest)) << rest;
}

// Of the two records that a flush appends to the list of files only the second reached the disk.
TEST_F(LogCheckTest, APowerCutBetweenTheRecordsOfAFlushIsNoDamageUntilLogsWent) {
  const auto env = make_environment(disk_);
  rocksdb::Options options;
  options.env = env.get();
  options.create_if_missing = true;
  const auto file_list = [&] {
    std::string name;
    std::string content;
    EXPECT_TRUE(rocksdb::ReadFileToString(env.get(), "/db/CURRENT", &name).ok());
    name.pop_back();
    EXPECT_TRUE(rocksdb::ReadFileToString(env.get(), "/db/" + name, &content).ok());
    return std::pair("/db/" + name, content);
  };
  for (const bool logs_went : {true, false}) {
    SCOPED_TRACE(logs_went);
    ASSERT_TRUE(rocksdb::DestroyDB("/db", options).ok());
    rocksdb::DB* opened = nullptr;
    ASSERT_TRUE(rocksdb::DB::Open(options, "/db", &opened).ok());
    std::unique_ptr<rocksdb::DB> database(opened);
    ASSERT_TRUE(database->Put({}, "key", "value").ok());
    const auto [list, before] = file_list();
    if (!logs_went) {
      ASSERT_TRUE(database->DisableFileDeletions().ok());
    }
    ASSERT_TRUE(database->Flush({}).ok());
    database.reset();
    std::string content = file_list().second;
    const std::size_t first_end = examine_log(std::string_view(content).substr(0, content.size() - 1)).intact_size;
    ASSERT_GT(first_end, before.size());
    std::fill(content.begin() + static_cast<std::ptrdiff_t>(before.size()),
              content.begin() + static_cast<std::ptrdiff_t>(first_end), '\0');
    ASSERT_TRUE(rocksdb::WriteStringToFile(env.get(), content, list, true).ok());
    const auto checked = check_logs(*env, "/db", true);
    ASSERT_EQ(checked.has_value(), !logs_went);
    if (logs_went) {
      EXPECT_EQ(checked.error().code, ErrorCode::kCorrupt);
      continue;
    }
    EXPECT_EQ(file_list().second, before);
    ASSERT_TRUE(rocksdb::DB::Open(options, "/db", &opened).ok());
    database.reset(opened);
    std::string value;
    ASSERT_TRUE(database->Get({}, "key", &value).ok());
    EXPECT_EQ(value, "value");
  }
}

// On a real disk, whose environment can do less than the simulated one.
TEST_F(LogCheckTest, ATornEndIsCutOffInAFolder) {
  const base::TestFolder folder;
  const std::string log = log_of({100, 50'000});
  const auto write = [&](const char* name, const std::string& content) {
    ASSERT_TRUE(base::write_file_atomic(folder.path() / name, base::as_bytes(content)));
  };
  write("CURRENT", "MANIFEST-000001\n");
  for (const char* name : {"MANIFEST-000001", "000004.log"}) write(name, log + log.substr(0, 20));
  for (const bool mend : {false, true}) {
    const auto checked = check_logs(*rocksdb::Env::Default(), folder.path(), mend);
    ASSERT_TRUE(checked) << checked.error().message;
    for (const char* name : {"MANIFEST-000001", "000004.log"}) {
      const auto content = base::read_file(folder.path() / name, 1 << 20);
      ASSERT_TRUE(content);
      EXPECT_EQ(*content, mend ? log : log + log.substr(0, 20)) << name;
    }
  }
}

}  // namespace
}  // namespace glucoledger::ledger_store
