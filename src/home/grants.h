// Recipients, the grants that let them read, and what was released to them.
//
// A recipient is a person or a clinic under the patient's own name for them. A grant opens the epochs of one design
// within a window of days to one recipient; a person may hold several, and all of them that are open at the same time
// share one thread. A grant's name is the recipient's, with "/2" and so on for further ones. To release an epoch is to
// queue a note that brings its keys; who holds an epoch is a thread.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "home/epochs.h"
#include "home/readings.h"
#include "home/threads.h"

namespace glucoledger::home {

struct Grant {
  std::int64_t id = 0;
  std::int64_t thread_id = 0;
  std::string recipient;
  std::string name;
  keys::Design design = keys::Design::kTangle;
  DayRange days;
  bool open = true;
  std::int64_t opened_ms = 0;
  std::optional<std::int64_t> closed_ms;

  bool covers(const Epoch& epoch) const {
    return open && design == epoch.design && days.contains(epoch.first_day, epoch.last_day);
  }
};

// The recipient is added where there is none of this name; the thread is that of the recipient's other open grants, or
// a new one.
// kUsage: someone else's open grant has this name.
Result<Grant> open_grant(Transaction& transaction, std::string_view recipient, keys::Design design,
                         const DayRange& days, std::int64_t now_ms);
// Open ones. `name`: a recipient's, for all that they hold, or a grant's own; NAME/1 is the first of NAME's alone.
Result<std::vector<Grant>> open_grants_named(Home& home, std::string_view name);
Result<std::vector<Grant>> all_grants(Home& home);
Result<std::vector<Grant>> open_grants(Home& home, keys::Design design);

// Writes down that these epochs are released to the grant's thread, and queues notes that say so (and the end of those
// that ended). What was released before is not released again.
Result<void> release_by_note(Transaction& transaction, const Grant& grant, std::span<const Epoch> epochs);
// As above for an epoch that goes with the URI: no note, but one when it has ended.
Result<void> release_by_uri(Transaction& transaction, const Grant& grant, const Epoch& epoch);
// The invitation is given again, with this epoch: what only an earlier one brought follows as a note.
Result<void> release_anew_by_note(Transaction& transaction, const Grant& grant, const Epoch& with_uri);
// To every open grant that covers them.
Result<void> release_to_holders(Transaction& transaction, std::span<const Epoch> epochs);
// Queues the number of messages of ended epochs, wherever it was not told yet.
Result<void> queue_ends(Transaction& transaction);
// What was released to the grant's thread, open or ended.
Result<std::vector<Epoch>> epochs_released_to(Home& home, const Grant& grant);
// Open epochs that the grant's thread holds, and no other open grant of the same recipient covers.
Result<std::vector<Epoch>> epochs_held_by_alone(Home& home, const Grant& grant);
// Closes the grant, if it is open: notes that have not begun to leave are dropped with their releases. What other open
// grants of the recipient cover is released anew; with the thread's last open grant the thread closes, by a note with
// the ends of all its epochs.
Result<void> close_grant(Transaction& transaction, const Grant& grant, std::int64_t now_ms);
// All that are open in the thread. Their names.
Result<std::vector<std::string>> close_grants_of_thread(Transaction& transaction, std::int64_t thread_id,
                                                        std::int64_t now_ms);

}  // namespace glucoledger::home
