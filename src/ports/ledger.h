// The ledger as the use cases see it: a place that keeps transactions, finds them by address, and confirms them.
//
// Behind it: the embedded state machine in a folder (ledger_store/), or IRI-API nodes by URL (ledger_client/).
// Submitting is idempotent by transaction hash, and what submit() acknowledged is durable. kUnreachable means nothing
// was decided: it may be repeated. Implementations check what they are told: a transaction handed out hashes to the
// hash asked for. Each call gives up soon, with kInterrupted, once its token is cancelled. Thread-safe.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/cancel.h"
#include "crypto/trytes.h"
#include "ledger/transaction.h"

namespace glucoledger::ports {

using base::CancelToken;
using crypto::Hash;

struct LedgerInfo {
  std::string network_id;        // hex, at most 32 characters; the same for every node of one ledger
  int min_weight_magnitude = 0;  // belongs to the ledger
  bool confirms_data = true;     // false: a legacy node without a coordinator, which stores data and confirms nothing
  std::string locator;           // how others reach it: a URL, or an absolute folder
  bool agreed = true;            // false: of several nodes fewer tell so than must agree
  std::size_t nodes = 1;         // that were named
  std::size_t must_agree = 1;    // of these, before what loses something is believed
};

struct Tips {
  Hash trunk;
  Hash branch;
};

// Takes what stands at addresses, some transactions at a time, so that what an attacker piles up there is never held as
// a whole.
class Sink {
 public:
  virtual ~Sink() = default;
  virtual void take(std::vector<ledger::Transaction> some) = 0;
  // Whether more is wanted of what stands there. Once nothing is, reading ends; the ledger asks no further nodes.
  virtual bool wants(const Hash& address) const = 0;
};

struct ReadEnd {
  std::vector<Hash> pruned_addresses;
  std::vector<Hash> cut_addresses;  // the ledger holds more there than it hands out
  // Where absence should be agreed on by several nodes and too few answered: who did, in words ("1 of 2 nodes
  // answered"). Then what is missing may be there all the same.
  std::string doubt;
};

class Ledger {
 public:
  virtual ~Ledger() = default;
  virtual Result<LedgerInfo> info(const CancelToken& cancel = {}) = 0;
  virtual Result<Tips> tips(const CancelToken& cancel = {}) = 0;
  // Whole bundles, attached (trunk, branch, timestamps, nonces set), in any order. Durable when it returns.
  virtual Result<void> submit(std::span<const ledger::Transaction> transactions, const CancelToken& cancel = {}) = 0;
  // Hands over what stands at the addresses, in no particular order, until the sink wants no more.
  virtual Result<ReadEnd> read_into(std::span<const Hash> addresses, Sink& sink, const CancelToken& cancel = {}) = 0;
  // In the order asked for; true where a milestone confirmed the transaction.
  virtual Result<std::vector<bool>> confirmed(std::span<const Hash> transaction_hashes,
                                              const CancelToken& cancel = {}) = 0;
  // Likewise, where a ledger confirms no data: true where it hands the transaction out; of several nodes, where as many
  // do as must agree.
  virtual Result<std::vector<bool>> held(std::span<const Hash> transaction_hashes, const CancelToken& cancel = {}) = 0;
};

}  // namespace glucoledger::ports
