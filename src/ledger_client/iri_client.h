// The Ledger port over nodes that speak the IRI HTTP API: `glucoledger node`, or a legacy one (iri_node.h).
//
// Takes one or more nodes of one ledger; when one cannot be reached or answers wrongly it is set aside for a growing
// while and the next is asked. Nothing is repeated but what is idempotent: once on a stale connection, once a node, and
// once more where all failed at once; never once the call is cancelled. A single node is not believed where a lie would
// lose something: that something is not there, that it was dropped and that it is confirmed holds when a majority of
// the nodes named says so, and what is submitted goes to as many. Thread-safe.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ledger_client/iri_node.h"

namespace glucoledger::ledger_client {

class IriClient final : public ports::Ledger {
 public:
  // At least one endpoint (asserted); the clock must outlive it. `locator`: what info() tells; the endpoints' URLs when
  // empty.
  IriClient(const std::vector<locator::Endpoint>& endpoints, const base::Clock& clock,
            const http::ClientOptions& options = {}, std::string locator = {});
  ~IriClient() override;

  // Of the ledger that most of the nodes keep. kCorrupt only when all of them answer wrongly, kInputRefused and
  // kNotAllowed only when a majority refuses; so in all calls.
  Result<ports::LedgerInfo> info(const CancelToken& cancel = {}) override;
  Result<ports::Tips> tips(const CancelToken& cancel = {}) override;
  // To a majority of the nodes, or to those that can be reached: when it returns, one at least has it. kInputRefused
  // with the node's reason when it refuses them.
  Result<void> submit(std::span<const ledger::Transaction> transactions, const CancelToken& cancel = {}) override;
  Result<ports::ReadEnd> read_into(std::span<const Hash> addresses, ports::Sink& sink,
                                   const CancelToken& cancel = {}) override;
  // False, too, while fewer than a majority can be asked; so in `held`.
  Result<std::vector<bool>> confirmed(std::span<const Hash> transaction_hashes,
                                      const CancelToken& cancel = {}) override;
  Result<std::vector<bool>> held(std::span<const Hash> transaction_hashes, const CancelToken& cancel = {}) override;

  // Who uses a client for long asks anew, between two rounds of work, which ledger stands behind the nodes.
  void forget_facts();

  // As ledger::attach, done by a node; what it gives back is checked. (ports::Attach.)
  Result<std::vector<ledger::Transaction>> attach(const ledger::PreparedBundle& bundle,
                                                  const ledger::Attachment& attachment,
                                                  const crypto::ProofOfWorkOptions& options);

 private:
  // Of the nodes that answered one question.
  struct Votes {
    std::size_t yes = 0;
    std::size_t no = 0;
  };
  // So many must agree: a majority.
  std::size_t agreeing() const { return nodes_.size() / 2 + 1; }
  bool is_decided(const Votes& votes) const { return votes.yes >= agreeing() || votes.no > nodes_.size() - agreeing(); }
  // Those that are not set aside, the one that answered last first, slow ones at the end; all of them when none is
  // left.
  std::vector<IriNode*> nodes_in_turn();
  // Whose last request was given up before its time: their next one is waited for longer.
  std::vector<IriNode*> nodes_given_up_early() const;
  bool confirm_data(bool otherwise, const CancelToken& cancel);
  Result<IriNode::Facts> ask_for_facts(IriNode& node, std::int64_t patience_ms, const CancelToken& cancel) const;
  // Of several nodes of which none is known yet, a majority is asked at once, and each further one a moment after the
  // one before it, or once that failed, so that silent ones cost little time. The ledger is the one that most keep,
  // with the weight that most tell.
  void find_one_that_answers(const CancelToken& cancel);
  // The node's facts, once it is sure that it belongs to this ledger.
  Result<IriNode::Facts> facts_of(IriNode& node, const CancelToken& cancel);
  // Runs `work` at one node after another until one can do it; the worst error when none can.
  template <typename Value, typename Work>
  Result<Value> with_node(const Work& work, const CancelToken& cancel);
  // Runs `work` at one node, as above, and at further ones that can be reached until `is_enough(how many did it)`.
  template <typename Work, typename Enough>
  Result<void> with_several_nodes(const Work& work, const Enough& is_enough, const CancelToken& cancel);
  // What a majority says of each: `ask(node, hashes)` gives what one says.
  template <typename Ask>
  Result<std::vector<bool>> agreed_on(std::span<const Hash> transaction_hashes, const Ask& ask,
                                      const CancelToken& cancel);
  template <typename Value, typename Work>
  Result<Value> try_node(IriNode& node, const Work& work, const CancelToken& cancel);

  const base::Clock& clock_;
  std::string locator_;
  std::vector<std::unique_ptr<IriNode>> nodes_;
  base::Mutex mutex_;
  IriNode* preferred_ GUARDED_BY(mutex_) = nullptr;
  std::optional<ports::LedgerInfo> ledger_ GUARDED_BY(mutex_);  // all nodes tell the same
  bool is_agreed_ GUARDED_BY(mutex_) = false;                   // by as many as must agree
};

}  // namespace glucoledger::ledger_client
