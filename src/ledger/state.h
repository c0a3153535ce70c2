// The ledger's state machine: which transactions stand on the ledger, how they are found, and what confirms them.
//
// Pure, so that replicas agree: no clock, randomness, threads, I/O or floating point. Time and entropy are arguments,
// everything it knows is in the store (keys: state_records.h), and the same commands give the same bytes there. What
// changes it is a command, and command.h names them all; below are the functions that do their work. Each collects its
// changes in a batch, which the caller commits; after an error the batch is thrown away.
//
// A transaction is solid once all it approves, directly or not, is here (a milestone always is); a bundle is judged
// when its tail (index 0) is solid; a milestone confirms every transaction of a valid bundle. Parts may come in any
// order, and wait for a limited time; dropped ones may come again. Times are in ms. The bytes:
// docs/formats/ledger-state.md.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "ledger/checked_transactions.h"
#include "ledger/mountain_range.h"
#include "ledger/parameters.h"
#include "ledger/state_storage.h"
#include "ledger/transaction.h"

namespace glucoledger::ledger {

struct Milestone {
  std::uint32_t index = 0;  // 0: none yet
  Hash hash;                // of the one before it and all below
  std::int64_t time_ms = 0;
  std::uint64_t transaction_count = 0;  // that came before it
  std::uint64_t confirmed_count = 0;    // of these: in valid bundles, and so confirmed by it or an earlier one
  Digest root{};                        // over these transactions
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

// A piece of what a query finds.
struct Page {
  std::vector<Hash> hashes;           // in the order in which they came
  std::optional<std::uint64_t> next;  // there may be more after this sequence number
  bool out_of_work = false;           // there may be more, since no more was looked at; else there is
};

// All of a ledger in a few bytes. Replicas that took the same commands have the same.
struct Summary {
  std::uint64_t transaction_count = 0;  // all that ever came, pruned and dropped ones too
  Digest root{};                        // of the Merkle mountain range over them, in order
  Milestone milestone;
  std::int64_t time_ms = 0;
  Digest state{};  // of everything that decides what comes next
};

// The parameters of a ledger. kNotFound in an empty store, kNewerFormat when a newer version made it.
Result<Parameters> read_parameters(const StateReader& reader);
// check_parameters() must pass.
void create_ledger(StateBatch& batch, const Parameters& parameters);
// Brings a ledger of an older version nearer to this one by about `count_max` transactions; commit, and repeat until it
// tells that the ledger is up to date (at once where it always was). Commands need that, queries do not (but summary()
// and inclusion_path()). An interrupted upgrade goes on where it stopped.
Result<bool> upgrade(StateBatch& batch, std::size_t count_max);
Result<bool> is_up_to_date(const StateReader& reader);  // nothing is left to be upgraded

// Takes the transactions in, all or none; known ones are ignored. kInputRefused says which rule was broken: proof of
// work, time, value, an empty transaction, a bundle that is complete and not valid.
Result<void> submit(StateBatch& batch, const Parameters& parameters, const CheckedTransactions& transactions,
                    std::int64_t now_ms);
// Checks and submits.
Result<void> submit(StateBatch& batch, const Parameters& parameters, std::span<const Transaction> transactions,
                    std::int64_t now_ms);
// The new milestone; the latest one again when nothing waits for confirmation and not `even_if_empty`. Either way what
// has waited too long is dropped and what is older than the retention pruned, a bounded part of it a call.
Result<Milestone> issue_milestone(StateBatch& batch, const Parameters& parameters, std::int64_t now_ms,
                                  bool even_if_empty);
// Drops the bodies of confirmed transactions before `sequence`, how many is returned. Hashes and addresses stay.
Result<std::uint64_t> prune_before(StateBatch& batch, const Parameters& parameters, std::uint64_t sequence);

struct TipPair {
  Hash trunk;
  Hash branch;
};
// Two different tips where there are two, one twice, or the null hash on an empty ledger. Only tips that became valid
// after the milestone `depth_max` before the latest, where there are any.
Result<TipPair> select_tips(const StateReader& reader, std::uint64_t entropy,
                            std::optional<std::uint32_t> depth_max = std::nullopt);
// At most 64 are kept: the newest, which were valid within the parameters' tip depth.
Result<std::vector<Hash>> tip_hashes(const StateReader& reader, std::size_t count_max);
Result<std::vector<Hash>> missing_hashes(const StateReader& reader, std::size_t count_max);
Result<std::uint64_t> missing_count(const StateReader& reader);  // 0 for a ledger that is still of an older one
Result<Milestone> latest_milestone(const StateReader& reader);
Result<std::optional<Milestone>> find_milestone(const StateReader& reader, const Hash& hash);
Result<std::uint64_t> transaction_count(const StateReader& reader);
Result<Standing> standing(const StateReader& reader, const Hash& hash);
Result<Stored> get(const StateReader& reader, const Hash& hash);
// In the order in which they came, those after the sequence number `after` (0: from the first), at most `count_max`.
// Work is bounded too, to about 40,000 keys whatever is asked (and a look for each of the query's): the page may hold
// fewer or none then, and tells where to go on.
Result<Page> find(const StateReader& reader, const Query& query, std::uint64_t after, std::size_t count_max);
Result<bool> is_pruned(const StateReader& reader, const Hash& address);
Result<std::vector<Hash>> pruned_among(const StateReader& reader, std::span<const Hash> addresses);
// Why a transaction cannot be approved as a tail; nothing when it can, as a milestone and the hash of all 9 can.
Result<std::optional<std::string>> inconsistency(const StateReader& reader, const Hash& tail);

Result<Summary> summary(const StateReader& reader);
// Why the transaction is among those that the root sums up; nothing for one that is not known. Not for a transaction
// that came before the upgrade from version 1 and whose body was pruned then.
Result<std::optional<InclusionPath>> inclusion_path(const StateReader& reader, const Hash& hash);
bool check_inclusion(const Transaction& transaction, const InclusionPath& path, const Digest& root);

}  // namespace glucoledger::ledger
