// Long work tells how far it is; facades decide how to show it.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

namespace glucoledger::base {

// `total` 0: not known. An empty stage: nothing is waited for any more. Called often: showing must be cheap.
using Progress = std::function<void(std::string_view stage, std::uint64_t done, std::uint64_t total)>;

inline void report(const Progress& progress, std::string_view stage, std::uint64_t done, std::uint64_t total) {
  if (progress) progress(stage, done, total);
}

}  // namespace glucoledger::base
