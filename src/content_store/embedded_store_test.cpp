#include "content_store/embedded_store.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <thread>

#include "base/limits.h"
#include "base/test_folder.h"

namespace glucoledger::content_store {
namespace {

using State = ports::FileStatus::State;

constexpr auto kNoLimit = base::limits::kContentSizeMax;

Bytes content_of(std::size_t size, std::uint8_t seed) {
  Bytes content(size);
  std::uint32_t state = seed;
  for (auto& byte : content) byte = static_cast<std::uint8_t>((state = state * 1664525 + 1013904223) >> 24);
  return content;
}

class EmbeddedStoreTest : public testing::Test {
 protected:
  locator::Locator place() const { return locator::Locator::of_folder(folder_ / "store"); }
  std::unique_ptr<EmbeddedStore> open(bool read_only = false) {
    return EmbeddedStore::open(place(), read_only).value();
  }
  Result<void> sql(const std::string& text) {
    auto database =
        sqlite::Database::open(folder_ / "store/content.sqlite", sqlite::Database::Mode::kReadWrite).value();
    return database.execute(text);
  }
  bool disk_holds(std::string_view needle) {
    for (const auto& entry : std::filesystem::directory_iterator(folder_ / "store")) {
      std::ifstream file(entry.path(), std::ios::binary);
      const std::string bytes((std::istreambuf_iterator<char>(file)), {});
      if (bytes.find(needle) != std::string::npos) return true;
    }
    return false;
  }

