// For tests: a home in a folder of its own, and short words for what is done in one.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <type_traits>

#include "home/contacts.h"
#include "home/grants.h"
#include "home/messages.h"
#include "home/outbox.h"
#include "home/readings.h"
#include "home/records.h"
#include "home/signing_lease.h"
#include "home/stored_files.h"

namespace glucoledger::home {

class HomeTest : public testing::Test {
 protected:
  HomeTest() {
    // In memory where that is possible: what a sync costs is not the question here.
    const std::filesystem::path memory = "/dev/shm";
    const auto parent = std::filesystem::exists(memory) ? memory : std::filesystem::temp_directory_path();
    std::string name = (parent / "glucoledger-home-XXXXXX").string();
    parent_ = ::mkdtemp(name.data());
    folder_ = parent_ / "home";
  }
  ~HomeTest() override { std::filesystem::remove_all(parent_); }

  void create(const KeySource& key = {}) { ASSERT_TRUE(create_home(folder_, settings_, key, 1)); }
  static Result<Home> try_open(const std::filesystem::path& folder, Home::Use use = Home::Use::kWrite,
                               std::int64_t older_wait_ms = 0) {
    GL_TRY(key, unlock_home(folder, {}));
    return Home::open(folder, key, use, older_wait_ms);
  }
  static Home open(const std::filesystem::path& folder) {
    auto home = try_open(folder);
    EXPECT_TRUE(home) << home.error().message;
    return std::move(home.value());
  }
  Home open() const { return open(folder_); }

  // What `work` gives, a Result or nothing, inside one transaction; an error fails the test.
  template <typename Work>
  static auto write(Home& home, const Work& work) {
    using Given = decltype(work(std::declval<Transaction&>()));
    std::optional<Given> given;
    const auto done = home.write([&](Transaction& transaction) -> Result<void> {
      given.emplace(work(transaction));
      GL_RETURN_ERROR(*given);
      return {};
    });
    EXPECT_TRUE(done) << done.error().message;
    if constexpr (!std::is_same_v<Given, Result<void>>) return std::move(given->value());
  }

  static Epoch add_epoch(Home& home, keys::Design design = keys::Design::kTangle, std::string_view day = "2025-01-01") {
    return write(home, [&](Transaction& t) { return create_epoch(t, design, day, day); });
  }
  static Epoch now(Home& home, const Epoch& epoch) { return epoch_by_id(home, epoch.id).value(); }
  static std::vector<std::int64_t> add_messages(Home& home, const Epoch& epoch, int count) {
    return write(home, [&](Transaction& t) -> Result<std::vector<std::int64_t>> {
      std::vector<std::int64_t> ids(static_cast<std::size_t>(count));
      for (auto& id : ids) {
        GL_ASSIGN(id, add_message(t, epoch, {}));
      }
      return ids;
    });
  }
  static ledger::PreparedBundle some_bundle() { return {std::string(ledger::kTransactionTrytes, 'A')}; }
  static std::vector<SignedMessage> signed_messages(const Epoch& epoch, std::span<const std::int64_t> ids) {
    std::vector<SignedMessage> messages;
    for (const auto id : ids) messages.push_back({id, epoch.next_index + messages.size(), {}, {}, some_bundle()});
    return messages;
  }
  // What store_signed said.
  bool sign(Home& home, const Epoch& epoch, std::span<const std::int64_t> ids) const {
    const auto lease = SigningLease::take(folder_).value().value();
    std::optional<bool> stored;
    const auto done = home.write_signed(lease, [&](Transaction& t) -> Result<void> {
      GL_ASSIGN(stored, store_signed(t, epoch, signed_messages(epoch, ids)));
      return {};
    });
    EXPECT_TRUE(done) << done.error().message;
    return stored.value_or(false);
  }
  // An epoch with so many signed messages, 0 first.
  Epoch add_signed_epoch(Home& home, int count, keys::Design design = keys::Design::kTangle) const {
    const auto epoch = add_epoch(home, design);
    EXPECT_TRUE(sign(home, epoch, add_messages(home, epoch, count)));
    return now(home, epoch);
  }

  static Outgoing row(std::int64_t id, Outgoing::Kind kind = Outgoing::Kind::kMessage) {
    Outgoing outgoing;
    outgoing.kind = kind;
    outgoing.id = id;
    return outgoing;
  }
  static std::vector<bool> leave(Home& home, const std::vector<Outgoing>& rows) {
    return write(home, [&](Transaction& t) { return record_leaving(t, rows); });
  }
  static void left(Home& home, const std::vector<Outgoing>& rows) {
    write(home, [&](Transaction& t) { return mark_left(t, rows); });
  }

  static std::string text(Home& home, const std::string& sql) {
    auto statement = home.database().prepare(sql).value();
    EXPECT_TRUE(statement.step().value()) << sql;
    return statement.text(0);
  }
  // The states of a table's rows, by id: "left,signed".
  static std::string states(Home& home, const std::string& table) {
    return text(home, "SELECT COALESCE(group_concat(state), '') FROM (SELECT state FROM " + table + " ORDER BY id)");
  }

  std::filesystem::path write_file(const std::string& name, const std::string& content) const {
    std::ofstream(parent_ / name, std::ios::binary) << content;
    return parent_ / name;
  }
  static std::string read_file(const std::filesystem::path& file) {
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
  }
  // Runs `work` in a process of its own; whether it returned true there.
  template <typename Work>
  static bool in_another_process(const Work& work) {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(work() ? 0 : 1);
    int status = -1;
    return ::waitpid(child, &status, 0) == child && status == 0;
  }

  Settings settings_;
  std::filesystem::path parent_;
  std::filesystem::path folder_;
};

}  // namespace glucoledger::home
