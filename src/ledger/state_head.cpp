#include "ledger/state_head.h"

#include <algorithm>

#include "base/limits.h"
#include "ledger/state_records.h"

namespace glucoledger::ledger {
namespace {

using namespace records;

constexpr std::size_t kTipSize = 8 + PackedHash::kSize;
constexpr std::size_t kFixedSize = 6 * 8 + 4 + 2 * 8 + sizeof(Digest);
constexpr std::size_t kAddedSize = 3 * 8;  // what version 2 did not count

std::string deadline(const Open& open, std::uint64_t sequence) {
  return key(Index::kDeadline, records::encode_integer(static_cast<std::uint64_t>(open.look_ms), 8), sequence);
}

}  // namespace

void Head::tell(Event event, std::uint64_t of_sequence) {
  std::string entry(base::as_text(journal));
  entry += static_cast<char>(event);
  entry += records::encode_integer(of_sequence, 8) + records::encode_integer(static_cast<std::uint64_t>(time_ms), 8);
  journal = leaf_digest(base::as_bytes(entry));
}

void Head::add_tip(const PackedHash& hash, std::uint64_t tip_order) {
  if (tips.size() == kTipsMax) tips.erase(tips.begin());
  tips.push_back({tip_order, hash});
}

void Head::remove_tip(const PackedHash& hash) {
  std::erase_if(tips, [&](const Tip& tip) { return tip.hash == hash; });
}

void Head::remove_tips_to(std::uint64_t tip_order) {
  if (tips.empty()) return;
  const PackedHash newest = tips.back().hash;
  std::erase_if(tips, [&](const Tip& tip) { return tip.order <= tip_order && tip.hash != newest; });
}

Result<Head> read_head(const StateReader& reader) {
  Head head;
  GL_ASSIGN(head.sequence, counter(reader, kSequenceKey));
  GL_ASSIGN(head.gone, counter(reader, kPrunedKey));
  GL_TRY(time_ms, counter(reader, kTimeKey));
  head.time_ms = static_cast<std::int64_t>(time_ms);
  GL_TRY(bytes, reader.get(Column::kParameters, kHeadKey));
  if (!bytes) return head;
  std::string_view view(*bytes);
  const auto has_size = [&](std::size_t fixed) {
    return view.size() >= fixed && (view.size() - fixed) % kTipSize == 0;
  };
  const bool is_version_2 = has_size(kFixedSize - kAddedSize);
  if (!is_version_2 && !has_size(kFixedSize)) return tl::unexpected(damaged());
  const auto take = [&view](std::size_t size) {
    const std::uint64_t value = decode_integer(view.substr(0, size)).value_or(0);
    view.remove_prefix(size);
    return value;
  };
  head.order = take(8);
  head.confirmed = take(8);
  head.open = take(8);
  if (!is_version_2) {
    head.spreads = take(8);
    head.missing = take(8);
    head.first_look_ms = static_cast<std::int64_t>(take(8));
  }
  head.prune_milestone = static_cast<std::uint32_t>(take(4));
  head.prune_to = take(8);
  head.pruned_to = take(8);
  std::copy_n(view.begin(), sizeof(Digest), head.journal.begin());
  view.remove_prefix(sizeof(Digest));
  while (!view.empty()) {
    Tip tip;
    tip.order = take(8);
    GL_ASSIGN(tip.hash, PackedHash::from_bytes(view.substr(0, PackedHash::kSize)));
    view.remove_prefix(PackedHash::kSize);
    head.tips.push_back(tip);
  }
  return head;
}

void put_head(StateBatch& batch, const Head& head) {
  put_counter(batch, kSequenceKey, head.sequence);
  put_counter(batch, kPrunedKey, head.gone);
  put_counter(batch, kTimeKey, static_cast<std::uint64_t>(head.time_ms));
  std::string bytes;
  for (const std::uint64_t value : {head.order, head.confirmed, head.open, head.spreads, head.missing,
                                    static_cast<std::uint64_t>(head.first_look_ms)}) {
    bytes += records::encode_integer(value, 8);
  }
  bytes += records::encode_integer(head.prune_milestone, 4);
  for (const std::uint64_t value : {head.prune_to, head.pruned_to}) bytes += records::encode_integer(value, 8);
  bytes += base::as_text(head.journal);
  for (const Tip& tip : head.tips) {
    bytes += records::encode_integer(tip.order, 8);
    bytes += tip.hash.bytes();
  }
  batch.put(Column::kParameters, kHeadKey, bytes);
}

std::int64_t time_at(const Head& head, const Parameters& parameters, std::int64_t now_ms) {
  now_ms = std::clamp<std::int64_t>(now_ms, 0, base::limits::kLedgerTimeMaxMs);
  return std::max(now_ms, std::min(head.time_ms, now_ms + parameters.clock_lead_max_ms));
}

Result<std::optional<Open>> find_open(const StateReader& reader, std::uint64_t sequence) {
  GL_TRY(bytes, reader.get(Column::kIndexes, key(Index::kOpen, sequence)));
  if (!bytes) return std::nullopt;
  if (bytes->size() != 16 + PackedHash::kSize) return tl::unexpected(damaged());
  const std::string_view view(*bytes);
  Open open;
  GL_TRY(came_ms, decode_integer(view.substr(0, 8)));
  GL_TRY(look_ms, decode_integer(view.substr(8, 8)));
  GL_ASSIGN(open.hash, PackedHash::from_bytes(view.substr(16)));
  open.came_ms = static_cast<std::int64_t>(came_ms);
  open.look_ms = static_cast<std::int64_t>(look_ms);
  return open;
}

void put_open(StateBatch& batch, Head& head, std::uint64_t sequence, const Open& open) {
  head.first_look_ms = std::min(head.first_look_ms, open.look_ms);
  std::string bytes = records::encode_integer(static_cast<std::uint64_t>(open.came_ms), 8) +
                      records::encode_integer(static_cast<std::uint64_t>(open.look_ms), 8);
  bytes += open.hash.bytes();
  batch.put(Column::kIndexes, key(Index::kOpen, sequence), bytes);
  batch.put(Column::kIndexes, deadline(open, sequence), "");
}

void erase_open(StateBatch& batch, std::uint64_t sequence, const Open& open) {
  batch.erase(Column::kIndexes, key(Index::kOpen, sequence));
  batch.erase(Column::kIndexes, deadline(open, sequence));
}

Result<void> put_missing(StateBatch& batch, Head& head, const PackedHash& hash) {
  const std::string place = key(Index::kMissing, hash);
  GL_TRY(known, batch.get(Column::kIndexes, place));
  if (known) return {};
  batch.put(Column::kIndexes, place, "");
  ++head.missing;
  return {};
}

Result<bool> end_missing(StateBatch& batch, Head& head, const PackedHash& hash) {
  const std::string place = key(Index::kMissing, hash);
  GL_TRY(known, batch.get(Column::kIndexes, place));
  if (!known) return false;
  batch.erase(Column::kIndexes, place);
  --head.missing;
  return true;
}

Result<std::optional<Transaction>> find_body(const StateReader& reader, std::uint64_t sequence) {
  GL_TRY(body, reader.get(Column::kBodies, records::encode_integer(sequence, 8)));
  if (!body) return std::nullopt;
  GL_TRY(trytes, unpack(*body, kTransactionTrytes));
  auto transaction = Transaction::from_trytes(std::move(trytes));
  if (!transaction) return tl::unexpected(damaged());
  return std::move(*transaction);
}

Result<Transaction> read_body(const StateReader& reader, std::uint64_t sequence) {
  GL_TRY(transaction, find_body(reader, sequence));
  if (!transaction) return tl::unexpected(damaged());
  return std::move(*transaction);
}

void erase_body(StateBatch& batch, const Transaction& transaction, std::uint64_t sequence) {
  const auto drop = [&](Index kind, const std::string& packed) {
    batch.erase(Column::kIndexes, key(kind, packed, sequence));
  };
  drop(Index::kAddress, pack(transaction.address()));
  drop(Index::kBundle, pack(transaction.bundle()));
  drop(Index::kTag, pack(transaction.tag()));
  drop(Index::kApprovee, pack(transaction.trunk()));
  drop(Index::kApprovee, pack(transaction.branch()));
  batch.erase(Column::kBodies, records::encode_integer(sequence, 8));
}

}  // namespace glucoledger::ledger
