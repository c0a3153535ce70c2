// Publishing: readings that no message carries yet are given to epochs and wait in the outbox; then the outbox runs.
//
// Design A: an epoch a local day, a message a reading. Design B: an epoch and one file a window; a window is cut where
// the days of an open grant begin or end, so that no file holds more than a grant covers, and where it is more than a
// reader takes.
#pragma once

#include <functional>
#include <optional>

#include "base/limits.h"
#include "cgm/local_day.h"
#include "home/readings.h"
#include "usecases/carry.h"
#include "usecases/import.h"

namespace glucoledger::usecases {

struct PublishOptions {
  keys::Design design = keys::Design::kTangle;
  home::DayRange days;
  std::optional<std::size_t> last;                               // only so many of the newest
  cgm::Window window = cgm::Window::kQuarter;                    // design B
  std::size_t file_size_max = base::limits::kRecordFileSizeMax;  // of the records in a file: readers take no more
  OutboxOptions outbox;
};

struct PublishPlan {
  std::size_t readings = 0;
  std::size_t messages = 0;
  std::size_t epochs = 0;
};

struct Publication {
  PublishPlan plan;
  Carried carried;
};

// kUsage: a minimum weight magnitude below the ledger's; nothing is queued then, if the ledger tells it. Whatever else
// keeps readings from the ledger is told in `carried`, and they wait.
Result<Publication> publish(home::Home& home, const World& world, const PublishOptions& options);

// What comes and what waits, round after round until cancelled: that is how it ends well. A ledger that cannot be
// reached is tried again, ever more rarely, and so is a home that another process holds for long.
struct PublishFollower {
  Inbox* inbox = nullptr;  // device files to import, also while others' readings are sent; may be absent
  convert::ImportOptions import_options;
  TellImport tell_import;
  std::function<void()> begun;                   // what is wrong from the start was told by then; may be absent
  std::function<void(const Publication&)> tell;  // rounds that had something to send
  std::function<void(const Error&)> tell_error;  // after which it goes on
};
Result<void> follow_publishing(home::Home& home, const World& world, const PublishOptions& options,
                               const PublishFollower& follower);

// The first half of publish: needs no ledger.
Result<PublishPlan> plan_publication(home::Home& home, const PublishOptions& options);

}  // namespace glucoledger::usecases
