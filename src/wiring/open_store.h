// From a locator to a content store: a folder. The kinds that stand behind an address (kubo, cluster, agent) have
// names, but no engine in this version.
#pragma once

#include <memory>

#include "locator/locator.h"
#include "ports/content_store.h"

namespace glucoledger::wiring {

// `read_only`: kNotFound where there is none, else a folder is made. kUsage: the locator's kind is no store's, or has
// no engine here. `cancel`: also of all calls, besides what each is handed.
Result<std::unique_ptr<ports::ContentStore>> open_store(const locator::Locator& place, bool read_only,
                                                        const base::CancelToken& cancel = {});

}  // namespace glucoledger::wiring
