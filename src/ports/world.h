// What a call of the upper rooms needs from outside: the time, the wish to stop, a ledger and a content store by their
// names, and someone who does the proofs of work. Facades and tests choose; below them nothing reaches for the process.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/cancel.h"
#include "base/clock.h"
#include "base/progress.h"
#include "ledger/bundle.h"
#include "ports/content_store.h"
#include "ports/ledger.h"

namespace glucoledger::ports {

enum class Use { kRead, kWrite };

// A node's URL, not a folder.
inline bool is_url(std::string_view locator) {
  return locator.starts_with("http://") || locator.starts_with("https://");
}

// Chains a bundle and does its proof of work, as ledger::attach does: here, at a node, or at a service of its own.
// Thread-safe. kInterrupted when options.cancel asked.
using Attach = std::function<Result<std::vector<ledger::Transaction>>(const ledger::PreparedBundle& bundle,
                                                                      const ledger::Attachment& attachment,
                                                                      const crypto::ProofOfWorkOptions& options)>;

struct World {
  const base::Clock& clock;
  std::function<Result<std::shared_ptr<ports::Ledger>>(const std::string& spec, Use use)> open_ledger;
  std::function<Result<std::unique_ptr<ports::ContentStore>>(const std::string& spec, Use use)> open_store;
  // How others reach what a spec names: absolute folders, normalised URLs.
  std::function<Result<std::string>(const std::string& spec)> locator_of;
  base::Progress progress;
  Attach attach = ledger::attach;
  base::CancelToken cancel = {};  // of the call
};

}  // namespace glucoledger::ports
