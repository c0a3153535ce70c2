// One node that speaks the IRI HTTP API: what it is asked, and the checks of what it answers.
//
// Transactions hash to what was asked for and stand at the addresses asked for; junk that no client of ours could read
// is left out. Our own nodes tell more than legacy ones (minWeightMagnitude, networkId, confirmsData, pages, pruned;
// docs/iri-api.md); where a node does not tell: 14, a digest of its coordinator's address, whether its last milestone
// is recent, none, none. Nothing is repeated here, and nothing is sent after `cancel`. kUnreachable: no answer, or none
// that can be used now; kCorrupt: a wrong one; kInputRefused: the node refused, with its reason; kNotAllowed: it asks
// for a token. Thread-safe.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "base/clock.h"
#include "http/client.h"
#include "ledger/bundle.h"
#include "ports/ledger.h"

namespace glucoledger::ledger_client {

using base::CancelToken;
using crypto::Hash;

class IriNode {
 public:
  struct Facts {
    ports::LedgerInfo info;  // without its locator
    bool ours = false;       // stores what is broadcast, and refuses instead of handing out a part
    bool pages = false;      // findTransactions takes `after`
    std::size_t found_max = 0;
    std::size_t list_max = 0;
    std::size_t trytes_max = 0;
    std::size_t body_max = 0;
  };
  struct Absences {
    std::vector<Hash> pruned_addresses;
    std::vector<Hash> cut_addresses;
  };

  // The clock must outlive it. `patience_ms`: a request is given up after it; once one was, and where it is absent,
  // they get options.request_ms.
  IriNode(locator::Endpoint endpoint, http::ClientOptions options, const base::Clock& clock,
          std::optional<std::int64_t> patience_ms = std::nullopt);
  ~IriNode();

  const locator::Endpoint& endpoint() const { return http_.endpoint(); }
  Result<Facts> facts(const CancelToken& cancel);  // asked once, and anew after a failure
  bool knows_facts() const;
  void forget_facts();
  Result<ports::Tips> tips(const CancelToken& cancel);
  Result<void> submit(std::span<const ledger::Transaction> transactions, const CancelToken& cancel);
  // Hands over what stands at the addresses and is not in `known` (where given), which gains it. Ends when the sink
  // wants no more.
  Result<Absences> read_into(std::span<const Hash> addresses, ports::Sink& sink, std::unordered_set<Hash>* known,
                             const CancelToken& cancel);
  Result<std::vector<bool>> confirmed(std::span<const Hash> transaction_hashes, const CancelToken& cancel);
  Result<std::vector<bool>> held(std::span<const Hash> transaction_hashes, const CancelToken& cancel);
  // attachToTangle: index 0 first, as the node gave them. Unchecked.
  Result<std::vector<ledger::Transaction>> attach(const ledger::PreparedBundle& bundle, const Hash& trunk,
                                                  const Hash& branch, int min_weight_magnitude,
                                                  const CancelToken& cancel);

  // A node that fails is set aside for a while, which doubles from failure to failure.
  bool is_set_aside() const;
  // By its last answer, proofs of work apart. Others are asked first.
  bool is_slow() const { return is_slow_; }
  // The last request was, for want of an answer: the next one is waited for longer.
  bool was_given_up_early() const { return was_given_up_early_; }
  void note_success();
  void note_failure();

 private:
  struct Found {
    std::vector<Hash> hashes;
    std::optional<std::uint64_t> next;
  };
  struct Held {
    std::vector<Hash> hashes;
    std::vector<std::string> texts;
  };

  Result<std::string> post(const nlohmann::json& request, const CancelToken& cancel);
  Result<nlohmann::json> call(const nlohmann::json& request, const CancelToken& cancel);
  tl::unexpected<Error> wrong_answer(const std::string& what) const;
  Result<void> read_part(const Facts& facts, std::span<const Hash> addresses, ports::Sink& sink,
                         std::unordered_set<Hash>* known, Absences& absences, const CancelToken& cancel);
  Result<Found> find(const Facts& facts, std::span<const Hash> addresses, std::optional<std::uint64_t> after,
                     Absences& absences, const CancelToken& cancel);
  Result<void> hand_over(const Facts& facts, std::span<const Hash> hashes, std::span<const Hash> addresses,
                         ports::Sink& sink, std::unordered_set<Hash>* known, const CancelToken& cancel);
  Result<bool> issues_milestones(const nlohmann::json& node_info, const CancelToken& cancel);
  // Of those that the node has, in the order asked for. Unchecked.
  Result<Held> get_held(std::span<const Hash> hashes, const CancelToken& cancel);
  Result<std::vector<ledger::Transaction>> get_transactions(std::span<const Hash> hashes,
                                                            std::span<const Hash> addresses, const CancelToken& cancel);
  Result<std::vector<ledger::Transaction>> transactions_named(const Held& held) const;

  http::Client http_;
  const base::Clock& clock_;
  mutable base::Mutex mutex_;
  std::optional<Facts> facts_ GUARDED_BY(mutex_);
  std::int64_t pause_ms_ GUARDED_BY(mutex_) = 0;
  std::int64_t set_aside_until_ms_ GUARDED_BY(mutex_) = 0;
  std::atomic<bool> is_slow_ = false;
  std::atomic<std::int64_t> patience_ms_;  // with a request
  std::atomic<bool> was_given_up_early_ = false;
};

}  // namespace glucoledger::ledger_client
