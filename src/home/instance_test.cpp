// Whether a home notices that it is not the only one, with any number of processes that have it open.
#include "home/instance.h"

#include <sys/wait.h>

#include <nlohmann/json.hpp>

#include "home/test_home.h"

namespace glucoledger::home {
namespace {

namespace fs = std::filesystem;

class InstanceTest : public HomeTest {
 protected:
  static bool may_sign(Home& home) { return all_epochs(home, keys::Design::kTangle)->front().may_sign; }
  static Result<void> count_signing(Home& home) {
    GL_TRY(taken, SigningLease::take(home.folder()));
    const auto& lease = taken.value();
    return home.write_signed(lease, [](Transaction& t) { return t.home().set_meta(t, "test", "signed"); });
  }
  // A home with one epoch, and one signing counted.
  void create_and_sign() {
    create();
    auto home = open();
    add_epoch(home);
    ASSERT_TRUE(count_signing(home));
  }
};

TEST_F(InstanceTest, ACopyNeverSignsInAnOpenEpoch) {
  ASSERT_NO_FATAL_FAILURE(create_and_sign());
  fs::copy(folder_, parent_ / "copy", fs::copy_options::recursive);
  auto copy = open(parent_ / "copy");
  EXPECT_TRUE(copy.was_doubled());
  EXPECT_FALSE(may_sign(copy));
  auto original = open();
  EXPECT_FALSE(original.was_doubled());
  EXPECT_TRUE(may_sign(original));
}

TEST_F(InstanceTest, ADoubledHomeIsOneOfItsOwnFromThenOn) {
  create();
  fs::copy(folder_, parent_ / "copy", fs::copy_options::recursive);
  EXPECT_TRUE(open(parent_ / "copy").was_doubled());
  {
    auto copy = open(parent_ / "copy");
    EXPECT_FALSE(copy.was_doubled());
    add_epoch(copy);
    ASSERT_TRUE(count_signing(copy));
  }
  auto copy = open(parent_ / "copy");
  EXPECT_FALSE(copy.was_doubled());
  EXPECT_TRUE(may_sign(copy));
}

TEST_F(InstanceTest, AnOlderDatabaseInItsPlaceIsNoticed) {
  ASSERT_NO_FATAL_FAILURE(create_and_sign());
  const auto older = read_file(folder_ / "home.db");
  {
    auto home = open();
    ASSERT_TRUE(count_signing(home));
  }
  std::ofstream(folder_ / "home.db", std::ios::binary | std::ios::trunc) << older;
  auto home = open();
  EXPECT_TRUE(home.was_doubled());
  EXPECT_FALSE(may_sign(home));
}

TEST_F(InstanceTest, AMissingLogIsNoticed) {
  ASSERT_NO_FATAL_FAILURE(create_and_sign());
  {
    auto home = open();
    ASSERT_TRUE(count_signing(home));
    // Killed now, the log is all that knows of the signing; and it goes. (The same file, as it is without the log.)
    ASSERT_GT(fs::file_size(folder_ / "home.db-wal"), 0U);
    write_file("without-log", read_file(folder_ / "home.db"));
  }
  std::ofstream(folder_ / "home.db", std::ios::binary | std::ios::trunc) << read_file(parent_ / "without-log");
  auto home = open();
  EXPECT_TRUE(home.was_doubled());
  EXPECT_FALSE(may_sign(home));
}

TEST_F(InstanceTest, AMissingOrForeignInstanceFileIsNoticed) {
  int number = 0;
  for (const char* content : {"", "{}", "[1", R"({"format":"glucoledger/instance","version":1,"id":7})"}) {
    const auto folder = parent_ / ("home-" + std::to_string(++number));
    ASSERT_TRUE(create_home(folder, {}, {}, 1));
    {
      auto home = open(folder);
      add_epoch(home);
    }
    fs::remove(folder / "instance");
    if (*content != '\0') std::ofstream(folder / "instance") << content;
    auto home = open(folder);
    EXPECT_TRUE(home.was_doubled()) << content;
    EXPECT_FALSE(may_sign(home)) << content;
  }
}

// Power went after the commit and before the instance file was on disk: nothing had left, and the home is the same.
TEST_F(InstanceTest, AnInstanceFileOneBehindIsTheSameHome) {
  ASSERT_NO_FATAL_FAILURE(create_and_sign());
  const auto before = read_file(folder_ / "instance");
  fs::create_hard_link(folder_ / "instance", folder_ / "before");
  {
    auto home = open();
    ASSERT_TRUE(count_signing(home));
  }
  ASSERT_NE(read_file(folder_ / "instance"), before);
  fs::rename(folder_ / "before", folder_ / "instance");
  auto home = open();
  EXPECT_FALSE(home.was_doubled());
  EXPECT_TRUE(may_sign(home));
  EXPECT_EQ(home.meta("signings").value(), "2");
}

// Which number a disk has may change whenever the machine starts; an earlier version wrote it down.
TEST_F(InstanceTest, AnotherDeviceNumberAloneIsNoCopy) {
  ASSERT_NO_FATAL_FAILURE(create_and_sign());
  auto content = nlohmann::json::parse(read_file(folder_ / "instance"));
  for (const char* field : {"files", "self"}) content[field] = "250:7:" + content[field].get<std::string>();
  std::ofstream(folder_ / "instance", std::ios::trunc) << content.dump() << "\n";
  auto home = open();
  EXPECT_FALSE(home.was_doubled());
  EXPECT_TRUE(may_sign(home));
}

// Killed between the commit and the file: what was signed is sent later, and by then the file is no longer behind.
TEST_F(InstanceTest, AFileThatIsBehindIsCaughtUpBeforeAnythingIsSent) {
  ASSERT_NO_FATAL_FAILURE(create_and_sign());
  const auto database_before = read_file(folder_ / "home.db");
  fs::create_hard_link(folder_ / "instance", folder_ / "behind");
  {
    auto home = open();
    ASSERT_TRUE(count_signing(home));
  }
  fs::rename(folder_ / "behind", folder_ / "instance");
  {
    auto home = open();
    EXPECT_FALSE(home.was_doubled());
    const auto lease = SigningLease::take(folder_).value();
    ASSERT_TRUE(home.catch_up_instance(*lease));
    EXPECT_FALSE(home.was_doubled());
  }
  std::ofstream(folder_ / "home.db", std::ios::trunc | std::ios::binary) << database_before;
  auto home = open();
  EXPECT_TRUE(home.was_doubled());
  EXPECT_FALSE(may_sign(home));
}

// As by `cp -a backup/. home/`: the same files, with the content of earlier ones.
TEST_F(InstanceTest, AHomePutBackInPlaceIsNoticed) {
  ASSERT_NO_FATAL_FAILURE(create_and_sign());
  const std::string files[] = {read_file(folder_ / "home.db"), read_file(folder_ / "instance")};
  {
    auto home = open();
    ASSERT_TRUE(count_signing(home));
  }
  std::ofstream(folder_ / "home.db", std::ios::trunc | std::ios::binary) << files[0];
  std::ofstream(folder_ / "instance", std::ios::trunc | std::ios::binary) << files[1];
  auto home = open();
  EXPECT_EQ(home.meta("signings").value(), "1");
  EXPECT_TRUE(home.was_doubled());
  EXPECT_FALSE(may_sign(home));
}

TEST_F(InstanceTest, WhatFailsInsideASigningTransactionSignsNothing) {
  create();
  auto home = open();
  const auto before = read_file(folder_ / "instance");
  const auto lease = SigningLease::take(folder_).value().value();
  EXPECT_FALSE(home.write_signed(lease, [](Transaction&) { return fail(ErrorCode::kFailed, "no"); }));
  EXPECT_EQ(home.meta("signings").value(), "0");
  EXPECT_EQ(read_file(folder_ / "instance"), before);
}

// What happened to the folder while it was open is seen before the next signature.
TEST_F(InstanceTest, AHomeThatWasRestoredUnderASignerSignsNoMore) {
  create();
  auto home = open();
  const auto epoch = add_epoch(home);
  const auto ids = add_messages(home, epoch, 2);
  EXPECT_TRUE(sign(home, epoch, std::span(ids).first(1)));
  fs::remove(folder_ / "instance");
  EXPECT_FALSE(sign(home, now(home, epoch), std::span(ids).last(1)));
  EXPECT_TRUE(home.was_doubled());
  EXPECT_FALSE(may_sign(home));
  EXPECT_EQ(states(home, "message"), "signed,waiting");
  // It is one of its own from then on.
  const auto fresh = add_epoch(home);
  EXPECT_TRUE(sign(home, fresh, add_messages(home, fresh, 1)));
  EXPECT_FALSE(open().was_doubled());
}

TEST_F(InstanceTest, WhoOpensItBesideASignerFindsItWell) {
  create();
  auto signer = open();
  add_epoch(signer);
  fs::create_hard_link(folder_ / "instance", folder_ / "before");
  ASSERT_TRUE(count_signing(signer));
  fs::create_hard_link(folder_ / "instance", folder_ / "after");
  // Between the signer's commit and its file, and after that.
  for (const char* file : {"before", "after"}) {
    fs::remove(folder_ / "instance");
    fs::create_hard_link(folder_ / file, folder_ / "instance");
    EXPECT_FALSE(open().was_doubled());
  }
  EXPECT_TRUE(count_signing(signer));
  EXPECT_TRUE(may_sign(signer));
  EXPECT_FALSE(signer.was_doubled());
}

TEST_F(InstanceTest, OneOfTwoMarksADoubledHome) {
  create();
  auto first = open();
  add_epoch(first);
  fs::remove(folder_ / "instance");
  auto second = open();
  EXPECT_TRUE(second.was_doubled());
  // Whoever looks afterwards, by opening or by signing, finds it settled.
  EXPECT_FALSE(open().was_doubled());
  EXPECT_TRUE(count_signing(first));
  EXPECT_FALSE(first.was_doubled());
  EXPECT_FALSE(may_sign(first));
  const auto fresh = add_epoch(first);
  EXPECT_TRUE(sign(second, fresh, add_messages(second, fresh, 1)));
}

// Cut short between the two writes, here by a folder that stands where the file goes.
TEST_F(InstanceTest, AnEpochHasEndedBeforeTheFileIsWritten) {
  create();
  {
    auto home = open();
    add_epoch(home);
  }
  fs::remove(folder_ / "instance");
  fs::create_directories(folder_ / "instance" / "in the way");
  EXPECT_FALSE(try_open(folder_));
  auto watcher = try_open(folder_, Home::Use::kRead).value();
  EXPECT_FALSE(may_sign(watcher));
  fs::remove_all(folder_ / "instance");
  auto home = open();
  EXPECT_TRUE(home.was_doubled());
  EXPECT_FALSE(may_sign(home));
  EXPECT_FALSE(open().was_doubled());
}

TEST_F(InstanceTest, ManyMayOpenADoubledHomeAtOnce) {
  create();
  {
    auto home = open();
    add_epoch(home);
  }
  fs::remove(folder_ / "instance");
  std::vector<pid_t> children;
  for (int i = 0; i < 6; ++i) {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(try_open(folder_) ? 0 : 1);
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = -1;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
  }
  auto home = open();
  EXPECT_FALSE(home.was_doubled());
  EXPECT_FALSE(may_sign(home));
}

}  // namespace
}  // namespace glucoledger::home
