// What the state machine can be asked; state.cpp has the commands.
#include <algorithm>
#include <utility>

#include "ledger/state.h"
#include "ledger/state_head.h"
#include "ledger/state_records.h"

namespace glucoledger::ledger {
namespace {

using namespace records;

// Version 1 kept tips in an index; nothing is to be written while it is only read.
Result<std::vector<Tip>> version_1_tips(const StateReader& reader) {
  std::vector<std::string> packed;
  GL_CHECK(reader.scan(Column::kIndexes, key(Index::kVersion1Tip, ""), [&](std::string_view, std::string_view value) {
    packed.emplace_back(value);
    return packed.size() < kTipsMax;
  }));
  std::vector<Tip> tips;
  for (const std::string& bytes : packed) {
    Tip& tip = tips.emplace_back();
    GL_ASSIGN(tip.hash, PackedHash::from_bytes(bytes));
  }
  return tips;
}

Result<std::vector<Tip>> tips_of(const StateReader& reader) {
  GL_TRY(head, read_head(reader));
  if (!head.tips.empty()) return std::move(head.tips);
  return version_1_tips(reader);
}

}  // namespace

Result<Parameters> read_parameters(const StateReader& reader) {
  GL_TRY(bytes, reader.get(Column::kParameters, kParametersKey));
  if (!bytes) return fail(ErrorCode::kNotFound, "there is no ledger here yet");
  return decode_parameters(*bytes);
}

Result<TipPair> select_tips(const StateReader& reader, std::uint64_t entropy, std::optional<std::uint32_t> depth_max) {
  GL_TRY(tips, tips_of(reader));
  if (tips.empty()) return TipPair{};
  GL_TRY(latest, latest_milestone(reader));
  if (depth_max && latest.index > *depth_max) {
    GL_TRY(oldest, read_milestone(reader, latest.index - *depth_max));
    const Tip newest = tips.back();
    std::erase_if(tips, [&oldest](const Tip& tip) { return tip.order <= oldest.confirmed_count; });
    if (tips.empty()) tips.push_back(newest);
  }
  const std::size_t first = entropy % tips.size();
  if (tips.size() == 1) return TipPair{tips[first].hash.unpacked(), tips[first].hash.unpacked()};
  const std::size_t step = 1 + (entropy / tips.size()) % (tips.size() - 1);
  return TipPair{tips[first].hash.unpacked(), tips[(first + step) % tips.size()].hash.unpacked()};
}

Result<std::vector<Hash>> tip_hashes(const StateReader& reader, std::size_t count_max) {
  GL_TRY(tips, tips_of(reader));
  std::vector<Hash> hashes;
  for (const Tip& tip : tips) {
    if (hashes.size() < count_max) hashes.push_back(tip.hash.unpacked());
  }
  return hashes;
}

Result<std::uint64_t> missing_count(const StateReader& reader) {
  GL_TRY(head, read_head(reader));
  return head.missing;
}

Result<std::vector<Hash>> missing_hashes(const StateReader& reader, std::size_t count_max) {
  GL_TRY(parameters, read_parameters(reader));
  if (parameters.format_version == kStateFormatVersion) {  // what was erased behind the last one is not passed over
    GL_TRY(count, missing_count(reader));
    count_max = std::min<std::size_t>(count_max, count);
  }
  std::vector<std::string> packed;
  if (count_max == 0) return std::vector<Hash>();
  GL_CHECK(reader.scan(Column::kIndexes, key(Index::kMissing, ""), [&](std::string_view key, std::string_view) {
    packed.emplace_back(key.substr(1));
    return packed.size() < count_max;
  }));
  std::vector<Hash> hashes;
  for (const std::string& bytes : packed) {
    GL_TRY(hash, unpack_hash(bytes));
    hashes.push_back(hash);
  }
  return hashes;
}

Result<Milestone> latest_milestone(const StateReader& reader) {
  GL_TRY(index, counter(reader, kMilestoneKey));
  if (index == 0) return Milestone{};
  return read_milestone(reader, static_cast<std::uint32_t>(index));
}

Result<std::optional<Milestone>> find_milestone(const StateReader& reader, const Hash& hash) {
  GL_TRY(bytes, reader.get(Column::kIndexes, key(Index::kMilestoneHash, hash)));
  if (!bytes) return std::nullopt;
  GL_TRY(index, decode_integer(*bytes));
  GL_TRY(milestone, read_milestone(reader, static_cast<std::uint32_t>(index)));
  return milestone;
}

Result<std::uint64_t> transaction_count(const StateReader& reader) {
  GL_TRY(all, counter(reader, kSequenceKey));
  GL_TRY(pruned, counter(reader, kPrunedKey));
  return all - pruned;
}

Result<Standing> standing(const StateReader& reader, const Hash& hash) {
  GL_TRY(record, find_record(reader, hash));
  if (!record) return Standing{};
  GL_TRY(milestone, milestone_of(reader, *record));
  return Standing{true, record->pruned, record->solid, record->valid, milestone, record->sequence};
}

Result<Stored> get(const StateReader& reader, const Hash& hash) {
  GL_TRY(record, find_record(reader, hash));
  if (!record) return Stored{};
  if (record->pruned) return Stored{true, std::nullopt};
  GL_TRY(body, reader.get(Column::kBodies, records::encode_integer(record->sequence, 8)));
  if (!body) return tl::unexpected(damaged());
  GL_TRY(trytes, unpack(*body, kTransactionTrytes));
  auto transaction = Transaction::from_trytes(std::move(trytes));
  if (!transaction || transaction->hash() != hash) {
    return fail(ErrorCode::kCorrupt, "a transaction in the ledger's store does not hash to its name",
                "restore its folder from a backup, or fetch the ledger anew from another node");
  }
  return Stored{true, std::move(*transaction)};
}

Result<bool> is_pruned(const StateReader& reader, const Hash& address) {
  GL_TRY(marker, reader.get(Column::kIndexes, key(Index::kPrunedAddress, address)));
  return marker.has_value();
}

Result<std::vector<Hash>> pruned_among(const StateReader& reader, std::span<const Hash> addresses) {
  std::vector<Hash> pruned;
  for (const Hash& address : addresses) {
    GL_TRY(is_one, is_pruned(reader, address));
    if (is_one) pruned.push_back(address);
  }
  return pruned;
}

Result<std::optional<std::string>> inconsistency(const StateReader& reader, const Hash& tail) {
  GL_TRY(record, find_record(reader, tail));
  const auto because = [&tail](std::string_view why) {
    return std::optional<std::string>("tails are not consistent: " + std::string(tail.trytes()) + " " +
                                      std::string(why));
  };
  if (!record) {
    GL_TRY(is_milestone, records::is_milestone(reader, PackedHash(tail)));
    if (is_milestone || tail.is_null()) return std::nullopt;
    return because("is not known");
  }
  if (record->current_index != 0) return because("is not a tail");
  if (!record->solid) return because("is not solid");
  if (!record->valid) return because("belongs to no valid bundle");
  return std::nullopt;
}

}  // namespace glucoledger::ledger
