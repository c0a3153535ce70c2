#include "ledger/verify.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <optional>

#include "ledger/bundle.h"
#include "ledger/state_head.h"
#include "ledger/state_records.h"
#include "ledger/state_solidity.h"

namespace glucoledger::ledger {
namespace {

using namespace records;

class Verifier {
 public:
  Verifier(const StateReader& reader, const VerifyOptions& options) : reader_(reader), options_(options) {}

  Result<VerifyReport> run() {
    GL_ASSIGN(parameters_, read_parameters(reader_));
    GL_ASSIGN(head_, read_head(reader_));
    report_.transactions = head_.sequence;
    if (parameters_.format_version < kStateFormatVersion) {
      find("the ledger is of an older version: a command that writes upgrades it");
      return std::move(report_);
    }
    GL_CHECK(verify_bodies());
    GL_CHECK(verify_records());
    GL_CHECK(verify_indexes());
    GL_CHECK(verify_open());
    GL_CHECK(verify_spreads());
    GL_CHECK(verify_forgettable());
    GL_CHECK(verify_missing());
    GL_CHECK(verify_milestones());
    GL_CHECK(verify_head());
    GL_CHECK(verify_kinds());
    return std::move(report_);
  }

 private:
  struct Entry {
    std::string key;
    std::string value;
  };

  void find(std::string what) {
    ++report_.finding_count;
    if (report_.findings.size() < options_.findings_max) report_.findings.push_back(std::move(what));
  }
  void find_at(std::uint64_t sequence, const std::string& what) {
    find("transaction number " + std::to_string(sequence) + ": " + what);
  }
  Result<void> tell_progress(std::uint64_t done) const {
    constexpr std::uint64_t kEvery = 1000;
    if (!options_.progress || done % kEvery != 0 || options_.progress(done, 2 * report_.transactions)) return {};
    return fail(ErrorCode::kInterrupted, "the verification was interrupted");
  }

  // All of a column's keys with a prefix, in pieces, so that memory stays small and looking things up meanwhile is
  // allowed.
  template <typename Function>
  Result<void> for_each(Column column, std::string_view prefix, Function function) const {
    constexpr std::size_t kPiece = 1000;
    std::string from(prefix);
    for (std::vector<Entry> entries(kPiece); entries.size() == kPiece;) {
      entries.clear();
      GL_CHECK(reader_.scan_from(column, prefix, from, [&](std::string_view key, std::string_view value) {
        entries.push_back({std::string(key), std::string(value)});
        return entries.size() < kPiece;
      }));
      for (const Entry& entry : entries) {
        const Result<void> result = function(entry);
        GL_RETURN_ERROR(result);
      }
      if (!entries.empty()) from = entries.back().key + '\0';
    }
    return {};
  }

  Result<bool> holds(const std::string& key, std::string_view value) const {
    GL_TRY(found, reader_.get(Column::kIndexes, key));
    return found == value;
  }

  // A record that cannot be read is a finding, where its own turn comes.
  std::optional<Record> record_of(const PackedHash& hash) const {
    const auto record = find_record(reader_, hash);
    return record ? *record : std::nullopt;
  }

