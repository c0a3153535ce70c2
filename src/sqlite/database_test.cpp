#include "sqlite/database.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <random>

#include "base/test_folder.h"
#include "sqlite/unsynced_vfs.h"

namespace glucoledger::sqlite {
namespace {

using Mode = Database::Mode;

class DatabaseTest : public testing::Test {
 protected:
  Database open(Mode mode = Mode::kReadWriteCreate) { return Database::open(path_, mode).value(); }
  static std::int64_t number(Database& database, std::string_view sql) {
    auto statement = database.prepare(sql).value();
    EXPECT_TRUE(statement.step().value());
    return statement.integer(0);
  }

  const base::TestFolder folder_;
  const std::filesystem::path path_ = folder_ / "test.sqlite";
};

TEST_F(DatabaseTest, ValuesComeBackAsTheyWereBound) {
  auto database = open();
  ASSERT_TRUE(database.execute("CREATE TABLE t (a, b, c, d, e, f)"));
  const Bytes blob = {0, 1, 255};
  auto insert = database.prepare("INSERT INTO t VALUES (?1, ?2, ?3, ?4, ?5, ?6)").value();
  ASSERT_TRUE(insert.bind(1, INT64_MIN)
                  .bind(2, 0.1)
                  .bind(3, std::string("a\0ü", 4))
                  .bind(4, blob)
                  .bind_null(5)
                  .bind(6, std::optional<std::int64_t>())
                  .run());
  EXPECT_EQ(database.last_insert_id(), 1);
  EXPECT_EQ(database.changes(), 1);
  auto select = database.prepare("SELECT a, b, c, d, e, f FROM t").value();
  ASSERT_TRUE(select.step().value());
  EXPECT_EQ(select.integer(0), INT64_MIN);
  EXPECT_EQ(select.real(1), 0.1);
  EXPECT_EQ(select.text(2), std::string("a\0ü", 4));
  EXPECT_EQ(select.blob(3), blob);
  EXPECT_TRUE(select.is_null(4));
  EXPECT_TRUE(select.is_null(5));
  EXPECT_FALSE(select.step().value());
}

TEST_F(DatabaseTest, EmptyTextAndBlobAreNotNull) {
  auto database = open();
  auto select = database.prepare("SELECT ?1, ?2, typeof(?1), typeof(?2)").value();
  ASSERT_TRUE(select.bind(1, "").bind(2, Bytes()).step().value());
  EXPECT_FALSE(select.is_null(0));
  EXPECT_EQ(select.text(2), "text");
  EXPECT_EQ(select.text(3), "blob");
}

TEST_F(DatabaseTest, AStatementOfKnownTextBeginsAnew) {
  auto database = open();
  ASSERT_TRUE(database.execute("CREATE TABLE t (n INTEGER); INSERT INTO t VALUES (1), (2), (3)"));
  constexpr auto* kText = "SELECT n FROM t WHERE n >= coalesce(?1, 0) ORDER BY n";
  {
    auto left_amid_its_rows = database.prepare(kText).value();
    ASSERT_TRUE(left_amid_its_rows.bind(1, 2).step().value());
    EXPECT_EQ(left_amid_its_rows.integer(0), 2);
    auto beside = database.prepare(kText).value();
    ASSERT_TRUE(beside.bind(1, 3).step().value());
    EXPECT_EQ(beside.integer(0), 3);
    ASSERT_TRUE(left_amid_its_rows.step().value());
    EXPECT_EQ(left_amid_its_rows.integer(0), 3);
  }
  {
    auto nothing_bound = database.prepare(kText).value();
    ASSERT_TRUE(nothing_bound.step().value());
    EXPECT_EQ(nothing_bound.integer(0), 1);
  }
  const auto number_in_t = [&] { return number(database, "SELECT m FROM t"); };
  ASSERT_TRUE(database.execute("ALTER TABLE t RENAME COLUMN n TO m"));
  EXPECT_EQ(number_in_t(), 1);
  ASSERT_TRUE(database.execute("DROP TABLE t; CREATE TABLE t (m INTEGER); INSERT INTO t VALUES (7)"));
  EXPECT_EQ(number_in_t(), 7);
}

TEST_F(DatabaseTest, WhoIsStoppedWaitsForNobodysTransaction) {
  auto other = open();
  ASSERT_TRUE(other.execute("CREATE TABLE t (n INTEGER)"));
  base::CancelSource stop;
  auto database = std::move(*Database::open(path_, Mode::kReadWrite, stop.token(), 0));
  stop.trip();
  const auto insert = [&] { return database.execute("INSERT INTO t VALUES (1)"); };
  EXPECT_TRUE(database.transaction(insert)) << "where nobody else is at it";
  ASSERT_TRUE(other.execute("BEGIN IMMEDIATE"));
  EXPECT_EQ(database.transaction(insert).error().code, ErrorCode::kInterrupted);
  ASSERT_TRUE(other.execute("ROLLBACK"));
  EXPECT_EQ(number(database, "SELECT count(*) FROM t"), 1);
}

TEST_F(DatabaseTest, AStatementMayOutliveItsDatabase) {
  std::optional<Statement> statement;
  {
    auto database = open();
    statement = database.prepare("SELECT 5").value();
    (void)number(database, "SELECT 6");
  }
  ASSERT_TRUE(statement->step().value());
  EXPECT_EQ(statement->integer(0), 5);
}

TEST_F(DatabaseTest, IsSetUpToSurvive) {
  auto database = open();
  auto mode = database.prepare("PRAGMA journal_mode").value();
  ASSERT_TRUE(mode.step().value());
  EXPECT_EQ(mode.text(0), "wal");
  EXPECT_EQ(number(database, "PRAGMA synchronous"), 2);
  EXPECT_EQ(number(database, "PRAGMA secure_delete"), 1);
  EXPECT_EQ(number(database, "PRAGMA foreign_keys"), 1);
}

TEST_F(DatabaseTest, AFailedTransactionLeavesNothing) {
  auto database = open();
  ASSERT_TRUE(database.execute("CREATE TABLE t (n INTEGER PRIMARY KEY)"));
  const auto failed = database.transaction([&]() -> Result<void> {
    EXPECT_TRUE(database.execute("INSERT INTO t VALUES (1)"));
    return fail(ErrorCode::kInputRefused, "no");
  });
  EXPECT_EQ(failed.error().message, "no");
  EXPECT_EQ(number(database, "SELECT count(*) FROM t"), 0);
  EXPECT_FALSE(
      database.transaction([&] { return database.execute("INSERT INTO t VALUES (1); INSERT INTO t VALUES (1)"); }));
  EXPECT_EQ(number(database, "SELECT count(*) FROM t"), 0);
  EXPECT_TRUE(database.transaction([&] { return database.execute("INSERT INTO t VALUES (1)"); }));
  EXPECT_EQ(number(database, "SELECT count(*) FROM t"), 1);
}

TEST_F(DatabaseTest, ErrorsTellWhatToDo) {
  EXPECT_EQ(Database::open(path_, Mode::kReadOnly).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(Database::open(path_, Mode::kReadWrite).error().code, ErrorCode::kNotFound);
  EXPECT_FALSE(Database::open(folder_ / "no/such/folder.sqlite", Mode::kReadWriteCreate));
  std::ofstream(path_) << std::string(5'000, 'x');
  const auto not_ours = Database::open(path_, Mode::kReadWrite);
  ASSERT_FALSE(not_ours);
  EXPECT_EQ(not_ours.error().code, ErrorCode::kCorrupt);
  EXPECT_FALSE(not_ours.error().next_step.empty());
}

TEST_F(DatabaseTest, ReadersDoNotWrite) {
  ASSERT_TRUE(open().execute("CREATE TABLE t (n); PRAGMA user_version = 7"));
  auto reader = open(Mode::kReadOnly);
  EXPECT_EQ(reader.user_version().value(), 7);
  EXPECT_FALSE(reader.execute("INSERT INTO t VALUES (1)"));
}

TEST_F(DatabaseTest, ProcessesMayOpenANewDatabaseAtOnce) {
  std::vector<pid_t> children;
  for (int i = 0; i < 8; ++i) {
    const pid_t child = ::fork();
    if (child == 0) {
      auto database = Database::open(path_, Mode::kReadWriteCreate);
      const bool good = database && database->execute("CREATE TABLE IF NOT EXISTS t (n); INSERT INTO t VALUES (1)");
      ::_exit(good ? 0 : 1);
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = -1;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
  }
  auto database = open();
  EXPECT_EQ(number(database, "SELECT count(*) FROM t"), 8);
}

class PowerLossTest : public DatabaseTest {
 protected:
  static constexpr const char* kSchema =
      "CREATE TABLE IF NOT EXISTS batches (n INTEGER PRIMARY KEY, size INTEGER NOT NULL);"
      "CREATE TABLE IF NOT EXISTS rows (n INTEGER NOT NULL, i INTEGER NOT NULL, filler BLOB NOT NULL)";

  // One transaction of several rows, some of them larger than a page.
  Result<void> write_batch(Database& database, std::int64_t n) {
    const auto insert = [&]() -> Result<void> {
      const auto size = static_cast<std::int64_t>(1 + random_() % 12);
      GL_TRY(batch, database.prepare("INSERT INTO batches VALUES (?1, ?2)"));
      GL_CHECK(batch.bind(1, n).bind(2, size).run());
      GL_TRY(row, database.prepare("INSERT INTO rows VALUES (?1, ?2, randomblob(?3))"));
      for (std::int64_t i = 0; i < size; ++i) {
        GL_CHECK(row.bind(1, n).bind(2, i).bind(3, static_cast<std::int64_t>(random_() % 6'000)).run());
      }
      // Keeps the file small, and pages in motion.
      GL_TRY(erase, database.prepare("DELETE FROM rows WHERE n = ?1"));
      GL_TRY(unlist, database.prepare("DELETE FROM batches WHERE n = ?1"));
      GL_CHECK(erase.bind(1, n - 20).run());
      return unlist.bind(1, n - 20).run();
    };
    return database.transaction(insert);
  }

  // Works until the power fails; the number of the last batch that was acknowledged.
  std::int64_t work(std::int64_t last, const char* settings) {
    auto database = Database::open(path_, Mode::kReadWriteCreate);
    if (!database || !database->execute(settings) || !database->execute(kSchema)) return last;
    while (write_batch(*database, last + 1)) {
      ++last;
      if (random_() % 8 == 0 && !database->execute("PRAGMA wal_checkpoint(TRUNCATE)")) return last;
    }
    return last;
  }

  struct Finding {
    bool whole = false;
    std::int64_t last = 0;
  };
  Finding look() {
    auto database = Database::open(path_, Mode::kReadWriteCreate);
    if (!database || !database->execute(kSchema)) return {};
    auto check = database->prepare("PRAGMA integrity_check");
    if (!check || !check->step().value_or(false) || check->text(0) != "ok") return {};
    const bool half = number(*database,
                             "SELECT count(*) FROM batches b WHERE size <> (SELECT count(*) FROM rows r "
                             "WHERE r.n = b.n)") > 0 ||
                      number(*database, "SELECT count(*) FROM rows WHERE n NOT IN (SELECT n FROM batches)") > 0;
    return {!half, number(*database, "SELECT coalesce(max(n), 0) FROM batches")};
  }

  std::mt19937_64 random_{20190607};
};

TEST_F(PowerLossTest, WhatWasCommittedIsThereAndNothingIsHalf) {
  UnsyncedVfs vfs;
  std::int64_t last = 0;
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE("power loss " + std::to_string(seed));
    vfs.cut_power_at(vfs.operations() + 1 + random_() % 150);
    const std::int64_t acknowledged = work(last, "");
    ASSERT_FALSE(vfs.is_power_on());
    vfs.restore_power(seed);
    const Finding found = look();
    ASSERT_TRUE(found.whole);
    ASSERT_GE(found.last, acknowledged);
    ASSERT_LE(found.last, acknowledged + 1);  // the one in whose commit the power failed may have made it
    last = found.last;
  }
  EXPECT_GT(last, 300);
}

// Shows that this disk does lose what is not synced, so that the test above means something.
TEST_F(PowerLossTest, WithoutSyncingCommitsAreLost) {
  UnsyncedVfs vfs;
  int lost = 0;
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    std::filesystem::remove(path_);
    std::filesystem::remove(path_.string() + "-wal");
    vfs.cut_power_at(vfs.operations() + 60 + random_() % 60);
    const std::int64_t acknowledged = work(0, "PRAGMA synchronous = OFF");
    vfs.restore_power(seed);
    const Finding found = look();
    if (!found.whole || found.last < acknowledged) ++lost;
    vfs.cut_power();  // forget this round's files
    vfs.restore_power(0);
  }
  EXPECT_GT(lost, 15);
}

TEST_F(PowerLossTest, NothingWorksWithoutPower) {
  UnsyncedVfs vfs;
  {
    auto database = open();
    ASSERT_TRUE(database.execute("CREATE TABLE t (n)"));
    vfs.cut_power();
    EXPECT_FALSE(database.execute("INSERT INTO t VALUES (1)"));
    EXPECT_FALSE(Database::open(path_, Mode::kReadWrite));
  }
  vfs.restore_power(1);
  auto database = open();
  EXPECT_EQ(number(database, "SELECT count(*) FROM t"), 0);
}

}  // namespace
}  // namespace glucoledger::sqlite
