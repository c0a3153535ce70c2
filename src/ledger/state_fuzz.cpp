// A life of a ledger as bytes tell it: whatever comes in whatever order, the state machine takes or refuses it, and
// what its store holds in the end stands verification.
//
// Three bytes a command: what (submit one to four transactions, a milestone, pruning), its argument, and by how many
// quarters of a minute the clock goes on, or back.
#include <cstdint>
#include <cstdlib>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/durations.h"
#include "ledger/bundle.h"
#include "ledger/command.h"
#include "ledger/verify.h"

namespace {

using namespace glucoledger;
using namespace glucoledger::ledger;

constexpr std::int64_t kStartMs = 1'542'883'200'000;

Parameters parameters() {
  Parameters result;
  result.network_id = Bytes(kNetworkIdSize, 7);
  result.min_weight_magnitude = 1;
  result.waiting_max_ms = 30 * base::kMinuteMs;
  result.waiting_count_max = 8;
  result.retention_ms = 60 * base::kMinuteMs;
  result.duplicate_window_ms = 90 * base::kMinuteMs;
  result.housekeeping_max = 3;
  return result;
}

// Bundles of one to three parts, each upon the one before it, and a forged tail of each.
const std::vector<Transaction>& pool() {
  static const std::vector<Transaction> kPool = [] {
    std::vector<Transaction> all;
    crypto::ProofOfWorkOptions options;
    options.min_weight_magnitude = 1;
    options.threads = 1;
    Hash parent;
    for (std::size_t i = 0; i < 8; ++i) {
      const auto prepared = prepare(std::string((i % 3 + 1) * kFragmentTrytes, 'P'), Hash(), "", kStartMs / 1000);
      auto bundle = *attach(*prepared, {parent, Hash(), kStartMs + static_cast<std::int64_t>(i)}, options);
      parent = bundle[0].hash();
      std::string forged = bundle[0].trytes();
      forged[fields::kAddress.offset] = 'F';
      all.push_back(*Transaction::from_trytes(forged));
      all.insert(all.end(), bundle.begin(), bundle.end());
    }
    return all;
  }();
  return kPool;
}

// The part of a submission that needs no ledger, of each once: it takes longer than all the rest.
const Result<CheckedTransactions>& checked(std::size_t first, std::size_t count) {
  static std::map<std::pair<std::size_t, std::size_t>, Result<CheckedTransactions>> submissions;
  const auto known = submissions.find({first, count});
  if (known != submissions.end()) return known->second;
  std::vector<Transaction> transactions;
  for (std::size_t i = 0; i < count; ++i) transactions.push_back(pool()[(first + i) % pool().size()]);
  return submissions.emplace(std::pair(first, count), CheckedTransactions::check(parameters(), transactions))
      .first->second;
}

Result<Command> command_of(std::uint8_t kind, std::uint8_t argument, std::int64_t now_ms) {
  if (kind < 200) {
    const auto& transactions = checked(argument % pool().size(), kind % 4u + 1);
    if (!transactions) return tl::unexpected(transactions.error());
    return Command{Submit{*transactions}, now_ms};
  }
  if (kind < 240) return Command{IssueMilestone{argument % 2 == 0}, now_ms};
  return Command{Prune{argument % 16u}, now_ms};
}

Result<void> run(MemoryStore& store, const Result<Command>& command) {
  if (!command) return tl::unexpected(command.error());
  StateBatch batch(store);
  GL_CHECK(apply(batch, parameters(), *command));
  return store.commit(batch);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kCommandSize = 3;
  constexpr std::size_t kCommandsMax = 64;
  MemoryStore store;
  {
    StateBatch batch(store);
    create_ledger(batch, parameters());
    if (!store.commit(batch)) std::abort();
  }
  std::int64_t now_ms = kStartMs;
  for (std::size_t i = 0; i + kCommandSize <= size && i < kCommandsMax * kCommandSize; i += kCommandSize) {
    now_ms += (static_cast<std::int64_t>(data[i + 2]) - 64) * (base::kMinuteMs / 4);
    const auto done = run(store, command_of(data[i], data[i + 1], now_ms));
    if (!done && done.error().code != ErrorCode::kInputRefused) std::abort();
  }
  const auto report = verify(store, {});
  if (!report || !report->sound()) std::abort();
  return 0;
}
