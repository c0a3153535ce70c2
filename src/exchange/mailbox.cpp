#include "exchange/mailbox.h"

#include <algorithm>
#include <deque>
#include <map>
#include <set>

#include "base/limits.h"
#include "exchange/delivery.h"
#include "exchange/read_judged.h"
#include "ledger/bundle.h"

namespace glucoledger::exchange {
namespace {

constexpr std::uint64_t kNoteLookAhead = 8;
constexpr std::uint64_t kNotesPerRead = 16;
constexpr std::uint64_t kPrunedNotesPerRead = 256;
constexpr std::int64_t kGapPauseMs = 300;

std::vector<crypto::Hash> addresses_from(const keys::Thread& keys, keys::Direction direction, std::uint64_t first,
                                         std::uint64_t count) {
  std::vector<crypto::Hash> addresses;
  for (std::uint64_t i = 0; i < count; ++i) addresses.push_back(keys.note_address(direction, first + i));
  return addresses;
}

}  // namespace

Result<Mailbox> Mailbox::open(home::Home& home, std::int64_t thread_id, ports::Ledger& ledger,
                              const ports::World& world) {
  GL_TRY(thread, home::thread_by_id(home, thread_id));
  GL_TRY(keys, home::keys_of(home, thread));
  return Mailbox(home, thread, std::move(keys), ledger, world);
}

keys::Direction Mailbox::in() const {
  return thread_.out == keys::Direction::kPatientToRecipient ? keys::Direction::kRecipientToPatient
                                                             : keys::Direction::kPatientToRecipient;
}

// ---- sending

Result<std::vector<home::Outgoing>> Mailbox::seal_waiting() {
  GL_TRY(notes, home::waiting_notes(home_, thread_.id));
  std::vector<home::Outgoing> rows;
  std::uint64_t number = thread_.next_out;
  std::deque<std::uint64_t> free;
  for (const auto& note : notes) {
    if (free.empty()) {
      GL_ASSIGN(free, free_numbers(number));
    }
    if (free.empty()) break;
    number = free.front();
    free.pop_front();
    GL_TRY(row, seal_next(note, number));
    if (!row) break;  // another process has a say in this thread: the next look at it tells
    rows.push_back(std::move(*row));
    ++number;
  }
  return rows;
}

// Where a copy of this home may have sent a note, or where one was pruned, is no place for another.
Result<std::deque<std::uint64_t>> Mailbox::free_numbers(std::uint64_t from) {
  GL_TRY(rowless_until, home::rowless_notes_until(home_, thread_.id));
  const std::uint64_t until = std::max(from, rowless_until) + base::limits::kPrunedNotesMax;
  GL_TRY(own, home::numbers_of_notes(home_, thread_.id, from));
  std::deque<std::uint64_t> free;
  for (std::uint64_t first = from; free.empty() && first < until; first += kNoteLookAhead) {
    const auto addresses = addresses_from(keys_, thread_.out, first, kNoteLookAhead);
    std::vector<bool> used(addresses.size());
    const auto judge = [&](std::size_t which, const ledger::Bundle& bundle) -> std::optional<bool> {
      if (!is_own_note(bundle, first + which)) return std::nullopt;
      return true;
    };
    const auto take = [&](std::size_t which, bool is_note) { return used[which] = is_note; };
    GL_TRY(end, read_judged(ledger_, addresses, judge, take, world_.cancel));
    for (std::size_t i = 0; i < addresses.size(); ++i) {
      if (used[i] || end.pruned[i] || own.contains(first + i)) continue;
      const bool is_sure = end.doubt.empty() || first + i >= rowless_until;
      if (!is_sure && free.empty()) doubt_ = end.doubt;
      if (!is_sure) return free;
      free.push_back(first + i);
    }
  }
  if (!free.empty()) return free;
  return fail(ErrorCode::kCorrupt, "the ledger says of more notes than were ever sent that it dropped them",
              "publish through other nodes");
}

Result<ledger::PreparedBundle> Mailbox::seal(const keys::Note& note, std::uint64_t number) const {
  const auto payload = keys::seal_note(note, keys_, thread_.out, number, home_.signing_key());
  return ledger::prepare(payload, keys_.note_address(thread_.out, number), "", world_.clock.now_ms() / 1000);
}

bool Mailbox::is_own_note(const ledger::Bundle& bundle, std::uint64_t number) const {
  return keys::open_note(bundle.payload(), keys_, thread_.out, number, home_.signing_key().public_key()).has_value();
}

Result<std::optional<home::Outgoing>> Mailbox::seal_next(const home::WaitingNote& note, std::uint64_t number) {
  const auto address = keys_.note_address(thread_.out, number);
  GL_TRY(bundle, seal(note.note, number));
  const auto hash = ledger::bundle_hash_of(bundle);
  bool is_sealed = false;
  GL_CHECK(home_.write([&](home::Transaction& transaction) -> Result<void> {
    // Who took back what was sealed has given numbers back with it: then this one would leave a gap.
    GL_TRY(thread, home::thread_by_id(home_, thread_.id));
    if (thread.next_out != thread_.next_out) return {};
    GL_ASSIGN(is_sealed, home::store_sealed(transaction, note, number, address, hash, bundle));
    return {};
  }));
  if (!is_sealed) return std::nullopt;
  thread_.next_out = number + 1;
  return home::Outgoing{home::Outgoing::Kind::kNote, note.id, address, hash, std::move(bundle), thread_.id, number, 0};
}

Result<std::size_t> Mailbox::renumber_collided(std::span<const home::Outgoing> rows) {
  std::vector<home::Outgoing> ours;
  std::vector<crypto::Hash> addresses;
  for (const auto& row : rows) {
    if (row.kind != home::Outgoing::Kind::kNote || row.thread_id != thread_.id) continue;
    ours.push_back(row);
    addresses.push_back(row.address);
  }
  std::set<std::int64_t> collided;
  const auto judge = [&](std::size_t which, const ledger::Bundle& bundle) -> std::optional<std::int64_t> {
    const auto& row = ours[which];
    if (bundle.payload() == ledger::payload_of(row.bundle)) return std::nullopt;
    if (!is_own_note(bundle, row.number)) return std::nullopt;
    return row.id;
  };
  const auto take = [&](std::size_t, std::int64_t id) { return collided.insert(id).second; };
  GL_CHECK(read_judged(ledger_, addresses, judge, take, world_.cancel));
  if (collided.empty()) return std::size_t{0};
  GL_CHECK(home_.write([&](home::Transaction& transaction) -> Result<void> {
    for (const auto id : collided) GL_CHECK(home::seal_again(transaction, id));
    return {};
  }));
  return collided.size();
}

// ---- reading

struct Mailbox::Found {
  std::multimap<std::uint64_t, keys::Note> notes;  // two copies of a home may have given two notes one number
  std::map<std::uint64_t, Error> newer;            // what says to be a note of a newer version, and may be junk
  std::set<std::uint64_t> pruned;                  // and no note is there
  std::string doubt;
};

Result<Mailbox::Found> Mailbox::look_at(std::span<const std::uint64_t> numbers, const keys::PublicKey& sender) {
  Found found;
  std::vector<crypto::Hash> addresses;
  addresses.reserve(numbers.size());
  for (const auto number : numbers) addresses.push_back(keys_.note_address(in(), number));
  const auto judge = [&](std::size_t which, const ledger::Bundle& bundle) -> std::optional<Result<keys::Note>> {
    auto note = keys::open_note(bundle.payload(), keys_, in(), numbers[which], sender);
    if (!note && note.error().code != ErrorCode::kNewerFormat) return std::nullopt;
    return note;
  };
  const auto take = [&](std::size_t which, Result<keys::Note> note) {
    if (note) {
      found.notes.emplace(numbers[which], std::move(*note));
    } else {
      found.newer.emplace(numbers[which], std::move(note.error()));
    }
    return false;
  };
  GL_TRY(end, read_judged(ledger_, addresses, judge, take, world_.cancel));
  found.doubt = std::move(end.doubt);
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    if (found.notes.contains(numbers[i])) continue;
    if (end.pruned[i]) found.pruned.insert(numbers[i]);
    if (end.cut[i] && found.doubt.empty()) found.doubt = "only a part is handed out of what stands at a note's address";
  }
  return found;
}

