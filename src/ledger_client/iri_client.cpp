#include "ledger_client/iri_client.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

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
constexpr std::size_t kNodeReasonMax = 160;

// A node's own words, fit to be shown: printable, short.
std::string printable(std::string_view text) {
  std::string out;
  for (const char c : text.substr(0, kNodeReasonMax)) out += c >= ' ' && c <= '~' ? c : ' ';
  return out;
}

tl::unexpected<Error> wrong_answer(const Endpoint& endpoint, const std::string& what) {
  return fail(ErrorCode::kCorrupt, "the node at " + endpoint.authority() + " answered wrongly: " + what,
              "use another node (--node, --ledger)");
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
  return std::clamp<std::size_t>(found->get<std::size_t>(), 1, std::size_t{1} << 30);
}

std::string text_of(const json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// The list of strings under `name`; nothing when it is not one.
std::optional<std::vector<std::string>> strings_of(const json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end() || !found->is_array()) return std::nullopt;
  std::vector<std::string> strings;
  strings.reserve(found->size());
  for (const json& item : *found) {
    if (!item.is_string()) return std::nullopt;
    strings.push_back(item.get<std::string>());
  }
  return strings;
}

std::optional<std::vector<Hash>> hashes_of(const json& object, const char* name) {
  const auto strings = strings_of(object, name);
  if (!strings) return std::nullopt;
  std::vector<Hash> hashes;
  hashes.reserve(strings->size());
  for (const std::string& text : *strings) {
    const auto hash = Hash::from_trytes(text);
    if (!hash) return std::nullopt;
    hashes.push_back(*hash);
  }
  return hashes;
}

json trytes_list(std::span<const Hash> hashes) {
  json list = json::array();
  for (const Hash& hash : hashes) list.push_back(std::string(hash.trytes()));
  return list;
}

// How severe an error is when several nodes failed in different ways (the order of the exit codes: 3 before 6).
int severity(const Error& error) {
  return error.code == ErrorCode::kUnreachable ? 0 : 1;
}

// The next run of transactions for one request: whole bundles as long as they fit, at least one transaction.
std::size_t next_batch(std::span<const ledger::Transaction> transactions, std::size_t count_max) {
  if (transactions.size() <= count_max) return transactions.size();
  std::size_t end = count_max;
  while (end > 1 && transactions[end].bundle() == transactions[end - 1].bundle()) --end;
  return end > 1 || count_max == 1 ? end : count_max;
}

}  // namespace

struct IriClient::Facts {
  ports::LedgerInfo info;
  bool ours = false;  // tells networkId: stores what it is told to broadcast
  std::size_t found_max = kLegacyListMax;
  std::size_t list_max = kLegacyListMax;
  std::size_t trytes_max = kLegacyListMax;
  std::size_t body_max = kLegacyBodyMax;
};

struct IriClient::Node {
  Node(const Endpoint& endpoint, HttpTimeouts timeouts) : http(endpoint, timeouts) {}
  HttpClient http;
  std::optional<Facts> facts;
};

IriClient::IriClient(const std::vector<Endpoint>& endpoints, HttpTimeouts timeouts, std::string locator)
    : locator_(std::move(locator)) {
  GL_ASSERT(!endpoints.empty());
  if (locator_.empty()) locator_ = join_urls(endpoints);
  for (const Endpoint& endpoint : endpoints) {
    nodes_.push_back(std::make_unique<Node>(endpoint, timeouts));
  }
}

IriClient::~IriClient() = default;

template <typename Value, typename Work>
Result<Value> IriClient::with_node(const Work& work) {
  std::size_t first = 0;
  {
    const std::lock_guard lock(mutex_);
    first = preferred_;
  }
  std::optional<Error> worst;
  for (std::size_t step = 0; step < nodes_.size(); ++step) {
    const std::size_t index = (first + step) % nodes_.size();
    Node& node = *nodes_[index];
    const auto facts = facts_of(node);
    Result<Value> result = facts ? work(node, *facts) : Result<Value>(tl::unexpected(facts.error()));
    if (result) {
      const std::lock_guard lock(mutex_);
      preferred_ = index;
      return result;
    }
    if (result.error().code != ErrorCode::kUnreachable && result.error().code != ErrorCode::kCorrupt) return result;
    if (!worst || severity(result.error()) > severity(*worst)) worst = result.error();
  }
  return tl::unexpected(std::move(*worst));
}

Result<json> IriClient::call(Node& node, const json& request) {
  const Endpoint& endpoint = node.http.endpoint();
  GL_TRY(reply, node.http.post_json(request.dump(), base::limits::kHttpResponseMax));
  const json answer = json::parse(reply.body, nullptr, false);
  if (reply.status == 200) {
    if (!answer.is_object()) return wrong_answer(endpoint, "not a JSON object");
    return answer;
  }
  const std::string reason = answer.is_object() ? printable(text_of(answer, "error")) : std::string();
  if (reply.status == 400 || reply.status == 413) {
    return fail(ErrorCode::kInputRefused,
                "the node at " + endpoint.authority() + " refused: " + (reason.empty() ? "no reason given" : reason));
  }
  return fail(ErrorCode::kUnreachable,
              "the node at " + endpoint.authority() + " failed with status " + std::to_string(reply.status),
              "check that the address is a node's, then repeat");
}

