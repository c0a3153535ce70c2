#include "crypto/search_progress.h"

#include <algorithm>
#include <cmath>

#include "crypto/proof_of_work.h"

namespace glucoledger::crypto {

SearchProgress::SearchProgress(int min_weight_magnitude, std::uint64_t searches)
    : min_weight_magnitude_(min_weight_magnitude), searches_left_(searches) {}

void SearchProgress::tried(std::uint64_t hashes, Clock::time_point now) {
  if (hashes_in_search_ != 0 && hashes > hashes_in_search_) {
    hashes_ += static_cast<double>(hashes - hashes_in_search_);
    seconds_ += std::chrono::duration<double>(now - tried_at_).count();
  }
  hashes_in_search_ = hashes;
  tried_at_ = now;
}

void SearchProgress::search_done() {
  hashes_in_search_ = 0;
  if (searches_left_ > 0) --searches_left_;
}

std::string SearchProgress::time_left() const {
  constexpr double kEnoughSeconds = 0.05;
  if (seconds_ < kEnoughSeconds || hashes_ <= 0) return {};
  const double hashes_left = static_cast<double>(searches_left_) * expected_hashes(min_weight_magnitude_);
  return time_left_text(hashes_left * seconds_ / hashes_);
}

std::string time_left_text(double seconds) {
  struct Unit {
    double seconds;
    const char* name;
  };
  constexpr Unit kUnits[] = {{86'400, " days"}, {3'600, " h"}, {60, " min"}, {1, " s"}};
  // Two of a unit or more: 90 s say more than 2 min.
  const auto* unit = std::find_if(std::begin(kUnits), std::end(kUnits) - 1,
                                  [&](const Unit& candidate) { return seconds >= 2 * candidate.seconds; });
  const double count = std::max(1.0, std::round(seconds / unit->seconds));
  constexpr double kCountMax = 1e6;
  if (count > kCountMax) return "more than a million days left";
  return "about " + std::to_string(static_cast<std::uint64_t>(count)) + unit->name + " left";
}

}  // namespace glucoledger::crypto
