#include "usecases/publish.h"

#include <map>
#include <set>

#include "base/wall_time.h"
#include "home/grants.h"

namespace glucoledger::usecases {
namespace {

using home::StoredReading;

// Readings that go into one epoch, by a key that sorts.
using Groups = std::map<std::string, std::vector<StoredReading>>;

Groups by_day(std::vector<StoredReading> readings) {
  Groups groups;
  for (auto& reading : readings) {
    auto& group = groups[reading.local_day];
    group.push_back(std::move(reading));
  }
  return groups;
}

// First days of the pieces into which open grants cut the calendar.
Result<std::set<std::string>> cuts_of_grants(home::Home& home, keys::Design design) {
  std::set<std::string> cuts;
  GL_TRY(grants, home::open_grants(home, design));
  for (const auto& grant : grants) {
    if (grant.days.since) cuts.insert(*grant.days.since);
    if (grant.days.until) cuts.insert(base::day_text(*cgm::days_since_epoch(*grant.days.until) + 1));
  }
  return cuts;
}

Groups by_window(std::vector<StoredReading> readings, cgm::Window window, const std::set<std::string>& cuts) {
  Groups groups;
  for (auto& reading : readings) {
    const auto cut = cuts.upper_bound(reading.local_day);  // the first cut after this day
    const std::string piece = cut == cuts.end() ? "~" : *cut;
    auto& group = groups[cgm::window_of(reading.local_day, window) + "/" + piece];
    group.push_back(std::move(reading));
  }
  return groups;
}

Result<void> plan_days(home::Home& home, const Groups& groups, PublishPlan& plan) {
  std::vector<home::Epoch> fresh;
  for (const auto& [day, readings] : groups) {
    GL_TRY(epoch, home::signing_epoch(home, day));
    if (!epoch) {
      GL_ASSIGN(epoch, home::create_epoch(home, keys::Design::kTangle, day, day));
      fresh.push_back(*epoch);
    }
    for (const auto& reading : readings) GL_CHECK(home::add_message(home, *epoch, std::span(&reading.id, 1)));
    plan.readings += readings.size();
    plan.messages += readings.size();
  }
  plan.epochs += fresh.size();
  return home::release_to_holders(home, fresh);
}

Result<void> plan_files(home::Home& home, const Groups& groups, PublishPlan& plan) {
  std::vector<home::Epoch> fresh;
  for (const auto& [window, readings] : groups) {
    std::set<std::string> days;
    std::vector<std::int64_t> ids;
    for (const auto& reading : readings) {
      days.insert(reading.local_day);
      ids.push_back(reading.id);
    }
    GL_TRY(epoch, home::create_epoch(home, keys::Design::kTangleIpfs, *days.begin(), *days.rbegin()));
    GL_CHECK(home::add_message(home, epoch, ids));
    plan.readings += readings.size();
    ++plan.messages;
    fresh.push_back(std::move(epoch));
  }
  plan.epochs += fresh.size();
  return home::release_to_holders(home, fresh);
}

}  // namespace

Result<PublishPlan> plan_publication(home::Home& home, const PublishOptions& options) {
  PublishPlan plan;
  GL_CHECK(home.database().transaction([&]() -> Result<void> {
    GL_CHECK(replace_dead_epochs(home));
    GL_TRY(readings, home::unpublished_readings(home, options.design, options.days, options.last));
    if (options.design == keys::Design::kTangle) return plan_days(home, by_day(std::move(readings)), plan);
    GL_TRY(cuts, cuts_of_grants(home, options.design));
    return plan_files(home, by_window(std::move(readings), options.window, cuts), plan);
  }));
  return plan;
}

}  // namespace glucoledger::usecases
