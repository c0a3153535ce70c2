#include "exchange/epoch_reader.h"

#include <algorithm>
#include <thread>

#include "base/limits.h"
#include "base/parallel.h"
#include "exchange/read_judged.h"
#include "fhir/observation.h"
#include "fhir/record_file.h"
#include "privacy/sealed_file.h"

namespace glucoledger::exchange {
namespace {

constexpr std::size_t kLanes = 3;
constexpr std::size_t kRecordsPerTransaction = 5'000;

std::string days_of(const home::ReleasedEpoch& epoch) {
  return epoch.first_day == epoch.last_day ? epoch.first_day : epoch.first_day + " to " + epoch.last_day;
}

// Whether the bundle holds the epoch's next message; nothing else is signed by the patient's channel.
Result<mam::Opened> open_message(const home::ReleasedEpoch& epoch, const ledger::Bundle& bundle) {
  GL_TRY(side_key, mam::SecretTrytes::from_trytes(epoch.side_key.text()));
  return mam::open(bundle.payload(), epoch.next_root, mam::Mode::kRestricted, side_key);
}

}  // namespace

Result<void> EpochReader::read_all() {
  std::vector<home::ReleasedEpoch> epochs;
  {
    const base::MutexLock lock(home_mutex_);
    GL_ASSIGN(epochs, home::epochs_to_read(home_, grant_));
  }
  return read_lanes(std::move(epochs));
}

Result<void> EpochReader::read_lanes(std::vector<home::ReleasedEpoch> epochs) {
  std::vector<std::vector<Step>> lanes(std::min(kLanes, epochs.size()));
  for (std::size_t i = 0; i < epochs.size(); ++i) {
    lanes[i % lanes.size()].emplace_back(std::move(epochs[i]));
  }
  // What is thrown must not leave a thread, and words for it need memory that there may not be.
  const Result<void> no_memory =
      fail(ErrorCode::kFailed, "there is not enough memory to go on reading", "repeat: nothing is lost");
  std::vector<Result<void>> outcomes(lanes.size(), no_memory);
  const auto run = [&](std::size_t i) {
    try {
      outcomes[i] = read_lane(std::move(lanes[i]));
    } catch (const std::exception&) {  // its outcome stays
    }
    if (!outcomes[i]) failed_ = true;
  };
  {
    std::atomic<std::size_t> next = 0;
    const auto take = [&] {
      for (std::size_t i = next++; i < lanes.size(); i = next++) run(i);
    };
    std::vector<std::jthread> threads;
    base::add_threads(threads, lanes.empty() ? 0 : lanes.size() - 1, take);
    take();
  }
  for (auto& outcome : outcomes) GL_CHECK(std::move(outcome));
  return {};
}

Result<void> EpochReader::read_lane(std::vector<Step> active) {
  while (!active.empty() && !failed_) {
    GL_CHECK(read_round(active));
    std::erase_if(active, [](const Step& step) { return step.found != Found::kMessage || step.epoch.complete(); });
  }
  return {};
}

Result<void> EpochReader::read_round(std::vector<Step>& active) {
  GL_CHECK(world_.cancel.check());
  GL_CHECK(look_up(active));
  for (const auto& step : active) {
    if (step.found == Found::kPruned) {
      note_problem(FetchState::kPruned, step.epoch,
                   "the ledger dropped a message, and those behind it cannot be reached");
    }
    if (step.found == Found::kCorrupt) note_problem(FetchState::kCorrupt, step.epoch, step.problem);
    if (step.found == Found::kNothing && step.epoch.messages) {
      note_problem(FetchState::kUnreachable, step.epoch,
                   "messages of the patient's are missing (" +
                       std::to_string(*step.epoch.messages - step.epoch.next_index) +
                       "): the ledger had confirmed them, and they are asked for again");
    }
  }
  for (auto& step : active) {
    if (step.found == Found::kMessage && step.epoch.design == keys::Design::kTangleIpfs) GL_CHECK(keep_file(step));
  }
  GL_CHECK(keep_messages(active));
  const base::MutexLock lock(report_mutex_);
  base::report(world_.progress, "fetching records", report_.new_records, 0);
  return {};
}

Result<void> EpochReader::look_up(std::span<Step> steps) {
  std::vector<crypto::Hash> addresses;
  for (auto& step : steps) {
    step.found = Found::kNothing;
    addresses.push_back(mam::address_of(step.epoch.next_root, mam::Mode::kRestricted));
  }
  // Anyone may post at an address once it is known: the first bundle that verifies is the message.
  const auto judge = [&](std::size_t which, const ledger::Bundle& bundle) -> std::optional<Result<Message>> {
    auto opened = open_message(steps[which].epoch, bundle);
    if (!opened) return tl::unexpected(std::move(opened.error()));
    auto content = crypto::ascii_from_trytes(opened->message_trytes);
    return Message{content ? std::move(*content) : std::string(), opened->next_root};
  };
  const auto take = [&](std::size_t which, Result<Message> message) {
    Step& step = steps[which];
    if (!message) {
      step.found = Found::kCorrupt;
      step.problem = "what stands there is not signed by the patient's channel: " + message.error().message;
      return false;
    }
    if (auto problem = does_not_go_on(step, message->next_root)) {
      step.found = Found::kCorrupt;
      step.problem = std::move(*problem);
      return true;
    }
    step.found = Found::kMessage;
    step.content = std::move(message->content);
    step.next_root = message->next_root;
    return true;
  };
  GL_TRY(end, read_judged(ledger_, addresses, judge, take, world_.cancel));
  bool all_found = true;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    auto& step = steps[i];
    if (step.found == Found::kMessage) continue;
    all_found = false;
    // Of a message that was dropped in part, or has junk beside it, something still stands there.
    if (end.pruned[i]) {
      step.found = Found::kPruned;
    } else if (end.cut[i]) {
      step.found = Found::kCorrupt;
      step.problem = "the node hands out only a part of what stands there, and the message is not in it";
    }
  }
  if (!all_found && !end.doubt.empty()) {
    const base::MutexLock lock(report_mutex_);
    report_.add_problem(FetchState::kUnreachable, "", end.doubt);
  }
  return {};
}

