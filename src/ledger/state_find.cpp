// The search by address, bundle, approvee and tag: page by page, in the order in which transactions came.
#include <algorithm>
#include <limits>
#include <map>
#include <set>

#include "base/limits.h"
#include "ledger/state.h"
#include "ledger/state_records.h"

namespace glucoledger::ledger {
namespace {

using namespace records;

// The keys of one kind, without the sequence numbers: what is found by any of them counts.
using Prefixes = std::set<std::string>;

Result<std::vector<Prefixes>> prefixes_of(const Query& query) {
  std::vector<Prefixes> kinds;
  const auto add_hashes = [&](Index index, const std::vector<Hash>& hashes) {
    if (hashes.empty()) return;
    Prefixes& prefixes = kinds.emplace_back();
    for (const Hash& hash : hashes) prefixes.insert(key(index, hash));
  };
  add_hashes(Index::kAddress, query.addresses);
  add_hashes(Index::kBundle, query.bundles);
  add_hashes(Index::kApprovee, query.approvees);
  if (query.tags.empty()) return kinds;
  Prefixes& prefixes = kinds.emplace_back();
  for (std::string tag : query.tags) {
    if (tag.size() > kTagTrytes || !crypto::is_trytes(tag)) {
      return fail(ErrorCode::kInputRefused, "a tag is at most 27 trytes");
    }
    tag.resize(kTagTrytes, '9');
    prefixes.insert(key(Index::kTag, pack(tag)));
  }
  return kinds;
}

using HashesBySequence = std::map<std::uint64_t, std::string>;  // packed

// The first of a kind after a sequence number; complete up to the last of them when there are as many as asked for.
Result<HashesBySequence> collect(const StateReader& reader, const Prefixes& prefixes, std::uint64_t after,
                                 std::size_t count_max) {
  HashesBySequence found;
  for (const std::string& prefix : prefixes) {
    std::size_t count = 0;
    bool damaged_key = false;
    GL_CHECK(reader.scan_from(Column::kIndexes, prefix, prefix + records::encode_integer(after + 1, 8),
                              [&](std::string_view key, std::string_view value) {
                                const auto sequence = decode_integer(key.substr(prefix.size()));
                                damaged_key = !sequence;
                                if (damaged_key) return false;
                                found.emplace(*sequence, value);
                                return ++count < count_max;
                              }));
    if (damaged_key) return tl::unexpected(damaged());
    while (found.size() > count_max) found.erase(std::prev(found.end()));
  }
  return found;
}

Result<bool> holds(const StateReader& reader, const Prefixes& prefixes, std::uint64_t sequence) {
  for (const std::string& prefix : prefixes) {
    GL_TRY(value, reader.get(Column::kIndexes, prefix + records::encode_integer(sequence, 8)));
    if (value) return true;
  }
  return false;
}

}  // namespace

Result<Page> find(const StateReader& reader, const Query& query, std::uint64_t after, std::size_t count_max) {
  Page page;
  GL_TRY(kinds, prefixes_of(query));
  if (kinds.empty() || count_max == 0 || after == std::numeric_limits<std::uint64_t>::max()) return page;
  count_max = std::min(count_max, base::limits::kTransactionsPerAddressMax);
  // Where kinds are intersected, more of the first one is looked at, and those that the others hold too are told.
  const std::size_t examined_max = kinds.size() == 1 ? count_max + 1 : base::limits::kTransactionsPerAddressMax;
  GL_TRY(candidates, collect(reader, kinds.front(), after, examined_max));
  std::uint64_t last = after;
  for (const auto& [sequence, packed] : candidates) {
    if (page.hashes.size() == count_max) {
      page.next = last;
      return page;
    }
    last = sequence;
    bool in_all = true;
    for (std::size_t kind = 1; kind < kinds.size() && in_all; ++kind) {
      GL_ASSIGN(in_all, holds(reader, kinds[kind], sequence));
    }
    if (!in_all) continue;
    GL_TRY(hash, unpack_hash(packed));
    page.hashes.push_back(hash);
  }
  if (candidates.size() == examined_max) page.next = last;
  return page;
}

}  // namespace glucoledger::ledger
