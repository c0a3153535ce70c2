#include "ledger_client/iri_client.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <set>
#include <thread>
#include <unordered_set>

#include "base/advice.h"
#include "base/parallel.h"
#include "ledger/transaction_fields.h"

namespace glucoledger::ledger_client {
namespace {

constexpr std::int64_t kSecondTryPauseMs = 200;
// Where others can be asked, one that connects and says nothing is not waited for as long as an only one.
constexpr std::int64_t kRequestAmongSeveralMs = 6'000;
constexpr std::int64_t kFirstRequestAmongSeveralMs = 2'000;
constexpr std::int64_t kFactsAmongSeveralMs = 1'500;
constexpr std::int64_t kLedgerAmongSeveralMs = 4'000;  // until fewer than a majority tell which ledger it is
// So long is one waited for before the next is asked, too, which ledger it keeps.
constexpr std::int64_t kStartStepMs = 20;
constexpr std::size_t kStartSteps = 10;

// Faults of one node, which the next may not have: it is set aside.
bool is_nodes_fault(const Error& error) {
  return error.code != ErrorCode::kInterrupted && error.code != ErrorCode::kUsage;
}

// What becomes of a call at which several nodes failed in different ways. A node that answers wrongly, or refuses,
// decides nothing while others, which may be honest, are out of reach: the call fails as CORRUPT only where all that
// were named answer wrongly, and as refused where as many refuse as must agree.
class Failures {
 public:
  void note(const IriNode& node, Error error) {
    if (error.code == ErrorCode::kCorrupt) wrong_.insert(&node);
    if (severity(error) == 2) refusing_.insert(&node);
    if (!worst_ || severity(error) > severity(*worst_)) worst_ = std::move(error);
  }
  const std::optional<Error>& worst() const { return worst_; }
  Error conclude(std::size_t named, std::size_t agreeing) const {
    Error error = *worst_;
    const bool is_outvoted =
        error.code == ErrorCode::kCorrupt ? wrong_.size() < named : severity(error) == 2 && refusing_.size() < agreeing;
    if (is_outvoted) error.code = ErrorCode::kUnreachable;
    return error;
  }

 private:
  static int severity(const Error& error) {
    if (error.code == ErrorCode::kCorrupt) return 0;
    return error.code == ErrorCode::kUnreachable ? 1 : 2;
  }

  std::optional<Error> worst_;
  std::set<const IriNode*> wrong_;
  std::set<const IriNode*> refusing_;
};

// Whether only the attachment differs, chained as it should be and with enough weight.
bool is_attachment_of(const ledger::PreparedBundle& bundle, std::span<const ledger::Transaction> attached,
                      const Hash& trunk, const Hash& branch, int min_weight_magnitude) {
  namespace fields = ledger::fields;
  if (attached.size() != bundle.size()) return false;
  for (std::size_t i = 0; i < bundle.size(); ++i) {
    const std::string_view before = bundle[i];
    const std::string_view after = attached[i].trytes();
    const bool is_last = i + 1 == bundle.size();
    const auto tag_before = before.substr(fields::kTag.offset, fields::kTag.length);
    const bool same_tag = attached[i].tag() == tag_before || (tag_before.find_first_not_of('9') == tag_before.npos &&
                                                              attached[i].tag() == attached[i].obsolete_tag());
    if (before.substr(0, fields::kTrunk.offset) != after.substr(0, fields::kTrunk.offset) || !same_tag ||
        attached[i].trunk() != (is_last ? trunk : attached[i + 1].hash()) ||
        attached[i].branch() != (is_last ? branch : trunk) ||
        crypto::weight_magnitude(attached[i].hash()) < min_weight_magnitude) {
      return false;
    }
  }
  return true;
}

bool is_same_ledger(const ports::LedgerInfo& a, const ports::LedgerInfo& b) {
  return a.network_id == b.network_id && a.min_weight_magnitude == b.min_weight_magnitude;
}

// What each of several nodes, asked side by side, says which ledger it keeps.
class LedgersTold {
 public:
  explicit LedgersTold(std::size_t count) : told_(count) {}