  // Bodies and leaves: each hashes to its name, and the mountain range is theirs.
  Result<void> verify_bodies() {
    GL_TRY(stored, read_mountain_range(reader_));
    if (stored.count() != head_.sequence) find("the mountain range does not hold every transaction");
    MountainRange rebuilt;
    bool has_leaves = true;
    for (std::uint64_t sequence = 1; sequence <= head_.sequence && has_leaves; ++sequence) {
      GL_CHECK(tell_progress(sequence));
      GL_TRY(body, reader_.get(Column::kBodies, records::encode_integer(sequence, 8)));
      GL_TRY(nodes, reader_.get(Column::kIndexes, key(Index::kNodes, sequence)));
      has_leaves = nodes && nodes->size() >= sizeof(Digest);
      if (!has_leaves) {
        find_at(sequence, "its leaf is missing");
        break;
      }
      Digest leaf{};
      std::copy_n(nodes->begin(), sizeof(Digest), leaf.begin());
      if (body) GL_CHECK(verify_body(sequence, *body, leaf));
      std::string expected;
      for (const Digest& node : rebuilt.append(leaf)) expected += base::as_text(node);
      if (*nodes != expected) find_at(sequence, "its nodes in the mountain range do not follow from the leaves");
    }
    if (has_leaves && rebuilt.root() != stored.root()) find("the root does not follow from the leaves");
    GL_CHECK(for_each(Column::kBodies, "", [&](const Entry& entry) -> Result<void> {
      const auto sequence = decode_integer(entry.key);
      if (!sequence || entry.key.size() != 8 || *sequence == 0 || *sequence > head_.sequence) {
        find("a body has no place in the order");
      }
      return {};
    }));
    if (report_.bodies + head_.gone != head_.sequence) find("the number of bodies is not what was counted");
    return {};
  }

  Result<void> verify_body(std::uint64_t sequence, const std::string& body, const Digest& leaf) {
    ++report_.bodies;
    if (leaf_digest(base::as_bytes(body)) != leaf) find_at(sequence, "its body is not the one of its leaf");
    auto trytes = unpack(body, kTransactionTrytes);
    auto transaction = trytes ? Transaction::from_trytes(std::move(*trytes)) : tl::unexpected(trytes.error());
    if (!transaction) {
      find_at(sequence, "its body is no transaction");
      return {};
    }
    const PackedHash hash(transaction->hash());
    const auto record = record_of(hash);
    if (!record || record->sequence != sequence || record->pruned) {
      find_at(sequence, "its body does not hash to its name");
      return {};
    }
    if (record->current_index != transaction->current_index() || record->last_index != transaction->last_index() ||
        record->trunk != PackedHash(transaction->trunk()) || record->branch != PackedHash(transaction->branch()) ||
        record->bundle != PackedHash(transaction->bundle())) {
      find_at(sequence, "its record is not that of its body");
    }
    for (const auto& [index, packed] :
         {std::pair(Index::kAddress, pack(transaction->address())),
          std::pair(Index::kBundle, pack(transaction->bundle())), std::pair(Index::kTag, pack(transaction->tag())),
          std::pair(Index::kApprovee, pack(transaction->trunk())),
          std::pair(Index::kApprovee, pack(transaction->branch()))}) {
      GL_TRY(is_indexed, holds(key(index, packed, sequence), hash.bytes()));
      if (!is_indexed) find_at(sequence, std::string("it is missing in index ") + static_cast<char>(index));
    }
    if (!check_transaction_rules(*transaction)) {
      find_at(sequence, "it breaks the ledger's rules");
      return {};
    }
    return verify_bundle(*transaction, *record);
  }

  bool check_transaction_rules(const Transaction& transaction) const {
    return CheckedTransactions::check_alone(transaction, parameters_).has_value();
  }

  // The parts of a valid tail are there, or pruned, and valid.
  Result<void> verify_bundle(const Transaction& tail, const Record& record) {
    if (record.current_index != 0 || !record.valid) return {};
    std::vector<Transaction> parts{tail};
    while (parts.size() <= tail.last_index()) {
      const auto next = record_of(PackedHash(parts.back().trunk()));
      if (!next || next->pruned) return {};  // it was pruned, and perhaps forgotten
      if (!next->valid) find_at(record.sequence, "its bundle is valid and a part of it is not");
      auto body = read_body(reader_, next->sequence);
      if (!body) return {};  // found where its own turn comes
      parts.push_back(std::move(*body));
    }
    if (!check_bundle(parts)) find_at(record.sequence, "its bundle is not valid");
    return {};
  }

