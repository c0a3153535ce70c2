// The patient's readings in the home: each identity once, the first value kept.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "cgm/reading.h"
#include "home/home.h"
#include "keys/epoch_release.h"

namespace glucoledger::home {

struct Added {
  std::size_t added = 0;
  std::size_t known = 0;
  std::vector<std::size_t> conflicting_lines;  // source lines whose identity stands here with another value
};
// All or none.
Result<Added> add_readings(Transaction& transaction, std::span<const cgm::Reading> readings);

// Local days, both inclusive.
struct DayRange {
  std::optional<std::string> since;
  std::optional<std::string> until;
  bool contains(std::string_view first_day, std::string_view last_day) const {
    return (!since || *since <= first_day) && (!until || last_day <= *until);
  }
};

struct StoredReading {
  std::int64_t id = 0;
  std::string local_day;
  cgm::Reading reading;
};
// By time.
Result<std::vector<StoredReading>> readings_in(Home& home, const DayRange& range);
// Those that no message carries in this design; `last`: only so many of the newest.
Result<std::vector<StoredReading>> unpublished_readings(Home& home, keys::Design design, const DayRange& range,
                                                        std::optional<std::size_t> last);
// Of these, those that no message carries in this design.
Result<std::vector<std::int64_t>> still_unpublished(Home& home, keys::Design design,
                                                    std::span<const std::int64_t> reading_ids);
Result<std::vector<StoredReading>> readings_of_message(Home& home, std::int64_t message_id);
Result<std::int64_t> count_readings(Home& home);
Result<std::int64_t> count_unpublished(Home& home, keys::Design design);
Result<std::optional<std::string>> newest_day(Home& home);

}  // namespace glucoledger::home
