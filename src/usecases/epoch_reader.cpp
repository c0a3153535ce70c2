#include "usecases/epoch_reader.h"

#include <algorithm>
#include <mutex>
#include <thread>
#include <unordered_map>

#include "base/interrupt.h"
#include "base/limits.h"
#include "fhir/observation.h"
#include "fhir/record_file.h"
#include "privacy/sealed_file.h"
#include "usecases/bundle_sieve.h"

namespace glucoledger::usecases {
namespace {

constexpr std::size_t kAddressesPerRead = 250;
// While one waits for the node, another has its messages opened and kept.
constexpr std::size_t kLanes = 3;

std::string days_of(const home::ReleasedEpoch& epoch) {
  return epoch.first_day == epoch.last_day ? epoch.first_day : epoch.first_day + " to " + epoch.last_day;
}

}  // namespace

Result<void> EpochReader::read_all() {
  GL_TRY(epochs, home::epochs_to_read(home_, contact_));
  std::vector<std::vector<Step>> lanes(std::min(kLanes, epochs.size()));
  for (std::size_t i = 0; i < epochs.size(); ++i) {
    lanes[i % lanes.size()].push_back({.epoch = std::move(epochs[i]), .content = {}, .next_root = {}, .problem = {}});
  }
  std::vector<Result<void>> outcomes(lanes.size());
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 1; i < lanes.size(); ++i) {
      threads.emplace_back([&, i] { outcomes[i] = read_lane(std::move(lanes[i])); });
    }
    if (!lanes.empty()) outcomes[0] = read_lane(std::move(lanes[0]));
  }
  for (auto& outcome : outcomes) GL_CHECK(std::move(outcome));
  return {};
}

Result<void> EpochReader::read_lane(std::vector<Step> active) {
  while (!active.empty() && !failed_) {
    auto round = read_round(active);
    if (!round) {
      failed_ = true;
      return round;
    }
    std::erase_if(active, [](const Step& step) { return step.found != Found::kMessage || step.epoch.complete(); });
  }
  return {};
}

Result<void> EpochReader::read_round(std::vector<Step>& active) {
  if (base::interrupted()) return fail(ErrorCode::kInterrupted, "stopped", "nothing is lost: repeat to go on");
  for (std::size_t next = 0; next < active.size(); next += kAddressesPerRead) {
    GL_CHECK(look_up(std::span(active).subspan(next, std::min(kAddressesPerRead, active.size() - next))));
  }
  const std::lock_guard lock(mutex_);
  base::report(world_.progress, "fetching records", report_.new_records, 0);
  GL_CHECK(home_.database().transaction([&]() -> Result<void> {
    for (auto& step : active) {
      if (step.found == Found::kMessage) GL_CHECK(keep(step));
    }
    return {};
  }));
  for (const auto& step : active) {
    if (step.found == Found::kPruned) note_problem(FetchState::kPruned, step.epoch, "the node dropped it");
    if (step.found == Found::kCorrupt) note_problem(FetchState::kCorrupt, step.epoch, step.problem);
    if (step.found != Found::kMessage && step.epoch.messages) ++awaited_;
  }
  return {};
}

Result<void> EpochReader::keep(Step& step) {
  auto records = records_of(step);
  if (records) return store(step, *records);
  const auto state = fetch_state_of(records.error().code);
  if (!state) return tl::unexpected(records.error());
  note_problem(*state, step.epoch, records.error().message);
  step.found = Found::kNothing;
  return {};
}

