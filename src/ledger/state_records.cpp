#include "ledger/state_records.h"

namespace glucoledger::ledger::records {
namespace {

constexpr std::size_t kPackedHashSize = 49;
constexpr std::uint64_t kSolidFlag = 1;
constexpr std::uint64_t kValidFlag = 2;
constexpr std::uint64_t kPrunedFlag = 4;
constexpr std::size_t kRecordSize = 8 + 4 + 4 + 4 + 1 + 3 * kPackedHashSize;

}  // namespace

Error damaged() {
  return {ErrorCode::kCorrupt, "the ledger's store is damaged: a record in it cannot be read",
          "restore its folder from a backup, or fetch the ledger anew from another node"};
}

std::string pack(std::string_view trytes) {
  const Bytes packed = crypto::pack_trits(crypto::trits_from_trytes(trytes));
  return std::string(base::as_text(packed));
}

Result<std::string> unpack(std::string_view bytes, std::size_t length_trytes) {
  const auto trits = crypto::unpack_trits(base::as_bytes(bytes), length_trytes * crypto::kTritsPerTryte);
  if (!trits) return tl::unexpected(damaged());
  return crypto::trytes_from_trits(*trits);
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
  return encode_integer(record.sequence, 8) + encode_integer(record.milestone, 4) +
         encode_integer(record.current_index, 4) + encode_integer(record.last_index, 4) + encode_integer(flags, 1) +
         pack(record.trunk) + pack(record.branch) + pack(record.bundle);
}

Result<Record> decode_record(std::string_view bytes) {
  if (bytes.size() != kRecordSize) return tl::unexpected(damaged());
  const auto take = [&bytes](std::size_t size) {
    const std::string_view part = bytes.substr(0, size);
    bytes.remove_prefix(size);
    return part;
  };
  Record record;
  GL_ASSIGN(record.sequence, decode_integer(take(8)));
  GL_TRY(milestone, decode_integer(take(4)));
  GL_TRY(current_index, decode_integer(take(4)));
  GL_TRY(last_index, decode_integer(take(4)));
  GL_TRY(flags, decode_integer(take(1)));
  record.milestone = static_cast<std::uint32_t>(milestone);
  record.current_index = static_cast<std::uint32_t>(current_index);
  record.last_index = static_cast<std::uint32_t>(last_index);
  record.solid = (flags & kSolidFlag) != 0;
  record.valid = (flags & kValidFlag) != 0;
  record.pruned = (flags & kPrunedFlag) != 0;
  GL_ASSIGN(record.trunk, unpack_hash(take(kPackedHashSize)));
  GL_ASSIGN(record.branch, unpack_hash(take(kPackedHashSize)));
  GL_ASSIGN(record.bundle, unpack_hash(take(kPackedHashSize)));
  return record;
}

Result<std::optional<Record>> find_record(const StateReader& reader, const Hash& hash) {
  GL_TRY(bytes, reader.get(Column::kIndexes, key(Index::kHash, hash)));
  if (!bytes) return std::nullopt;
  GL_TRY(record, decode_record(*bytes));
  return record;
}

void put_record(StateBatch& batch, const Hash& hash, const Record& record) {
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