Result<Mailbox::Found> Mailbox::take_at(std::span<const std::uint64_t> numbers, const keys::PublicKey& sender,
                                        const Take& take, NotesRead& told) {
  GL_TRY(found, look_at(numbers, sender));
  for (const auto& [number, note] : found.notes) {
    GL_CHECK(take(number, note));
    thread_.next_in = std::max(thread_.next_in, number + 1);
  }
  told.notes += found.notes.size();
  if (!found.doubt.empty()) told.doubt = found.doubt;
  if (const auto newer = found.newer.find(thread_.next_in); newer != found.newer.end()) {
    told.newer_format = newer->second;
  }
  return found;
}

// A gap that was not there before may be a note that is just arriving.
Result<void> Mailbox::look_again(const std::vector<std::uint64_t>& missed_before, const keys::PublicKey& sender,
                                 const Take& take, NotesRead& told) {
  GL_TRY(missing, home::missing_notes(home_, thread_.id));
  if (std::includes(missed_before.begin(), missed_before.end(), missing.begin(), missing.end())) return {};
  if (world_.clock.wait_ms(kGapPauseMs, world_.cancel)) return world_.cancel.check();
  return take_at(missing, sender, take, told).map([](const Found&) {});
}

Result<NotesRead> Mailbox::read(const keys::PublicKey& sender, const Take& take) {
  NotesRead told;
  GL_TRY(missed_before, home::missing_notes(home_, thread_.id));
  auto numbers = missed_before;
  std::set<std::uint64_t> pruned;
  std::uint64_t first = thread_.next_in;
  std::uint64_t count = kNotesPerRead;
  for (bool goes_on = true; goes_on; numbers.clear()) {
    for (std::uint64_t i = 0; i < count; ++i) numbers.push_back(first + i);
    const auto known_until = thread_.next_in;
    GL_TRY(found, take_at(numbers, sender, take, told));
    pruned.merge(found.pruned);
    if (thread_.next_in > known_until) {
      first = thread_.next_in;
      count = kNotesPerRead;
    } else {  // behind what was dropped others may stand
      first += count;
      goes_on = pruned.contains(first - 1) && first < thread_.next_in + base::limits::kPrunedNotesMax;
      count = std::min(2 * count, kPrunedNotesPerRead);
    }
  }
  GL_CHECK(look_again(missed_before, sender, take, told));
  GL_TRY(missing, home::missing_notes(home_, thread_.id));
  told.missing = missing.size();
  told.pruned = std::any_of(pruned.begin(), pruned.end(), [&](std::uint64_t number) {
    return number >= thread_.next_in || std::binary_search(missing.begin(), missing.end(), number);
  });
  return told;
}