  // What a record says follows from the others.
  Result<void> verify_records() {
    std::uint64_t count = 0;
    std::uint64_t ordered = 0;
    std::uint64_t sum_of_orders = 0;
    GL_CHECK(for_each(Column::kIndexes, key(Index::kHash, ""), [&](const Entry& entry) -> Result<void> {
      GL_CHECK(tell_progress(head_.sequence + ++count));
      const auto hash = PackedHash::from_bytes(std::string_view(entry.key).substr(1));
      const auto decoded = decode_record(entry.value);
      if (!hash || !decoded) {
        find("a record cannot be read");
        return {};
      }
      const Record& record = *decoded;
      GL_TRY(body, reader_.get(Column::kBodies, records::encode_integer(record.sequence, 8)));
      if (body.has_value() == record.pruned) find_at(record.sequence, "its record and its body disagree");
      if (record.sequence == 0 || record.sequence > head_.sequence) find_at(record.sequence, "it is out of the order");
      if (record.order > head_.order || (record.order != 0 && !record.valid)) {
        find_at(record.sequence, "its order is none");
      }
      if (record.valid && record.order == 0 && record.version_1_milestone == 0) {
        find_at(record.sequence, "it is valid and has no order");
      }
      if (record.valid && !record.solid && record.current_index == 0) {
        find_at(record.sequence, "its bundle is valid and what it approves is not all here");
      }
      GL_CHECK(verify_solidity(*hash, record));
      if (record.pruned) ++pruned_;
      if (record.version_1_milestone != 0) has_version_1_ = true;
      if (record.order != 0) {
        ++ordered;
        sum_of_orders += record.order;
      }
      return {};
    }));
    // Each number stands once, unless records were forgotten: 1 to the last.
    const std::uint64_t last = head_.order;
    const std::uint64_t sum = last % 2 == 0 ? last / 2 * (last + 1) : (last + 1) / 2 * last;  // modulo 2^64, both
    if (parameters_.duplicate_window_ms == 0 && !has_version_1_ && (ordered != last || sum_of_orders != sum)) {
      find("the orders do not follow each other");
    }
    // Each body has the record of its name (verify_body), so one more is of a transaction that never came.
    if (count - pruned_ > report_.bodies) find("a record is of a transaction that is not here");
    return {};
  }

  Result<void> verify_solidity(const PackedHash& hash, const Record& record) {
    bool parents_solid = true;
    for (const PackedHash& parent_hash : {record.trunk, record.branch}) {
      if (parent_hash.is_null()) continue;
      const auto parent = record_of(parent_hash);
      if (!parent) {
        GL_TRY(is_ground, is_milestone(reader_, parent_hash));
        if (is_ground) continue;
      }
      const bool may_be_gone = record.pruned;  // forgotten, or dropped after its approver was pruned
      if (!parent && !record.solid) {
        GL_TRY(awaited, reader_.get(Column::kIndexes, key(Index::kMissing, parent_hash)));
        if (!awaited) find_at(record.sequence, "what it waits for is not told to be missing");
      }
      parents_solid = parents_solid && (parent ? parent->solid : may_be_gone);
    }
    const bool is_due = !record.solid && (is_in_spread(record.trunk, record) || is_in_spread(record.branch, record));
    if (record.solid != parents_solid && !is_due) {
      find_at(record.sequence, "it is solid or not against what it approves");
    }
    if (record.valid || record.pruned) return {};
    GL_TRY(open, find_open(reader_, record.sequence));
    if (open ? open->hash != hash : !record.solid) find_at(record.sequence, "no one looks whether it waits too long");
    return {};
  }

  // The approvers of the parent have not all been looked at, and this one may be among the others.
  bool is_in_spread(const PackedHash& parent, const Record& record) const {
    if (head_.spreads == 0) return false;
    const auto spread = find_spread(reader_, parent);
    return spread && *spread && (*spread)->from <= record.sequence;
  }

