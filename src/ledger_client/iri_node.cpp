#include "ledger_client/iri_node.h"

#include <openssl/evp.h>
#include <simdjson.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "base/advice.h"
#include "base/limits.h"
#include "crypto/curl.h"

namespace glucoledger::ledger_client {
namespace {

using nlohmann::json;

constexpr int kLegacyMinWeightMagnitude = 14;
constexpr std::size_t kLegacyListMax = 1000;
constexpr std::size_t kLegacyBodyMax = 1'000'000;
constexpr std::size_t kAddressesPerRequest = 250;
constexpr std::size_t kTrytesPerRequest = 500;
constexpr int kTipDepth = 3;
constexpr std::int64_t kSlowSearchMs = 10'000;  // and a millisecond for each transaction that it found
constexpr std::int64_t kSlowAnswerMs = 1'000;
constexpr std::int64_t kMilestoneAgeMaxS = 300;  // a coordinator issues several a minute
constexpr std::int64_t kFirstPauseMs = 1'000;
constexpr std::int64_t kPauseMaxMs = 60'000;

// A node's own words, fit to be shown: printable, short.
std::string printable(std::string_view text) {
  std::string out;
  for (const char c : text.substr(0, base::limits::kNodeReasonLengthMax)) out += c >= ' ' && c <= '~' ? c : ' ';
  return out;
}

std::string short_network_id(std::string_view coordinator) {
  std::array<std::uint8_t, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  GL_ASSERT(EVP_Digest(coordinator.data(), coordinator.size(), digest.data(), &size, EVP_sha256(), nullptr) == 1);
  return base::hex_encode(ByteView(digest).first(8));
}

std::size_t bounded_count(const json& object, const char* name, std::size_t otherwise) {
  const auto found = object.find(name);
  if (found == object.end() || !found->is_number_unsigned()) return otherwise;
  return std::clamp<std::size_t>(found->get<std::size_t>(), 1, base::limits::kNodeListLengthMax);
}

bool flag_of(const json& object, const char* name, bool otherwise = false) {
  const auto found = object.find(name);
  return found != object.end() && found->is_boolean() ? found->get<bool>() : otherwise;
}

// Nothing: it is no JSON, or goes deeper than an answer does (each level takes memory).
std::optional<simdjson::dom::element> shallow(simdjson::dom::parser& parser, const std::string& body) {
  simdjson::dom::element element;
  if (parser.allocate(std::max<std::size_t>(body.size(), 64), base::limits::kIriJsonDepthMax) != simdjson::SUCCESS ||
      parser.parse(body).get(element) != simdjson::SUCCESS) {
    return std::nullopt;
  }
  return element;
}

json parse_shallow(const std::string& body) {
  simdjson::dom::parser parser;
  return shallow(parser, body) ? json::parse(body, nullptr, false) : json(json::value_t::discarded);
}

std::string text_of(const json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::optional<std::vector<Hash>> hashes_of(const json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end() || !found->is_array()) return std::nullopt;
  std::vector<Hash> hashes;
  hashes.reserve(found->size());
  for (const json& item : *found) {
    const auto hash = item.is_string() ? Hash::from_trytes(item.get_ref<const std::string&>())
                                       : Result<Hash>(fail(ErrorCode::kInputRefused, ""));
    if (!hash) return std::nullopt;
    hashes.push_back(*hash);
  }
  return hashes;
}

// What a node gives for a transaction that it has not.
bool is_absent(std::string_view trytes) {
  return trytes.find_first_not_of('9') == std::string_view::npos;
}

json trytes_list(std::span<const Hash> hashes) {
  json list = json::array();
  for (const Hash& hash : hashes) list.push_back(std::string(hash.trytes()));
  return list;
}

// The texts of the list `trytes`, each of 2,673 trytes; nothing when it is not that. Hot: simdjson.
std::optional<std::vector<std::string>> transaction_texts(const std::string& body) {
  simdjson::dom::parser parser;
  simdjson::dom::array list;
  const auto answer = shallow(parser, body);
  if (!answer || (*answer)["trytes"].get(list) != simdjson::SUCCESS) return std::nullopt;
  std::vector<std::string> texts;
  for (const auto item : list) {
    std::string_view text;
    if (item.get(text) != simdjson::SUCCESS || text.size() != ledger::kTransactionTrytes || !crypto::is_trytes(text)) {
      return std::nullopt;
    }
    texts.emplace_back(text);
  }
  return texts;
}

// The next run of transactions for one request: whole bundles as long as they fit, at least one transaction.
std::size_t next_batch(std::span<const ledger::Transaction> transactions, std::size_t count_max) {
  if (transactions.size() <= count_max) return transactions.size();
  std::size_t end = count_max;
  while (end > 1 && transactions[end].bundle() == transactions[end - 1].bundle()) --end;
  return end > 1 || count_max == 1 ? end : count_max;
}

}  // namespace

IriNode::IriNode(locator::Endpoint endpoint, http::ClientOptions options, const base::Clock& clock,
                 std::optional<std::int64_t> patience_ms)
    : http_(std::move(endpoint), std::move(options)),
      clock_(clock),
      patience_ms_(patience_ms.value_or(http_.options().request_ms)) {}
IriNode::~IriNode() = default;

tl::unexpected<Error> IriNode::wrong_answer(const std::string& what) const {
  return fail(ErrorCode::kCorrupt, "the node at " + endpoint().authority() + " answered wrongly: " + what,
              Advice::kChooseNode);
}

bool IriNode::is_set_aside() const {
  const base::MutexLock lock(mutex_);
  return pause_ms_ > 0 && clock_.steady_ms() < set_aside_until_ms_;
}

void IriNode::note_success() {
  const base::MutexLock lock(mutex_);
  pause_ms_ = 0;
}

void IriNode::note_failure() {
  const base::MutexLock lock(mutex_);
  facts_.reset();  // another node may stand there when it is back
  pause_ms_ = std::clamp(2 * pause_ms_, kFirstPauseMs, kPauseMaxMs);
  set_aside_until_ms_ = clock_.steady_ms() + pause_ms_;
}

Result<std::string> IriNode::post(const json& request, const CancelToken& cancel) {
  const auto& command = request["command"];
  const bool is_long = command == "findTransactions" || command == "getTrytes" || command == "attachToTangle";
  const bool is_work = command == "attachToTangle";
  const std::int64_t longest_ms = http_.options().request_ms;
  const std::int64_t patience_ms = is_work ? longest_ms : std::min<std::int64_t>(patience_ms_, longest_ms);
  const auto begin_ms = clock_.steady_ms();
  auto answered =
      http_.call({.method = "POST",
                  .headers = {{"Content-Type", "application/json"}, {"X-IOTA-API-Version", "1"}},
                  .body = request.dump(),
                  .answer_size_max = is_long ? base::limits::kIriAnswerSizeMax : base::limits::kIriShortAnswerSizeMax,
                  .request_ms = patience_ms},
                 cancel);
  const auto took_ms = clock_.steady_ms() - begin_ms;
  if (!is_work) is_slow_ = took_ms > kSlowAnswerMs;
  was_given_up_early_ = !answered && took_ms >= patience_ms && patience_ms < longest_ms;
  if (was_given_up_early_) patience_ms_ = longest_ms;
  GL_TRY(reply, std::move(answered));
  if (reply.status == 200) return std::move(reply.body);
  const json answer = parse_shallow(reply.body);
  const std::string reason = answer.is_object() ? printable(text_of(answer, "error")) : std::string();
  const std::string node = "the node at " + endpoint().authority();
  if (reply.status == 400 || reply.status == 413) {
    return fail(ErrorCode::kInputRefused, node + " refused: " + (reason.empty() ? "no reason given" : reason));
  }
  if (reply.status == 401 || reply.status == 403) {
    return fail(ErrorCode::kNotAllowed, node + " does not let this program in", http_.options().token_advice);
  }
  return fail(ErrorCode::kUnreachable,
              node + " failed with status " + std::to_string(reply.status) + (reason.empty() ? "" : ": " + reason),
              "check that the address is a node's");
}

Result<json> IriNode::call(const json& request, const CancelToken& cancel) {
  GL_TRY(body, post(request, cancel));
  json answer = parse_shallow(body);
  if (!answer.is_object()) return wrong_answer("not a JSON object");
  return answer;
}

Result<IriNode::Facts> IriNode::facts(const CancelToken& cancel) {
  {
    const base::MutexLock lock(mutex_);
    if (facts_) return *facts_;
  }
  GL_TRY(told, call({{"command", "getNodeInfo"}}, cancel));
  if (text_of(told, "appName").empty()) return wrong_answer("it is no Tangle node");
  if (!flag_of(told, "isSynced", true)) {
    return fail(ErrorCode::kUnreachable,
                "the node at " + endpoint().authority() + " is not in step with its ledger (isSynced: false)",
                "wait until it is, or name another node");
  }
  Facts facts;
  facts.info.network_id = text_of(told, "networkId");
  facts.ours = !facts.info.network_id.empty();
  if (!facts.ours) facts.info.network_id = short_network_id(text_of(told, "coordinatorAddress"));
  const bool is_plain = std::all_of(facts.info.network_id.begin(), facts.info.network_id.end(),
                                    [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
  if (!is_plain || facts.info.network_id.size() > base::limits::kNetworkIdLengthMax)
    return wrong_answer("its networkId is not hexadecimal");
  if (facts.ours) {
    facts.info.confirms_data = flag_of(told, "confirmsData");
  } else {
    GL_ASSIGN(facts.info.confirms_data, issues_milestones(told, cancel));
  }
  facts.pages = flag_of(told, "pagesTransactions");

  GL_TRY(limits, call({{"command", "getNodeAPIConfiguration"}}, cancel));
  const auto told_there = bounded_count(limits, "minWeightMagnitude", kLegacyMinWeightMagnitude);
  const auto min_weight_magnitude = bounded_count(told, "minWeightMagnitude", told_there);
  if (min_weight_magnitude > static_cast<std::size_t>(base::limits::kMinWeightMagnitudeMax)) {
    return wrong_answer("it asks for more proof of work than is bearable");
  }
  facts.info.min_weight_magnitude = static_cast<int>(min_weight_magnitude);
  facts.found_max = bounded_count(limits, "maxFindTransactions", kLegacyListMax);
  facts.list_max = bounded_count(limits, "maxRequestsList", kLegacyListMax);
  facts.trytes_max = bounded_count(limits, "maxGetTrytes", kLegacyListMax);
  facts.body_max = bounded_count(limits, "maxBodyLength", kLegacyBodyMax);
  const base::MutexLock lock(mutex_);
  facts_ = facts;
  return facts;
}

// Legacy nodes do not tell. Where a coordinator is at work, its milestones confirm data, too; where none has been for
// long, nothing ever does. By the node's own clock.
Result<bool> IriNode::issues_milestones(const json& told, const CancelToken& cancel) {
  const auto latest = Hash::from_trytes(text_of(told, "latestSolidSubtangleMilestone"));
  const auto coordinator = Hash::from_trytes(text_of(told, "coordinatorAddress"));
  const auto now = told.find("time");
  if (!latest || !coordinator || now == told.end() || !now->is_number_unsigned()) return false;
  GL_TRY(held, get_held(std::span(&*latest, 1), cancel));
  GL_TRY(milestone, transactions_named(held));
  if (milestone.empty() || milestone.front().address() != *coordinator) return false;
  const auto age_s = static_cast<std::int64_t>(now->get<std::uint64_t>() / 1000) - milestone.front().timestamp_s();
  return age_s > -kMilestoneAgeMaxS && age_s < kMilestoneAgeMaxS;
}

bool IriNode::knows_facts() const {
  const base::MutexLock lock(mutex_);
  return facts_.has_value();
}

void IriNode::forget_facts() {
  const base::MutexLock lock(mutex_);
  facts_.reset();
}

Result<ports::Tips> IriNode::tips(const CancelToken& cancel) {
  GL_TRY(answer, call({{"command", "getTransactionsToApprove"}, {"depth", kTipDepth}}, cancel));
  const auto trunk = Hash::from_trytes(text_of(answer, "trunkTransaction"));
  const auto branch = Hash::from_trytes(text_of(answer, "branchTransaction"));
  if (!trunk || !branch) return wrong_answer("its tips are no hashes");
  return ports::Tips{*trunk, *branch};
}

Result<void> IriNode::submit(std::span<const ledger::Transaction> transactions, const CancelToken& cancel) {
  GL_TRY(facts, this->facts(cancel));
  const std::size_t count_max = std::max<std::size_t>(
      1, (facts.body_max - std::min<std::size_t>(facts.body_max, 100)) / (ledger::kTransactionTrytes + 3));
  for (auto rest = transactions; !rest.empty();) {
    const std::size_t count = next_batch(rest, count_max);
    json trytes = json::array();
    for (const ledger::Transaction& transaction : rest.first(count)) trytes.push_back(transaction.trytes());
    json request = {{"command", "storeTransactions"}, {"trytes", std::move(trytes)}};
    if (!facts.ours) GL_CHECK(call(request, cancel));
    request["command"] = "broadcastTransactions";
    GL_CHECK(call(request, cancel));
    rest = rest.subspan(count);
  }
  return {};
}

Result<IriNode::Absences> IriNode::read_into(std::span<const Hash> addresses, ports::Sink& sink,
                                             std::unordered_set<Hash>* known, const CancelToken& cancel) {
  GL_TRY(facts, this->facts(cancel));
  std::vector<Hash> wanted;
  std::copy_if(addresses.begin(), addresses.end(), std::back_inserter(wanted),
               [&](const Hash& address) { return sink.wants(address); });
  std::sort(wanted.begin(), wanted.end());
  wanted.erase(std::unique(wanted.begin(), wanted.end()), wanted.end());
  Absences absences;
  const std::size_t addresses_max = std::min(kAddressesPerRequest, facts.list_max);
  for (std::span<const Hash> rest = wanted; !rest.empty();) {
    const std::size_t count = std::min(rest.size(), addresses_max);
    GL_CHECK(read_part(facts, rest.first(count), sink, known, absences, cancel));
    rest = rest.subspan(count);
  }
  return absences;
}

// Page by page from a node that has pages. One that cuts its answers silently (a legacy one) or refuses is asked for
// half as many addresses, down to a single one, of which the rest cannot be had.
Result<void> IriNode::read_part(const Facts& facts, std::span<const Hash> addresses, ports::Sink& sink,
                                std::unordered_set<Hash>* known, Absences& absences, const CancelToken& cancel) {
  std::optional<std::uint64_t> after;
  std::size_t pages = 0;
  std::size_t found_count = 0;
  std::int64_t searched_ms = 0;
  if (facts.pages) after = 0;
  do {
    if (++pages > base::limits::kFoundPagesMax) return wrong_answer("its pages do not end");
    if (pages > 1 && searched_ms > kSlowSearchMs + static_cast<std::int64_t>(found_count)) {
      return fail(ErrorCode::kUnreachable, "the node at " + endpoint().authority() + " finds too little in its time",
                  Advice::kChooseNode);
    }
    const auto begin_ms = clock_.steady_ms();
    auto found = find(facts, addresses, after, absences, cancel);
    searched_ms += clock_.steady_ms() - begin_ms;
    const bool refused = !found && found.error().code == ErrorCode::kInputRefused;
    const bool is_cut = !facts.pages && (refused || (found && found->hashes.size() >= facts.found_max));
    if (is_cut && addresses.size() > 1) {
      const std::size_t half = addresses.size() / 2;
      GL_CHECK(read_part(facts, addresses.first(half), sink, known, absences, cancel));
      return read_part(facts, addresses.subspan(half), sink, known, absences, cancel);
    }
    if (is_cut) absences.cut_addresses.push_back(addresses.front());
    if (is_cut && refused) return {};
    if (!found) return tl::unexpected(std::move(found.error()));
    if (found->next && after && *found->next <= *after) return wrong_answer("its pages do not go on");
    found_count += found->hashes.size();
    std::vector<Hash> fresh;
    for (const Hash& hash : found->hashes) {
      if (known == nullptr || !known->contains(hash)) fresh.push_back(hash);
    }
    GL_CHECK(hand_over(facts, fresh, addresses, sink, known, cancel));
    after = found->next;
  } while (after &&
           std::any_of(addresses.begin(), addresses.end(), [&](const Hash& address) { return sink.wants(address); }));
  return {};
}

Result<IriNode::Found> IriNode::find(const Facts& facts, std::span<const Hash> addresses,
                                     std::optional<std::uint64_t> after, Absences& absences,
                                     const CancelToken& cancel) {
  json request = {{"command", "findTransactions"}, {"addresses", trytes_list(addresses)}};
  if (after) request["after"] = *after;
  GL_TRY(answer, call(request, cancel));
  auto hashes = hashes_of(answer, "hashes");
  if (!hashes) return wrong_answer("what it found are no hashes");
  Found found{std::move(*hashes), {}};
  if (const auto next = answer.find("next"); facts.pages && next != answer.end()) {
    if (!next->is_number_unsigned()) return wrong_answer("its next page has no number");
    found.next = next->get<std::uint64_t>();
  }
  if (answer.contains("pruned")) {
    const auto gone = hashes_of(answer, "pruned");
    if (!gone) return wrong_answer("what it pruned are no addresses");
    for (const Hash& address : *gone) {
      if (std::find(addresses.begin(), addresses.end(), address) != addresses.end()) {
        absences.pruned_addresses.push_back(address);
      }
    }
  }
  return found;
}

Result<void> IriNode::hand_over(const Facts& facts, std::span<const Hash> hashes, std::span<const Hash> addresses,
                                ports::Sink& sink, std::unordered_set<Hash>* known, const CancelToken& cancel) {
  const std::size_t trytes_max = std::min(kTrytesPerRequest, facts.trytes_max);
  while (!hashes.empty()) {
    const std::size_t count = std::min(hashes.size(), trytes_max);
    GL_TRY(transactions, get_transactions(hashes.first(count), addresses, cancel));
    for (const auto& transaction : transactions) {
      if (known != nullptr) known->insert(transaction.hash());
    }
    sink.take(std::move(transactions));
    const bool goes_on =
        std::any_of(addresses.begin(), addresses.end(), [&](const Hash& address) { return sink.wants(address); });
    if (!goes_on) return {};
    hashes = hashes.subspan(count);
  }
  return {};
}

Result<IriNode::Held> IriNode::get_held(std::span<const Hash> hashes, const CancelToken& cancel) {
  GL_TRY(body, post({{"command", "getTrytes"}, {"hashes", trytes_list(hashes)}}, cancel));
  auto texts = transaction_texts(body);
  if (!texts || texts->size() != hashes.size()) return wrong_answer("not 2,673 trytes for each hash");
  Held held;
  for (std::size_t i = 0; i < hashes.size(); ++i) {
    if (is_absent((*texts)[i])) continue;
    held.hashes.push_back(hashes[i]);
    held.texts.push_back(std::move((*texts)[i]));
  }
  return held;
}

// What was dropped between the two requests is left out.
Result<std::vector<ledger::Transaction>> IriNode::get_transactions(std::span<const Hash> hashes,
                                                                   std::span<const Hash> addresses,
                                                                   const CancelToken& cancel) {
  GL_TRY(held, get_held(hashes, cancel));
  GL_TRY(transactions, transactions_named(held));
  for (const auto& transaction : transactions) {
    if (!std::binary_search(addresses.begin(), addresses.end(), transaction.address())) {
      return wrong_answer("a transaction stands at another address");
    }
  }
  return transactions;
}

// Each must hash to its name. Junk is left out: fields that no client writes.
Result<std::vector<ledger::Transaction>> IriNode::transactions_named(const Held& held) const {
  const auto& [names, texts] = held;
  auto all = ledger::Transaction::many_from_trytes(texts);
  std::vector<ledger::Transaction> transactions;
  for (std::size_t i = 0; i < names.size(); ++i) {
    auto transaction = all ? std::move((*all)[i]) : ledger::Transaction::from_trytes(texts[i]);
    const Hash hash = transaction ? transaction->hash()
                                  : crypto::curl_hash(crypto::CurlRounds::kP81, crypto::trits_from_trytes(texts[i]));
    if (hash != names[i]) return wrong_answer("a transaction has another hash");
    if (transaction) transactions.push_back(std::move(*transaction));
  }
  return transactions;
}

Result<std::vector<bool>> IriNode::confirmed(std::span<const Hash> transaction_hashes, const CancelToken& cancel) {
  GL_TRY(facts, this->facts(cancel));
  std::vector<bool> states;
  for (auto rest = transaction_hashes; !rest.empty();) {
    const std::size_t count = std::min(rest.size(), facts.list_max);
    GL_TRY(answer, call({{"command", "getInclusionStates"}, {"transactions", trytes_list(rest.first(count))}}, cancel));
    const auto found = answer.find("states");
    const bool is_list = found != answer.end() && found->is_array() && found->size() == count;
    if (!is_list || !std::all_of(found->begin(), found->end(), [](const json& item) { return item.is_boolean(); })) {
      return wrong_answer("not one state for each transaction");
    }
    for (const json& item : *found) states.push_back(item.get<bool>());
    rest = rest.subspan(count);
  }
  return states;
}

Result<std::vector<bool>> IriNode::held(std::span<const Hash> transaction_hashes, const CancelToken& cancel) {
  GL_TRY(facts, this->facts(cancel));
  std::vector<bool> states;
  for (auto rest = transaction_hashes; !rest.empty();) {
    const std::size_t count = std::min({rest.size(), facts.trytes_max, kTrytesPerRequest});
    GL_TRY(held, get_held(rest.first(count), cancel));
    GL_CHECK(transactions_named(held));
    auto next = held.hashes.begin();
    for (const Hash& hash : rest.first(count)) {
      states.push_back(next != held.hashes.end() && *next == hash);
      if (states.back()) ++next;
    }
    rest = rest.subspan(count);
  }
  return states;
}

// Clients name the last index first, and nodes answer in that order or, ours, index 0 first.
Result<std::vector<ledger::Transaction>> IriNode::attach(const ledger::PreparedBundle& bundle, const Hash& trunk,
                                                         const Hash& branch, int min_weight_magnitude,
                                                         const CancelToken& cancel) {
  const std::vector<std::string> last_first(bundle.rbegin(), bundle.rend());
  GL_TRY(body, post({{"command", "attachToTangle"},
                     {"trunkTransaction", trunk.trytes()},
                     {"branchTransaction", branch.trytes()},
                     {"minWeightMagnitude", min_weight_magnitude},
                     {"trytes", last_first}},
                    cancel));
  const auto texts = transaction_texts(body);
  if (!texts || texts->size() != bundle.size()) return wrong_answer("it attached another number of transactions");
  std::vector<ledger::Transaction> attached;
  for (const auto& text : *texts) {
    auto transaction = ledger::Transaction::from_trytes(text);
    if (!transaction) return wrong_answer("what it attached is no transaction");
    attached.push_back(std::move(*transaction));
  }
  if (attached.front().current_index() != 0) std::reverse(attached.begin(), attached.end());
  return attached;
}

}  // namespace glucoledger::ledger_client
