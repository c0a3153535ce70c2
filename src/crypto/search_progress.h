// What the person who waits for proofs of work is told: about how long it will still take.
//
// A search has no memory. However many hashes were tried, as many as at the beginning are still expected, so what is
// told stands still while one search goes on and falls with each that is done. One object for all searches of a task;
// only the time inside them counts.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace glucoledger::crypto {

class SearchProgress {
 public:
  using Clock = std::chrono::steady_clock;
  // `searches`: the transactions that are to be attached.
  SearchProgress(int min_weight_magnitude, std::uint64_t searches);
  // For ProofOfWorkOptions::report: hashes tried so far in the search that is under way.
  void tried(std::uint64_t hashes, Clock::time_point now = Clock::now());
  void search_done();
  // "about 12 s left"; empty as long as nothing can be said.
  std::string time_left() const;

 private:
  int min_weight_magnitude_;
  std::uint64_t searches_left_;
  Clock::time_point tried_at_;
  std::uint64_t hashes_in_search_ = 0;  // 0: the search under way has not reported yet
  double hashes_ = 0;                   // between reports of one search, in all searches
  double seconds_ = 0;
};

// "about 12 s left", in the unit that suits: s, min, h, days.
std::string time_left_text(double seconds);

}  // namespace glucoledger::crypto
