// The bytes of the state: how keys and records are written. Integers are big-endian, hashes packed 5 trits a byte.
//
// Column kIndexes, by the first byte of the key (hash: 49 bytes, tag: 17, sequence, order and times: 8, index: 4):
//   h hash               -> Record                    a address sequence  -> hash, of transactions not pruned
//   b bundle sequence    -> hash                      g tag sequence      -> hash
//   e approvee sequence  -> hash of the approver      x hash              -> nothing: waited for, and not here
//   w sequence           -> times, hash: open         d time sequence     -> nothing: when to look at an open one
//   f time sequence      -> hash: pruned then         p address           -> nothing: held something once
//   m milestone index    -> Milestone                 n milestone hash    -> its index
//   o order              -> index of the milestone that confirmed up to it
//   r sequence           -> nodes of the mountain range that its leaf completes
//   s hash               -> sequence: solid, and its approvers from this one on are still to be looked at
// and only in version 1: i sequence -> hash of a tip, u sequence -> hash, valid and not confirmed.
// Column kBodies: sequence -> 1,604 bytes. Column kParameters: the keys below. docs/formats/ledger-state.md.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "ledger/packed_hash.h"
#include "ledger/state.h"

namespace glucoledger::ledger::records {

inline constexpr std::string_view kParametersKey = "parameters";
inline constexpr std::string_view kSequenceKey = "sequence";    // of the newest transaction; the first has 1
inline constexpr std::string_view kPrunedKey = "pruned";        // how many bodies are gone
inline constexpr std::string_view kTimeKey = "time";            // the ledger's time, ms
inline constexpr std::string_view kMilestoneKey = "milestone";  // index of the latest
inline constexpr std::string_view kHeadKey = "head";            // state_head.h
inline constexpr std::string_view kPeaksKey = "peaks";          // leaves (8), then the peaks, highest first

enum class Index : char {
  kHash = 'h',
  kAddress = 'a',
  kBundle = 'b',
  kTag = 'g',
  kApprovee = 'e',
  kMissing = 'x',
  kPrunedAddress = 'p',
  kMilestone = 'm',
  kMilestoneHash = 'n',
  kNodes = 'r',
  kOpen = 'w',
  kDeadline = 'd',
  kForgettable = 'f',
  kOrder = 'o',
  kSpread = 's',
  kVersion1Tip = 'i',
  kVersion1Waiting = 'u',
};

// What the machine needs of a transaction without its body. One that was confirmed in version 1 keeps the form of then,
// with its milestone; others have an order, and the milestones tell up to which they confirm.
struct Record {
  std::uint64_t sequence = 0;
  std::uint64_t order = 0;  // 0: not valid, or confirmed in version 1
  std::uint32_t version_1_milestone = 0;
  std::uint32_t current_index = 0;
  std::uint32_t last_index = 0;
  bool solid = false;
  bool valid = false;
  bool pruned = false;
  PackedHash trunk;
  PackedHash branch;
  PackedHash bundle;
};

// 5 trits a byte, as crypto::pack_trits does it, for what is no secret: by a table.
std::string pack(std::string_view trytes);
void pack(std::string_view trytes, std::span<char> out);
inline std::string pack(const Hash& hash) {
  return pack(hash.trytes());
}
Result<Hash> unpack_hash(std::string_view bytes);
Result<std::string> unpack(std::string_view bytes, std::size_t length_trytes);
// Of a body, without the rest of it (transaction.h); kCorrupt where there is none.
Result<std::string> read_essence(const StateReader& reader, std::uint64_t sequence);
std::string encode_integer(std::uint64_t value, std::size_t size);
Result<std::uint64_t> decode_integer(std::string_view bytes);

std::string key(Index index, std::string_view rest);
inline std::string key(Index index, const Hash& hash) {
  return key(index, pack(hash));
}
inline std::string key(Index index, const PackedHash& hash) {
  return key(index, hash.bytes());
}
inline std::string key(Index index, std::uint64_t sequence) {
  return key(index, encode_integer(sequence, 8));
}
std::string key(Index index, std::string_view packed, std::uint64_t sequence);

std::string encode(const Record& record);
Result<Record> decode_record(std::string_view bytes);

Result<Milestone> read_milestone(const StateReader& reader, std::uint32_t index);
void put_milestone(StateBatch& batch, const Milestone& milestone);
Result<MountainRange> read_mountain_range(const StateReader& reader);
void put_mountain_range(StateBatch& batch, const MountainRange& range);
void put_nodes(StateBatch& batch, std::uint64_t sequence, const std::vector<Digest>& nodes);
Result<Digest> read_node(const StateReader& reader, int level, std::uint64_t index);
Result<std::optional<Record>> find_record(const StateReader& reader, const PackedHash& hash);
inline Result<std::optional<Record>> find_record(const StateReader& reader, const Hash& hash) {
  return find_record(reader, PackedHash(hash));
}
void put_record(StateBatch& batch, const PackedHash& hash, const Record& record);
// Milestones are solid ground like the hash of all 9, though no transactions; none can be named before it is there,
// since its hash covers all that came.
Result<bool> is_milestone(const StateReader& reader, const PackedHash& hash);
// One with a body.
Result<bool> has_approver(const StateReader& reader, const PackedHash& hash);
// The milestone that confirmed it, 0: none yet.
Result<std::uint32_t> milestone_of(const StateReader& reader, const Record& record);
// 0 where there is none yet.
Result<std::uint64_t> counter(const StateReader& reader, std::string_view key);
void put_counter(StateBatch& batch, std::string_view key, std::uint64_t value);
Error damaged();
tl::unexpected<Error> refused(const Hash& hash, const std::string& why);

}  // namespace glucoledger::ledger::records
