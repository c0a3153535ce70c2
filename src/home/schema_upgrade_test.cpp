// Homes of older versions, as their programs left them (tests/frozen), become homes of this one.
#include "home/schema.h"
#include "home/test_home.h"
#include "sqlite/unsynced_vfs.h"

namespace glucoledger::home {
namespace {

namespace fs = std::filesystem;
using Mode = sqlite::Database::Mode;
using Use = Home::Use;

class SchemaUpgradeTest : public HomeTest {
 protected:
  // A copy of a home of an older version, `change`d as SQL says.
  fs::path frozen(const std::string& name, std::string_view change = "", const std::string& version = "1") const {
    const auto folder = parent_ / name;
    fs::remove_all(folder);
    fs::create_directory(folder);
    for (const char* file : {"home.db", "home.key", "instance", "lock"}) {
      fs::copy_file(fs::path("tests/frozen") / version / name / file, folder / file);
    }
    if (!change.empty()) {
      auto database = sqlite::Database::open(folder / "home.db", Mode::kReadWrite).value();
      EXPECT_TRUE(database.execute(change)) << change;
    }
    return folder;
  }
  static std::int64_t version(const fs::path& folder) {
    return sqlite::Database::open(folder / "home.db", Mode::kReadOnly)->user_version().value();
  }
  static std::string tables(sqlite::Database& database) {
    auto statement =
        database.prepare("SELECT type, name, COALESCE(sql, '') FROM sqlite_master ORDER BY type, name").value();
    std::string all;
    while (statement.step().value())
      all += statement.text(0) + " " + statement.text(1) + ": " + statement.text(2) + "\n";
    return all;
  }
};

TEST_F(SchemaUpgradeTest, TheTablesAreThoseOfANewHome) {
  create();
  auto made = open();
  for (const char* version : {"1", "2", "3", "4"}) {
    auto upgraded = open(frozen("patient", "", version));
    EXPECT_EQ(tables(upgraded.database()), tables(made.database())) << version;
    EXPECT_EQ(text(upgraded, "PRAGMA foreign_keys"), "1");
    EXPECT_EQ(text(upgraded, "PRAGMA integrity_check"), "ok");
  }
}

TEST_F(SchemaUpgradeTest, APatientsHomeGoesOn) {
  const auto folder = frozen("patient");
  auto home = open(folder);
  EXPECT_EQ(version(folder), kSchemaVersion);
  EXPECT_EQ(home.settings().time_zone, "Europe/Berlin");
  EXPECT_EQ(count_readings(home), 40);
  const auto grants = all_grants(home).value();
  ASSERT_EQ(grants.size(), 2U);
  EXPECT_EQ(grants[0].name, "tangle");
  EXPECT_EQ(grants[0].recipient, "tangle");
  EXPECT_TRUE(grants[0].open);
  EXPECT_FALSE(grants[1].open);
  EXPECT_TRUE(grants[1].closed_ms);
  const auto open_thread = thread_by_id(home, grants[0].thread_id).value();
  const auto closed_thread = thread_by_id(home, grants[1].thread_id).value();
  EXPECT_TRUE(open_thread.open);
  EXPECT_FALSE(closed_thread.open);
  EXPECT_EQ(closed_thread.next_out, 2U);
  EXPECT_TRUE(keys_of(home, open_thread));
  EXPECT_TRUE(keys_of(home, closed_thread));
  for (const auto design : {keys::Design::kTangle, keys::Design::kTangleIpfs}) {
    const auto epochs = all_epochs(home, design).value();
    ASSERT_EQ(epochs.size(), 1U);
    EXPECT_TRUE(channel_of(home, epochs.front()));
    EXPECT_TRUE(release_of(home, epochs.front()));
  }
  EXPECT_EQ(states(home, "stored_file"), "stored");
  EXPECT_EQ(text(home, "SELECT store FROM stored_file"), "");
  EXPECT_EQ(text(home, "SELECT cid FROM stored_file"), text(home, "SELECT cid FROM message WHERE cid IS NOT NULL"));
}

TEST_F(SchemaUpgradeTest, AClinicsHomeGoesOn) {
  auto home = open(frozen("clinic"));
  const auto contacts = all_contacts(home).value();
  ASSERT_EQ(contacts.size(), 2U);
  EXPECT_EQ(contacts[0].name, "tangle");
  EXPECT_EQ(count_records(home, contacts[0]), 10);
  EXPECT_EQ(count_records(home, contacts[1]), 40);
  for (const auto& contact : contacts) {
    const auto grants = grants_of(home, contact).value();
    ASSERT_EQ(grants.size(), 1U);
    EXPECT_FALSE(grants.front().places.empty());
    const auto thread = thread_by_id(home, grants.front().thread_id).value();
    EXPECT_EQ(thread.id, contact.id);
    EXPECT_EQ(thread.out, keys::Direction::kRecipientToPatient);
    EXPECT_EQ(thread.next_in, contact.name == "tangle" ? 0U : 1U);
    auto keys = keys_of(home, thread);
    ASSERT_TRUE(keys);
    // An invitation to it that comes again is known.
    keys::Invitation again{grants.front().network_id,  grants.front().places,          std::move(*keys),
                           grants.front().patient_key, grants.front().designs.front(), {}};
    EXPECT_EQ(write(home, [&](Transaction& t) { return add_received_grant(t, again, "other"); }).id, contact.id);
  }
  const auto epochs = epochs_to_read(home, grants_of(home, contacts[0])->front()).value();
  ASSERT_EQ(epochs.size(), 1U);
  EXPECT_EQ(epochs.front().next_index, 10U);
}

TEST_F(SchemaUpgradeTest, WhatWasSignedOrSealedMayHaveLeft) {
  auto home = open(frozen("patient",
                          "UPDATE message SET state = 'signed' WHERE id = 2; UPDATE message SET state = 'left' WHERE "
                          "id = 3; UPDATE message SET state = 'burnt' WHERE id = 4; UPDATE note SET state = 'sealed' "
                          "WHERE id = 1; UPDATE note SET state = 'waiting', number = NULL WHERE id = 2"));
  EXPECT_EQ(states(home, "message").substr(0, 26), "closed,leaving,left,burnt,");
  EXPECT_EQ(states(home, "note"), "leaving,waiting");
  // What was sealed under the grant's number opens under the thread's.
  const auto waiting = waiting_notes(home, 2).value();
  ASSERT_EQ(waiting.size(), 1U);
  EXPECT_TRUE(waiting.front().note.closed_ms);
  EXPECT_EQ(text(home, "SELECT seq FROM sqlite_sequence WHERE name = 'note'"), "2");
}

TEST_F(SchemaUpgradeTest, ANameThatWasUsedTwiceIsOneRecipient) {
  auto home = open(frozen("patient", "UPDATE access_grant SET name = 'dr'"));
  EXPECT_EQ(text(home, "SELECT group_concat(name) FROM recipient"), "dr");
  EXPECT_EQ(all_grants(home)->size(), 2U);
  EXPECT_EQ(open_grants_named(home, "dr")->size(), 1U);
}

TEST_F(SchemaUpgradeTest, TheStoreOfItsFilesIsNamed) {
  auto home = open(frozen("patient", "UPDATE meta SET value = CAST('/s' AS BLOB) WHERE name = 'store'"));
  EXPECT_EQ(text(home, "SELECT store FROM stored_file"), "/s");
}

TEST_F(SchemaUpgradeTest, OpeningForReadingUpgrades) {
  const auto folder = frozen("clinic");
  auto home = try_open(folder, Use::kRead).value();
  EXPECT_EQ(all_contacts(home)->size(), 2U);
  EXPECT_EQ(version(folder), kSchemaVersion);
}

TEST_F(SchemaUpgradeTest, AProcessOfTheOlderVersionIsNotDisturbed) {
  const auto folder = frozen("patient");
  {
    const auto older = base::FileLock::acquire(folder / "lock", 0).value();
    for (const auto use : {Use::kRead, Use::kWrite}) {
      const auto home = try_open(folder, use);
      ASSERT_FALSE(home);
      EXPECT_EQ(home.error().code, ErrorCode::kBusy);
      EXPECT_NE(home.error().message.find("older version"), std::string::npos);
    }
    EXPECT_EQ(version(folder), 1);
  }
  EXPECT_TRUE(try_open(folder));
  // Who has the newest version asks for no such lock.
  const auto lock = base::FileLock::acquire(folder / "lock", 0).value();
  EXPECT_TRUE(try_open(folder));
}

TEST_F(SchemaUpgradeTest, RowsThatNameNothingAreRefusedAndLeft) {
  const auto folder = frozen("patient", "PRAGMA foreign_keys=OFF; UPDATE note SET grant_id = 77 WHERE id = 1");
  EXPECT_EQ(try_open(folder).error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(version(folder), 1);
}

TEST_F(SchemaUpgradeTest, AStateThatCannotBeIsRefused) {
  const auto folder = frozen("patient", "UPDATE message SET state = 'elsewhere' WHERE id = 1");
  EXPECT_FALSE(try_open(folder));
  EXPECT_EQ(version(folder), 1);
}

TEST_F(SchemaUpgradeTest, ManyMayUpgradeAtOnce) {
  const auto folder = frozen("patient");
  std::vector<pid_t> children;
  for (int i = 0; i < 4; ++i) {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(try_open(folder, Use::kWrite, 60'000) ? 0 : 1);
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = -1;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
  }
  auto home = open(folder);
  EXPECT_EQ(text(home, "PRAGMA integrity_check"), "ok");
  EXPECT_EQ(count_readings(home), 40);
}

// The power fails at every third operation in turn: the home is of the old version or of the new one, and goes on.
TEST_F(SchemaUpgradeTest, APowerCutLeavesTheOldOrTheNew) {
  for (const char* name : {"patient", "clinic"}) {
    bool was_cut = true;
    for (std::uint64_t operation = std::string(name) == "patient" ? 1 : 2; was_cut; operation += 3) {
      SCOPED_TRACE(std::string(name) + ", operation " + std::to_string(operation));
      const auto folder = frozen(name);
      sqlite::UnsyncedVfs disk;
      disk.cut_power_at(operation);
      const bool opened = try_open(folder).has_value();
      was_cut = !disk.is_power_on();
      if (was_cut) disk.restore_power(operation);
      const auto found = version(folder);
      ASSERT_TRUE(found == 1 || found == kSchemaVersion);
      ASSERT_TRUE(!opened || found == kSchemaVersion);
      {
        auto database = sqlite::Database::open(folder / "home.db", Mode::kReadOnly).value();
        EXPECT_EQ(tables(database).find("old_"), std::string::npos);
        EXPECT_EQ(tables(database).find("received_grant") != std::string::npos, found == kSchemaVersion);
      }
      auto home = open(folder);
      ASSERT_EQ(text(home, "PRAGMA integrity_check"), "ok");
      ASSERT_EQ(text(home, "SELECT COUNT(*) FROM record") + "," + text(home, "SELECT COUNT(*) FROM message"),
                std::string(name) == "patient" ? "0,14" : "50,0");
    }
  }
}

}  // namespace
}  // namespace glucoledger::home
