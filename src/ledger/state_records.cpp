#include "ledger/state_records.h"

#include <algorithm>
#include <array>
#include <bit>

#include "ledger/transaction_fields.h"

namespace glucoledger::ledger::records {
namespace {

using crypto::kPackedHashSize;
constexpr std::uint64_t kSolidFlag = 1;
constexpr std::uint64_t kValidFlag = 2;
constexpr std::uint64_t kPrunedFlag = 4;
constexpr std::size_t kHashesSize = 3 * kPackedHashSize;
constexpr std::size_t kVersion1RecordSize = 8 + 4 + 4 + 4 + 1 + kHashesSize;
constexpr std::size_t kRecordSize = 8 + 8 + 4 + 4 + 1 + kHashesSize;

constexpr std::array<std::int8_t, 256> kTryteValues = [] {
  std::array<std::int8_t, 256> values{};
  for (int letter = 1; letter <= 26; ++letter) {
    values[static_cast<std::size_t>('A' + letter - 1)] = static_cast<std::int8_t>(letter > 13 ? letter - 27 : letter);
  }
  return values;
}();

std::size_t packed_size(std::size_t length_trytes) {
  return (length_trytes * crypto::kTritsPerTryte + 4) / 5;
}

// Five trytes are fifteen trits are three bytes: a number in base 27 written in base 243. `size` trytes of them.
std::uint32_t digits_of(const char* trytes, std::size_t size) {
  constexpr std::int32_t kOffset = 7'174'453;  // (3^15 - 1) / 2: makes every trit a digit of 0 to 2
  std::int32_t value = 0;
  for (std::size_t i = size; i-- > 0;) value = value * 27 + kTryteValues[static_cast<std::uint8_t>(trytes[i])];
  return static_cast<std::uint32_t>(value + kOffset);
}

}  // namespace

Error damaged() {
  return {ErrorCode::kCorrupt, "the ledger's store is damaged: a record in it cannot be read",
          "restore its folder from a backup, or fetch the ledger anew from another node"};
}

tl::unexpected<Error> refused(const Hash& hash, const std::string& why) {
  return fail(ErrorCode::kInputRefused, "transaction " + std::string(hash.trytes()) + " refused: " + why);
}

void pack(std::string_view trytes, std::span<char> out) {
  constexpr std::size_t kGroupTrytes = 5;
  constexpr std::size_t kGroupBytes = 3;
  constexpr std::uint32_t kByteRadix = 243;
  GL_ASSERT(out.size() == packed_size(trytes.size()));
  const std::size_t groups = trytes.size() / kGroupTrytes;
  for (std::size_t group = 0; group < groups; ++group) {
    const std::uint32_t digits = digits_of(trytes.data() + group * kGroupTrytes, kGroupTrytes);
    char* const to = out.data() + group * kGroupBytes;
    to[0] = static_cast<char>(digits % kByteRadix);
    to[1] = static_cast<char>(digits / kByteRadix % kByteRadix);
    to[2] = static_cast<char>(digits / (kByteRadix * kByteRadix));
  }
  const std::size_t rest = trytes.size() - groups * kGroupTrytes;
  std::uint32_t digits = digits_of(trytes.data() + groups * kGroupTrytes, rest);
  for (std::size_t at = groups * kGroupBytes; at < out.size(); ++at, digits /= kByteRadix) {
    out[at] = static_cast<char>(digits % kByteRadix);
  }
}

std::string pack(std::string_view trytes) {
  std::string bytes(packed_size(trytes.size()), '\0');
  pack(trytes, bytes);
  return bytes;
}

Result<std::string> unpack(std::string_view bytes, std::size_t length_trytes) {
  const auto trits = crypto::unpack_trits(base::as_bytes(bytes), length_trytes * crypto::kTritsPerTryte);
  if (!trits) return tl::unexpected(damaged());
  return crypto::trytes_from_trits(*trits);
}

Result<std::string> read_essence(const StateReader& reader, std::uint64_t sequence) {
  constexpr std::size_t kTritsPerByte = 5;
  constexpr std::size_t kFirstTrit = fields::kEssence.offset * crypto::kTritsPerTryte;
  constexpr std::size_t kTrits = fields::kEssence.length * crypto::kTritsPerTryte;
  constexpr std::size_t kFirstByte = kFirstTrit / kTritsPerByte;
  constexpr std::size_t kBytes = (kFirstTrit + kTrits + kTritsPerByte - 1) / kTritsPerByte - kFirstByte;
  GL_TRY(body, reader.get(Column::kBodies, encode_integer(sequence, 8)));
  if (!body || body->size() != kPackedTransactionSize) return tl::unexpected(damaged());
  const auto trits =
      crypto::unpack_trits(base::as_bytes(std::string_view(*body).substr(kFirstByte, kBytes)), kBytes * kTritsPerByte);
  if (!trits) return tl::unexpected(damaged());
  return crypto::trytes_from_trits(crypto::TritView(*trits).subspan(kFirstTrit % kTritsPerByte, kTrits));
}

Result<Hash> unpack_hash(std::string_view bytes) {
  GL_TRY(trytes, unpack(bytes, crypto::kHashTrytes));
  return Hash::from_trytes(trytes);
}

std::string encode_integer(std::uint64_t value, std::size_t size) {
  std::string bytes(size, '\0');
  for (std::size_t i = size; i-- > 0; value >>= 8) bytes[i] = static_cast<char>(value & 0xff);
  return bytes;
}

Result<std::uint64_t> decode_integer(std::string_view bytes) {
  if (bytes.size() > 8) return tl::unexpected(damaged());
  std::uint64_t value = 0;
  for (const char c : bytes) value = value << 8 | static_cast<std::uint8_t>(c);
  return value;
}

std::string key(Index index, std::string_view rest) {
  std::string bytes(1, static_cast<char>(index));
  bytes += rest;
  return bytes;
}

std::string key(Index index, std::string_view packed, std::uint64_t sequence) {
  return key(index, packed) + encode_integer(sequence, 8);
}

std::string encode(const Record& record) {
  const std::uint64_t flags =
      (record.solid ? kSolidFlag : 0) | (record.valid ? kValidFlag : 0) | (record.pruned ? kPrunedFlag : 0);
  std::string bytes;
  bytes.reserve(kRecordSize);
  bytes += encode_integer(record.sequence, 8);
  bytes +=
      record.version_1_milestone != 0 ? encode_integer(record.version_1_milestone, 4) : encode_integer(record.order, 8);
  bytes += encode_integer(record.current_index, 4);
  bytes += encode_integer(record.last_index, 4);
  bytes += static_cast<char>(flags);
  for (const PackedHash* hash : {&record.trunk, &record.branch, &record.bundle}) bytes += hash->bytes();
  return bytes;
}

Result<Record> decode_record(std::string_view bytes) {
  if (bytes.size() != kRecordSize && bytes.size() != kVersion1RecordSize) return tl::unexpected(damaged());
  const bool is_version_1 = bytes.size() == kVersion1RecordSize;
  const auto take = [&bytes](std::size_t size) {
    const std::string_view part = bytes.substr(0, size);
    bytes.remove_prefix(size);
    return part;
  };
  const auto take_integer = [&take](std::size_t size) { return decode_integer(take(size)).value_or(0); };
  Record record;
  record.sequence = take_integer(8);
  if (is_version_1) {
    record.version_1_milestone = static_cast<std::uint32_t>(take_integer(4));
  } else {
    record.order = take_integer(8);
  }
  record.current_index = static_cast<std::uint32_t>(take_integer(4));
  record.last_index = static_cast<std::uint32_t>(take_integer(4));
  const std::uint64_t flags = take_integer(1);
  if (flags > (kSolidFlag | kValidFlag | kPrunedFlag)) return tl::unexpected(damaged());
  record.solid = (flags & kSolidFlag) != 0;
  record.valid = (flags & kValidFlag) != 0;
  record.pruned = (flags & kPrunedFlag) != 0;
  for (PackedHash* hash : {&record.trunk, &record.branch, &record.bundle}) {
    GL_ASSIGN(*hash, PackedHash::from_bytes(take(kPackedHashSize)));
  }
  return record;
}

Result<std::optional<Record>> find_record(const StateReader& reader, const PackedHash& hash) {
  GL_TRY(bytes, reader.get(Column::kIndexes, key(Index::kHash, hash)));
  if (!bytes) return std::nullopt;
  GL_TRY(record, decode_record(*bytes));
  return record;
}

Result<bool> is_milestone(const StateReader& reader, const PackedHash& hash) {
  GL_TRY(index, reader.get(Column::kIndexes, key(Index::kMilestoneHash, hash)));
  return index.has_value();
}

Result<bool> has_approver(const StateReader& reader, const PackedHash& hash) {
  bool found = false;
  GL_CHECK(reader.scan(Column::kIndexes, key(Index::kApprovee, hash), [&](std::string_view, std::string_view) {
    found = true;
    return false;
  }));
  return found;
}

Result<std::uint32_t> milestone_of(const StateReader& reader, const Record& record) {
  std::uint32_t milestone = record.version_1_milestone;
  if (record.order == 0 || milestone != 0) return milestone;
  GL_CHECK(reader.scan_from(Column::kIndexes, key(Index::kOrder, ""), key(Index::kOrder, record.order),
                            [&](std::string_view, std::string_view value) {
                              milestone = static_cast<std::uint32_t>(decode_integer(value).value_or(0));
                              return false;
                            }));
  return milestone;
}

Result<Milestone> read_milestone(const StateReader& reader, std::uint32_t index) {
  constexpr std::size_t kVersion1Size = kPackedHashSize + 8;
  GL_TRY(bytes, reader.get(Column::kIndexes, key(Index::kMilestone, encode_integer(index, 4))));
  if (!bytes || (bytes->size() != kVersion1Size && bytes->size() != kVersion1Size + 16 + sizeof(Digest))) {
    return tl::unexpected(damaged());
  }
  const std::string_view view(*bytes);
  Milestone milestone;
  milestone.index = index;
  GL_ASSIGN(milestone.hash, unpack_hash(view.substr(0, kPackedHashSize)));
  GL_TRY(time_ms, decode_integer(view.substr(kPackedHashSize, 8)));
  milestone.time_ms = static_cast<std::int64_t>(time_ms);
  if (view.size() == kVersion1Size) return milestone;
  GL_ASSIGN(milestone.transaction_count, decode_integer(view.substr(kVersion1Size, 8)));
  GL_ASSIGN(milestone.confirmed_count, decode_integer(view.substr(kVersion1Size + 8, 8)));
  std::copy_n(view.substr(kVersion1Size + 16).begin(), sizeof(Digest), milestone.root.begin());
  return milestone;
}

void put_milestone(StateBatch& batch, const Milestone& milestone) {
  const std::string index = encode_integer(milestone.index, 4);
  batch.put(Column::kIndexes, key(Index::kMilestone, index),
            pack(milestone.hash) + encode_integer(static_cast<std::uint64_t>(milestone.time_ms), 8) +
                encode_integer(milestone.transaction_count, 8) + encode_integer(milestone.confirmed_count, 8) +
                std::string(base::as_text(milestone.root)));
  batch.put(Column::kIndexes, key(Index::kMilestoneHash, milestone.hash), index);
  put_counter(batch, kMilestoneKey, milestone.index);
}

Result<MountainRange> read_mountain_range(const StateReader& reader) {
  GL_TRY(bytes, reader.get(Column::kParameters, kPeaksKey));
  if (!bytes) return MountainRange();
  if (bytes->size() % sizeof(Digest) != 8) return tl::unexpected(damaged());
  GL_TRY(count, decode_integer(std::string_view(*bytes).substr(0, 8)));
  std::vector<Digest> peaks(bytes->size() / sizeof(Digest));
  if (peaks.size() != static_cast<std::size_t>(std::popcount(count))) return tl::unexpected(damaged());
  for (std::size_t i = 0; i < peaks.size(); ++i) {
    std::copy_n(bytes->begin() + static_cast<std::ptrdiff_t>(8 + i * sizeof(Digest)), sizeof(Digest), peaks[i].begin());
  }
  return MountainRange(count, std::move(peaks));
}

void put_mountain_range(StateBatch& batch, const MountainRange& range) {
  std::string bytes = encode_integer(range.count(), 8);
  for (const Digest& peak : range.peaks()) bytes += base::as_text(peak);
  batch.put(Column::kParameters, kPeaksKey, bytes);
}

void put_nodes(StateBatch& batch, std::uint64_t sequence, const std::vector<Digest>& nodes) {
  std::string bytes;
  for (const Digest& node : nodes) bytes += base::as_text(node);
  batch.put(Column::kIndexes, key(Index::kNodes, sequence), bytes);
}

// A node is completed by its last leaf.
Result<Digest> read_node(const StateReader& reader, int level, std::uint64_t index) {
  GL_TRY(bytes, reader.get(Column::kIndexes, key(Index::kNodes, (index + 1) << level)));
  const std::size_t offset = static_cast<std::size_t>(level) * sizeof(Digest);
  if (!bytes || bytes->size() < offset + sizeof(Digest)) return tl::unexpected(damaged());
  Digest node{};
  std::copy_n(bytes->begin() + static_cast<std::ptrdiff_t>(offset), sizeof(Digest), node.begin());
  return node;
}

void put_record(StateBatch& batch, const PackedHash& hash, const Record& record) {
  batch.put(Column::kIndexes, key(Index::kHash, hash), encode(record));
}

Result<std::uint64_t> counter(const StateReader& reader, std::string_view key) {
  GL_TRY(bytes, reader.get(Column::kParameters, key));
  if (!bytes) return std::uint64_t{0};
  return decode_integer(*bytes);
}

void put_counter(StateBatch& batch, std::string_view key, std::uint64_t value) {
  batch.put(Column::kParameters, key, encode_integer(value, 8));
}

}  // namespace glucoledger::ledger::records
