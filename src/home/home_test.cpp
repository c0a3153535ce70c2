// A home: its key, its format, its lock, and whether it notices that it is not the only one.
#include "home/home.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <chrono>
#include <fstream>
#include <thread>

#include "home/epochs.h"
#include "home/readings.h"
#include "sqlite/unsynced_vfs.h"

namespace glucoledger::home {
namespace {

namespace fs = std::filesystem;
using Access = Home::Access;

class HomeTest : public testing::Test {
 protected:
  HomeTest() {
    // In memory where that is possible: what a sync costs is not the question here.
    const fs::path memory = "/dev/shm";
    std::string name = ((fs::exists(memory) ? memory : fs::temp_directory_path()) / "glucoledger-home-XXXXXX").string();
    parent_ = ::mkdtemp(name.data());
    folder_ = parent_ / "home";
  }
  ~HomeTest() override { fs::remove_all(parent_); }

  void create(const KeySource& key = {}) { ASSERT_TRUE(create_home(folder_, settings_, key, 1)); }
  Result<Home> try_open(const fs::path& folder, Access access = Access::kWrite, std::int64_t wait_ms = 1'000) {
    GL_TRY(key, unlock_home(folder, {}));
    return Home::open(folder, key, access, wait_ms);
  }
  Home open(const fs::path& folder) {
    auto home = try_open(folder);
    EXPECT_TRUE(home) << home.error().message;
    return std::move(*home);
  }
  Home open() { return open(folder_); }
  static Epoch epoch_of(Home& home) {
    std::optional<Epoch> epoch;
    EXPECT_TRUE(home.database().transaction([&]() -> Result<void> {
      GL_ASSIGN(epoch, create_epoch(home, keys::Design::kTangle, "2025-01-01", "2025-01-01"));
      return {};
    }));
    return *epoch;
  }
  static bool may_sign(Home& home) { return all_epochs(home, keys::Design::kTangle)->front().may_sign; }
  static Result<void> sign(Home& home) {
    return home.signing_transaction([&] { return home.set_meta("test", "signed"); });
  }
  fs::path write(const std::string& name, const std::string& text) {
    std::ofstream(parent_ / name, std::ios::binary) << text;
    return parent_ / name;
  }
  static std::string read(const fs::path& file) {
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
  }

