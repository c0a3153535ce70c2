// One thread's notes, both ways: what waits is sealed under the next free number, what came is read in order.
//
// Anyone may post at a note's address once it was asked for. What counts there is a note that opens with the thread's
// key and bears its sender's signature; everything else is passed over and delays nothing. Knows which home, not whose:
// patient and physician use the same.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "home/outbox.h"
#include "home/threads.h"
#include "ports/world.h"

namespace glucoledger::exchange {

// A gap may be a note that is under way: it is looked at again next time. Notes behind it are read all the same.
struct NotesRead {
  std::size_t notes = 0;
  bool has_gap = false;  // notes stand behind one that is not there
  bool pruned = false;   // a ledger dropped what stood at a number, and that is passed over
  std::string doubt;     // as JudgedEnd::doubt
  std::optional<Error>
      newer_format;  // where reading ended stands what says to be of a newer version; anyone may say so
};

// Threads in which notes that this home signed stand on the ledger beyond those that it knows of, and the number after
// them: then it, or its machine, was put back to an earlier state, or a copy of it is at work. One read, for all open
// threads.
struct LostNotes {
  std::int64_t thread_id = 0;
  std::uint64_t next_out = 0;
};
Result<std::vector<LostNotes>> find_lost_notes(home::Home& home, ports::Ledger& ledger, const ports::World& world);

class Mailbox {
 public:
  static Result<Mailbox> open(home::Home& home, std::int64_t thread_id, ports::Ledger& ledger,
                              const ports::World& world);

  // Seals the notes that wait and fixes them in the outbox.
  Result<std::vector<home::Outgoing>> seal_waiting();
  // Rows of this thread at whose address another note of this home stands, as a copy of it may have sent: they wait
  // again, for another number. (Who read the other one looks at this number no more.) How many there were.
  Result<std::size_t> renumber_collided(std::span<const home::Outgoing> rows);

  // Notes that `sender` signed, from next_in on. `take` gets each with the number up to which all are read then.
  using Take = std::function<Result<void>(std::uint64_t next_note, const keys::Note& note)>;
  Result<NotesRead> read(const keys::PublicKey& sender, const Take& take);

 private:
  struct Slice;
  Mailbox(home::Home& home, home::Thread thread, keys::Thread keys, ports::Ledger& ledger, const ports::World& world)
      : home_(home), thread_(thread), keys_(std::move(keys)), ledger_(ledger), world_(world) {}
  keys::Direction in() const;
  Result<std::uint64_t> first_free_number(std::uint64_t from);
  Result<std::optional<home::Outgoing>> seal(const home::WaitingNote& note, std::uint64_t number);
  Result<Slice> read_slice(const keys::PublicKey& sender, std::uint64_t first);

  home::Home& home_;
  home::Thread thread_;
  keys::Thread keys_;
  ports::Ledger& ledger_;
  const ports::World& world_;
};

}  // namespace glucoledger::exchange
