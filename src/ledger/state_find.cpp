// The search by address, bundle, approvee and tag: page by page, in the order in which transactions came.
//
// Each key asked for leads to a list of sequence numbers, in ascending order. A kind is the union of its lists; what is
// found is in every kind. The kinds leap over each other: whichever is behind goes on where the others are, so that the
// smallest decides how much is looked at.
#include <algorithm>
#include <limits>
#include <set>

#include "base/limits.h"
#include "ledger/state.h"
#include "ledger/state_records.h"

namespace glucoledger::ledger {
namespace {

using namespace records;

// In keys of the indexes, which is what a search may look at so many of. Seeking costs as much as reading several.
constexpr std::size_t kSeekWork = 8;

struct Search {
  const StateReader& reader;
  std::size_t work_left = base::limits::kFindKeysMax;

  void spend(std::size_t work) { work_left -= std::min(work, work_left); }
};

struct Found {
  std::uint64_t sequence = 0;
  std::string hash;  // packed
};

// What one key leads to, read piece by piece, each twice as long as the one before it.
class List {
 public:
  List(std::string prefix, std::size_t first_piece) : prefix_(std::move(prefix)), piece_size_(first_piece) {}

  // Nothing at its end.
  const Found* front() const { return at_ < piece_.size() ? &piece_[at_] : nullptr; }

  // To the first one that is not before `sequence`.
  Result<void> advance(Search& search, std::uint64_t sequence) {
    while (front() != nullptr && front()->sequence < sequence) ++at_;
    if (front() != nullptr || ended_) return {};
    piece_.clear();
    at_ = 0;
    bool is_damaged = false;
    GL_CHECK(search.reader.scan_from(Column::kIndexes, prefix_, prefix_ + records::encode_integer(sequence, 8),
                                     [&](std::string_view key, std::string_view hash) {
                                       const auto found = decode_integer(key.substr(prefix_.size()));
                                       is_damaged = !found;
                                       if (is_damaged) return false;
                                       piece_.push_back({*found, std::string(hash)});
                                       return piece_.size() < piece_size_;
                                     }));
    if (is_damaged) return tl::unexpected(damaged());
    ended_ = piece_.size() < piece_size_;
    search.spend(kSeekWork + piece_.size());
    piece_size_ = std::min(2 * piece_size_, kPieceMax);
    return {};
  }

  static constexpr std::size_t kPieceMax = 256;

 private:
  std::string prefix_;
  std::size_t piece_size_;
  std::vector<Found> piece_;
  std::size_t at_ = 0;
  bool ended_ = false;
};

// The union of lists.
class Kind {
 public:
  explicit Kind(const std::set<std::string>& prefixes) {
    constexpr std::size_t kFirstPieces = 2'048;  // in all
    const std::size_t first_piece = std::clamp<std::size_t>(kFirstPieces / prefixes.size(), 1, List::kPieceMax);
    for (const std::string& prefix : prefixes) lists_.emplace_back(prefix, first_piece);
    for (std::size_t list = 0; list < lists_.size(); ++list) behind_.emplace(0, list);
  }

  std::size_t size() const { return lists_.size(); }
  // Nothing at its end.
  const Found* front() const { return behind_.empty() ? nullptr : lists_[behind_.begin()->second].front(); }

  // To the first one that is not before `sequence`; false when the work was at its end before. The first time all lists
  // are placed in any case, so that every call gets on.
  Result<bool> advance(Search& search, std::uint64_t sequence) {
    while (!behind_.empty() && behind_.begin()->first < sequence) {
      if (is_placed_ && search.work_left == 0) return false;
      const std::size_t list = behind_.begin()->second;
      behind_.erase(behind_.begin());
      GL_CHECK(lists_[list].advance(search, sequence));
      if (const Found* const found = lists_[list].front()) behind_.emplace(found->sequence, list);
    }
    is_placed_ = true;
    return true;
  }

 private:
  std::vector<List> lists_;
  std::set<std::pair<std::uint64_t, std::size_t>> behind_;  // where each list stands; those at their end are left out
  bool is_placed_ = false;
};

// The fewest lists first: where they lead to nothing, the others are not looked at.
Result<std::vector<Kind>> kinds_of(const Query& query) {
  std::vector<Kind> kinds;
  const auto add_hashes = [&](Index index, const std::vector<Hash>& hashes) {
    std::set<std::string> prefixes;
    for (const Hash& hash : hashes) prefixes.insert(key(index, hash));
    if (!prefixes.empty()) kinds.emplace_back(prefixes);
  };
  add_hashes(Index::kAddress, query.addresses);
  add_hashes(Index::kBundle, query.bundles);
  add_hashes(Index::kApprovee, query.approvees);
  std::set<std::string> tags;
  for (std::string tag : query.tags) {
    if (tag.size() > kTagTrytes || !crypto::is_trytes(tag)) {
      return fail(ErrorCode::kInputRefused, "a tag is at most 27 trytes");
    }
    tag.resize(kTagTrytes, '9');
    tags.insert(key(Index::kTag, pack(tag)));
  }
  if (!tags.empty()) kinds.emplace_back(tags);
  std::stable_sort(kinds.begin(), kinds.end(), [](const Kind& a, const Kind& b) { return a.size() < b.size(); });
  return kinds;
}

enum class Leap { kFound, kAtEnd, kOutOfWork };

// Moves `sequence` on to the first one that all kinds hold; out of work, to one before which there is none.
Result<Leap> leap(Search& search, std::vector<Kind>& kinds, std::uint64_t& sequence) {
  std::size_t agreeing = 0;
  for (std::size_t i = 0; agreeing < kinds.size(); i = (i + 1) % kinds.size()) {
    GL_TRY(arrived, kinds[i].advance(search, sequence));
    if (!arrived) return Leap::kOutOfWork;
    const Found* const found = kinds[i].front();
    if (found == nullptr) return Leap::kAtEnd;
    agreeing = found->sequence == sequence ? agreeing + 1 : 1;
    sequence = found->sequence;
  }
  return Leap::kFound;
}

}  // namespace

Result<Page> find(const StateReader& reader, const Query& query, std::uint64_t after, std::size_t count_max) {
  Page page;
  GL_TRY(kinds, kinds_of(query));
  if (kinds.empty() || count_max == 0) return page;
  count_max = std::min(count_max, base::limits::kTransactionsPerAddressMax);
  Search search{reader};
  std::uint64_t last = after;
  while (last != std::numeric_limits<std::uint64_t>::max()) {
    std::uint64_t sequence = last + 1;
    GL_TRY(found, leap(search, kinds, sequence));
    if (found == Leap::kAtEnd) break;
    page.out_of_work = found == Leap::kOutOfWork;
    if (page.out_of_work || page.hashes.size() == count_max) {
      page.next = page.out_of_work ? sequence - 1 : last;
      break;
    }
    GL_TRY(hash, unpack_hash(kinds.front().front()->hash));
    page.hashes.push_back(hash);
    last = sequence;
  }
  return page;
}

}  // namespace glucoledger::ledger
