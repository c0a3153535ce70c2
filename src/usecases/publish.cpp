#include "usecases/publish.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>

#include "base/advice.h"
#include "base/wall_time.h"
#include "exchange/home_ledger.h"
#include "fhir/observation.h"
#include "home/grants.h"
#include "home/messages.h"
#include "ledger/min_weight_magnitude.h"
#include "privacy/identifier.h"
#include "usecases/role.h"

namespace glucoledger::usecases {
namespace {

using home::StoredReading;

// So many readings are planned in one transaction, or those of one epoch where they are more: others have their turn.
constexpr std::size_t kReadingsPerTransaction = 2'000;
constexpr std::int64_t kRoundPauseMs = 300;
constexpr std::int64_t kPauseMaxMs = 30'000;
constexpr std::int64_t kMeanwhilePauseMs = 2'000;

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

std::size_t size_of(const Groups& groups) {
  std::size_t size = 0;
  for (const auto& group : groups) size += group.second.size();
  return size;
}

// What another process has planned meanwhile falls out.
Result<Groups> still_unpublished(home::Home& home, keys::Design design, const Groups& groups) {
  Groups still;
  for (const auto& [key, readings] : groups) {
    std::vector<std::int64_t> ids;
    for (const auto& reading : readings) ids.push_back(reading.id);
    GL_TRY(free_ids, home::still_unpublished(home, design, ids));
    const std::set<std::int64_t> is_free(free_ids.begin(), free_ids.end());
    Groups::mapped_type left;
    std::copy_if(readings.begin(), readings.end(), std::back_inserter(left),
                 [&](const StoredReading& reading) { return is_free.contains(reading.id); });
    if (!left.empty()) still.emplace(key, std::move(left));
  }
  return still;
}

Result<void> plan_days(home::Transaction& transaction, const Groups& groups, PublishPlan& plan) {
  std::vector<home::Epoch> fresh;
  for (const auto& [day, readings] : groups) {
    GL_TRY(epoch, home::signing_epoch(transaction.home(), day));
    if (!epoch) {
      GL_ASSIGN(epoch, home::create_epoch(transaction, keys::Design::kTangle, day, day));
      fresh.push_back(*epoch);
    }
    for (const auto& reading : readings) {
      GL_CHECK(home::add_message(transaction, *epoch, std::span(&reading.id, 1)));
    }
    plan.readings += readings.size();
    plan.messages += readings.size();
  }
  plan.epochs += fresh.size();
  return home::release_to_holders(transaction, fresh);
}

// What a reading takes at most in a file of records: as the first one of its device, and something for what differs.
class RecordSizes {
 public:
  explicit RecordSizes(const home::Home& home) : home_(home), context_{home.settings().patient, {}} {}

  std::size_t of(const cgm::Reading& reading) {
    constexpr std::size_t kDiffers = 512;  // value, reason of its absence, kind, time
    auto& size = by_device_[{reading.device_model, reading.device_serial}];
    if (size > 0) return size;
    auto as_written = reading;
    as_written.identity = privacy::reading_identifier(home_.identifier_key(), reading);
    return size = fhir::full_observation(as_written, context_).size() + kDiffers;
  }