  void note(std::size_t which, std::optional<ports::LedgerInfo> info) EXCLUDES(mutex_) {
    const base::MutexLock lock(mutex_);
    failed_[which] = !info;
    told_[which] = std::move(info);
    ++done_;
  }
  // By a majority of those named, or when all have answered or failed.
  bool is_decided() EXCLUDES(mutex_) {
    const base::MutexLock lock(mutex_);
    if (done_ == told_.size()) return true;
    return std::any_of(told_.begin(), told_.end(),
                       [&](const auto& one) REQUIRES(mutex_) { return one && votes(*one) > told_.size() / 2; });
  }
  bool has_failed(std::size_t which) EXCLUDES(mutex_) {
    const base::MutexLock lock(mutex_);
    return failed_[which];
  }
  // The first node of the ledger that most keep, and that ledger; of two that as many keep, that of the node named
  // first. None: nobody answered.
  struct Chosen {
    std::size_t which = 0;
    ports::LedgerInfo info;
    std::size_t votes = 0;
  };
  std::optional<Chosen> chosen() EXCLUDES(mutex_) {
    const base::MutexLock lock(mutex_);
    std::optional<std::size_t> best;
    for (std::size_t i = 0; i < told_.size(); ++i) {
      if (told_[i] && (!best || votes(*told_[i]) > votes(*told_[*best]))) best = i;
    }
    if (!best) return std::nullopt;
    return Chosen{*best, *told_[*best], votes(*told_[*best])};
  }

 private:
  std::size_t votes(const ports::LedgerInfo& ledger) const REQUIRES(mutex_) {
    const auto same = [&](const auto& one) { return one && is_same_ledger(*one, ledger); };
    return static_cast<std::size_t>(std::count_if(told_.begin(), told_.end(), same));
  }

