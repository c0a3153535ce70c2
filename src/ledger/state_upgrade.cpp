// From versions 1 and 2 of the state to version 3. Version 2 lacks a few counters. Version 1 gets its head first: tips,
// and the order of what is valid. Then, transaction by transaction, come the Merkle mountain range and what is in no
// valid bundle yet.
#include "ledger/state.h"
#include "ledger/state_head.h"
#include "ledger/state_records.h"
#include "ledger/state_solidity.h"

namespace glucoledger::ledger {
namespace {

using namespace records;

// A body that was pruned before there were leaves: its place is kept, it cannot be proved.
Digest lost_leaf(std::uint64_t sequence) {
  return leaf_digest(base::as_bytes("pruned " + std::to_string(sequence)));
}

Result<std::vector<PackedHash>> take_all(StateBatch& batch, Index index) {
  std::vector<std::pair<std::string, std::string>> entries;
  GL_CHECK(batch.scan(Column::kIndexes, key(index, ""), [&](std::string_view key, std::string_view value) {
    entries.emplace_back(key, value);
    return true;
  }));
  std::vector<PackedHash> hashes;
  for (const auto& [entry, value] : entries) {
    GL_TRY(hash, PackedHash::from_bytes(value));
    hashes.push_back(hash);
    batch.erase(Column::kIndexes, entry);
  }
  return hashes;
}

// Counts what is missing. A milestone was, too, in older versions, and let those wait that approve it.
Result<void> find_ground(StateBatch& batch, Head& head) {
  std::vector<std::string> awaited;
  GL_CHECK(batch.scan(Column::kIndexes, key(Index::kMissing, ""), [&](std::string_view key, std::string_view) {
    awaited.emplace_back(key);
    return true;
  }));
  for (const std::string& place : awaited) {
    GL_TRY(hash, PackedHash::from_bytes(std::string_view(place).substr(1)));
    GL_TRY(is_ground, is_milestone(batch, hash));
    if (!is_ground) ++head.missing;
    if (!is_ground) continue;
    batch.erase(Column::kIndexes, place);
    put_spread(batch, head, {hash, 0});
  }
  return {};
}

void put_parameters(StateBatch& batch, Parameters parameters) {
  parameters.format_version = kStateFormatVersion;
  batch.put(Column::kParameters, kParametersKey, encode(parameters));
}

Result<void> complete_head(StateBatch& batch, const Parameters& parameters) {
  put_parameters(batch, parameters);
  GL_TRY(head, read_head(batch));
  GL_CHECK(find_ground(batch, head));
  head.first_look_ms = 0;  // the next look tells which is the first
  put_head(batch, head);
  return {};
}

// What was confirmed before keeps the milestone in its record; the order goes on from the number of transactions.
Result<void> make_head(StateBatch& batch, const Parameters& parameters) {
  put_parameters(batch, parameters);
  GL_TRY(head, read_head(batch));
  head.order = head.sequence;
  head.confirmed = head.order;
  GL_TRY(waiting, take_all(batch, Index::kVersion1Waiting));
  for (const PackedHash& hash : waiting) {
    GL_TRY(record, find_record(batch, hash));
    if (!record) return tl::unexpected(damaged());
    record->order = ++head.order;
    put_record(batch, hash, *record);
  }
  GL_TRY(tips, take_all(batch, Index::kVersion1Tip));
  for (const PackedHash& hash : tips) head.add_tip(hash, head.order);
  GL_CHECK(find_ground(batch, head));
  put_head(batch, head);
  return {};
}

Result<void> open_if_not_valid(StateBatch& batch, Head& head, std::uint64_t sequence) {
  GL_TRY(transaction, read_body(batch, sequence));
  const PackedHash hash(transaction.hash());
  GL_TRY(record, find_record(batch, hash));
  if (!record) return tl::unexpected(damaged());
  if (record->valid) return {};
  put_record(batch, hash, *record);
  put_open(batch, head, sequence, {head.time_ms, head.time_ms, hash});
  ++head.open;
  return {};
}

}  // namespace

Result<bool> is_up_to_date(const StateReader& reader) {
  GL_TRY(parameters, read_parameters(reader));
  GL_TRY(range, read_mountain_range(reader));
  GL_TRY(head, read_head(reader));
  return parameters.format_version == kStateFormatVersion && range.count() == head.sequence;
}

Result<bool> upgrade(StateBatch& batch, std::size_t count_max) {
  GL_TRY(parameters, read_parameters(batch));
  if (parameters.format_version == 1) GL_CHECK(make_head(batch, parameters));
  if (parameters.format_version == 2) GL_CHECK(complete_head(batch, parameters));
  GL_TRY(range, read_mountain_range(batch));
  GL_TRY(head, read_head(batch));
  if (range.count() == head.sequence) return true;
  for (std::size_t done = 0; done < count_max && range.count() < head.sequence; ++done) {
    const std::uint64_t sequence = range.count() + 1;
    GL_TRY(body, batch.get(Column::kBodies, records::encode_integer(sequence, 8)));
    put_nodes(batch, sequence, range.append(body ? leaf_digest(base::as_bytes(*body)) : lost_leaf(sequence)));
    if (body) GL_CHECK(open_if_not_valid(batch, head, sequence));
  }
  put_mountain_range(batch, range);
  put_head(batch, head);
  return range.count() == head.sequence;
}

}  // namespace glucoledger::ledger
