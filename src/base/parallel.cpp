#include "base/parallel.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace glucoledger::base {

void add_threads(std::vector<std::jthread>& threads, std::size_t count, const std::function<void()>& work) {
  try {
    for (std::size_t i = 0; i < count; ++i) threads.emplace_back(work);
  } catch (const std::exception&) {  // no more threads, or no more memory
  }
}

void in_parallel(std::size_t count, const std::function<void(std::size_t)>& work) {
  std::atomic<std::size_t> next{0};
  std::once_flag once;
  std::exception_ptr thrown;
  const auto loop = [&] {
    try {
      for (std::size_t i = next++; i < count; i = next++) work(i);
    } catch (...) {
      next = count;
      std::call_once(once, [&] { thrown = std::current_exception(); });
    }
  };
  {
    std::vector<std::jthread> threads;
    const std::size_t cores = std::max(1U, std::thread::hardware_concurrency());
    add_threads(threads, std::min(cores, count) - std::min<std::size_t>(count, 1), loop);
    loop();
  }
  if (thrown) std::rethrow_exception(thrown);
}

}  // namespace glucoledger::base
