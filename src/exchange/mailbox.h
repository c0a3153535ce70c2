// One thread's notes, both ways: what waits is sealed under the next free number, what came is read in order.
//
// Anyone may post at a note's address once it was asked for. What counts there is a note that opens with the thread's
// key and bears its sender's signature; everything else is passed over and delays nothing. Knows which home, not whose:
// patient and physician use the same.
#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "home/outbox.h"
#include "home/threads.h"
#include "ports/world.h"

namespace glucoledger::exchange {

// Notes behind a gap are read all the same, and what is missing is asked for again each time.
struct NotesRead {
  std::size_t notes = 0;
  std::size_t missing = 0;  // notes behind which others stand
  bool pruned = false;      // the ledger says that it dropped what stood at a number that is missing, or next
  std::string doubt;        // as JudgedEnd::doubt
  std::optional<Error>
      newer_format;  // where reading ended stands what says to be of a newer version; anyone may say so
};

// Threads in which notes that this home signed stand on the ledger and that it does not know of: then it, or its
// machine, was put back to an earlier state, or a copy of it is at work. One read, for all open threads; beyond what it
// tells of there may be more.
struct LostNotes {
  struct Note {
    crypto::Hash address;
    std::optional<std::int64_t> closed_ms;  // it closed the thread
    std::optional<std::int64_t> own_id;     // of a note of this home that has the same number
  };
  std::int64_t thread_id = 0;
  std::uint64_t first = 0;                // all numbers before it are known of, but for `own_id`
  std::map<std::uint64_t, Note> notes;    // by number; at least one
  std::optional<std::int64_t> closed_ms;  // of one of them

  std::uint64_t until() const { return std::max(first, notes.rbegin()->first + 1); }
  std::uint64_t gaps() const;  // numbers from `first` to before it at which none stands
};
// `own`: notes of this home that leave, or just left: looked at are their numbers, and those that nothing has.
Result<std::vector<LostNotes>> find_lost_notes(home::Home& home, ports::Ledger& ledger, const ports::World& world,
                                               std::span<const home::Outgoing> own);

class Mailbox {
 public:
  static Result<Mailbox> open(home::Home& home, std::int64_t thread_id, ports::Ledger& ledger,
                              const ports::World& world);

  // Seals the notes that wait and fixes them in the outbox. kCorrupt: the ledger says of numbers without end that it
  // dropped what stood there.
  Result<std::vector<home::Outgoing>> seal_waiting();
  // A note of this thread, sealed under this number and not recorded.
  Result<ledger::PreparedBundle> seal(const keys::Note& note, std::uint64_t number) const;
  // Whether a note of this home stands there, under this number. Thread-safe.
  bool is_own_note(const ledger::Bundle& bundle, std::uint64_t number) const;
  // Why notes were left waiting: too few nodes answered to be sure that a number is free under which a note was once
  // sent and taken back. Who had read that one would never see another of its number.
  const std::string& doubt() const { return doubt_; }
  // Rows of this thread at whose address another note of this home stands, as a copy of it may have sent: they wait
  // again, for another number. (Who read the other one looks at this number no more.) How many there were.
  Result<std::size_t> renumber_collided(std::span<const home::Outgoing> rows);

  // Notes that `sender` signed: those that were missing, and from next_in on. `take` keeps each, and that it was read
  // (home::mark_note_read).
  using Take = std::function<Result<void>(std::uint64_t number, const keys::Note& note)>;
  Result<NotesRead> read(const keys::PublicKey& sender, const Take& take);

 private:
  struct Found;
  Mailbox(home::Home& home, home::Thread thread, keys::Thread keys, ports::Ledger& ledger, const ports::World& world)
      : home_(home), thread_(thread), keys_(std::move(keys)), ledger_(ledger), world_(world) {}
  keys::Direction in() const;
  // The next ones, ascending; none where too few nodes answered to be sure.
  Result<std::deque<std::uint64_t>> free_numbers(std::uint64_t from);
  Result<std::optional<home::Outgoing>> seal_next(const home::WaitingNote& note, std::uint64_t number);
  Result<Found> look_at(std::span<const std::uint64_t> numbers, const keys::PublicKey& sender);
  Result<Found> take_at(std::span<const std::uint64_t> numbers, const keys::PublicKey& sender, const Take& take,
                        NotesRead& told);
  Result<void> look_again(const std::vector<std::uint64_t>& missed_before, const keys::PublicKey& sender,
                          const Take& take, NotesRead& told);

  home::Home& home_;
  home::Thread thread_;
  keys::Thread keys_;
  std::string doubt_;
  ports::Ledger& ledger_;
  const ports::World& world_;
};

}  // namespace glucoledger::exchange