  Settings settings_;
  fs::path parent_;
  fs::path folder_;
};

TEST_F(HomeTest, WhatItWasMadeWithComesBack) {
  settings_ = {.role = Role::kClinic, .time_zone = "Europe/Berlin", .ledger = "/l", .store = "/s", .patient = {}};
  create();
  {
    const auto home = open();
    EXPECT_EQ(home.settings().role, Role::kClinic);
    EXPECT_EQ(home.settings().time_zone, "Europe/Berlin");
    EXPECT_EQ(home.ledger_spec(), "/l");
    EXPECT_EQ(home.store_spec(), "/s");
    EXPECT_FALSE(home.was_doubled());
  }
  EXPECT_EQ(create_home(folder_, {}, {}, 2).error().code, ErrorCode::kUsage);
}

TEST_F(HomeTest, OnlyItsOwnerCanReadIt) {
  create();
  for (const char* name : {"home.db", "home.key", "instance"}) {
    EXPECT_EQ(fs::status(folder_ / name).permissions() & (fs::perms::group_all | fs::perms::others_all),
              fs::perms::none)
        << name;
  }
}

TEST_F(HomeTest, AnotherKeyFileIsRefused) {
  create();
  const auto other = parent_ / "other";
  ASSERT_TRUE(create_home(other, {}, {}, 1));
  EXPECT_EQ(unlock_home(folder_, {other / "home.key", {}}).error().code, ErrorCode::kNotAllowed);
  EXPECT_EQ(unlock_home(folder_, {write("junk", "no key"), {}}).error().code, ErrorCode::kInputRefused);
  EXPECT_EQ(unlock_home(folder_, {{}, write("pass", "word")}).error().code, ErrorCode::kUsage);
  EXPECT_EQ(unlock_home(parent_ / "nowhere", {}).error().code, ErrorCode::kNotFound);
}

TEST_F(HomeTest, AWrongPassphraseIsRefused) {
  create({{}, write("pass", "correct horse\n")});
  EXPECT_FALSE(fs::exists(folder_ / "home.key"));
  EXPECT_TRUE(unlock_home(folder_, {{}, write("same", "correct horse")}));
  EXPECT_EQ(unlock_home(folder_, {{}, write("wrong", "correct hors")}).error().code, ErrorCode::kNotAllowed);
  EXPECT_EQ(unlock_home(folder_, {{}, write("empty", "")}).error().code, ErrorCode::kInputRefused);
  EXPECT_EQ(unlock_home(folder_, {}).error().code, ErrorCode::kNotAllowed);
}

TEST_F(HomeTest, ANewerFormatIsRefusedByName) {
  create();
  const auto key = unlock_home(folder_, {}).value();
  {
    auto database = sqlite::Database::open(folder_ / "home.db", sqlite::Database::Mode::kReadWrite).value();
    ASSERT_TRUE(database.execute("PRAGMA user_version = 2"));
  }
  for (const auto& error : {unlock_home(folder_, {}).error(), Home::open(folder_, key, Access::kWrite).error(),
                            Home::open(folder_, key, Access::kRead).error(), create_home(folder_, {}, {}, 1).error()}) {
    EXPECT_EQ(error.code, ErrorCode::kNewerFormat);
    EXPECT_NE(error.message.find("format 2"), std::string::npos);
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

TEST_F(HomeTest, SecretsOfEpochsCannotBeSwapped) {
  create();
  auto home = open();
  const auto one = epoch_of(home);
  const auto other = epoch_of(home);
  ASSERT_TRUE(home.database().execute("UPDATE epoch SET seed = (SELECT seed FROM epoch WHERE id = 1) WHERE id = 2"));
  EXPECT_TRUE(channel_of(home, one));
  EXPECT_EQ(channel_of(home, other).error().code, ErrorCode::kCorrupt);
}

TEST_F(HomeTest, ACopyNeverSignsInAnOpenEpoch) {
  create();
  {
    auto home = open();
    epoch_of(home);
    ASSERT_TRUE(sign(home));
  }
  fs::copy(folder_, parent_ / "copy", fs::copy_options::recursive);
  auto copy = open(parent_ / "copy");
  EXPECT_TRUE(copy.was_doubled());
  EXPECT_FALSE(may_sign(copy));
  auto original = open();
  EXPECT_FALSE(original.was_doubled());
  EXPECT_TRUE(may_sign(original));
}

TEST_F(HomeTest, ADoubledHomeIsOneOfItsOwnFromThenOn) {
  create();
  fs::copy(folder_, parent_ / "copy", fs::copy_options::recursive);
  EXPECT_TRUE(open(parent_ / "copy").was_doubled());
  {
    auto copy = open(parent_ / "copy");
    EXPECT_FALSE(copy.was_doubled());
    epoch_of(copy);
    ASSERT_TRUE(sign(copy));
  }
  auto copy = open(parent_ / "copy");
  EXPECT_FALSE(copy.was_doubled());
  EXPECT_TRUE(may_sign(copy));
}

TEST_F(HomeTest, AnOlderDatabaseInItsPlaceIsNoticed) {
  create();
  {
    auto home = open();
    epoch_of(home);
    ASSERT_TRUE(sign(home));
  }
  const auto older = read(folder_ / "home.db");
  {
    auto home = open();
    ASSERT_TRUE(sign(home));
  }
  std::ofstream(folder_ / "home.db", std::ios::binary | std::ios::trunc) << older;
  auto home = open();
  EXPECT_TRUE(home.was_doubled());
  EXPECT_FALSE(may_sign(home));
}

TEST_F(HomeTest, AMissingLogIsNoticed) {
  create();
  {
    auto home = open();
    epoch_of(home);
    ASSERT_TRUE(sign(home));
  }
  {
    auto home = open();
    ASSERT_TRUE(sign(home));
    // Killed now, the log is all that knows of the signing; and it goes. (The same file, as it is without the log.)
    ASSERT_GT(fs::file_size(folder_ / "home.db-wal"), 0U);
    write("without-log", read(folder_ / "home.db"));
  }
  std::ofstream(folder_ / "home.db", std::ios::binary | std::ios::trunc) << read(parent_ / "without-log");
  auto home = open();
  EXPECT_TRUE(home.was_doubled());
  EXPECT_FALSE(may_sign(home));
}

TEST_F(HomeTest, AMissingOrForeignInstanceFileIsNoticed) {
  int number = 0;
  for (const char* content : {"", "{}", "[1", R"({"format":"glucoledger/instance","version":1,"id":7})"}) {
    const auto folder = parent_ / ("home-" + std::to_string(++number));
    ASSERT_TRUE(create_home(folder, {}, {}, 1));
    {
      auto home = open(folder);
      epoch_of(home);
    }
    fs::remove(folder / "instance");
    if (*content != '\0') std::ofstream(folder / "instance") << content;
    auto home = open(folder);
    EXPECT_TRUE(home.was_doubled()) << content;
    EXPECT_FALSE(may_sign(home)) << content;
  }
}

// Power went after the commit and before the instance file was on disk: nothing had left, and the home is the same.
TEST_F(HomeTest, AnInstanceFileOneBehindIsTheSameHome) {
  create();
  {
    auto home = open();
    epoch_of(home);
    ASSERT_TRUE(sign(home));
  }
  const auto before = read(folder_ / "instance");
  {
    auto home = open();
    ASSERT_TRUE(sign(home));
  }
  ASSERT_NE(read(folder_ / "instance"), before);
  std::ofstream(folder_ / "instance", std::ios::trunc) << before;
  auto home = open();
  EXPECT_FALSE(home.was_doubled());
  EXPECT_TRUE(may_sign(home));
  EXPECT_EQ(*home.meta("signings"), "2");
}

TEST_F(HomeTest, WhatFailsInsideASigningTransactionSignsNothing) {
  create();
  auto home = open();
  const auto before = read(folder_ / "instance");
  EXPECT_FALSE(home.signing_transaction([] { return fail(ErrorCode::kFailed, "no"); }));
  EXPECT_EQ(*home.meta("signings"), "0");
  EXPECT_EQ(read(folder_ / "instance"), before);
}

TEST_F(HomeTest, OneProcessAtATimeWrites) {
  create();
  std::optional<Home> first = open();
  EXPECT_EQ(try_open(folder_, Access::kWrite, 0).error().code, ErrorCode::kBusy);
  EXPECT_TRUE(try_open(folder_, Access::kRead)) << "readers need no turn";
  std::thread leaving([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    first.reset();
  });
  EXPECT_TRUE(try_open(folder_, Access::kWrite, 60'000)) << "waits for its turn";
  leaving.join();
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

TEST_F(HomeTest, ReadingsAreKeptOnceWithTheirFirstValue) {
  create();
  auto home = open();
  cgm::Reading reading;
  reading.utc_ms = 1'735'689'600'000;
  reading.value = "100";
  reading.identity = "a";
  auto other = reading;
  other.value = "101";
  other.source_line = 7;
  EXPECT_EQ(add_readings(home, std::vector{reading})->added, 1U);
  EXPECT_TRUE(add_readings(home, std::vector{reading})->conflicting_lines.empty());
  const auto added = add_readings(home, std::vector{other, reading}).value();
  EXPECT_EQ(added.known, 2U);
  EXPECT_EQ(added.conflicting_lines, std::vector<std::size_t>{7});
  EXPECT_EQ(readings_in(home, {})->front().reading.value, "100");
}

}  // namespace
}  // namespace glucoledger::home
