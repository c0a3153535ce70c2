#include "usecases/epoch_reader.h"

#include <algorithm>
#include <atomic>
#include <thread>
#include <unordered_map>

#include "base/interrupt.h"
#include "base/limits.h"
#include "fhir/observation.h"
#include "fhir/record_file.h"
#include "mam/mam.h"
#include "privacy/sealed_file.h"

namespace glucoledger::usecases {
namespace {

constexpr std::size_t kAddressesPerRead = 64;

// Runs `work(i)` for all i on all cores.
template <typename Work>
void in_parallel(std::size_t count, const Work& work) {
  std::atomic<std::size_t> next{0};
  const auto loop = [&] {
    for (std::size_t i = next++; i < count; i = next++) work(i);
  };
  std::vector<std::jthread> threads;
  const std::size_t cores = std::max(1U, std::thread::hardware_concurrency());
  for (std::size_t i = 1; i < std::min(cores, count); ++i) threads.emplace_back(loop);
  loop();
}

std::string days_of(const home::ReleasedEpoch& epoch) {
  return epoch.first_day == epoch.last_day ? epoch.first_day : epoch.first_day + " to " + epoch.last_day;
}

}  // namespace

Result<void> EpochReader::read_all() {
  GL_TRY(epochs, home::epochs_to_read(home_, contact_));
  std::vector<Step> active;
  for (auto& epoch : epochs)
    active.push_back({.epoch = std::move(epoch), .content = {}, .next_root = {}, .problem = {}});
  while (!active.empty()) {
    if (base::interrupted()) return fail(ErrorCode::kInterrupted, "stopped", "nothing is lost: repeat to go on");
    base::report(world_.progress, "fetching records", report_.new_records, 0);
    for (std::size_t next = 0; next < active.size(); next += kAddressesPerRead) {
      GL_CHECK(look_up(std::span(active).subspan(next, std::min(kAddressesPerRead, active.size() - next))));
    }
    GL_CHECK(home_.database().transaction([&]() -> Result<void> {
      for (auto& step : active) {
        if (step.found != Found::kMessage) continue;
        auto records = records_of(step);
        if (records) {
          GL_CHECK(store(step, std::move(*records)));
        } else {
          const auto code = records.error().code;
          note_problem(code == ErrorCode::kUnreachable                              ? FetchState::kUnreachable
                       : code == ErrorCode::kPruned || code == ErrorCode::kNotFound ? FetchState::kPruned
                                                                                    : FetchState::kCorrupt,
                       step.epoch, records.error().message);
          step.found = Found::kNothing;
        }
      }
      return {};
    }));
    for (const auto& step : active) {
      if (step.found == Found::kPruned) note_problem(FetchState::kPruned, step.epoch, "the node dropped it");
      if (step.found == Found::kCorrupt) note_problem(FetchState::kCorrupt, step.epoch, step.problem);
      if (step.found != Found::kMessage && step.epoch.messages) ++awaited_;
    }
    std::erase_if(active, [](const Step& step) { return step.found != Found::kMessage || step.epoch.complete(); });
  }
  return {};
}

Result<void> EpochReader::look_up(std::span<Step> steps) {
  std::vector<crypto::Hash> addresses;
  for (const auto& step : steps) addresses.push_back(mam::address_of(step.epoch.next_root, mam::Mode::kRestricted));
  GL_TRY(contents, ledger_.read(addresses));
  std::unordered_map<crypto::Hash, std::vector<ledger::Transaction>> by_address;
  for (auto& transaction : contents.transactions) {
    by_address[transaction.address()].push_back(std::move(transaction));
  }
  in_parallel(steps.size(), [&](std::size_t i) {
    auto& step = steps[i];
    step.found = Found::kNothing;
    const auto here = by_address.find(addresses[i]);
    if (here != by_address.end()) {
      open_message(step, ledger::assemble(here->second));
    }
    // Of a message that was dropped in part, or has junk beside it, something still stands there.
    if (step.found != Found::kMessage && std::find(contents.pruned_addresses.begin(), contents.pruned_addresses.end(),
                                                   addresses[i]) != contents.pruned_addresses.end()) {
      step.found = Found::kPruned;
    }
  });
  return {};
}

// Anyone may post at an address once it is known: the first bundle that verifies is the message.
void EpochReader::open_message(Step& step, const std::vector<ledger::Bundle>& bundles) {
  const auto side_key = mam::SecretTrytes::from_trytes(step.epoch.side_key.text());
  GL_ASSERT(side_key);
  for (const auto& bundle : bundles) {
    auto opened = mam::open(bundle.payload(), step.epoch.next_root, mam::Mode::kRestricted, *side_key);
    if (!opened) {
      step.found = Found::kCorrupt;
      step.problem = "what stands there is not signed by the patient's channel: " + opened.error().message;
      continue;
    }
    auto content = crypto::ascii_from_trytes(opened->message_trytes);
    step.found = Found::kMessage;
    step.content = content ? std::move(*content) : std::string();
    step.next_root = opened->next_root;
    return;
  }
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

Result<void> EpochReader::store(Step& step, std::vector<home::Record> records) {
  for (const auto& record : records) {
    GL_TRY(is_new, home::add_record(home_, contact_, step.epoch.id, record));
    if (is_new) ++report_.new_records;
  }
  ++step.epoch.next_index;
  step.epoch.next_root = step.next_root;
  ++report_.messages;
  return home::advance(home_, step.epoch, step.epoch.next_index, step.epoch.next_root);
}

void EpochReader::note_problem(FetchState state, const home::ReleasedEpoch& epoch, std::string reason) {
  report_.problems.push_back({state, days_of(epoch), std::move(reason)});
}

}  // namespace glucoledger::usecases
