// A home: its key, its format, its transactions.
#include "home/home.h"

#include "base/file.h"
#include "home/schema.h"
#include "home/test_home.h"
#include "sqlite/unsynced_vfs.h"

namespace glucoledger::home {
namespace {

namespace fs = std::filesystem;
using Use = Home::Use;

TEST_F(HomeTest, WhatItWasMadeWithComesBack) {
  settings_ = {.role = Role::kClinic,
               .time_zone = "Europe/Berlin",
               .ledger = locator::Locator::of_folder("/l"),
               .store = locator::Locator::of_folder("/s"),
               .patient = {}};
  create();
  {
    const auto home = open();
    EXPECT_EQ(home.settings().role, Role::kClinic);
    EXPECT_EQ(home.settings().time_zone, "Europe/Berlin");
    EXPECT_EQ(home.ledger_place().text(), "/l");
    EXPECT_EQ(home.store_place().text(), "/s");
    EXPECT_FALSE(home.was_doubled());
  }
  EXPECT_EQ(create_home(folder_, {}, {}, 2).error().code, ErrorCode::kUsage);
}

TEST_F(HomeTest, SettingsThatAnotherProcessChangedAreReadAgain) {
  create();
  auto home = open();
  auto other = open();
  write(other, [](Transaction& t) { return t.home().set_meta(t, "time_zone", "Europe/Paris"); });
  EXPECT_EQ(home.settings().time_zone, "");
  ASSERT_TRUE(home.reload_settings());
  EXPECT_EQ(home.settings().time_zone, "Europe/Paris");
}

TEST_F(HomeTest, OnlyItsOwnerCanReadIt) {
  create();
  const auto home = open();
  const auto lease = SigningLease::take(folder_).value().value();
  const auto hold = DepartureHold::take(folder_, 0).value();
  for (const auto& file : fs::directory_iterator(folder_)) {
    EXPECT_EQ(file.status().permissions() & (fs::perms::group_all | fs::perms::others_all), fs::perms::none)
        << file.path();
  }
}

TEST_F(HomeTest, AnotherKeyFileIsRefused) {
  create();
  const auto other = parent_ / "other";
  ASSERT_TRUE(create_home(other, {}, {}, 1));
  EXPECT_EQ(unlock_home(folder_, {other / "home.key", {}}).error().code, ErrorCode::kNotAllowed);
  EXPECT_EQ(unlock_home(folder_, {write_file("junk", "no key"), {}}).error().code, ErrorCode::kInputRefused);
  EXPECT_EQ(unlock_home(folder_, {{}, write_file("pass", "word")}).error().code, ErrorCode::kUsage);
  EXPECT_EQ(unlock_home(parent_ / "nowhere", {}).error().code, ErrorCode::kNotFound);
}

TEST_F(HomeTest, AWrongPassphraseIsRefused) {
  create({{}, write_file("pass", "correct horse\n")});
  EXPECT_FALSE(fs::exists(folder_ / "home.key"));
  EXPECT_TRUE(unlock_home(folder_, {{}, write_file("same", "correct horse")}));
  EXPECT_EQ(unlock_home(folder_, {{}, write_file("wrong", "correct hors")}).error().code, ErrorCode::kNotAllowed);
  EXPECT_EQ(unlock_home(folder_, {{}, write_file("empty", "")}).error().code, ErrorCode::kInputRefused);
  EXPECT_EQ(unlock_home(folder_, {}).error().code, ErrorCode::kNotAllowed);
}

TEST_F(HomeTest, ANewerFormatIsRefusedByName) {
  create();
  const auto key = unlock_home(folder_, {}).value();
  const auto newer = std::to_string(kSchemaVersion + 1);
  {
    auto database = sqlite::Database::open(folder_ / "home.db", sqlite::Database::Mode::kReadWrite).value();
    ASSERT_TRUE(database.execute("PRAGMA user_version = " + newer));
  }
  for (const auto& error : {unlock_home(folder_, {}).error(), Home::open(folder_, key, Use::kWrite).error(),
                            Home::open(folder_, key, Use::kRead).error(), create_home(folder_, {}, {}, 1).error()}) {
    EXPECT_EQ(error.code, ErrorCode::kNewerFormat);
    EXPECT_NE(error.message.find("format " + newer), std::string::npos);
  }
}

TEST_F(HomeTest, SealedSecretsThatWereChangedAreCorrupt) {
  create();
  auto home = open();
  const Bytes secret = {1, 2, 3};
  auto sealed = home.seal("label", secret);
  EXPECT_EQ(home.unseal("label", sealed)->view().size(), 3U);
  EXPECT_EQ(home.unseal("another", sealed).error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(home.unseal("label", ByteView(sealed).first(10)).error().code, ErrorCode::kCorrupt);
  for (auto& byte : sealed) {
    byte ^= 1;
    EXPECT_EQ(home.unseal("label", sealed).error().code, ErrorCode::kCorrupt);
    byte ^= 1;
  }
}

TEST_F(HomeTest, DamagedSettingsAreCorrupt) {
  for (const char* damage :
       {"UPDATE meta SET value = x'00' WHERE name = 'signing_seed'", "DELETE FROM meta WHERE name = 'identifier_key'",
        "UPDATE meta SET value = x'00' WHERE name = 'role'", "INSERT INTO meta VALUES ('patient', x'00')",
        "UPDATE meta SET value = CAST('-1' AS BLOB) WHERE name = 'signings'",
        "UPDATE meta SET value = x'' WHERE name = 'signings'"}) {
    SCOPED_TRACE(damage);
    fs::remove_all(folder_);
    create();
    {
      auto database = sqlite::Database::open(folder_ / "home.db", sqlite::Database::Mode::kReadWrite).value();
      ASSERT_TRUE(database.execute(damage));
    }
    EXPECT_EQ(try_open(folder_).error().code, ErrorCode::kCorrupt);
  }
}

TEST_F(HomeTest, AFailedTransactionLeavesNothing) {
  create();
  auto home = open();
  EXPECT_FALSE(home.write([](Transaction& t) -> Result<void> {
    GL_CHECK(t.home().set_meta(t, "test", "1"));
    return fail(ErrorCode::kFailed, "no");
  }));
  EXPECT_EQ(home.meta("test").value(), std::nullopt);
  EXPECT_ANY_THROW((void)home.write([](Transaction& t) -> Result<void> {
    GL_CHECK(t.home().set_meta(t, "test", "1"));
    throw std::bad_alloc();
  }));
  EXPECT_EQ(home.meta("test").value(), std::nullopt);
}

TEST_F(HomeTest, AnyNumberHaveItOpenAndWrite) {
  create();
  auto one = open();
  auto other = open();
  write(one, [](Transaction& t) { return t.home().set_meta(t, "one", "1"); });
  write(other, [](Transaction& t) { return t.home().set_meta(t, "other", "2"); });
  EXPECT_TRUE(in_another_process([&] {
    auto home = try_open(folder_);
    return home && home->write([](Transaction& t) { return t.home().set_meta(t, "third", "3"); }).has_value();
  }));
  auto reader = try_open(folder_, Use::kRead).value();
  EXPECT_EQ(reader.meta("one").value(), "1");
  EXPECT_EQ(one.meta("other").value(), "2");
  EXPECT_EQ(other.meta("third").value(), "3");
}

TEST_F(HomeTest, WhoWaitsTooLongIsToldThatOthersWrite) {
  create();
  auto one = open();
  auto other = open();
  ASSERT_TRUE(other.database().execute("PRAGMA busy_timeout = 1"));
  write(one, [&](Transaction&) -> Result<void> {
    EXPECT_EQ(other.write([](Transaction&) { return Result<void>(); }).error().code, ErrorCode::kBusy);
    return {};
  });
  EXPECT_TRUE(other.write([](Transaction&) { return Result<void>(); }));
}

TEST_F(HomeTest, QuestionsInOneReadSeeOneState) {
  create();
  auto one = open();
  auto other = open();
  const auto change = [](Transaction& t) { return t.home().set_meta(t, "time_zone", "UTC"); };
  ASSERT_TRUE(one.read([&]() -> Result<void> {
    EXPECT_EQ(one.meta("time_zone").value(), "");
    write(other, change);
    EXPECT_EQ(one.meta("time_zone").value(), "");
    return {};
  }));
  EXPECT_EQ(one.meta("time_zone").value(), "UTC");
  // Inside a transaction of its own it sees what stands there.
  write(one, [&](Transaction& t) -> Result<void> {
    GL_CHECK(one.set_meta(t, "time_zone", "Asia/Tokyo"));
    return one.read([&]() -> Result<void> {
      EXPECT_EQ(one.meta("time_zone").value(), "Asia/Tokyo");
      return {};
    });
  });
}

TEST_F(HomeTest, ChangesOfOthersAreNoticed) {
  create();
  auto one = open();
  auto other = open();
  const auto change = [](Transaction& t) { return t.home().set_meta(t, "test", "1"); };
  EXPECT_TRUE(one.changed_elsewhere().value());
  EXPECT_FALSE(one.changed_elsewhere().value());
  write(one, change);
  EXPECT_FALSE(one.changed_elsewhere().value());
  write(other, change);
  EXPECT_TRUE(one.changed_elsewhere().value());
  EXPECT_FALSE(one.changed_elsewhere().value());
}

TEST_F(HomeTest, ACreationThatWasCutShortCanBeRepeated) {
  for (std::uint64_t operation = 1;; ++operation) {
    SCOPED_TRACE("operation " + std::to_string(operation));
    const auto folder = parent_ / ("cut-" + std::to_string(operation));
    sqlite::UnsyncedVfs disk;
    disk.cut_power_at(operation);
    const bool made = create_home(folder, {}, {}, 1).has_value();
    const bool was_cut = !disk.is_power_on();
    if (was_cut) disk.restore_power(operation);
    if (!made) {
      const auto again = create_home(folder, {}, {}, 2);
      // The last commit may have reached the disk after all.
      EXPECT_TRUE(again || again.error().code == ErrorCode::kUsage) << again.error().message;
    }
    auto home = try_open(folder);
    ASSERT_TRUE(home) << home.error().message;
    EXPECT_FALSE(home->was_doubled());
    if (!was_cut) return;
  }
}

}  // namespace
}  // namespace glucoledger::home
