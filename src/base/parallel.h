// Work that is shared out over the cores.
#pragma once

#include <cstddef>
#include <functional>
#include <thread>
#include <vector>

namespace glucoledger::base {

// Starts so many threads that do `work`, or fewer where the system gives no more: what they would have done, the others
// or the caller do. What `work` throws must not leave it.
void add_threads(std::vector<std::jthread>& threads, std::size_t count, const std::function<void()>& work);

// Runs `work(i)` for every i below `count`, in no particular order, on all cores; returns when all are done.
// What `work` throws, as where memory ends, is thrown here once all have stopped.
void in_parallel(std::size_t count, const std::function<void(std::size_t)>& work);

}  // namespace glucoledger::base
