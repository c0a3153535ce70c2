// Work that an outsider's bytes may lead astray, in a process of its own: when it takes too long, too much memory or
// crashes, that process ends, and nothing else.
#pragma once

#include <cstdint>
#include <functional>

#include "base/cancel.h"
#include "base/secret.h"

namespace glucoledger::base {

struct ChildBounds {
  std::int64_t time_ms = 0;       // of real time
  std::uint64_t memory_size = 0;  // more than the process has now
  std::size_t result_size_max = 0;
};

// What `work` returned. It starts no threads, and what it changes is lost. kInputRefused with `refusal` when it was
// ended or ended by itself; kInterrupted once cancelled. Cost: a fork.
Result<SecretBytes> run_in_child(const std::function<Result<SecretBytes>()>& work, const ChildBounds& bounds,
                                 const Error& refusal, const CancelToken& cancel);

}  // namespace glucoledger::base