Result<IriClient::Facts> IriClient::facts_of(Node& node) {
  {
    const std::lock_guard lock(mutex_);
    if (node.facts) return *node.facts;
  }
  const Endpoint& endpoint = node.http.endpoint();
  GL_TRY(told, call(node, {{"command", "getNodeInfo"}}));
  if (text_of(told, "appName").empty()) return wrong_answer(endpoint, "it is no Tangle node");
  Facts facts;
  facts.info.locator = locator_;
  facts.info.network_id = text_of(told, "networkId");
  facts.ours = !facts.info.network_id.empty();
  if (!facts.ours) facts.info.network_id = short_network_id(text_of(told, "coordinatorAddress"));
  const bool is_plain = std::all_of(facts.info.network_id.begin(), facts.info.network_id.end(),
                                    [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
  if (!is_plain || facts.info.network_id.size() > 32) return wrong_answer(endpoint, "its networkId is not hexadecimal");
  facts.info.min_weight_magnitude =
      static_cast<int>(bounded_count(told, "minWeightMagnitude", kLegacyMinWeightMagnitude));
  if (facts.info.min_weight_magnitude > base::limits::kMinWeightMagnitudeMax) {
    return wrong_answer(endpoint, "it asks for more proof of work than is bearable");
  }
  const auto confirms = told.find("confirmsData");
  facts.info.confirms_data = confirms != told.end() && confirms->is_boolean() && confirms->get<bool>();

  GL_TRY(limits, call(node, {{"command", "getNodeAPIConfiguration"}}));
  facts.found_max = bounded_count(limits, "maxFindTransactions", kLegacyListMax);
  facts.list_max = bounded_count(limits, "maxRequestsList", kLegacyListMax);
  facts.trytes_max = bounded_count(limits, "maxGetTrytes", kLegacyListMax);
  facts.body_max = bounded_count(limits, "maxBodyLength", kLegacyBodyMax);

  const std::lock_guard lock(mutex_);
  if (network_id_.empty()) network_id_ = facts.info.network_id;
  if (network_id_ != facts.info.network_id) {
    return fail(ErrorCode::kCorrupt, "the node at " + endpoint.authority() + " belongs to another ledger than the rest",
                "name only nodes of one ledger");
  }
  node.facts = facts;
  return facts;
}

Result<ports::LedgerInfo> IriClient::info() {
  return with_node<ports::LedgerInfo>(
      [](Node&, const Facts& facts) -> Result<ports::LedgerInfo> { return facts.info; });
}

Result<ports::Tips> IriClient::tips() {
  return with_node<ports::Tips>([this](Node& node, const Facts&) -> Result<ports::Tips> {
    GL_TRY(answer, call(node, {{"command", "getTransactionsToApprove"}, {"depth", kTipDepth}}));
    const auto trunk = Hash::from_trytes(text_of(answer, "trunkTransaction"));
    const auto branch = Hash::from_trytes(text_of(answer, "branchTransaction"));
    if (!trunk || !branch) return wrong_answer(node.http.endpoint(), "its tips are no hashes");
    return ports::Tips{*trunk, *branch};
  });
}

Result<void> IriClient::submit(std::span<const ledger::Transaction> transactions) {
  return with_node<void>([&](Node& node, const Facts& facts) -> Result<void> {
    const std::size_t count_max = std::max<std::size_t>(
        1, (facts.body_max - std::min<std::size_t>(facts.body_max, 100)) / (ledger::kTransactionTrytes + 3));
    for (auto rest = transactions; !rest.empty();) {
      const std::size_t count = next_batch(rest, count_max);
      json trytes = json::array();
      for (const ledger::Transaction& transaction : rest.first(count)) trytes.push_back(transaction.trytes());
      json request = {{"command", "storeTransactions"}, {"trytes", std::move(trytes)}};
      if (!facts.ours) GL_CHECK(call(node, request));
      request["command"] = "broadcastTransactions";
      GL_CHECK(call(node, request));
      rest = rest.subspan(count);
    }
    return {};
  });
}

// Appends what stands at the addresses. A node that cuts its answers silently (a legacy one) or refuses (ours) is asked
// for half as many addresses, down to a single one.
Result<void> IriClient::find(Node& node, const Facts& facts, std::span<const Hash> addresses, std::vector<Hash>& hashes,
                             std::vector<Hash>& pruned) {
  auto answer = call(node, {{"command", "findTransactions"}, {"addresses", trytes_list(addresses)}});
  const bool refused = !answer && answer.error().code == ErrorCode::kInputRefused;
  const bool splittable = addresses.size() > 1;
  if (!answer && !(refused && splittable)) return tl::unexpected(answer.error());
  const auto found = answer ? hashes_of(*answer, "hashes") : std::vector<Hash>();
  if (!found) return wrong_answer(node.http.endpoint(), "what it found are no hashes");
  if (refused || (splittable && found->size() >= facts.found_max)) {
    const std::size_t half = addresses.size() / 2;
    GL_CHECK(find(node, facts, addresses.first(half), hashes, pruned));
    return find(node, facts, addresses.subspan(half), hashes, pruned);
  }
  hashes.insert(hashes.end(), found->begin(), found->end());
  if (answer->contains("pruned")) {
    const auto gone = hashes_of(*answer, "pruned");
    if (!gone) return wrong_answer(node.http.endpoint(), "what it pruned are no addresses");
    for (const Hash& address : *gone) {
      if (std::find(addresses.begin(), addresses.end(), address) != addresses.end()) pruned.push_back(address);
    }
  }
  return {};
}

Result<void> IriClient::get_transactions(Node& node, std::span<const Hash> hashes,
                                         std::span<const Hash> sorted_addresses,
                                         std::vector<ledger::Transaction>& transactions) {
  GL_TRY(answer, call(node, {{"command", "getTrytes"}, {"hashes", trytes_list(hashes)}}));
  auto trytes = strings_of(answer, "trytes");
  if (!trytes || trytes->size() != hashes.size()) {
    return wrong_answer(node.http.endpoint(), "not one transaction for each hash");
  }
  for (std::size_t i = 0; i < hashes.size(); ++i) {
    std::string& text = (*trytes)[i];
    if (text.size() != ledger::kTransactionTrytes || !crypto::is_trytes(text)) {
      return wrong_answer(node.http.endpoint(), "a transaction is not 2,673 trytes");
    }
    if (text.find_first_not_of('9') == std::string::npos) continue;  // dropped between the two requests
    auto transaction = ledger::Transaction::from_trytes(text);
    const Hash hash = transaction ? transaction->hash()
                                  : crypto::curl_hash(crypto::CurlRounds::kP81, crypto::trits_from_trytes(text));
    if (hash != hashes[i]) return wrong_answer(node.http.endpoint(), "a transaction has another hash");
    if (!transaction) continue;  // junk: fields that no client writes
    if (!std::binary_search(sorted_addresses.begin(), sorted_addresses.end(), transaction->address())) {
      return wrong_answer(node.http.endpoint(), "a transaction stands at another address");
    }
    transactions.push_back(std::move(*transaction));
  }
  return {};
}

Result<ports::AddressContents> IriClient::read(std::span<const Hash> addresses) {
  std::vector<Hash> sorted(addresses.begin(), addresses.end());
  std::sort(sorted.begin(), sorted.end());
  sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
  return with_node<ports::AddressContents>([&](Node& node, const Facts& facts) -> Result<ports::AddressContents> {
    std::vector<Hash> hashes;
    ports::AddressContents contents;
    const std::size_t addresses_max = std::min(kAddressesPerRequest, facts.list_max);
    for (std::span<const Hash> rest = sorted; !rest.empty();) {
      const std::size_t count = std::min(rest.size(), addresses_max);
      GL_CHECK(find(node, facts, rest.first(count), hashes, contents.pruned_addresses));
      rest = rest.subspan(count);
    }
    std::sort(hashes.begin(), hashes.end());
    hashes.erase(std::unique(hashes.begin(), hashes.end()), hashes.end());
    const std::size_t trytes_max = std::min(kTrytesPerRequest, facts.trytes_max);
    for (std::span<const Hash> rest = hashes; !rest.empty();) {
      const std::size_t count = std::min(rest.size(), trytes_max);
      GL_CHECK(get_transactions(node, rest.first(count), sorted, contents.transactions));
      rest = rest.subspan(count);
    }
    return contents;
  });
}

Result<std::vector<bool>> IriClient::confirmed(std::span<const Hash> transaction_hashes) {
  return with_node<std::vector<bool>>([&](Node& node, const Facts& facts) -> Result<std::vector<bool>> {
    std::vector<bool> states;
    for (auto rest = transaction_hashes; !rest.empty();) {
      const std::size_t count = std::min(rest.size(), facts.list_max);
      GL_TRY(answer, call(node, {{"command", "getInclusionStates"}, {"transactions", trytes_list(rest.first(count))}}));
      const auto found = answer.find("states");
      const bool is_list = found != answer.end() && found->is_array() && found->size() == count;
      if (!is_list || !std::all_of(found->begin(), found->end(), [](const json& item) { return item.is_boolean(); })) {
        return wrong_answer(node.http.endpoint(), "not one state for each transaction");
      }
      for (const json& item : *found) states.push_back(item.get<bool>());
      rest = rest.subspan(count);
    }
    return states;
  });
}

}  // namespace glucoledger::ledger_client
