// What every server counts, whatever it serves.
#pragma once

#include <array>

#include "http/metrics.h"

namespace glucoledger::http {

class ServerMetrics {
 public:
  // They are kept in `metrics`, which outlives this.
  explicit ServerMetrics(Metrics& metrics);
  // A request that was refused without having been done.
  void count_refusal(unsigned status);

 private:
  static constexpr std::array<unsigned, 9> kRefusals = {400, 401, 403, 404, 405, 413, 431, 500, 503};
  std::array<Figure*, kRefusals.size() + 1> refused_;  // the last: others

 public:
  Figure& connections;  // open now
  Figure& connections_turned_away;
  Figure& connections_timed_out;
  Figure& handshakes_failed;
  Figure& memory_size;  // bodies and answers held now
};

}  // namespace glucoledger::http