std::optional<std::string> EpochReader::does_not_go_on(Step& step, const crypto::Hash& next_root) {
  if (step.epoch.next_index >= base::limits::kMessagesPerEpochMax) return "it holds more messages than an epoch can";
  if (next_root == step.landmark) return "its messages lead in a circle";
  if (++step.steps < step.steps_to_landmark) return std::nullopt;
  step.landmark = next_root;
  step.steps = 0;
  step.steps_to_landmark *= 2;
  return std::nullopt;
}

void EpochReader::take_record(std::string_view resource, const Step& step, std::vector<home::Record>& records) {
  auto reading = fhir::reading_from_observation(resource);
  if (reading && !reading->identity.empty()) {
    records.push_back({std::move(reading->identity), std::string(resource)});
  } else {
    note_problem(FetchState::kCorrupt, step.epoch, "something that is no glucose record was left out");
  }
}

Result<void> EpochReader::keep_messages(std::vector<Step>& steps) {
  std::vector<std::pair<Step*, std::vector<home::Record>>> messages;
  for (auto& step : steps) {
    if (step.found != Found::kMessage || step.epoch.design != keys::Design::kTangle) continue;
    messages.emplace_back(&step, std::vector<home::Record>());
    take_record(step.content, step, messages.back().second);
  }
  if (messages.empty()) return {};
  const base::MutexLock home_lock(home_mutex_);
  std::size_t new_records = 0;
  GL_CHECK(home_.write([&](home::Transaction& transaction) -> Result<void> {
    for (auto& [step, records] : messages) {
      for (const auto& record : records) {
        GL_TRY(is_new, home::add_record(transaction, grant_.contact_id, step->epoch.id, record));
        if (is_new) ++new_records;
      }
      GL_CHECK(home::advance(transaction, step->epoch, step->next_root));
    }
    return {};
  }));
  const base::MutexLock lock(report_mutex_);
  report_.new_records += new_records;
  report_.messages += messages.size();
  return {};
}

