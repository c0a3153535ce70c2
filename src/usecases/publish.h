// Publishing: readings that no message carries yet are given to epochs and wait in the outbox; then the outbox runs.
//
// Design A: an epoch a local day, a message a reading. Design B: an epoch and one file a window; a window is cut where
// the days of an open grant begin or end, so that no file holds more than a grant covers.
#pragma once

#include <optional>

#include "cgm/local_day.h"
#include "home/readings.h"
#include "usecases/outbox_run.h"

namespace glucoledger::usecases {

struct PublishOptions {
  keys::Design design = keys::Design::kTangle;
  home::DayRange days;
  std::optional<std::size_t> last;
  cgm::Window window = cgm::Window::kQuarter;  // design B
  OutboxOptions outbox;
};

struct PublishPlan {
  std::size_t readings = 0;
  std::size_t messages = 0;
  std::size_t epochs = 0;
};

// Needs no ledger: one transaction in the home.
Result<PublishPlan> plan_publication(home::Home& home, const PublishOptions& options);

}  // namespace glucoledger::usecases
