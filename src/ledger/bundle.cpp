#include "ledger/bundle.h"

#include <algorithm>
#include <array>
#include <set>
#include <unordered_map>
#include <utility>

#include "base/limits.h"
#include "crypto/kerl.h"
#include "ledger/transaction_fields.h"

namespace glucoledger::ledger {
namespace {

using base::limits::kBundleTransactionsMax;
using base::limits::kReadBundleTransactionsMax;
using crypto::kTritsPerTryte;

constexpr std::int64_t kTimestampMax = 3'812'798'742'493;  // (3^27 - 1) / 2

tl::unexpected<Error> refused(std::string what) {
  return fail(ErrorCode::kInputRefused, "bundle refused: " + std::move(what));
}

void set(std::string& trytes, fields::Field field, std::string_view value) {
  trytes.replace(field.offset, value.size(), value);
}

std::string_view get(std::string_view trytes, fields::Field field) {
  return trytes.substr(field.offset, field.length);
}

std::string encode_natural(std::int64_t value) {
  std::array<crypto::Trit, fields::kTimestamp.length * kTritsPerTryte> trits{};
  crypto::encode_integer(value, trits);
  return crypto::trytes_from_trits(trits);
}

// Adds one; wraps around, as the clients do.
void increment(std::span<crypto::Trit> trits) {
  for (crypto::Trit& trit : trits) {
    if (trit < 1) {
      ++trit;
      break;
    }
    trit = -1;
  }
}

int tryte_value(char tryte) {
  if (tryte == '9') return 0;
  return tryte <= 'M' ? tryte - 'A' + 1 : tryte - 'Z' - 1;
}

// Each third of a normalised hash sums to zero; the first trytes that have room are moved. A 13 in it would lay open a
// whole segment of a wallet's key, so no client signs such a hash.
bool normalised_holds_13(const Hash& hash) {
  constexpr std::size_t kThird = 27;
  for (std::size_t third = 0; third < 3; ++third) {
    std::array<int, kThird> values{};
    int sum = 0;
    for (std::size_t i = 0; i < kThird; ++i) {
      values[i] = tryte_value(hash.trytes()[third * kThird + i]);
      sum += values[i];
    }
    for (int& value : values) {
      const int target = std::clamp(value - sum, -13, 13);
      sum -= value - target;
      value = target;
    }
    if (std::find(values.begin(), values.end(), 13) != values.end()) return true;
  }
  return false;
}

// The transactions of a bundle by the trunks, index 0 first; empty when one is missing or does not fit.
std::vector<const Transaction*> walk(const Transaction& tail,
                                     const std::unordered_map<Hash, const Transaction*>& by_hash) {
  if (tail.last_index() >= kReadBundleTransactionsMax) return {};
  const Hash bundle = tail.bundle();
  std::vector<const Transaction*> chain{&tail};
  while (chain.back()->current_index() < tail.last_index()) {
    const auto next = by_hash.find(chain.back()->trunk());
    if (next == by_hash.end()) return {};
    const Transaction& transaction = *next->second;
    if (transaction.current_index() != chain.size() || transaction.last_index() != tail.last_index() ||
        transaction.bundle() != bundle) {
      return {};
    }
    chain.push_back(&transaction);
  }
  return chain;
}

Hash hash_of(std::span<const crypto::KerlBlock> blocks) {
  crypto::Kerl kerl;
  for (const crypto::KerlBlock& block : blocks) kerl.absorb(block);
  std::array<crypto::Trit, crypto::kHashTrits> digest{};
  kerl.squeeze(digest);
  return Hash::from_trits(digest);
}

// Raises the first transaction's obsolete tag until the normalised bundle hash holds no 13, about twenty times in the
// mean: so all blocks are converted once, and the one with the tag (the second) each time.
Hash settle_tag(PreparedBundle& bundle) {
  constexpr std::size_t kTagInBlock = (fields::kObsoleteTag.offset - fields::kValue.offset) * kTritsPerTryte;
  std::vector<crypto::KerlBlock> blocks;
  for (const std::string& trytes : bundle) {
    const crypto::Trits essence = crypto::trits_from_trytes(get(trytes, fields::kEssence));
    for (std::size_t i = 0; i < essence.size(); i += crypto::kHashTrits) {
      blocks.emplace_back(crypto::TritView(essence).subspan(i, crypto::kHashTrits));
    }
  }
  crypto::Trits block = crypto::trits_from_trytes(bundle[0].substr(fields::kValue.offset, crypto::kHashTrytes));
  const std::span<crypto::Trit> tag = std::span(block).subspan(kTagInBlock, kTagTrytes * kTritsPerTryte);
  Hash hash = hash_of(blocks);
  while (normalised_holds_13(hash)) {
    increment(tag);
    blocks[1] = crypto::KerlBlock(block);
    hash = hash_of(blocks);
  }
  set(bundle[0], fields::kObsoleteTag, crypto::trytes_from_trits(tag));
  return hash;
}

}  // namespace

Hash bundle_hash(std::span<const std::string_view> essences) {
  crypto::Kerl kerl;
  for (const std::string_view essence : essences) kerl.absorb(crypto::trits_from_trytes(essence));
  std::array<crypto::Trit, crypto::kHashTrits> digest{};
  kerl.squeeze(digest);
  return Hash::from_trits(digest);
}

Hash bundle_hash_of(const PreparedBundle& bundle) {
  const auto hash = Hash::from_trytes(get(bundle.front(), fields::kBundle));
  GL_ASSERT(hash.has_value());
  return *hash;
}

std::string payload_of(const PreparedBundle& bundle) {
  std::string payload;
  for (const auto& transaction : bundle) payload.append(transaction, 0, kFragmentTrytes);
  return payload;
}

Result<PreparedBundle> prepare(std::string_view payload_trytes, const Hash& address, std::string_view tag,
                               std::int64_t timestamp_s) {
  if (!crypto::is_trytes(payload_trytes)) return refused("its payload is not made of trytes");
  if (tag.size() > kTagTrytes || !crypto::is_trytes(tag)) return refused("its tag is not at most 27 trytes");
  if (timestamp_s < 0 || timestamp_s > kTimestampMax) return refused("its timestamp is out of range");
  const std::size_t count = std::max<std::size_t>(1, (payload_trytes.size() + kFragmentTrytes - 1) / kFragmentTrytes);
  if (count > kBundleTransactionsMax) {
    return refused("its payload needs " + std::to_string(count) + " transactions, more than " +
                   std::to_string(kBundleTransactionsMax));
  }
  PreparedBundle bundle(count, std::string(kTransactionTrytes, '9'));
  for (std::size_t i = 0; i < count; ++i) {
    std::string& trytes = bundle[i];
    const std::string_view fragment = payload_trytes.substr(std::min(i * kFragmentTrytes, payload_trytes.size()));
    set(trytes, fields::kSignatureMessageFragment, fragment.substr(0, kFragmentTrytes));
    set(trytes, fields::kAddress, address.trytes());
    set(trytes, fields::kObsoleteTag, tag);
    set(trytes, fields::kTag, tag);
    set(trytes, fields::kTimestamp, encode_natural(timestamp_s));
    set(trytes, fields::kCurrentIndex, encode_natural(static_cast<std::int64_t>(i)));
    set(trytes, fields::kLastIndex, encode_natural(static_cast<std::int64_t>(count - 1)));
  }
  const Hash hash = settle_tag(bundle);
  for (std::string& trytes : bundle) set(trytes, fields::kBundle, hash.trytes());
  return bundle;
}

Result<std::vector<Transaction>> attach(const PreparedBundle& bundle, const Attachment& attachment,
                                        const crypto::ProofOfWorkOptions& options) {
  if (bundle.empty() || bundle.size() > kBundleTransactionsMax) return refused("it has no or too many transactions");
  if (attachment.timestamp_ms < 0 || attachment.timestamp_ms > kTimestampMax) {
    return refused("its attachment timestamp is out of range");
  }
  const std::string timestamp = encode_natural(attachment.timestamp_ms);
  const std::string no_tag(kTagTrytes, '9');
  std::vector<Transaction> attached;
  Hash trunk = attachment.trunk;
  for (std::size_t i = bundle.size(); i-- > 0;) {
    std::string trytes = bundle[i];
    if (trytes.size() != kTransactionTrytes || !crypto::is_trytes(trytes)) {
      return refused("a transaction of it is not 2673 trytes");
    }
    const Hash branch = i + 1 == bundle.size() ? attachment.branch : attachment.trunk;
    set(trytes, fields::kTrunk, trunk.trytes());
    set(trytes, fields::kBranch, branch.trytes());
    if (get(trytes, fields::kTag) == no_tag) {
      set(trytes, fields::kTag, std::string(get(trytes, fields::kObsoleteTag)));
    }
    set(trytes, fields::kAttachmentTimestamp, timestamp);
    set(trytes, fields::kAttachmentTimestampLowerBound, std::string(fields::kTimestamp.length, '9'));
    set(trytes, fields::kAttachmentTimestampUpperBound, std::string(fields::kTimestamp.length, 'M'));
    const auto nonce = crypto::find_nonce(crypto::trits_from_trytes(trytes), options);
    if (!nonce) return fail(ErrorCode::kInterrupted, "the proof of work was interrupted");
    set(trytes, fields::kNonce, crypto::trytes_from_trits(*nonce));
    GL_TRY(transaction, Transaction::from_trytes(std::move(trytes)));
    trunk = transaction.hash();
    attached.push_back(std::move(transaction));
  }
  std::reverse(attached.begin(), attached.end());
  return attached;
}

std::vector<Hash> hashes_of(std::span<const Transaction> transactions) {
  std::vector<Hash> hashes;
  hashes.reserve(transactions.size());
  for (const auto& transaction : transactions) hashes.push_back(transaction.hash());
  return hashes;
}

Result<void> check_bundle(std::span<const Transaction> bundle) {
  std::vector<const Transaction*> pointers;
  for (const Transaction& transaction : bundle) pointers.push_back(&transaction);
  return check_chain(pointers);
}

Result<void> check_chain(std::span<const Transaction* const> bundle) {
  if (bundle.empty()) return refused("it is empty");
  if (bundle.size() > kReadBundleTransactionsMax) return refused("it has too many transactions");
  std::vector<std::string_view> essences;
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < bundle.size(); ++i) {
    const Transaction& transaction = *bundle[i];
    if (transaction.current_index() != i) return refused("its transactions are not in their order");
    if (transaction.last_index() != bundle.size() - 1) return refused("its transactions tell another length");
    if (transaction.bundle() != bundle[0]->bundle()) return refused("its transactions name different bundles");
    if (i + 1 < bundle.size() && transaction.trunk() != bundle[i + 1]->hash()) {
      return refused("a transaction of it does not name the next one as its trunk");
    }
    sum += transaction.value();  // at most 64 times 2^52
    essences.push_back(transaction.essence());
  }
  if (sum != 0) return refused("its values do not sum to zero");
  if (bundle_hash(essences) != bundle[0]->bundle()) return refused("its bundle hash does not fit its transactions");
  return {};
}

std::string Bundle::payload() const {
  std::string payload;
  for (const Transaction& transaction : transactions) payload += transaction.signature_message_fragment();
  return payload;
}

std::vector<Bundle> assemble(std::span<const Transaction> transactions) {
  std::unordered_map<Hash, const Transaction*> by_hash;
  std::vector<const Transaction*> tails;
  for (const Transaction& transaction : transactions) {
    const bool is_new = by_hash.emplace(transaction.hash(), &transaction).second;
    if (is_new && transaction.current_index() == 0) tails.push_back(&transaction);
  }
  std::vector<Bundle> bundles;
  std::set<std::pair<Hash, std::string>> seen;  // bundle and payload: attaching again changes neither
  for (const Transaction* tail : tails) {
    Bundle bundle{tail->bundle(), {}};
    for (const Transaction* transaction : walk(*tail, by_hash)) bundle.transactions.push_back(*transaction);
    if (!check_bundle(bundle.transactions)) continue;
    if (seen.emplace(bundle.hash, bundle.payload()).second) bundles.push_back(std::move(bundle));
  }
  return bundles;
}

}  // namespace glucoledger::ledger