Result<void> EpochReader::look_up(std::span<Step> steps) {
  std::vector<crypto::Hash> addresses;
  std::unordered_map<crypto::Hash, Step*> by_address;
  for (auto& step : steps) {
    step.found = Found::kNothing;
    addresses.push_back(mam::address_of(step.epoch.next_root, mam::Mode::kRestricted));
    by_address.emplace(addresses.back(), &step);
  }
  std::mutex mutex;
  // Anyone may post at an address once it is known: the first bundle that verifies is the message.
  GL_TRY(end, judge_bundles(ledger_, addresses, [&](const ledger::Bundle& bundle) {
           const auto found = by_address.find(bundle.transactions.front().address());
           if (found == by_address.end()) return false;
           Step& step = *found->second;
           auto opened = open_message(step.epoch, bundle);
           const std::lock_guard lock(mutex);
           if (step.found == Found::kMessage) return true;
           if (!opened) {
             step.found = Found::kCorrupt;
             step.problem = "what stands there is not signed by the patient's channel: " + opened.error().message;
             return false;
           }
           auto content = crypto::ascii_from_trytes(opened->message_trytes);
           step.found = Found::kMessage;
           step.content = content ? std::move(*content) : std::string();
           step.next_root = opened->next_root;
           return true;
         }));
  bool all_found = true;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    auto& step = steps[i];
    if (step.found == Found::kMessage) continue;
    all_found = false;
    const auto contains = [&](const std::vector<crypto::Hash>& list) {
      return std::find(list.begin(), list.end(), addresses[i]) != list.end();
    };
    // Of a message that was dropped in part, or has junk beside it, something still stands there.
    if (contains(end.pruned_addresses)) {
      step.found = Found::kPruned;
    } else if (contains(end.cut_addresses)) {
      step.found = Found::kCorrupt;
      step.problem = "the node hands out only a part of what stands there, and the message is not in it";
    }
  }
  if (!all_found && !end.doubt.empty()) note_doubt(end.doubt);
  return {};
}

Result<mam::Opened> EpochReader::open_message(const home::ReleasedEpoch& epoch, const ledger::Bundle& bundle) {
  const auto side_key = mam::SecretTrytes::from_trytes(epoch.side_key.text());
  GL_ASSERT(side_key);
  return mam::open(bundle.payload(), epoch.next_root, mam::Mode::kRestricted, *side_key);
}

Result<std::vector<home::Record>> EpochReader::records_of(const Step& step) {
  std::vector<home::Record> records;
  const auto take = [&](std::string_view resource) {
    auto reading = fhir::reading_from_observation(resource);
    if (reading && !reading->identity.empty()) {
      records.push_back({std::move(reading->identity), std::string(resource)});
    } else {
      note_problem(FetchState::kCorrupt, step.epoch, "something that is no glucose record was left out");
    }
  };
  if (step.epoch.design == keys::Design::kTangle) {
    take(step.content);
    return records;
  }
  std::optional<Error> error;
  for (const auto& locator : contact_.locators) {
    if (locator.kind == keys::Locator::Kind::kLedger) continue;
    const bool in_home = locator.kind == keys::Locator::Kind::kHome;
    const auto spec = in_home ? (std::filesystem::path(locator.where) / "store").string() : locator.where;
    auto store = world_.open_store(spec, Use::kRead);
    auto sealed = store ? (*store)->get(step.content, base::limits::kContentSizeMax)
                        : Result<Bytes>(tl::unexpected(store.error()));
    if (!sealed) {
      // Absence at one place says nothing while another, which may hold it, does not answer.
      if (error && error->code == ErrorCode::kUnreachable) continue;
      error = sealed.error();
      if (!store) error->code = ErrorCode::kUnreachable;
      continue;
    }
    GL_TRY(file, privacy::open_file(*sealed, *step.epoch.file_secret, base::limits::kContentSizeMax));
    GL_TRY(resources, fhir::split_records(base::as_text(file)));
    for (const auto resource : resources) take(resource);
    return records;
  }
  if (error) return tl::unexpected(*error);
  return fail(ErrorCode::kUnreachable, "the invitation names no content store");
}

Result<void> EpochReader::store(Step& step, const std::vector<home::Record>& records) {
  for (const auto& record : records) {
    GL_TRY(is_new, home::add_record(home_, contact_, step.epoch.id, record));
    if (is_new) ++report_.new_records;
  }
  ++step.epoch.next_index;
  step.epoch.next_root = step.next_root;
  ++report_.messages;
  return home::advance(home_, step.epoch, step.epoch.next_index, step.epoch.next_root);
}

void EpochReader::note_doubt(const std::string& doubt) {
  const std::lock_guard lock(mutex_);
  const bool known = std::any_of(report_.problems.begin(), report_.problems.end(),
                                 [&](const FetchProblem& problem) { return problem.reason == doubt; });
  if (!known) report_.problems.push_back({FetchState::kUnreachable, "", doubt});
}

void EpochReader::note_problem(FetchState state, const home::ReleasedEpoch& epoch, std::string reason) {
  report_.problems.push_back({state, days_of(epoch), std::move(reason)});
}

}  // namespace glucoledger::usecases
