// One node that speaks the IRI HTTP API: what it is asked, and the checks of what it answers.
//
// Transactions hash to what was asked for and stand at the addresses asked for; junk that no client of ours could read
// is left out. Our own nodes tell more than legacy ones (minWeightMagnitude, networkId, confirmsData, pages, pruned;
// docs/iri-api.md); where a node does not tell: 14, a digest of its coordinator's address, false, none, none. Nothing
// is repeated here. kUnreachable: no answer, or none that can be used now; kCorrupt: a wrong one; kInputRefused: the
// node refused, with its reason; kNotAllowed: it asks for a token. Thread-safe.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "ledger/bundle.h"
#include "ledger_client/http_client.h"
#include "ports/ledger.h"

namespace glucoledger::ledger_client {

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

  IriNode(Endpoint endpoint, HttpOptions options);
  ~IriNode();

  const Endpoint& endpoint() const { return http_.endpoint(); }
  Result<Facts> facts();  // asked once, and anew after a failure
  void forget_facts();
  Result<ports::Tips> tips();
  Result<void> submit(std::span<const ledger::Transaction> transactions);
  // Hands over what stands at the addresses and is not in `known` (where given), which gains it. Ends when the sink
  // wants no more.
  Result<Absences> read_into(std::span<const Hash> addresses, ports::Sink& sink, std::unordered_set<Hash>* known);
  Result<std::vector<bool>> confirmed(std::span<const Hash> transaction_hashes);
  // attachToTangle: index 0 first, as the node gave them. Unchecked.
  Result<std::vector<ledger::Transaction>> attach(const ledger::PreparedBundle& bundle, const Hash& trunk,
                                                  const Hash& branch, int min_weight_magnitude);

  // A node that fails is set aside for a while, which doubles from failure to failure.
  bool is_set_aside() const;
  void note_success();
  void note_failure();

 private:
  using Steady = std::chrono::steady_clock;
  struct Found {
    std::vector<Hash> hashes;
    std::optional<std::uint64_t> next;
  };

  Result<std::string> post(const nlohmann::json& request);
  Result<nlohmann::json> call(const nlohmann::json& request);
  tl::unexpected<Error> wrong_answer(const std::string& what) const;
  Result<void> read_part(const Facts& facts, std::span<const Hash> addresses, ports::Sink& sink,
                         std::unordered_set<Hash>* known, Absences& absences);
  Result<Found> find(const Facts& facts, std::span<const Hash> addresses, std::optional<std::uint64_t> after,
                     Absences& absences);
  Result<void> hand_over(const Facts& facts, std::span<const Hash> hashes, std::span<const Hash> addresses,
                         ports::Sink& sink, std::unordered_set<Hash>* known);
  Result<std::vector<ledger::Transaction>> get_transactions(std::span<const Hash> hashes,
                                                            std::span<const Hash> addresses);
  Result<std::vector<ledger::Transaction>> transactions_named(std::span<const Hash> names,
                                                              const std::vector<std::string>& texts) const;

  const std::string token_hint_;
  HttpClient http_;
  mutable std::mutex mutex_;  // guards what follows
  std::optional<Facts> facts_;
  std::int64_t pause_ms_ = 0;
  Steady::time_point set_aside_until_;
};

}  // namespace glucoledger::ledger_client