  // The indexes lead to transactions that bear what they are found by.
  Result<void> verify_indexes() {
    for (const Index index : {Index::kAddress, Index::kBundle, Index::kTag, Index::kApprovee}) {
      GL_CHECK(for_each(Column::kIndexes, key(index, ""), [&](const Entry& entry) -> Result<void> {
        const auto hash = PackedHash::from_bytes(entry.value);
        const auto record = hash ? record_of(*hash) : std::nullopt;
        const std::string_view place(entry.key);
        if (!record || record->pruned || place.size() < 9 ||
            decode_integer(place.substr(place.size() - 8)).value_or(0) != record->sequence) {
          find(std::string("index ") + static_cast<char>(index) + " leads to a transaction that is not there");
          return {};
        }
        const std::string_view packed = place.substr(1, place.size() - 9);
        const bool fits = index == Index::kBundle ? packed == record->bundle.bytes()
                          : index == Index::kApprovee
                              ? packed == record->trunk.bytes() || packed == record->branch.bytes()
                              : true;
        if (!fits) find_at(record->sequence, "an index finds it by what it does not bear");
        if (index == Index::kAddress) ++by_address_;
        if (index == Index::kTag) ++by_tag_;
        return {};
      }));
    }
    // Each body is under its one address and tag (verify_body), so more entries are too many.
    if (by_address_ != report_.bodies || by_tag_ != report_.bodies) find("an index has more entries than bodies");
    return {};
  }

  Result<void> verify_open() {
    std::uint64_t count = 0;
    GL_CHECK(for_each(Column::kIndexes, key(Index::kOpen, ""), [&](const Entry& entry) -> Result<void> {
      ++count;
      const std::uint64_t sequence = decode_integer(std::string_view(entry.key).substr(1)).value_or(0);
      auto open = find_open(reader_, sequence);
      const auto record = open && *open ? record_of((*open)->hash) : std::nullopt;
      if (!record || record->sequence != sequence || record->valid || record->pruned) {
        find_at(sequence, "it is said to wait and does not");
        return {};
      }
      const std::string deadline =
          key(Index::kDeadline, records::encode_integer(static_cast<std::uint64_t>((*open)->look_ms), 8), sequence);
      GL_TRY(has_deadline, holds(deadline, ""));
      if (!has_deadline) find_at(sequence, "it waits without an end");
      return {};
    }));
    std::uint64_t deadlines = 0;
    const std::string first =
        key(Index::kDeadline, records::encode_integer(static_cast<std::uint64_t>(head_.first_look_ms), 8));
    GL_CHECK(for_each(Column::kIndexes, key(Index::kDeadline, ""), [&](const Entry& entry) -> Result<void> {
      ++deadlines;
      if (entry.key < first) find("one is to be looked at before the first one");
      return {};
    }));
    if (count != head_.open || deadlines != count) find("the number of those that wait is not what was counted");
    return {};
  }

  // Only what is solid has approvers that are still to be looked at.
  Result<void> verify_spreads() {
    std::uint64_t count = 0;
    GL_CHECK(for_each(Column::kIndexes, key(Index::kSpread, ""), [&](const Entry& entry) -> Result<void> {
      ++count;
      const auto hash = PackedHash::from_bytes(std::string_view(entry.key).substr(1));
      const auto record = hash ? record_of(*hash) : std::nullopt;
      const auto from = decode_integer(entry.value);
      GL_TRY(is_ground, hash ? is_milestone(reader_, *hash) : Result<bool>(false));
      if ((record ? !record->solid : !is_ground) || !from || *from > head_.sequence + 1) {
        find("approvers are to be looked at of what is not solid, or beyond the last one");
      }
      return {};
    }));
    if (count != head_.spreads) find("the number of those whose approvers are to be looked at is not what was counted");
    return {};
  }

  // All that was pruned is forgotten one day, where the parameters say so.
  Result<void> verify_forgettable() {
    std::uint64_t count = 0;
    GL_CHECK(for_each(Column::kIndexes, key(Index::kForgettable, ""), [&](const Entry& entry) -> Result<void> {
      ++count;
      const auto hash = PackedHash::from_bytes(entry.value);
      const auto record = hash ? record_of(*hash) : std::nullopt;
      if (!record || !record->pruned || !entry.key.ends_with(records::encode_integer(record->sequence, 8))) {
        find("one is to be forgotten that was not pruned");
      }
      return {};
    }));
    if (parameters_.duplicate_window_ms != 0 && count != pruned_) find("one was pruned that is never forgotten");
    return {};
  }

