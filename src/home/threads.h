// The threads of a home, whichever side it is on, and the notes that it sends in them.
//
//   waiting -> sealed -> leaving -> left -> closed
//
// A note's number, address and bundle are fixed when it is sealed. Numbers go up without gaps from next_out.
#pragma once

#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "home/home.h"
#include "keys/note.h"
#include "keys/thread.h"
#include "ledger/bundle.h"

namespace glucoledger::home {

struct Thread {
  std::int64_t id = 0;
  keys::Direction out = keys::Direction::kPatientToRecipient;  // the way of what this home sends
  std::uint64_t next_out = 0;                                  // the first note number that may be free
  std::uint64_t next_in = 0;                                   // all before it were read, or are missing
  bool open = true;                                            // closed: nothing more is said in it
};

// kNotFound.
Result<Thread> thread_by_id(Home& home, std::int64_t id);
Result<std::vector<Thread>> open_threads(Home& home);
Result<keys::Thread> keys_of(Home& home, const Thread& thread);
// Under which label the home seals the secret of a thread (Home::seal).
std::string_view thread_label(keys::Direction out);

// Its id. kNotAllowed: the thread is closed.
Result<std::int64_t> queue_note(Transaction& transaction, std::int64_t thread_id, const keys::Note& note);

struct WaitingNote {
  std::int64_t id = 0;
  std::int64_t thread_id = 0;
  keys::Note note;
};
Result<std::vector<WaitingNote>> waiting_notes(Home& home, std::int64_t thread_id);
// Of any note of this home, whatever its state.
Result<keys::Note> content_of_note(Home& home, std::int64_t note_id);
Result<std::vector<std::int64_t>> threads_with_waiting_notes(Home& home);
// Fixes the note's number, address and bundle. False, and nothing is changed: it does not wait any more, or the number
// was given to another note.
Result<bool> store_sealed(Transaction& transaction, const WaitingNote& note, std::uint64_t number,
                          const crypto::Hash& address, const crypto::Hash& bundle_hash,
                          const ledger::PreparedBundle& bundle);
// A state of this home that is lost sent notes, or a copy of it did, the last one with the number before `until`.
Result<void> note_lost_notes(Transaction& transaction, std::int64_t thread_id, std::uint64_t until);
// One of them was found: it counts as one of this home's that a ledger confirmed. Where the ledger loses it, another
// takes its place (published.h), which says no more than that the thread is closed, if that one did: of epochs that are
// lost with that state nobody can speak. Nothing where a note has the number.
Result<void> take_up_note(Transaction& transaction, std::int64_t thread_id, std::uint64_t number,
                          const crypto::Hash& address, const std::optional<std::int64_t>& closed_ms);
// That notes of this home have, from this one on.
Result<std::set<std::uint64_t>> numbers_of_notes(Home& home, std::int64_t thread_id, std::uint64_t from);
// Numbers from the first free one, where it is `first`, to before `until` are all taken.
Result<void> skip_notes(Transaction& transaction, std::int64_t thread_id, std::uint64_t first, std::uint64_t until);
// Notes that say nothing, for numbers at which none arrived and behind which others stand: nobody shall wait for what
// does not come. Also in a closed thread.
Result<void> queue_fillers(Transaction& transaction, std::int64_t thread_id, std::uint64_t count);
// As many of them as are needed behind the notes that wait, where numbers that were given back have others behind them.
Result<void> queue_fillers_of_gaps(Transaction& transaction, std::int64_t thread_id);
// Of what is read: notes behind which others were found, and that were not there. Ascending.
Result<std::vector<std::uint64_t>> missing_notes(Home& home, std::int64_t thread_id);
// The note of this number was read; those between the last one and it are missing. kCorrupt: more are than
// limits::kMissingNotesMax.
Result<void> mark_note_read(Transaction& transaction, std::int64_t thread_id, std::uint64_t number);
// Lets a note that was sealed, leaves or left wait again, for another number.
Result<void> seal_again(Transaction& transaction, std::int64_t note_id);
// Notes are given up with what they release, and numbers at the end of the thread are free again. kUnsent: those that
// wait, and those sealed at the end that did not begin to leave. kNotArrived: also those that began to leave and are
// not known to have ever arrived, for a thread that closes: what they release shall not go out again. (One may have
// arrived; then the next note of its number is sealed again, for another.) The ids of the epochs that are not released
// any more. All ends of epochs have to be told anew (queue_ends).
enum class Drop { kUnsent, kNotArrived };
Result<std::vector<std::int64_t>> drop_unsent_notes(Transaction& transaction, std::int64_t thread_id, Drop drop);
// Below this number notes may stand of which this home has no row: they began to leave and were dropped, or
// note_lost_notes told of them.
Result<std::uint64_t> rowless_notes_until(Home& home, std::int64_t thread_id);
// Recorded as leaving: whether they arrived is not known.
Result<std::uint64_t> count_leaving_notes(Home& home, std::int64_t thread_id);

}  // namespace glucoledger::home
