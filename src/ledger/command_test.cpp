// Vectors: an implementation of docs/formats/ledger-command.md of its own (tests/interop/make_command_vectors.py).
#include "ledger/command.h"

#include <gtest/gtest.h>

#include <map>

#include "base/limits.h"
#include "ledger/test_machine.h"
#include "ledger/test_vectors.h"
#include "ledger/verify.h"

namespace glucoledger::ledger {
namespace {

// The transactions of the vectors bear no proof of work.
std::optional<Parameters> without_work() {
  Parameters parameters = test_parameters();
  parameters.min_weight_magnitude = 0;
  return parameters;
}

std::string bytes_of(const nlohmann::json& hex) {
  const auto bytes = base::hex_decode(hex.get<std::string>());
  EXPECT_TRUE(bytes);
  return std::string(base::as_text(*bytes));
}

Transactions all_bundles() {
  Transactions all;
  const auto vectors = crypto::own_vectors("trinary.json");
  for (const auto& bundle : vectors["bundles"]) {
    for (const auto& trytes : bundle["trytes"]) all.push_back(*Transaction::from_trytes(trytes));
  }
  return all;
}

Submit submission(const Parameters& parameters, const Transactions& transactions) {
  auto checked = CheckedTransactions::check(parameters, transactions);
  EXPECT_TRUE(checked) << checked.error().message;
  return Submit{std::move(*checked)};
}

TEST(CommandTest, HasTheBytesOfItsFormat) {
  const auto taken = crypto::own_vectors("ledger-command.json")["taken"];
  constexpr std::int64_t kTimeMs = 1'542'883'200'123;
  Parameters made;
  for (std::uint8_t i = 0; i < kNetworkIdSize; ++i) made.network_id.push_back(i);
  made.min_weight_magnitude = 9;
  const std::map<std::string, Command> commands{
      {"create", {CreateLedger{made}, kTimeMs}},
      {"milestone", {IssueMilestone{}, kTimeMs}},
      {"milestone, even if empty", {IssueMilestone{true}, kTimeMs}},
      {"a time before 1970", {IssueMilestone{}, -1}},
      {"prune", {Prune{5001}, kTimeMs}},
      {"upgrade", {Upgrade{1000}, kTimeMs}},
      {"submit nothing", {Submit{}, kTimeMs}},
      {"submit one", {submission(*without_work(), {all_bundles()[0]}), kTimeMs}},
  };
  ASSERT_EQ(taken.size(), commands.size());
  for (const auto& [name, command] : commands) {
    const std::string bytes = bytes_of(taken[name]);
    EXPECT_EQ(encode(command), bytes) << name;
    const auto decoded = decode_command(bytes, without_work());
    ASSERT_TRUE(decoded) << name << ": " << decoded.error().message;
    EXPECT_EQ(decoded->action.index(), command.action.index());
    EXPECT_EQ(decoded->time_ms, command.time_ms);
    EXPECT_EQ(encode(*decoded), bytes) << name;
  }
}

TEST(CommandTest, HoldsTransactionsInTheirOrder) {
  const auto vectors = crypto::own_vectors("ledger-command.json");
  const Transactions all = all_bundles();
  ASSERT_GT(all.size(), 3u);
  const std::string bytes = encode(Command{submission(*without_work(), all), 1'542'883'200'123});
  EXPECT_EQ(base::hex_encode(leaf_digest(base::as_bytes(bytes))),
            vectors["leaf_of_submitting_all_bundles"].get<std::string>());
  const auto decoded = decode_command(bytes, without_work());
  ASSERT_TRUE(decoded);
  const auto& transactions = std::get<Submit>(decoded->action).transactions;
  ASSERT_EQ(transactions.size(), all.size());
  for (std::size_t i = 0; i < all.size(); ++i) EXPECT_EQ(transactions.all()[i].transaction.hash(), all[i].hash());
}

TEST(CommandTest, RefusesWhatIsNoCommand) {
  const std::map<std::string, ErrorCode> codes{
      {"corrupt", ErrorCode::kCorrupt}, {"newer", ErrorCode::kNewerFormat}, {"refused", ErrorCode::kInputRefused}};
  const auto refused = crypto::own_vectors("ledger-command.json")["refused"];
  ASSERT_FALSE(refused.empty());
  for (const auto& vector : refused) {
    const auto decoded = decode_command(bytes_of(vector["hex"]), without_work());
    ASSERT_FALSE(decoded) << vector["name"];
    EXPECT_EQ(decoded.error().code, codes.at(vector["why"])) << vector["name"] << ": " << decoded.error().message;
  }
  const std::string one = bytes_of(crypto::own_vectors("ledger-command.json")["taken"]["submit one"]);
  EXPECT_EQ(decode_command(one, std::nullopt).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(decode_command(one, test_parameters(20)).error().code, ErrorCode::kInputRefused);  // no proof of work
}

// By its bytes alone, as a replica is told of it.
Result<Outcome> apply_bytes(MemoryStore& store, const Command& command) {
  StateBatch batch(store);
  const auto read = read_parameters(store);
  const auto parameters = read ? std::optional(*read) : std::nullopt;
  GL_TRY(decoded, decode_command(encode(command), parameters));
  GL_TRY(outcome, apply(batch, parameters, decoded));
  GL_CHECK(store.commit(batch));
  return outcome;
}

TEST(CommandTest, LeadsToTheBytesThatTheStateMachineMakes) {
  Machine machine;
  const Transactions first = test_bundle("FIRST", 3);
  const Transactions second = test_bundle("SECOND", 1, first[0].hash(), first[0].hash());
  ASSERT_TRUE(machine.submit(first));
  const Milestone milestone = machine.issue_milestone(kTestTimeMs + 1);
  ASSERT_TRUE(machine.submit(second, kTestTimeMs + 2));
  ASSERT_EQ(machine.prune_before(3), 2u);

  MemoryStore replica;
  ASSERT_TRUE(apply_bytes(replica, {CreateLedger{test_parameters()}}));
  EXPECT_TRUE(apply_bytes(replica, {Upgrade{}})->is_up_to_date);
  ASSERT_TRUE(apply_bytes(replica, {submission(test_parameters(), first), kTestTimeMs}));
  const auto issued = apply_bytes(replica, {IssueMilestone{}, kTestTimeMs + 1});
  ASSERT_TRUE(issued);
  EXPECT_EQ(issued->milestone.hash, milestone.hash);
  ASSERT_TRUE(apply_bytes(replica, {submission(test_parameters(), second), kTestTimeMs + 2}));
  EXPECT_EQ(apply_bytes(replica, {Prune{3}})->pruned, 2u);
  for (std::size_t column = 0; column < kColumnCount; ++column) {
    EXPECT_EQ(replica.content(static_cast<Column>(column)), machine.store().content(static_cast<Column>(column)));
  }
  EXPECT_TRUE(verify(replica, {})->sound());
}

TEST(CommandTest, ALedgerIsMadeOnceAndFirst) {
  MemoryStore store;
  EXPECT_EQ(apply_bytes(store, {IssueMilestone{true}, kTestTimeMs}).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(apply_bytes(store, {Upgrade{}}).error().code, ErrorCode::kNotFound);
  ASSERT_TRUE(apply_bytes(store, {CreateLedger{test_parameters()}}));
  EXPECT_EQ(apply_bytes(store, {CreateLedger{test_parameters(3)}}).error().code, ErrorCode::kInputRefused);
  EXPECT_EQ(read_parameters(store)->min_weight_magnitude, kTestWeight);
}

TEST(CommandTest, AnOlderLedgerIsUpgradedFirst) {
  MemoryStore store;
  StateBatch batch(store);
  Parameters old = test_parameters();
  old.format_version = 2;
  const auto refused = apply(batch, old, {IssueMilestone{true}, kTestTimeMs});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kInputRefused);
  EXPECT_TRUE(batch.empty());
}

}  // namespace
}  // namespace glucoledger::ledger
