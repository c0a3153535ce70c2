// Work that is shared out over the cores.
#pragma once

#include <cstddef>
#include <functional>

namespace glucoledger::base {

// Runs `work(i)` for every i below `count`, in no particular order, on all cores; returns when all are done.
// What `work` throws, as where memory ends, is thrown here once all have stopped.
void in_parallel(std::size_t count, const std::function<void(std::size_t)>& work);

}  // namespace glucoledger::base
