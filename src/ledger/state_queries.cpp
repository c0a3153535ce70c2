// What the state machine can be asked; state.cpp has the commands.
#include <algorithm>
#include <map>
#include <utility>

#include "base/limits.h"
#include "ledger/state.h"
#include "ledger/state_records.h"

namespace glucoledger::ledger {
namespace {

using namespace records;

using HashesBySequence = std::map<std::string, std::string>;  // encoded sequence -> packed hash

// At most limits::kTransactionsPerAddressMax of a key, the oldest: what others add later hides nothing.
Result<void> collect(const StateReader& reader, Index index, const std::string& packed, HashesBySequence& found) {
  const std::string prefix = key(index, packed);
  std::size_t count = 0;
  return reader.scan(Column::kIndexes, prefix, [&](std::string_view key, std::string_view value) {
    found.emplace(key.substr(prefix.size()), value);
    return ++count < base::limits::kTransactionsPerAddressMax;
  });
}

void intersect(std::optional<HashesBySequence>& all, HashesBySequence found) {
  if (!all) {
    all = std::move(found);
    return;
  }
  std::erase_if(*all, [&](const auto& entry) { return !found.contains(entry.first); });
}

Result<std::vector<Hash>> first_hashes(const StateReader& reader, Index index, std::size_t count_max, bool in_key) {
  std::vector<std::string> packed;
  if (count_max == 0) return std::vector<Hash>();
  GL_CHECK(reader.scan(Column::kIndexes, key(index, ""), [&](std::string_view key, std::string_view value) {
    packed.emplace_back(in_key ? key.substr(1) : value);
    return packed.size() < count_max;
  }));
  std::vector<Hash> hashes;
  for (const std::string& bytes : packed) {
    GL_TRY(hash, unpack_hash(bytes));
    hashes.push_back(hash);
  }
  return hashes;
}

}  // namespace

Result<Parameters> read_parameters(const StateReader& reader) {
  GL_TRY(bytes, reader.get(Column::kParameters, kParametersKey));
  if (!bytes) return fail(ErrorCode::kNotFound, "there is no ledger here yet");
  constexpr std::size_t kVersionSize = 4;
  if (bytes->size() < kVersionSize) return tl::unexpected(damaged());
  GL_TRY(version, decode_integer(std::string_view(*bytes).substr(0, kVersionSize)));
  if (version > kStateFormatVersion) {
    return fail(ErrorCode::kNewerFormat,
                "the ledger has format version " + std::to_string(version) + ", this program knows " +
                    std::to_string(kStateFormatVersion) + " and older",
                "use a newer version of glucoledger");
  }
  if (version == 0 || bytes->size() != kVersionSize + kNetworkIdSize + 1) return tl::unexpected(damaged());
  Parameters parameters;
  parameters.format_version = static_cast<std::uint32_t>(version);
  parameters.network_id = base::to_bytes(std::string_view(*bytes).substr(kVersionSize, kNetworkIdSize));
  parameters.min_weight_magnitude = static_cast<std::uint8_t>(bytes->back());
  return parameters;
}

Result<TipPair> select_tips(const StateReader& reader, std::uint64_t entropy) {
  // Among the oldest tips, so that none is left behind and one look at the store is enough.
  constexpr std::size_t kCandidatesMax = 64;
  GL_TRY(tips, tip_hashes(reader, kCandidatesMax));
  if (tips.empty()) return TipPair{};
  const std::size_t first = entropy % tips.size();
  if (tips.size() == 1) return TipPair{tips[first], tips[first]};
  const std::size_t step = 1 + (entropy / tips.size()) % (tips.size() - 1);
  return TipPair{tips[first], tips[(first + step) % tips.size()]};
}

Result<std::vector<Hash>> tip_hashes(const StateReader& reader, std::size_t count_max) {
  return first_hashes(reader, Index::kTip, count_max, false);
}

Result<std::vector<Hash>> missing_hashes(const StateReader& reader, std::size_t count_max) {
  return first_hashes(reader, Index::kMissing, count_max, true);
}

Result<Milestone> latest_milestone(const StateReader& reader) {
  GL_TRY(index, counter(reader, kMilestoneKey));
  Milestone milestone;
  if (index == 0) return milestone;
  GL_TRY(bytes, reader.get(Column::kIndexes, key(Index::kMilestone, records::encode_integer(index, 4))));
  constexpr std::size_t kTimeSize = 8;
  if (!bytes || bytes->size() < kTimeSize) return tl::unexpected(damaged());
  const std::size_t hash_size = bytes->size() - kTimeSize;
  milestone.index = static_cast<std::uint32_t>(index);
  GL_ASSIGN(milestone.hash, unpack_hash(std::string_view(*bytes).substr(0, hash_size)));
  GL_TRY(time_ms, decode_integer(std::string_view(*bytes).substr(hash_size)));
  milestone.time_ms = static_cast<std::int64_t>(time_ms);
  return milestone;
}

Result<std::optional<Milestone>> find_milestone(const StateReader& reader, const Hash& hash) {
  GL_TRY(index, reader.get(Column::kIndexes, key(Index::kMilestoneHash, hash)));
  if (!index) return std::nullopt;
  GL_TRY(bytes, reader.get(Column::kIndexes, key(Index::kMilestone, *index)));
  constexpr std::size_t kTimeSize = 8;
  if (!bytes || bytes->size() < kTimeSize) return tl::unexpected(damaged());
  GL_TRY(number, decode_integer(*index));
  GL_TRY(time_ms, decode_integer(std::string_view(*bytes).substr(bytes->size() - kTimeSize)));
  return Milestone{static_cast<std::uint32_t>(number), hash, static_cast<std::int64_t>(time_ms)};
}

Result<std::uint64_t> transaction_count(const StateReader& reader) {
  GL_TRY(all, counter(reader, kSequenceKey));
  GL_TRY(pruned, counter(reader, kPrunedKey));
  return all - pruned;
}

Result<Standing> standing(const StateReader& reader, const Hash& hash) {
  GL_TRY(record, find_record(reader, hash));
  if (!record) return Standing{};
  return Standing{true, record->pruned, record->solid, record->valid, record->milestone, record->sequence};
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

Result<std::vector<Hash>> find(const StateReader& reader, const Query& query) {
  std::optional<HashesBySequence> all;
  const auto add_hashes = [&](Index index, const std::vector<Hash>& hashes) -> Result<void> {
    if (hashes.empty()) return {};
    HashesBySequence found;
    for (const Hash& hash : hashes) GL_CHECK(collect(reader, index, pack(hash), found));
    intersect(all, std::move(found));
    return {};
  };
  GL_CHECK(add_hashes(Index::kAddress, query.addresses));
  GL_CHECK(add_hashes(Index::kBundle, query.bundles));
  GL_CHECK(add_hashes(Index::kApprovee, query.approvees));
  if (!query.tags.empty()) {
    HashesBySequence found;
    for (std::string tag : query.tags) {
      if (tag.size() > kTagTrytes || !crypto::is_trytes(tag)) {
        return fail(ErrorCode::kInputRefused, "a tag is at most 27 trytes");
      }
      tag.resize(kTagTrytes, '9');
      GL_CHECK(collect(reader, Index::kTag, pack(tag), found));
    }
    intersect(all, std::move(found));
  }
  std::vector<Hash> hashes;
  if (!all) return hashes;
  for (const auto& [sequence, packed] : *all) {
    GL_TRY(hash, unpack_hash(packed));
    hashes.push_back(hash);
  }
  return hashes;
}

Result<bool> is_pruned(const StateReader& reader, const Hash& address) {
  GL_TRY(marker, reader.get(Column::kIndexes, key(Index::kPrunedAddress, address)));
  return marker.has_value();
}

Result<std::optional<std::string>> inconsistency(const StateReader& reader, const Hash& tail) {
  GL_TRY(record, find_record(reader, tail));
  const auto because = [&tail](std::string_view why) {
    return std::optional<std::string>("tails are not consistent: " + std::string(tail.trytes()) + " " +
                                      std::string(why));
  };
  if (!record) return because("is not known");
  if (record->current_index != 0) return because("is not a tail");
  if (!record->solid) return because("is not solid");
  if (!record->valid) return because("belongs to no valid bundle");
  return std::nullopt;
}

}  // namespace glucoledger::ledger