 private:
  const home::Home& home_;
  const fhir::ObservationContext context_;
  std::map<std::pair<std::string, std::string>, std::size_t> by_device_;
};

Result<home::Epoch> plan_file(home::Transaction& transaction, std::span<const StoredReading> readings) {
  std::set<std::string> days;
  std::vector<std::int64_t> ids;
  for (const auto& reading : readings) {
    days.insert(reading.local_day);
    ids.push_back(reading.id);
  }
  GL_TRY(epoch, home::create_epoch(transaction, keys::Design::kTangleIpfs, *days.begin(), *days.rbegin()));
  GL_CHECK(home::add_message(transaction, epoch, ids));
  return epoch;
}

// One file a window, or more where no reader would take as large a one.
Result<void> plan_files(home::Transaction& transaction, const Groups& groups, std::size_t file_size_max,
                        PublishPlan& plan) {
  std::vector<home::Epoch> fresh;
  RecordSizes sizes(transaction.home());
  for (const auto& [window, readings] : groups) {
    for (std::span<const StoredReading> rest = readings; !rest.empty();) {
      std::size_t count = 0;
      for (std::size_t size = 0; count < rest.size(); ++count) {
        size += sizes.of(rest[count].reading);
        if (size > file_size_max && count > 0) break;
      }
      GL_TRY(epoch, plan_file(transaction, rest.first(count)));
      fresh.push_back(std::move(epoch));
      rest = rest.subspan(count);
      ++plan.messages;
    }
    plan.readings += readings.size();
  }
  plan.epochs += fresh.size();
  return home::release_to_holders(transaction, fresh);
}

// One transaction: epochs for these groups, as grants and epochs stand now.
Result<void> plan_some(home::Home& home, const PublishOptions& options, const Groups& some, PublishPlan& plan) {
  PublishPlan planned;
  GL_CHECK(home.write([&](home::Transaction& transaction) -> Result<void> {
    planned = {};
    GL_TRY(groups, still_unpublished(home, options.design, some));
    if (options.design == keys::Design::kTangle) return plan_days(transaction, groups, planned);
    std::vector<StoredReading> readings;
    for (auto& group : groups) std::move(group.second.begin(), group.second.end(), std::back_inserter(readings));
    GL_TRY(cuts, cuts_of_grants(home, options.design));
    return plan_files(transaction, by_window(std::move(readings), options.window, cuts), options.file_size_max,
                      planned);
  }));
  plan.readings += planned.readings;
  plan.messages += planned.messages;
  plan.epochs += planned.epochs;
  return {};
}

// A wrong minimum weight magnitude is told before anything is queued; where no ledger answers, later.
Result<void> check_min_weight(home::Home& home, const World& world, const OutboxOptions& options) {
  if (!options.min_weight_magnitude) return {};
  const auto ledger = world.open_ledger(home.ledger_place(), ports::Use::kRead, world.cancel);
  if (!ledger) return {};
  const auto info = (*ledger)->info(world.cancel);
  if (!info) return {};
  return ledger::weight_to_attach(info->min_weight_magnitude, options.min_weight_magnitude).map([](int) {});
}

// What was planned before stays: then it is not BUSY, "nothing was changed", any more.
Error cut_short(Error error, const PublishPlan& plan) {
  if (plan.readings == 0 || error.code != ErrorCode::kBusy) return error;
  return {ErrorCode::kFailed, error.message + "; " + std::to_string(plan.readings) + " readings wait in the outbox", "",
          Advice::kPublishAgain};
}

// Where it fails, the plan has what was planned until then.
Result<void> plan_into(home::Home& home, const PublishOptions& options, PublishPlan& plan) {
  GL_TRY(readings, home::unpublished_readings(home, options.design, options.days, options.last));
  // In design B a window's readings stay together; grants cut them further in the transaction.
  Groups groups = options.design == keys::Design::kTangle ? by_day(std::move(readings))
                                                          : by_window(std::move(readings), options.window, {});
  Groups some;
  while (!groups.empty()) {
    some.insert(groups.extract(groups.begin()));
    if (!groups.empty() && size_of(some) < kReadingsPerTransaction) continue;
    GL_CHECK(plan_some(home, options, some, plan));
    some.clear();
  }
  return {};
}

void import_from_inbox(home::Home& home, const World& world, const PublishFollower& follower) {
  if (follower.inbox == nullptr) return;
  import_new_files(home, world, *follower.inbox, follower.import_options, follower.tell_import);
}

// Nothing: there was nothing to send. What comes while it is sent goes along.
Result<std::optional<Publication>> publish_round(home::Home& home, const World& world, const PublishOptions& options,
                                                 const PublishFollower& follower) {
  import_from_inbox(home, world, follower);
  Publication publication;
  GL_CHECK(plan_into(home, options, publication.plan));
  GL_TRY(waiting, home::outbox_counts(home));
  if (waiting.messages_waiting + waiting.notes_waiting == 0) return std::nullopt;
  auto outbox = options.outbox;
  outbox.meanwhile = [&, next_ms = world.clock.steady_ms() + kMeanwhilePauseMs]() mutable {
    if (world.clock.steady_ms() < next_ms) return false;
    const auto before = publication.plan.readings;
    import_from_inbox(home, world, follower);
    (void)plan_into(home, options, publication.plan);  // where that fails, the next round tells
    next_ms = world.clock.steady_ms() + kMeanwhilePauseMs;
    return publication.plan.readings > before;
  };
  GL_ASSIGN(publication.carried, carry_all(home, world, outbox));
  return publication;
}

}  // namespace

Result<PublishPlan> plan_publication(home::Home& home, const PublishOptions& options) {
  GL_CHECK(require_role(home, home::Role::kPatient));
  PublishPlan plan;
  auto planned = plan_into(home, options, plan);
  if (!planned) return tl::unexpected(cut_short(std::move(planned.error()), plan));
  return plan;
}

Result<Publication> publish(home::Home& home, const World& world, const PublishOptions& options) {
  GL_CHECK(require_role(home, home::Role::kPatient));
  GL_CHECK(check_min_weight(home, world, options.outbox));
  Publication publication;
  GL_ASSIGN(publication.plan, plan_publication(home, options));
  GL_ASSIGN(publication.carried, carry_all(home, world, options.outbox));
  return publication;
}

Result<void> follow_publishing(home::Home& home, const World& world, const PublishOptions& options,
                               const PublishFollower& follower) {
  GL_CHECK(require_role(home, home::Role::kPatient));
  GL_CHECK(check_min_weight(home, world, options.outbox));
  if (follower.begun) follower.begun();
  std::int64_t pause_ms = kRoundPauseMs;
  while (!world.cancel.cancelled()) {
    auto round = publish_round(home, world, options, follower);
    std::optional<Error> error;
    if (!round) error = round.error();
    if (round && *round) {
      follower.tell(**round);
      error = (*round)->carried.shortfall();
    }
    if (error && error->code == ErrorCode::kInterrupted) break;
    if (error && error->code != ErrorCode::kUnreachable && error->code != ErrorCode::kBusy) {
      return tl::unexpected(std::move(*error));
    }
    if (error) follower.tell_error(*error);
    pause_ms = error ? std::min(2 * pause_ms, kPauseMaxMs) : kRoundPauseMs;
    const bool watches = follower.inbox != nullptr && !error;
    if (watches ? follower.inbox->wait_ms(pause_ms, world.cancel) : world.clock.wait_ms(pause_ms, world.cancel)) break;
  }
  return {};
}

}  // namespace glucoledger::usecases