std::uint64_t LostNotes::gaps() const {
  const auto beyond = std::distance(notes.lower_bound(first), notes.end());
  return until() - first - static_cast<std::uint64_t>(beyond);
}

Result<std::vector<LostNotes>> find_lost_notes(home::Home& home, ports::Ledger& ledger, const ports::World& world,
                                               std::span<const home::Outgoing> own) {
  struct Place {
    std::size_t thread = 0;
    std::uint64_t number = 0;
    const home::Outgoing* own = nullptr;
  };
  GL_TRY(threads, home::open_threads(home));
  std::vector<keys::Thread> keys;
  std::vector<std::uint64_t> first;
  std::vector<std::uint64_t> rowless_until;
  std::vector<Place> places;
  for (const auto& thread : threads) {
    GL_TRY(own_keys, home::keys_of(home, thread));
    GL_TRY(known_until, home::rowless_notes_until(home, thread.id));
    rowless_until.push_back(known_until);
    first.push_back(std::max(known_until, thread.next_out));
    for (std::uint64_t i = 0; i < kNoteLookAhead; ++i) places.push_back({keys.size(), first.back() + i});
    for (const auto& note : own) {
      if (note.thread_id != thread.id) continue;
      // What a revocation dropped, or what was sent once more, has stood there in other words of this home's own.
      GL_TRY(is_as_sealed, home::is_as_sealed(home, note));
      if (is_as_sealed) places.push_back({keys.size(), note.number, &note});
    }
    keys.push_back(std::move(own_keys));
  }
  std::vector<crypto::Hash> addresses;
  addresses.reserve(places.size());
  for (const auto& place : places) {
    addresses.push_back(keys[place.thread].note_address(threads[place.thread].out, place.number));
  }
  const auto own_key = home.signing_key().public_key();
  std::map<std::size_t, LostNotes> lost;  // by thread
  const auto judge = [&](std::size_t which, const ledger::Bundle& bundle) -> std::optional<LostNotes::Note> {
    const auto& [thread, number, own_note] = places[which];
    if (own_note != nullptr && bundle.payload() == ledger::payload_of(own_note->bundle)) return std::nullopt;
    const auto note = keys::open_note(bundle.payload(), keys[thread], threads[thread].out, number, own_key);
    if (!note) return std::nullopt;
    // One that began to leave and was dropped (home::drop_unsent_notes) is known of.
    if (number < rowless_until[thread] && !note->closed_ms) return std::nullopt;
    return LostNotes::Note{addresses[which], note->closed_ms,
                           own_note != nullptr ? std::optional(own_note->id) : std::nullopt};
  };
  const auto take = [&](std::size_t which, const LostNotes::Note& note) {
    const auto& place = places[which];
    auto& found = lost[place.thread];
    found.thread_id = threads[place.thread].id;
    found.first = first[place.thread];
    if (note.closed_ms) found.closed_ms = note.closed_ms;
    auto& kept = found.notes[place.number];
    if (!kept.closed_ms) kept = note;
    return false;  // two copies of this home may have given two notes one number
  };
  GL_CHECK(read_judged(ledger, addresses, judge, take, world.cancel));
  std::vector<LostNotes> all;
  all.reserve(lost.size());
  for (auto& [thread, found] : lost) all.push_back(std::move(found));
  return all;
}

}  // namespace glucoledger::exchange