  const base::TestFolder folder_;
};

TEST_F(EmbeddedStoreTest, WhatWasAddedCanBeReadByTheNextProcess) {
  const Bytes content = content_of(kChunkSize * 3 + 17, 1);
  std::string cid;
  {
    auto store = open();
    cid = store->add(content).value();
    EXPECT_EQ(store->add(content).value(), cid);
    EXPECT_TRUE(store->get(cid, kNoLimit).value() == content);
  }
  EXPECT_TRUE(open(true)->get(cid, kNoLimit).value() == content);
  EXPECT_EQ(open()->get(cid, content.size() - 1).error().code, ErrorCode::kInputRefused);
}

TEST_F(EmbeddedStoreTest, KnownCids) {
  auto store = open();
  EXPECT_EQ(store->add(Bytes()).value(), "QmbFMke1KXqnYyBBWxB74N4c5SBnJMVAiMNRcGu6x1AwQH");
  EXPECT_EQ(store->add(base::as_bytes("hello world\n")).value(), "QmT78zSuBmuS4z925WZfrqQ1qHaJ56DQaTfyMUF7F8ff5o");
  // The same block by its other name.
  EXPECT_EQ(base::as_text(store->get("bafybeicg2rebjoofv4kbyovkw7af3rpiitvnl6i7ckcywaq6xjcxnc2mby", kNoLimit).value()),
            "hello world\n");
}

TEST_F(EmbeddedStoreTest, TellsNeverSeenFromGone) {
  auto store = open();
  const std::string cid = store->add(content_of(kChunkSize * 2, 1)).value();
  EXPECT_EQ(store->get("QmbFMke1KXqnYyBBWxB74N4c5SBnJMVAiMNRcGu6x1AwQH", kNoLimit).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(store->get("no CID", kNoLimit).error().code, ErrorCode::kInputRefused);
  ASSERT_TRUE(sql("DELETE FROM blocks WHERE rowid = 1"));
  EXPECT_EQ(store->get(cid, kNoLimit).error().code, ErrorCode::kPruned);
  ASSERT_TRUE(sql("DELETE FROM blocks"));
  EXPECT_EQ(store->get(cid, kNoLimit).error().code, ErrorCode::kPruned);
}

TEST_F(EmbeddedStoreTest, ACorruptBlockIsNoticedAndHealedByAddingAgain) {
  auto store = open();
  const Bytes content = content_of(kChunkSize * 2, 1);
  const std::string cid = store->add(content).value();
  ASSERT_TRUE(sql("UPDATE blocks SET bytes = zeroblob(length(bytes)) WHERE rowid = 2"));
  EXPECT_EQ(store->get(cid, kNoLimit).error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(store->add(content).value(), cid);
  EXPECT_TRUE(store->get(cid, kNoLimit).value() == content);
}

TEST_F(EmbeddedStoreTest, RemovingLeavesNothingOnDisk) {
  auto store = open();
  const std::string text = "a line that nobody else would write, many times over\n";
  std::string content;
  while (content.size() < 2 * kChunkSize) content += text;
  const std::string cid = store->add(base::as_bytes(content)).value();
  ASSERT_TRUE(disk_holds(text));
  ASSERT_TRUE(store->remove(cid));
  EXPECT_FALSE(disk_holds(text));
  EXPECT_FALSE(disk_holds("nobody else"));
  EXPECT_EQ(store->get(cid, kNoLimit).error().code, ErrorCode::kPruned);
  EXPECT_TRUE(store->remove(cid)) << "removing twice is no error";
  EXPECT_EQ(store->remove("QmbFMke1KXqnYyBBWxB74N4c5SBnJMVAiMNRcGu6x1AwQH").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(store->add(base::as_bytes(content)).value(), cid);
  EXPECT_EQ(base::as_text(store->get(cid, kNoLimit).value()), content);
}

TEST_F(EmbeddedStoreTest, SharedBlocksStayUntilTheLastFileGoes) {
  auto store = open();
  const Bytes first = content_of(kChunkSize * 2, 1);
  Bytes second = first;
  second.push_back(1);  // the first two chunks are shared
  const std::string first_cid = store->add(first).value();
  const std::string second_cid = store->add(second).value();
  ASSERT_TRUE(store->remove(first_cid));
  EXPECT_EQ(store->get(first_cid, kNoLimit).error().code, ErrorCode::kPruned);
  EXPECT_TRUE(store->get(second_cid, kNoLimit).value() == second);
  ASSERT_TRUE(store->remove(second_cid));
  auto database = sqlite::Database::open(folder_ / "store/content.sqlite", sqlite::Database::Mode::kReadOnly).value();
  auto count = database.prepare("SELECT count(*) FROM blocks").value();
  ASSERT_TRUE(count.step().value());
  EXPECT_EQ(count.integer(0), 0);
}

TEST_F(EmbeddedStoreTest, WhoIsStoppedWaitsNoLongerForAnotherProcess) {
  base::CancelSource stop;
  auto store = EmbeddedStore::open(place(), false, stop.token()).value();
  auto other = sqlite::Database::open(folder_ / "store/content.sqlite", sqlite::Database::Mode::kReadWrite).value();
  ASSERT_TRUE(other.execute("BEGIN IMMEDIATE"));
  stop.trip();
  const auto added = store->add(content_of(100, 1));
  ASSERT_FALSE(added);
  EXPECT_EQ(added.error().code, ErrorCode::kInterrupted);
}

TEST_F(EmbeddedStoreTest, RefusesANewerStoreByName) {
  open();
  ASSERT_TRUE(sql("PRAGMA user_version = 2"));
  for (const bool read_only : {false, true}) {
    const auto store = EmbeddedStore::open(place(), read_only);
    ASSERT_FALSE(store);
    EXPECT_EQ(store.error().code, ErrorCode::kNewerFormat);
    EXPECT_NE(store.error().message.find("format 2"), std::string::npos);
  }
}

// A store that another person's invitation names.
TEST_F(EmbeddedStoreTest, WhatIsMadeToHangItsReaderIsRefused) {
  open();
  ASSERT_TRUE(
      sql("DROP TABLE blocks; CREATE VIEW blocks AS WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM "
          "n) SELECT x'00' AS digest, x'00' AS bytes FROM n WHERE i < 0"));
  EXPECT_EQ(EmbeddedStore::open(place(), true).error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(EmbeddedStore::open(place(), false).error().code, ErrorCode::kCorrupt);
  // Beside the database it is not looked at, or an error; nobody waits for it.
  for (const char* name : {"content.sqlite", "content.sqlite-wal", "content.sqlite-journal"}) {
    std::filesystem::remove_all(folder_ / "store");
    open();
    const auto pipe = folder_ / "store" / name;
    std::filesystem::remove(pipe);
    ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
    const auto opened = EmbeddedStore::open(place(), true);
    if (std::string_view(name) == "content.sqlite") {
      EXPECT_FALSE(opened);
    }
  }
}

TEST_F(EmbeddedStoreTest, ReadOnlyNeitherMakesNorWrites) {
  EXPECT_EQ(EmbeddedStore::open(place(), true).error().code, ErrorCode::kNotFound);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "store"));
  open();
  EXPECT_FALSE(open(true)->add(content_of(10, 1)));
}

TEST_F(EmbeddedStoreTest, ProcessesShareAFolder) {
  constexpr int kProcesses = 6;
  std::vector<pid_t> children;
  for (int i = 0; i < kProcesses; ++i) {
    const pid_t child = ::fork();
    if (child == 0) {  // each opens a folder that does not exist yet, and adds
      auto store = EmbeddedStore::open(place(), false);
      bool good = store.has_value();
      if (!good) std::fprintf(stderr, "cannot open: %s\n", store.error().message.c_str());
      for (std::uint8_t n = 0; good && n < 5; ++n) {
        const Bytes content = content_of(kChunkSize + n, static_cast<std::uint8_t>(i));
        const auto cid = (*store)->add(content);
        good = cid.has_value() && (*store)->get(*cid, kNoLimit).value_or(Bytes()) == content;
      }
      ::_exit(good ? 0 : 1);
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = -1;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
  }
}

TEST_F(EmbeddedStoreTest, ThreadsShareAStore) {
  auto store = open();
  std::vector<std::thread> threads;
  for (std::uint8_t i = 0; i < 4; ++i) {
    threads.emplace_back([&store, i] {
      const Bytes content = content_of(kChunkSize + 1, i);
      for (int n = 0; n < 5; ++n) EXPECT_TRUE(store->get(store->add(content).value(), kNoLimit).value() == content);
    });
  }
  for (auto& thread : threads) thread.join();
}

TEST_F(EmbeddedStoreTest, TheNameIsKnownBeforeAnythingIsAdded) {
  auto store = open();
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, kChunkSize, 3 * kChunkSize + 17}) {
    const Bytes content = content_of(size, 9);
    const auto cid = store->cid_of(content).value();
    EXPECT_EQ(store->stat(cid)->state, State::kAbsent);
    EXPECT_EQ(store->get(cid, kNoLimit).error().code, ErrorCode::kNotFound);
    EXPECT_EQ(store->add(content).value(), cid);
  }
}

TEST_F(EmbeddedStoreTest, TellsWhatItHasOfAFile) {
  auto store = open();
  const Bytes content = content_of(kChunkSize * 2 + 5, 1);
  const auto cid = store->add(content).value();
  const auto leaf = store->cid_of(ByteView(content).first(kChunkSize)).value();
  EXPECT_EQ(store->stat(cid)->state, State::kPresent);
  EXPECT_EQ(store->stat(cid)->size, content.size());
  EXPECT_TRUE(store->stat(cid)->pinned);
  EXPECT_EQ(store->stat(leaf)->state, State::kPresent);
  EXPECT_EQ(store->stat(leaf)->size, kChunkSize);
  EXPECT_FALSE(store->stat(leaf)->pinned);
  EXPECT_EQ(store->stat("no CID").error().code, ErrorCode::kInputRefused);
  ASSERT_TRUE(sql("DELETE FROM blocks WHERE rowid = 1"));
  EXPECT_EQ(store->stat(cid)->state, State::kIncomplete);
  EXPECT_EQ(store->stat(leaf)->state, State::kAbsent);
  ASSERT_TRUE(store->add(content));
  ASSERT_TRUE(store->remove(cid));
  EXPECT_EQ(store->stat(cid)->state, State::kAbsent);
  EXPECT_FALSE(store->stat(cid)->pinned);
}

TEST_F(EmbeddedStoreTest, ARootInsideAnotherFileOutlivesBoth) {
  auto store = open();
  const Bytes whole = content_of(kChunkSize * 2, 1);
  const Bytes part(whole.begin(), whole.begin() + kChunkSize);  // its only block is a leaf of the other file
  const auto whole_cid = store->add(whole).value();
  const auto part_cid = store->add(part).value();
  ASSERT_TRUE(store->remove(whole_cid));
  EXPECT_TRUE(store->get(part_cid, kNoLimit).value() == part);
  ASSERT_TRUE(store->add(whole));
  ASSERT_TRUE(store->remove(part_cid));
  EXPECT_TRUE(store->get(whole_cid, kNoLimit).value() == whole);
  EXPECT_EQ(store->stat(part_cid)->state, State::kPresent) << "as a block of the other file";
  EXPECT_FALSE(store->stat(part_cid)->pinned);
}

TEST_F(EmbeddedStoreTest, NothingIsThereOfWhatWasNotAddedWhole) {
  auto store = open();
  std::size_t given = 0;
  const base::ByteReader breaks = [&](std::span<std::uint8_t> buffer) -> Result<std::size_t> {
    if (++given > 3) return fail(ErrorCode::kFailed, "the source broke");
    std::fill(buffer.begin(), buffer.end(), static_cast<std::uint8_t>(given));
    return buffer.size();
  };
  EXPECT_EQ(store->add(breaks).error().message, "the source broke");
  const pid_t child = ::fork();
  if (child == 0) {  // dies in the middle
    std::size_t reads = 0;
    auto own = open();
    (void)own->add([&](std::span<std::uint8_t> buffer) -> Result<std::size_t> {
      if (++reads > 30) ::_exit(7);
      std::fill(buffer.begin(), buffer.end(), static_cast<std::uint8_t>(reads));
      return buffer.size();
    });
    ::_exit(0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(WEXITSTATUS(status), 7);
  auto database = sqlite::Database::open(folder_ / "store/content.sqlite", sqlite::Database::Mode::kReadOnly).value();
  auto count = database.prepare("SELECT (SELECT count(*) FROM blocks) + (SELECT count(*) FROM file_blocks)").value();
  ASSERT_TRUE(count.step().value());
  EXPECT_EQ(count.integer(0), 0);
}

TEST_F(EmbeddedStoreTest, LongCallsStopWhenAsked) {
  auto store = open();
  const Bytes content = content_of(kChunkSize * 3, 1);
  const auto cid = store->add(content).value();
  base::CancelSource source;
  std::size_t written = 0;
  const auto stops = [&](ByteView bytes) -> Result<void> {
    written += bytes.size();
    source.trip();
    return {};
  };
  EXPECT_EQ(store->get(cid, kNoLimit, stops, source.token()).error().code, ErrorCode::kInterrupted);
  EXPECT_EQ(written, kChunkSize);
  EXPECT_EQ(store->add(content, source.token()).error().code, ErrorCode::kInterrupted);
  EXPECT_EQ(store->cid_of(content, source.token()).error().code, ErrorCode::kInterrupted);
  EXPECT_EQ(store->remove(cid, source.token()).error().code, ErrorCode::kInterrupted);
  EXPECT_EQ(store->stat(cid)->state, State::kPresent);
}

TEST_F(EmbeddedStoreTest, ASinkMayUseTheStoreAndEndTheReading) {
  auto store = open();
  const auto cid = store->add(content_of(kChunkSize * 3, 1)).value();
  const auto refuses = [&](ByteView) -> Result<void> {
    EXPECT_EQ(store->stat(cid)->state, State::kPresent);
    return fail(ErrorCode::kFailed, "full");
  };
  EXPECT_EQ(store->get(cid, kNoLimit, refuses).error().message, "full");
}

}  // namespace
}  // namespace glucoledger::content_store
