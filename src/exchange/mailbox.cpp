#include "exchange/mailbox.h"

#include <algorithm>
#include <map>
#include <set>

#include "exchange/delivery.h"
#include "exchange/read_judged.h"
#include "ledger/bundle.h"

namespace glucoledger::exchange {
namespace {

constexpr std::uint64_t kNoteLookAhead = 8;
constexpr std::uint64_t kNotesPerRead = 16;
const std::string kNoTag(ledger::kTagTrytes, '9');

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
  for (const auto& note : notes) {
    GL_ASSIGN(number, first_free_number(number));
    GL_TRY(row, seal(note, number));
    if (!row) break;  // another process has a say in this thread: the next look at it tells
    rows.push_back(std::move(*row));
    ++number;
  }
  return rows;
}

// Where a copy of this home may have sent a note, or where one was pruned, is no place for another.
Result<std::uint64_t> Mailbox::first_free_number(std::uint64_t from) {
  const auto own_key = home_.signing_key().public_key();
  for (std::uint64_t first = from;; first += kNoteLookAhead) {
    const auto addresses = addresses_from(keys_, thread_.out, first, kNoteLookAhead);
    std::vector<bool> used(addresses.size());
    const auto judge = [&](std::size_t which, const ledger::Bundle& bundle) -> std::optional<bool> {
      if (!keys::open_note(bundle.payload(), keys_, thread_.out, first + which, own_key)) return std::nullopt;
      return true;
    };
    const auto take = [&](std::size_t which, bool is_note) { return used[which] = is_note; };
    GL_TRY(end, read_judged(ledger_, addresses, judge, take, world_.cancel));
    for (std::size_t i = 0; i < addresses.size(); ++i) {
      if (!used[i] && !end.pruned[i]) return first + i;
    }
  }
}

Result<std::optional<home::Outgoing>> Mailbox::seal(const home::WaitingNote& note, std::uint64_t number) {
  const auto address = keys_.note_address(thread_.out, number);
  const auto payload = keys::seal_note(note.note, keys_, thread_.out, number, home_.signing_key());
  GL_TRY(bundle, ledger::prepare(payload, address, kNoTag, world_.clock.now_ms() / 1000));
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
  return home::Outgoing{home::Outgoing::Kind::kNote, note.id, address, hash, std::move(bundle), thread_.id, number};
}

Result<std::size_t> Mailbox::renumber_collided(std::span<const home::Outgoing> rows) {
  std::vector<home::Outgoing> ours;
  std::vector<crypto::Hash> addresses;
  for (const auto& row : rows) {
    if (row.kind != home::Outgoing::Kind::kNote || row.thread_id != thread_.id) continue;
    ours.push_back(row);
    addresses.push_back(row.address);
  }
  const auto own_key = home_.signing_key().public_key();
  std::set<std::int64_t> collided;
  const auto judge = [&](std::size_t which, const ledger::Bundle& bundle) -> std::optional<std::int64_t> {
    const auto& row = ours[which];
    if (bundle.payload() == payload_of(row.bundle)) return std::nullopt;
    if (!keys::open_note(bundle.payload(), keys_, thread_.out, row.number, own_key)) return std::nullopt;
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

struct Mailbox::Slice {
  std::multimap<std::uint64_t, keys::Note> notes;  // two copies of a home may have given two notes one number
  std::map<std::uint64_t, Error> newer;            // what says to be a note of a newer version, and may be junk
  std::uint64_t read = 0;                          // without a gap
  NotesRead told;
};

Result<Mailbox::Slice> Mailbox::read_slice(const keys::PublicKey& sender, std::uint64_t first) {
  Slice slice;
  const auto addresses = addresses_from(keys_, in(), first, kNotesPerRead);
  const auto judge = [&](std::size_t which, const ledger::Bundle& bundle) -> std::optional<Result<keys::Note>> {
    auto note = keys::open_note(bundle.payload(), keys_, in(), first + which, sender);
    if (!note && note.error().code != ErrorCode::kNewerFormat) return std::nullopt;
    return note;
  };
  const auto take = [&](std::size_t which, Result<keys::Note> note) {
    if (note) {
      slice.notes.emplace(first + which, std::move(*note));
    } else {
      slice.newer.emplace(first + which, std::move(note.error()));
    }
    return false;
  };
  GL_TRY(end, read_judged(ledger_, addresses, judge, take, world_.cancel));
  while (slice.read < kNotesPerRead) {
    const bool is_here = slice.notes.contains(first + slice.read);
    if (!is_here && !end.pruned[slice.read]) break;
    if (!is_here) slice.told.pruned = true;
    ++slice.read;
  }
  if (slice.read < kNotesPerRead) {
    slice.told.doubt = end.doubt;
    slice.told.has_gap = slice.notes.upper_bound(first + slice.read) != slice.notes.end();
    if (const auto newer = slice.newer.find(first + slice.read); newer != slice.newer.end()) {
      slice.told.newer_format = newer->second;
    }
  }
  slice.told.notes = slice.notes.size();
  return slice;
}

Result<NotesRead> Mailbox::read(const keys::PublicKey& sender, const Take& take) {
  NotesRead all;
  for (std::uint64_t first = thread_.next_in;;) {
    GL_TRY(slice, read_slice(sender, first));
    for (const auto& [number, note] : slice.notes) {
      GL_CHECK(take(std::min(number + 1, first + slice.read), note));
    }
    all.notes += slice.told.notes;
    all.has_gap = slice.told.has_gap;
    all.pruned = all.pruned || slice.told.pruned;
    if (!slice.told.doubt.empty()) all.doubt = slice.told.doubt;
    all.newer_format = slice.told.newer_format;
    first += slice.read;
    if (slice.read < kNotesPerRead) return all;
  }
}

Result<std::vector<LostNotes>> find_lost_notes(home::Home& home, ports::Ledger& ledger, const ports::World& world) {
  struct Place {
    std::size_t thread = 0;
    std::uint64_t number = 0;
  };
  GL_TRY(threads, home::open_threads(home));
  std::vector<keys::Thread> keys;
  std::vector<Place> places;
  std::vector<crypto::Hash> addresses;
  for (const auto& thread : threads) {
    GL_TRY(own, home::keys_of(home, thread));
    for (std::uint64_t i = 0; i < kNoteLookAhead; ++i) {
      places.push_back({keys.size(), thread.next_out + i});
      addresses.push_back(own.note_address(thread.out, thread.next_out + i));
    }
    keys.push_back(std::move(own));
  }
  const auto own_key = home.signing_key().public_key();
  std::map<std::size_t, std::uint64_t> next_out;  // by thread
  const auto judge = [&](std::size_t which, const ledger::Bundle& bundle) -> std::optional<bool> {
    const auto& [thread, number] = places[which];
    if (!keys::open_note(bundle.payload(), keys[thread], threads[thread].out, number, own_key)) return std::nullopt;
    return true;
  };
  const auto take = [&](std::size_t which, bool is_note) {
    auto& next = next_out[places[which].thread];
    next = std::max(next, places[which].number + 1);
    return is_note;
  };
  GL_CHECK(read_judged(ledger, addresses, judge, take, world.cancel));
  std::vector<LostNotes> lost;
  lost.reserve(next_out.size());
  for (const auto& [thread, next] : next_out) lost.push_back({threads[thread].id, next});
  return lost;
}

}  // namespace glucoledger::exchange
