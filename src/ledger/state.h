// The ledger's state machine: which transactions stand on the ledger, how they are found, and what confirms them.
//
// Pure, so that replicas agree: no clock, randomness, threads, I/O or floating point. Time and entropy are arguments,
// everything it knows is in the store (keys: state_records.h), and the same commands give the same bytes there. A
// command collects its changes in a batch, which the caller commits; after an error the batch is thrown away.
//
// A transaction is solid once all it approves, directly or not, is here; a bundle is judged when its tail (index 0) is
// solid; a milestone confirms every solid transaction of a valid bundle. Parts may come in any order. Times are in ms.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "ledger/state_storage.h"
#include "ledger/transaction.h"

namespace glucoledger::ledger {

inline constexpr std::uint32_t kStateFormatVersion = 1;
inline constexpr std::size_t kNetworkIdSize = 16;
// How far the ledger's time may stay ahead of the clock it is given: a clock set back a little must not turn it back,
// and one absurd value must not hold it for years.
inline constexpr std::int64_t kClockLeadMaxMs = 10 * 60 * 1000;

struct Parameters {
  std::uint32_t format_version = kStateFormatVersion;
  Bytes network_id;  // 16 random bytes
  int min_weight_magnitude = 0;
};

struct Milestone {
  std::uint32_t index = 0;  // 0: none yet
  Hash hash;                // of the one before it, its index and the transactions it confirms
  std::int64_t time_ms = 0;
};

struct Standing {
  bool known = false;
  bool pruned = false;
  bool solid = false;
  bool valid = false;           // part of a valid bundle
  std::uint32_t milestone = 0;  // 0: not confirmed
  std::uint64_t sequence = 0;
};

struct Stored {
  bool known = false;                      // known without a transaction: pruned
  std::optional<Transaction> transaction;  // hashes to what was asked for
};

// Union within a kind, intersection between the kinds that are not empty.
struct Query {
  std::vector<Hash> addresses;
  std::vector<Hash> bundles;
  std::vector<Hash> approvees;
  std::vector<std::string> tags;  // at most 27 trytes, padded with 9
};

// The parameters of a ledger. kNotFound in an empty store, kNewerFormat when a newer version made it.
Result<Parameters> read_parameters(const StateReader& reader);
void create_ledger(StateBatch& batch, const Parameters& parameters);

// Takes the transactions in, all or none; known ones are ignored. kInputRefused says which rule was broken: proof of
// work, time, value, an empty transaction, a bundle that is complete and not valid.
Result<void> submit(StateBatch& batch, const Parameters& parameters, std::span<const Transaction> transactions,
                    std::int64_t now_ms);
// The new milestone; the latest one again when nothing waits for confirmation and not `even_if_empty`.
Result<Milestone> issue_milestone(StateBatch& batch, const Parameters& parameters, std::int64_t now_ms,
                                  bool even_if_empty);
// Drops the bodies of confirmed transactions before `sequence`, how many is returned. Hashes and addresses stay.
Result<std::uint64_t> prune_before(StateBatch& batch, std::uint64_t sequence);

struct TipPair {
  Hash trunk;
  Hash branch;
};
// Two different tips where there are two, one twice, or the null hash on an empty ledger.
Result<TipPair> select_tips(const StateReader& reader, std::uint64_t entropy);
Result<std::vector<Hash>> tip_hashes(const StateReader& reader, std::size_t count_max);
Result<std::vector<Hash>> missing_hashes(const StateReader& reader, std::size_t count_max);
Result<Milestone> latest_milestone(const StateReader& reader);
Result<std::optional<Milestone>> find_milestone(const StateReader& reader, const Hash& hash);
Result<std::uint64_t> transaction_count(const StateReader& reader);
Result<Standing> standing(const StateReader& reader, const Hash& hash);
Result<Stored> get(const StateReader& reader, const Hash& hash);
// In the order in which they came, for each key the oldest limits::kTransactionsPerAddressMax.
Result<std::vector<Hash>> find(const StateReader& reader, const Query& query);
Result<bool> is_pruned(const StateReader& reader, const Hash& address);
// Why a transaction cannot be approved as a tail; nothing when it can.
Result<std::optional<std::string>> inconsistency(const StateReader& reader, const Hash& tail);

}  // namespace glucoledger::ledger
