#include "usecases/fetch.h"

#include <algorithm>
#include <map>
#include <mutex>

#include "keys/note.h"
#include "ledger/bundle.h"
#include "usecases/bundle_sieve.h"
#include "usecases/epoch_reader.h"

namespace glucoledger::usecases {
namespace {

constexpr std::uint64_t kNotesPerRead = 16;
constexpr auto kDirection = keys::Direction::kPatientToRecipient;

// The first of the places that the patient named (or this home's own) where the patient's ledger answers. Nodes are one
// place: what is not there is not believed of one of them.
Result<std::shared_ptr<ports::Ledger>> open_ledger_of(home::Home& home, const World& world,
                                                      const home::Contact& contact) {
  std::vector<std::string> specs;
  if (!home.settings().ledger.empty()) specs.push_back(home.settings().ledger);
  std::string nodes;
  for (const auto& locator : contact.locators) {
    if (locator.kind == keys::Locator::Kind::kLedger) {
      if (is_url(locator.where)) {
        nodes += (nodes.empty() ? "" : ",") + locator.where;
      } else {
        specs.push_back(locator.where);
      }
    }
    if (locator.kind == keys::Locator::Kind::kHome) {
      specs.push_back((std::filesystem::path(locator.where) / "ledger").string());
    }
  }
  if (!nodes.empty() && nodes != home.settings().ledger) specs.push_back(std::move(nodes));
  Error error{ErrorCode::kUnreachable, "the invitation names no ledger", "set one with `init --ledger`"};
  for (const auto& spec : specs) {
    auto ledger = world.open_ledger(spec, Use::kRead);
    auto info = ledger ? (*ledger)->info() : Result<ports::LedgerInfo>(tl::unexpected(ledger.error()));
    if (info && info->network_id == contact.network_id) return std::move(*ledger);
    error = info ? Error{ErrorCode::kUnreachable, "another ledger stands where the patient's was", ""} : info.error();
  }
  return tl::unexpected(std::move(error));
}

class ThreadReader {
 public:
  ThreadReader(home::Home& home, const home::Contact& contact, ports::Ledger& ledger, FetchReport& report)
      : home_(home), contact_(contact), ledger_(ledger), report_(report) {}

  Result<void> read_all() {
    GL_TRY(thread, home::thread_of(home_, contact_));
    std::uint64_t next = contact_.next_note;
    while (true) {
      GL_TRY(read, read_some(thread, next));
      if (read < kNotesPerRead) return {};
      next += read;
    }
  }

 private:
  // How many notes from `first` on were there, without a gap.
  Result<std::uint64_t> read_some(const keys::Thread& thread, std::uint64_t first) {
    std::vector<crypto::Hash> addresses;
    for (std::uint64_t i = 0; i < kNotesPerRead; ++i) addresses.push_back(thread.note_address(kDirection, first + i));
    std::mutex mutex;
    std::multimap<std::uint64_t, keys::Note> notes;
    std::optional<Error> newer;
    GL_TRY(end, judge_bundles(ledger_, addresses, [&](const ledger::Bundle& bundle) {
             const auto at = std::find(addresses.begin(), addresses.end(), bundle.transactions.front().address());
             if (at == addresses.end()) return false;
             const auto number = first + static_cast<std::uint64_t>(at - addresses.begin());
             auto note = keys::open_note(bundle.payload(), thread, kDirection, number, contact_.patient_key);
             const std::lock_guard lock(mutex);
             if (note) notes.emplace(number, std::move(*note));
             if (!note && note.error().code == ErrorCode::kNewerFormat) newer = std::move(note.error());
             return false;  // two copies of a home may have given two notes one number
           }));
    // What stands behind a gap is taken, and the gap is looked at again: its note may still be under way.
    const std::uint64_t read = count_read(first, addresses, notes, end);
    for (const auto& numbered : notes) {
      const std::uint64_t next = std::min(numbered.first + 1, first + read);
      GL_CHECK(home_.database().transaction([&] { return home::apply_note(home_, contact_, next, numbered.second); }));
    }
    if (newer) return tl::unexpected(std::move(*newer));
    return read;
  }

  std::uint64_t count_read(std::uint64_t first, const std::vector<crypto::Hash>& addresses,
                           const std::multimap<std::uint64_t, keys::Note>& notes, const ports::ReadEnd& end) {
    for (std::uint64_t i = 0; i < kNotesPerRead; ++i) {
      if (notes.contains(first + i)) continue;
      const auto& pruned = end.pruned_addresses;
      if (std::find(pruned.begin(), pruned.end(), addresses[i]) != pruned.end()) {
        report_.problems.push_back({FetchState::kPruned, "", "the node dropped a note of the patient's"});
        continue;
      }
      if (!end.doubt.empty()) report_.problems.push_back({FetchState::kUnreachable, "", end.doubt});
      return i;
    }
    return kNotesPerRead;
  }

  home::Home& home_;
  const home::Contact& contact_;
  ports::Ledger& ledger_;
  FetchReport& report_;
};

FetchState state_of(const FetchReport& report) {
  for (const auto state : {FetchState::kCorrupt, FetchState::kPruned, FetchState::kUnreachable}) {
    if (std::any_of(report.problems.begin(), report.problems.end(), [&](const auto& p) { return p.state == state; })) {
      return state;
    }
  }
  if (report.new_records > 0) return FetchState::kFound;
  return report.closed ? FetchState::kClosed : FetchState::kNotYet;
}

// What tells something of what was asked for becomes a problem of the report; the rest are errors.
Result<void> into_report(const Error& error, std::optional<FetchState> state, FetchReport& report) {
  if (!state) return tl::unexpected(error);
  report.problems.push_back({*state, "", error.message});
  return {};
}

Result<void> into_report(const Result<void>& outcome, FetchReport& report) {
  return outcome ? outcome : into_report(outcome.error(), fetch_state_of(outcome.error().code), report);
}

}  // namespace

Result<FetchReport> fetch(home::Home& home, const World& world, const home::Contact& contact) {
  FetchReport report;
  report.patient = contact.name;
  auto ledger = open_ledger_of(home, world, contact);
  std::size_t awaited = 0;
  if (!ledger) {
    GL_CHECK(into_report(ledger.error(), fetch_state_when_not_opened(ledger.error().code), report));
  } else {
    EpochReader epochs(home, world, contact, **ledger, report);
    GL_CHECK(into_report(ThreadReader(home, contact, **ledger, report).read_all(), report));
    GL_CHECK(into_report(epochs.read_all(), report));
    awaited = epochs.awaited();
    GL_CHECK(home.database().transaction([&] { return home::set_fetched(home, contact, world.clock.now_ms()); }));
  }
  GL_TRY(now, home::contact_named(home, contact.name));
  report.closed = now && now->closed_ms && awaited == 0;
  report.state = state_of(report);
  GL_ASSIGN(report.records, home::count_records(home, contact));
  return report;
}

}  // namespace glucoledger::usecases