  base::Mutex mutex_;
  std::vector<std::optional<ports::LedgerInfo>> told_ GUARDED_BY(mutex_);
  std::vector<bool> failed_ GUARDED_BY(mutex_) = std::vector<bool>(told_.size());
  std::size_t done_ GUARDED_BY(mutex_) = 0;
};

}  // namespace

IriClient::IriClient(const std::vector<locator::Endpoint>& endpoints, const base::Clock& clock,
                     const http::ClientOptions& options, std::string locator)
    : clock_(clock), locator_(std::move(locator)) {
  GL_ASSERT(!endpoints.empty());
  if (locator_.empty()) locator_ = join_urls(endpoints);
  auto own = options;
  const bool are_several = endpoints.size() > 1;
  if (are_several) own.request_ms = std::min(own.request_ms, kRequestAmongSeveralMs);
  const std::int64_t patience_ms = are_several ? kFirstRequestAmongSeveralMs : own.request_ms;
  for (const locator::Endpoint& endpoint : endpoints) {
    nodes_.push_back(std::make_unique<IriNode>(endpoint, own, clock, patience_ms));
  }
}
IriClient::~IriClient() = default;

std::vector<IriNode*> IriClient::nodes_in_turn() {
  std::vector<IriNode*> nodes;
  std::vector<IriNode*> aside;
  for (const auto& node : nodes_) (node->is_set_aside() ? aside : nodes).push_back(node.get());
  if (nodes.empty()) nodes = std::move(aside);
  const base::MutexLock lock(mutex_);
  const auto first = std::find(nodes.begin(), nodes.end(), preferred_);
  if (first != nodes.end()) std::rotate(nodes.begin(), first, first + 1);
  std::stable_partition(nodes.begin(), nodes.end(), [](const IriNode* node) { return !node->is_slow(); });
  return nodes;
}

std::vector<IriNode*> IriClient::nodes_given_up_early() const {
  std::vector<IriNode*> nodes;
  for (const auto& node : nodes_) {
    if (node->was_given_up_early()) nodes.push_back(node.get());
  }
  return nodes;
}

// Who asks for the first time knows soon whether somebody is there; then others are asked.
Result<IriNode::Facts> IriClient::ask_for_facts(IriNode& node, std::int64_t patience_ms,
                                                const CancelToken& cancel) const {
  if (nodes_.size() == 1 || node.knows_facts()) return node.facts(cancel);
  return base::within(patience_ms, cancel,
                      {ErrorCode::kUnreachable, "the node at " + node.endpoint().authority() + " does not answer", {}},
                      [&](const CancelToken& brief) { return node.facts(brief); });
}

void IriClient::find_one_that_answers(const CancelToken& cancel) {
  {
    const base::MutexLock lock(mutex_);
    if (nodes_.size() == 1 || preferred_ != nullptr) return;
  }
  LedgersTold ledgers(nodes_.size());
  base::CancelSource decided(cancel);
  const auto token = decided.token();
  std::atomic<std::size_t> next = 0;
  const auto ask_some = [&] {
    for (std::size_t i = next++; i < nodes_.size(); i = next++) {
      // So many as must agree are asked at once. Those before the others have a start, unless the last of them failed.
      const std::size_t waits = i < agreeing() ? 0 : (i + 1 - agreeing()) * kStartSteps;
      for (std::size_t step = 0; step < waits && !ledgers.has_failed(i - 1); ++step) {
        if (token.wait_ms(kStartStepMs)) return;
      }
      IriNode& node = *nodes_[i];
      const auto facts = ask_for_facts(node, kLedgerAmongSeveralMs, token);
      if (!facts && facts.error().code == ErrorCode::kInterrupted) return;
      if (!facts && is_nodes_fault(facts.error())) node.note_failure();
      ledgers.note(i, facts ? std::optional(facts->info) : std::nullopt);
      if (ledgers.is_decided()) decided.trip();
    }
  };
  const auto ask = [&] {
    try {
      ask_some();
    } catch (const std::exception&) {  // no memory: whoever is needed is asked again, one after the other
    }
  };
  {
    std::vector<std::jthread> threads;
    base::add_threads(threads, nodes_.size(), ask);
  }
  const auto chosen = ledgers.chosen();
  if (!chosen) return;
  const base::MutexLock lock(mutex_);
  preferred_ = nodes_[chosen->which].get();
  ledger_ = chosen->info;
  is_agreed_ = chosen->votes >= agreeing();
}

Result<IriNode::Facts> IriClient::facts_of(IriNode& node, const CancelToken& cancel) {
  GL_TRY(facts, ask_for_facts(node, kFactsAmongSeveralMs, cancel));
  const base::MutexLock lock(mutex_);
  if (!ledger_) ledger_ = facts.info;
  if (is_same_ledger(*ledger_, facts.info)) return facts;
  return fail(ErrorCode::kCorrupt,
              "the node at " + node.endpoint().authority() +
                  (ledger_->network_id == facts.info.network_id ? " tells another minimum weight magnitude"
                                                                : " belongs to another ledger") +
                  " than the rest",
              "name only nodes of one ledger");
}

void IriClient::forget_facts() {
  for (const auto& node : nodes_) node->forget_facts();
  const base::MutexLock lock(mutex_);
  ledger_.reset();
  is_agreed_ = false;
  preferred_ = nullptr;
}

template <typename Value, typename Work>
Result<Value> IriClient::try_node(IriNode& node, const Work& work, const CancelToken& cancel) {
  auto facts = facts_of(node, cancel);
  auto result = facts ? work(node, *facts) : Result<Value>(tl::unexpected(std::move(facts.error())));
  if (result) {
    node.note_success();
    const base::MutexLock lock(mutex_);
    preferred_ = &node;
  } else if (is_nodes_fault(result.error())) {
    node.note_failure();
  }
  return result;
}

template <typename Value, typename Work>
Result<Value> IriClient::with_node(const Work& work, const CancelToken& cancel) {
  Failures failures;
  const std::int64_t begin_ms = clock_.steady_ms();
  for (int round = 0; round < 2; ++round) {
    for (IriNode* node : nodes_in_turn()) {
      auto result = try_node<Value>(*node, work, cancel);
      if (result || !is_nodes_fault(result.error())) return result;
      failures.note(*node, std::move(result.error()));
    }
    // What failed at once may have been a node that was just starting anew.
    const bool was_quick = clock_.steady_ms() - begin_ms < kSecondTryPauseMs;
    const bool was_impatient =
        std::any_of(nodes_.begin(), nodes_.end(), [](const auto& node) { return node->was_given_up_early(); });
    if (failures.worst()->code != ErrorCode::kUnreachable || !(was_quick || was_impatient)) break;
    if (was_quick && clock_.wait_ms(kSecondTryPauseMs, cancel)) return tl::unexpected(cancel.check().error());
  }
  return tl::unexpected(failures.conclude(nodes_.size(), agreeing()));
}

Result<ports::LedgerInfo> IriClient::info(const CancelToken& cancel) {
  find_one_that_answers(cancel);
  return with_node<ports::LedgerInfo>(
      [this, &cancel](IriNode&, const IriNode::Facts& facts) -> Result<ports::LedgerInfo> {
        ports::LedgerInfo info = facts.info;
        info.locator = locator_;
        info.confirms_data = confirm_data(info.confirms_data, cancel);
        const base::MutexLock lock(mutex_);
        info.agreed = is_agreed_ || nodes_.size() == 1;
        info.nodes = nodes_.size();
        info.must_agree = agreeing();
        return info;
      },
      cancel);
}

// As most of the nodes that answer say; those that did not yet are asked only where these do not agree. Where as many
// say so as not, they do: then what nobody confirms waits.
bool IriClient::confirm_data(bool otherwise, const CancelToken& cancel) {
  Votes votes;
  const auto count = [&](IriNode& node) {
    const auto facts = facts_of(node, cancel);
    if (facts) ++(facts->info.confirms_data ? votes.yes : votes.no);
  };
  std::vector<IriNode*> unknown;
  for (const auto& node : nodes_) {
    if (node->knows_facts()) {
      count(*node);
    } else if (!node->is_set_aside()) {
      unknown.push_back(node.get());
    }
  }
  for (IriNode* node : unknown) {
    if (votes.yes != votes.no) break;
    count(*node);
  }
  return votes.yes == votes.no ? votes.yes > 0 || otherwise : votes.yes > votes.no;
}

Result<ports::Tips> IriClient::tips(const CancelToken& cancel) {
  return with_node<ports::Tips>([&cancel](IriNode& node, const IriNode::Facts&) { return node.tips(cancel); }, cancel);
}

template <typename Work, typename Enough>
Result<void> IriClient::with_several_nodes(const Work& work, const Enough& is_enough, const CancelToken& cancel) {
  std::vector<const IriNode*> done;
  const auto and_note_it = [&](IriNode& node, const IriNode::Facts&) -> Result<void> {
    GL_CHECK(work(node));
    done.push_back(&node);
    return {};
  };
  GL_CHECK(with_node<void>(and_note_it, cancel));
  const auto ask_others = [&](const std::vector<IriNode*>& nodes) {
    for (IriNode* node : nodes) {
      if (is_enough(done.size()) || cancel.cancelled()) break;
      if (std::find(done.begin(), done.end(), node) == done.end()) (void)try_node<void>(*node, and_note_it, cancel);
    }
  };
  ask_others(nodes_in_turn());
  ask_others(nodes_given_up_early());
  return {};
}

// One that took it may keep nothing. What the first took has left, whatever becomes of the others.
Result<void> IriClient::submit(std::span<const ledger::Transaction> transactions, const CancelToken& cancel) {
  return with_several_nodes([&](IriNode& node) { return node.submit(transactions, cancel); },
                            [&](std::size_t count) { return count >= agreeing(); }, cancel);
}

template <typename Ask>
Result<std::vector<bool>> IriClient::agreed_on(std::span<const Hash> transaction_hashes, const Ask& ask,
                                               const CancelToken& cancel) {
  std::vector<Votes> votes(transaction_hashes.size());
  const auto count_votes = [&](IriNode& node) -> Result<void> {
    std::vector<Hash> hashes;
    std::vector<Votes*> of_them;
    for (std::size_t i = 0; i < votes.size(); ++i) {
      if (is_decided(votes[i])) continue;
      hashes.push_back(transaction_hashes[i]);
      of_them.push_back(&votes[i]);
    }
    GL_TRY(states, ask(node, hashes));
    for (std::size_t i = 0; i < hashes.size(); ++i) ++(states[i] ? of_them[i]->yes : of_them[i]->no);
    return {};
  };
  const auto is_enough = [&](std::size_t) {
    return std::all_of(votes.begin(), votes.end(), [&](const Votes& of_one) { return is_decided(of_one); });
  };
  GL_CHECK(with_several_nodes(count_votes, is_enough, cancel));
  GL_CHECK(cancel.check());
  std::vector<bool> states;
  states.reserve(votes.size());
  for (const Votes& of_one : votes) states.push_back(of_one.yes >= agreeing());
  return states;
}

Result<std::vector<bool>> IriClient::confirmed(std::span<const Hash> transaction_hashes, const CancelToken& cancel) {
  const auto ask = [&cancel](IriNode& node, std::span<const Hash> hashes) { return node.confirmed(hashes, cancel); };
  return agreed_on(transaction_hashes, ask, cancel);
}

Result<std::vector<bool>> IriClient::held(std::span<const Hash> transaction_hashes, const CancelToken& cancel) {
  const auto ask = [&cancel](IriNode& node, std::span<const Hash> hashes) { return node.held(hashes, cancel); };
  return agreed_on(transaction_hashes, ask, cancel);
}

// Asks one node after another until the sink has what it wants, or as many agree as must on what is missing.
Result<ports::ReadEnd> IriClient::read_into(std::span<const Hash> addresses, ports::Sink& sink,
                                            const CancelToken& cancel) {
  std::unordered_set<Hash> known;
  ports::ReadEnd end;
  Failures failures;
  std::size_t answered = 0;
  std::map<Hash, std::size_t> pruned;  // how many nodes say so
  std::map<Hash, std::size_t> cut;     // likewise: they hand out a part of what stands there
  const auto is_wanted = [&](const Hash& address) { return sink.wants(address); };
  const auto is_open = [&](const auto& of_one) {
    return is_wanted(of_one.first) && !is_decided({of_one.second, answered - of_one.second});
  };
  // Neither have as many as must agree handed out all, nor so many a part.
  const auto is_in_part = [&](const auto& of_one) {
    return is_wanted(of_one.first) && answered - of_one.second < agreeing() && of_one.second < agreeing();
  };
  const auto is_over = [&] {
    if (answered == 0) return false;
    if (std::none_of(addresses.begin(), addresses.end(), is_wanted)) return true;
    return answered >= agreeing() && std::none_of(pruned.begin(), pruned.end(), is_open) &&
           std::none_of(cut.begin(), cut.end(), is_in_part);
  };
  auto nodes = nodes_in_turn();
  for (const auto& node : nodes_) {  // those set aside last: their answers may be needed
    if (std::find(nodes.begin(), nodes.end(), node.get()) == nodes.end()) nodes.push_back(node.get());
  }
  const auto ask = [&](const std::vector<IriNode*>& some) -> Result<void> {
    for (IriNode* node : some) {
      if (is_over()) break;
      const auto work = [&](IriNode& one, const IriNode::Facts&) {
        return one.read_into(addresses, sink, nodes_.size() > 1 ? &known : nullptr, cancel);
      };
      const auto absences = try_node<IriNode::Absences>(*node, work, cancel);
      if (absences) {
        ++answered;
        const std::set<Hash> gone(absences->pruned_addresses.begin(), absences->pruned_addresses.end());
        for (const Hash& address : gone) ++pruned[address];
        const std::set<Hash> in_part(absences->cut_addresses.begin(), absences->cut_addresses.end());
        for (const Hash& address : in_part) ++cut[address];
        continue;
      }
      if (!is_nodes_fault(absences.error())) return tl::unexpected(absences.error());
      failures.note(*node, absences.error());
    }
    return {};
  };
  GL_CHECK(ask(nodes));
  GL_CHECK(ask(nodes_given_up_early()));
  if (answered == 0) return tl::unexpected(failures.conclude(nodes_.size(), agreeing()));
  for (const auto& [address, count] : pruned) {
    if (count >= agreeing()) end.pruned_addresses.push_back(address);
  }
  for (const auto& [address, count] : cut) {
    if (count >= agreeing() && is_wanted(address)) end.cut_addresses.push_back(address);
  }
  if (is_over()) return end;
  end.doubt =
      answered < agreeing()
          ? "only " + std::to_string(answered) + " of " + std::to_string(nodes_.size()) +
                " nodes answered, and that something is missing is believed of " + std::to_string(agreeing()) +
                (failures.worst() && failures.worst()->code == ErrorCode::kCorrupt ? ": " + failures.worst()->message
                                                                                   : "")
          : "the nodes do not agree on whether something was dropped, or is not handed out";
  return end;
}

Result<std::vector<ledger::Transaction>> IriClient::attach(const ledger::PreparedBundle& bundle,
                                                           const ledger::Attachment& attachment,
                                                           const crypto::ProofOfWorkOptions& options) {
  std::optional<Error> last;
  for (IriNode* node : nodes_in_turn()) {
    if (options.cancel.cancelled()) break;
    auto attached =
        node->attach(bundle, attachment.trunk, attachment.branch, options.min_weight_magnitude, options.cancel);
    if (attached &&
        is_attachment_of(bundle, *attached, attachment.trunk, attachment.branch, options.min_weight_magnitude)) {
      node->note_success();
      return attached;
    }
    const bool is_wrong = attached || attached.error().code == ErrorCode::kCorrupt;
    if (!attached && !is_nodes_fault(attached.error())) return tl::unexpected(std::move(attached.error()));
    node->note_failure();
    last = attached ? Error{ErrorCode::kCorrupt,
                            "what " + node->endpoint().authority() + " attached is not what was asked for", ""}
                    : std::move(attached.error());
    last->code = ErrorCode::kUnreachable;  // nothing was decided: the bundle waits
    if (is_wrong) base::advise(*last, Advice::kChooseProofOfWork);
  }
  if (!last) return fail(ErrorCode::kInterrupted, "the proof of work was interrupted");
  return tl::unexpected(std::move(*last));
}

}  // namespace glucoledger::ledger_client
