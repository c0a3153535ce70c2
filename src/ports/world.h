// What a call of the upper rooms needs from outside: the time, the wish to stop, a ledger and a content store by their
// names, and someone who does the proofs of work. Facades and tests choose; below them nothing reaches for the process.
#pragma once

#include <functional>
#include <memory>

#include "base/cancel.h"
#include "base/clock.h"
#include "base/progress.h"
#include "ledger/bundle.h"
#include "locator/locator.h"
#include "ports/content_store.h"
#include "ports/ledger.h"

namespace glucoledger::ports {

enum class Use { kRead, kWrite };

// Chains a bundle and does its proof of work, as ledger::attach does: here, at a node, or at a service of its own.
// Thread-safe. kInterrupted when options.cancel asked.
using Attach = std::function<Result<std::vector<ledger::Transaction>>(const ledger::PreparedBundle& bundle,
                                                                      const ledger::Attachment& attachment,
                                                                      const crypto::ProofOfWorkOptions& options)>;

struct World {
  const base::Clock& clock;
  // Reading makes nothing where nothing is: kNotFound.
  std::function<Result<std::shared_ptr<ports::Ledger>>(const locator::Locator&, Use, const base::CancelToken&)>
      open_ledger;
  std::function<Result<std::shared_ptr<ports::ContentStore>>(const locator::Locator&, Use, const base::CancelToken&)>
      open_store;
  base::Progress progress;
  Attach attach = ledger::attach;
  base::CancelToken cancel = {};  // of the call
};

}  // namespace glucoledger::ports