// A file of many records is kept in pieces: what was kept is known when it is read again.
Result<void> EpochReader::keep_file(Step& step) {
  auto sealed = sealed_file(step);
  auto records = sealed ? records_in(*sealed, step) : Result<std::vector<home::Record>>(tl::unexpected(sealed.error()));
  if (!records) {
    const auto problem = fetch_state_of(records.error().code);
    if (!problem) return tl::unexpected(std::move(records.error()));
    step.found = Found::kNothing;
    const base::MutexLock lock(report_mutex_);
    report_.add_problem(*problem, days_of(step.epoch), std::move(records).error());
    return {};
  }
  std::size_t next = 0;
  do {
    const base::MutexLock home_lock(home_mutex_);
    std::size_t new_records = 0;
    const auto end = std::min(records->size(), next + kRecordsPerTransaction);
    GL_CHECK(home_.write([&](home::Transaction& transaction) -> Result<void> {
      for (; next < end; ++next) {
        GL_TRY(is_new, home::add_record(transaction, grant_.contact_id, step.epoch.id, (*records)[next]));
        if (is_new) ++new_records;
      }
      return next == records->size() ? home::advance(transaction, step.epoch, step.next_root) : Result<void>();
    }));
    const base::MutexLock lock(report_mutex_);
    report_.new_records += new_records;
    if (next == records->size()) ++report_.messages;
  } while (next < records->size());
  return {};
}

Result<Bytes> EpochReader::sealed_file(const Step& step) {
  std::optional<Error> error;
  for (const auto& place : grant_.places) {
    if (place.kind == keys::Place::Kind::kLedger) continue;
    const bool in_home = place.kind == keys::Place::Kind::kHome;
    auto store =
        world_.open_store(in_home ? place.where.in_folder("store") : place.where, ports::Use::kRead, world_.cancel);
    auto sealed = store ? (*store)->get(step.content, base::limits::kRecordFileSizeMax, world_.cancel)
                        : Result<Bytes>(tl::unexpected(store.error()));
    if (!sealed) {
      // Absence at one place says nothing while another, which may hold it, does not answer.
      if (error && error->code == ErrorCode::kUnreachable) continue;
      error = sealed.error();
      if (!store) error->code = ErrorCode::kUnreachable;
      continue;
    }
    return sealed;
  }
  if (error) return tl::unexpected(*error);
  return fail(ErrorCode::kUnreachable, "the invitation names no content store, where the files are",
              "ask the patient for a new invitation");
}

Result<std::vector<home::Record>> EpochReader::records_in(ByteView sealed, const Step& step) {
  const auto size_max =
      std::min(base::limits::kRecordFileSizeMax, sealed.size() * base::limits::kRecordFileExpansionMax);
  // What files expand to takes much memory: in a process one at a time, whichever patient's.
  static base::Mutex expanding;
  const base::MutexLock lock(expanding);
  GL_TRY(file, privacy::open_file(sealed, *step.epoch.file_secret, size_max));
  GL_TRY(resources, fhir::split_records(base::as_text(file)));
  std::vector<home::Record> records;
  for (const auto resource : resources) take_record(resource, step, records);
  return records;
}

void EpochReader::note_problem(FetchState state, const home::ReleasedEpoch& epoch, std::string reason) {
  const base::MutexLock lock(report_mutex_);
  report_.add_problem(state, days_of(epoch), std::move(reason));
}

}  // namespace glucoledger::exchange
