// Grants: whom the patient let in, which epochs were released to each, and the notes that wait to tell them.
//
// A release is queued as a note before the epoch's first message leaves. Functions that write expect to be called
// inside a transaction.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "home/epochs.h"
#include "home/readings.h"
#include "keys/note.h"
#include "keys/thread.h"

namespace glucoledger::home {

struct Grant {
  std::int64_t id = 0;
  std::string name;
  keys::Design design = keys::Design::kTangle;
  DayRange days;
  std::uint64_t next_note = 0;
  bool open = true;
  std::int64_t opened_ms = 0;
  std::optional<std::int64_t> closed_ms;

  bool covers(const Epoch& epoch) const {
    return open && design == epoch.design && days.contains(epoch.first_day, epoch.last_day);
  }
};

Result<Grant> open_grant(Home& home, std::string_view name, keys::Design design, const DayRange& days,
                         std::int64_t now_ms);
Result<std::optional<Grant>> open_grant_named(Home& home, std::string_view name);
Result<Grant> grant_by_id(Home& home, std::int64_t id);
Result<std::vector<Grant>> all_grants(Home& home);
Result<std::vector<Grant>> open_grants(Home& home, keys::Design design);
Result<keys::Thread> thread_of(Home& home, const Grant& grant);

// Writes down that these epochs are released, and queues notes that say so (and the end of those that ended).
Result<void> release_by_note(Home& home, const Grant& grant, std::span<const Epoch> epochs);
// As above for an epoch that goes with the URI: no note, but one when it has ended.
Result<void> release_by_uri(Home& home, const Grant& grant, const Epoch& epoch);
// The invitation is given again, with this epoch: what only an earlier one brought follows as a note.
Result<void> release_anew_by_note(Home& home, const Grant& grant, const Epoch& with_uri);
// To every open grant that covers them.
Result<void> release_to_holders(Home& home, std::span<const Epoch> epochs);
// Queues the number of messages of ended epochs, wherever it was not told yet.
Result<void> queue_ends(Home& home);
// Open epochs that the grant holds.
Result<std::vector<Epoch>> open_epochs_of(Home& home, const Grant& grant);
// Closes the grant: drops releases that are not known to have left and queues the closing note, with the ends of all
// its epochs.
Result<void> close_grant(Home& home, const Grant& grant, std::int64_t now_ms);

struct WaitingNote {
  std::int64_t id = 0;
  std::int64_t grant_id = 0;
  keys::Note note;
};
Result<std::vector<WaitingNote>> waiting_notes(Home& home, std::int64_t grant_id);
Result<std::vector<std::int64_t>> grants_with_waiting_notes(Home& home);
// Fixes the note's number, address and bundle.
Result<void> store_sealed(Home& home, const WaitingNote& note, std::uint64_t number, const crypto::Hash& address,
                          const crypto::Hash& bundle_hash, const ledger::PreparedBundle& bundle);
// Lets a sealed note wait again, for another number.
Result<void> seal_again(Home& home, std::int64_t note_id);

}  // namespace glucoledger::home