  Result<void> verify_missing() {
    std::uint64_t count = 0;
    GL_CHECK(for_each(Column::kIndexes, key(Index::kMissing, ""), [&](const Entry& entry) -> Result<void> {
      ++count;
      const auto hash = PackedHash::from_bytes(std::string_view(entry.key).substr(1));
      bool is_named = false;
      if (hash) {
        GL_ASSIGN(is_named, has_approver(reader_, *hash));
      }
      GL_TRY(is_ground, hash ? is_milestone(reader_, *hash) : Result<bool>(false));
      if (!is_named || is_ground || record_of(*hash) || !entry.value.empty()) {
        find("a hash is told to be missing that is here, or that no one names");
      }
      return {};
    }));
    if (count != head_.missing) find("the number of those that are missing is not what was counted");
    return {};
  }

  Result<void> verify_milestones() {
    Milestone before;
    GL_CHECK(for_each(Column::kIndexes, key(Index::kMilestone, ""), [&](const Entry& entry) -> Result<void> {
      const std::uint32_t index = before.index + 1;
      const std::string name = "milestone " + std::to_string(index);
      if (entry.key != key(Index::kMilestone, records::encode_integer(index, 4))) {
        find("what stands in the place of " + name + " is another one");
        return {};
      }
      const auto milestone = read_milestone(reader_, index);
      before.index = index;
      if (!milestone) {
        find(name + " cannot be read");
        return {};
      }
      ++report_.milestones;
      GL_CHECK(verify_milestone(name, *milestone, before));
      before = *milestone;
      return {};
    }));
    GL_TRY(latest, counter(reader_, kMilestoneKey));
    if (latest != before.index) find("the number of milestones is not what was counted");
    const bool ends_in_version_1 = before.index != 0 && before.root == Digest{};
    if (!ends_in_version_1 && before.confirmed_count != head_.confirmed) {
      find("the latest milestone confirmed another number than was counted");
    }
    if (head_.prune_milestone > before.index + 1) find("retention goes beyond the latest milestone");
    std::uint64_t named = 0;
    GL_CHECK(for_each(Column::kIndexes, key(Index::kMilestoneHash, ""), [&](const Entry&) -> Result<void> {
      ++named;
      return {};
    }));
    if (named != report_.milestones) find("a milestone is found by what it does not hash to");
    return for_each(Column::kIndexes, key(Index::kOrder, ""), [&](const Entry& entry) -> Result<void> {
      const std::uint64_t index = decode_integer(entry.value).value_or(0);
      const auto milestone = read_milestone(reader_, static_cast<std::uint32_t>(index));
      if (!milestone || key(Index::kOrder, milestone->confirmed_count) != entry.key) {
        find("an order leads to a milestone that did not confirm up to it");
      }
      return {};
    });
  }

  Result<void> verify_milestone(const std::string& name, const Milestone& milestone, const Milestone& before) {
    GL_TRY(is_named, holds(key(Index::kMilestoneHash, milestone.hash), records::encode_integer(milestone.index, 4)));
    if (!is_named) find(name + " is not found by its hash");
    const bool is_version_1 = milestone.transaction_count == 0 && milestone.root == Digest{};
    if (is_version_1) return {};
    if (milestone_hash(parameters_, before.hash, milestone) != milestone.hash) {
      find(name + " does not follow from the one before it");
    }
    if (milestone.transaction_count < before.transaction_count || milestone.transaction_count > head_.sequence ||
        milestone.confirmed_count < before.confirmed_count) {
      find(name + " counts backward");
    }
    const bool follows_version_1 = before.hash != Hash() && before.root == Digest{};
    if (milestone.confirmed_count > before.confirmed_count && !follows_version_1) {
      GL_TRY(is_ordered,
             holds(key(Index::kOrder, milestone.confirmed_count), records::encode_integer(milestone.index, 4)));
      if (!is_ordered) find(name + " is not found by what it confirmed");
    }
    GL_TRY(root, root_at(milestone.transaction_count));
    if (root != milestone.root) find(name + " has another root than the transactions before it");
    return {};
  }

