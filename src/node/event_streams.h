// GET /events[?after=ID]: each client's place in the live feed (event_feed.h), as a streamed answer. Bounded, in all
// and of one address. Thread-safe.
#pragma once

#include <cstddef>
#include <list>
#include <memory>
#include <string>

#include "base/mutex.h"
#include "http/responder.h"
#include "ledger_store/reader.h"
#include "node/node_metrics.h"

namespace glucoledger::node {

class EventStreams {
 public:
  // What it is given outlives it, and it outlives its streams.
  EventStreams(ledger_store::Reader& tangle, NodeMetrics& metrics, std::size_t streams_max)
      : tangle_(tangle), metrics_(metrics), streams_max_(streams_max) {}

  void answer(const std::shared_ptr<http::Responder>& responder);
  // There is something new. Quick, from any thread.
  void wake();
  // The server stops, and ends the streams that are open: nobody wakes them from now on.
  void stop();

 private:
  ledger_store::Reader& tangle_;
  NodeMetrics& metrics_;
  const std::size_t streams_max_;
  base::Mutex mutex_;
  struct Open {
    std::string peer;
    std::weak_ptr<http::Responder> responder;
  };
  std::list<Open> open_ GUARDED_BY(mutex_);
};

}  // namespace glucoledger::node