  // The root of the first `count` transactions, from the nodes.
  Result<std::optional<Digest>> root_at(std::uint64_t count) const {
    if (count > head_.sequence) return std::nullopt;
    std::vector<Digest> peaks;
    std::uint64_t begin = 0;
    for (int level = 63; level >= 0; --level) {
      if ((count >> level & 1) == 0) continue;
      const auto node = read_node(reader_, level, begin >> level);
      if (!node) return std::nullopt;
      peaks.push_back(*node);
      begin += std::uint64_t{1} << level;
    }
    return MountainRange(count, std::move(peaks)).root();
  }

  Result<void> verify_head() {
    if (head_.confirmed > head_.order) find("more is confirmed than valid");
    if (head_.prune_to > head_.sequence || head_.pruned_to > head_.sequence) {
      find("retention goes beyond the newest transaction");
    }
    for (const Tip& tip : head_.tips) {
      const auto record = record_of(tip.hash);
      if (!record || !record->valid || record->current_index != 0 || (record->order != tip.order && !has_version_1_)) {
        find("a tip is no tail of a valid bundle");
      }
    }
    return {};
  }

  // Of what others do not lead to, that it is of a form that the ledger writes.
  Result<void> verify_kinds() {
    GL_CHECK(for_each(Column::kParameters, "", [&](const Entry& entry) -> Result<void> {
      constexpr std::array<std::string_view, 7> kKeys{kParametersKey, kSequenceKey, kPrunedKey, kTimeKey,
                                                      kMilestoneKey,  kHeadKey,     kPeaksKey};
      if (std::find(kKeys.begin(), kKeys.end(), entry.key) == kKeys.end()) find("a counter counts nothing");
      return {};
    }));
    GL_CHECK(for_each(Column::kIndexes, key(Index::kNodes, ""), [&](const Entry& entry) -> Result<void> {
      const auto sequence = decode_integer(std::string_view(entry.key).substr(1));
      if (entry.key.size() != 9 || !sequence || *sequence == 0 || *sequence > head_.sequence) {
        find("a node of the mountain range belongs to no transaction");
      }
      return {};
    }));
    GL_CHECK(for_each(Column::kIndexes, key(Index::kPrunedAddress, ""), [&](const Entry& entry) -> Result<void> {
      if (!PackedHash::from_bytes(std::string_view(entry.key).substr(1)) || !entry.value.empty()) {
        find("what was pruned stood at what is no address");
      }
      return {};
    }));
    for (int letter = 0; letter < 256; ++letter) {
      constexpr std::string_view kLetters = "habgexwdfpmnors";  // records::Index, without those of version 1
      const std::string prefix(1, static_cast<char>(letter));
      if (kLetters.find(prefix) != std::string_view::npos) continue;
      GL_CHECK(reader_.scan(Column::kIndexes, prefix, [&](std::string_view, std::string_view) {
        find("an index is of no kind that the ledger has");
        return false;
      }));
    }
    return {};
  }

  const StateReader& reader_;
  const VerifyOptions& options_;
  Parameters parameters_;
  Head head_;
  VerifyReport report_;
  std::uint64_t by_address_ = 0;  // entries of this index
  std::uint64_t by_tag_ = 0;
  std::uint64_t pruned_ = 0;  // records without a body
  bool has_version_1_ = false;
};

}  // namespace

Result<VerifyReport> verify(const StateReader& reader, const VerifyOptions& options) {
  return Verifier(reader, options).run();
}

}  // namespace glucoledger::ledger
