#include "usecases/fetch.h"

#include <algorithm>
#include <map>

#include "base/advice.h"
#include "base/mutex.h"
#include "exchange/epoch_reader.h"
#include "exchange/home_ledger.h"
#include "exchange/mailbox.h"
#include "home/records.h"
#include "usecases/role.h"

namespace glucoledger::usecases {
namespace {

constexpr std::int64_t kSilentPauseMs = 60'000;

// Faults of this home and of the call itself are errors; everything else is one patient's.
Result<void> into_report(Result<void> outcome, FetchReport& report) {
  if (outcome) return outcome;
  const auto state = exchange::fetch_state_of(outcome.error().code);
  if (!state || outcome.error().code == ErrorCode::kBusy) return outcome;
  report.add_problem(*state, "", std::move(outcome).error());
  return {};
}

Result<void> read_notes(home::Home& home, const World& world, const home::ReceivedGrant& grant, ports::Ledger& ledger,
                        FetchReport& report) {
  GL_TRY(mailbox, exchange::Mailbox::open(home, grant.thread_id, ledger, world));
  const auto take = [&](std::uint64_t number, const keys::Note& note) -> Result<void> {
    GL_CHECK(
        home.write([&](home::Transaction& transaction) { return home::apply_note(transaction, grant, number, note); }));
    ++report.notes;
    return {};
  };
  GL_TRY(read, mailbox.read(grant.patient_key, take));
  if (read.pruned) {
    report.add_problem(FetchState::kPruned, "", "the node dropped a note of the patient's");
  } else if (read.missing > 0) {
    report.add_problem(FetchState::kUnreachable, "",
                       "notes of the patient's are missing (" + std::to_string(read.missing) +
                           "): others stand behind them, and they are asked for again");
  }
  if (!read.doubt.empty()) report.add_problem(FetchState::kUnreachable, "", read.doubt);
  if (read.newer_format) report.add_problem(FetchState::kCorrupt, "", *read.newer_format);
  return {};
}

Result<void> fetch_grant(home::Home& home, const World& world, const home::ReceivedGrant& grant, FetchReport& report) {
  auto ledger = exchange::open_ledger_of(home, world, grant);
  if (!ledger) return tl::unexpected(std::move(ledger.error()));
  GL_CHECK(into_report(read_notes(home, world, grant, **ledger, report), report));
  exchange::EpochReader epochs(home, world, grant, **ledger, report);
  GL_CHECK(epochs.read_all());
  const auto now_ms = world.clock.now_ms();
  return home.write([&](home::Transaction& transaction) { return home::set_fetched(transaction, grant, now_ms); });
}

// Closed, and all that was told of has been read: each note before the closing one, each message of which an epoch's
// end tells the number, and what the ledger has of epochs whose end is not told.
Result<bool> is_closed(home::Home& home, const home::Contact& contact, const FetchReport& report) {
  const bool all_answered = std::none_of(report.problems.begin(), report.problems.end(),
                                         [](const auto& problem) { return problem.state == FetchState::kUnreachable; });
  GL_TRY(grants, home::grants_of(home, contact));
  for (const auto& grant : grants) {
    if (!grant.closed_ms) return false;
    GL_TRY(missing, home::missing_notes(home, grant.thread_id));
    GL_TRY(unread, home::epochs_to_read(home, grant));
    const bool is_short = std::any_of(unread.begin(), unread.end(), [](const auto& epoch) { return epoch.messages; });
    if (!missing.empty() || is_short || (!unread.empty() && !all_answered)) return false;
  }
  return !grants.empty();
}

// Where it fails, the report has what was read until then.
Result<void> fetch_into(home::Home& home, const World& world, const home::Contact& contact, FetchReport& report) {
  report.patient = contact.name;
  GL_TRY(grants, home::grants_of(home, contact));
  for (const auto& grant : grants) {
    GL_CHECK(into_report(fetch_grant(home, world, grant, report), report));
  }
  GL_ASSIGN(report.closed, is_closed(home, contact, report));
  return {};
}

// What was kept before stays: then it is not BUSY, "nothing was changed", any more.
Error cut_short(Error error, const std::vector<FetchReport>& reports) {
  const auto has_changed = [](const FetchReport& report) {
    return report.notes + report.messages + report.new_records > 0;
  };
  if (error.code != ErrorCode::kBusy || std::none_of(reports.begin(), reports.end(), has_changed)) return error;
  return {ErrorCode::kFailed, error.message + "; what was read until now is kept", "", Advice::kFetchAgain};
}

Result<void> conclude(home::Home& home, const home::Contact& contact, FetchReport& report) {
  GL_ASSIGN(report.records, home::count_records(home, contact));
  report.conclude();
  return {};
}

// In a thread of its own. A home is one thread's.
Result<void> fetch_beside_others(const home::Home& home, const World& world, const home::Contact& contact,
                                 FetchReport& report) {
  GL_TRY(own, home.open_again(world.cancel));
  GL_CHECK(fetch_into(own, world, contact, report));
  return conclude(own, contact, report);
}

Result<std::vector<home::Contact>> chosen_contacts(home::Home& home, const std::optional<std::string>& name) {
  if (!name) return home::all_contacts(home);
  GL_TRY(contact, home::contact_named(home, *name));
  if (contact) return std::vector<home::Contact>{std::move(*contact)};
  return fail(ErrorCode::kNotFound, "there is no patient of this name", Advice::kListPatients);
}

// Where it fails, the reports have what was read until then.
Result<void> fetch_from(home::Home& home, const World& world, const std::vector<home::Contact>& contacts,
                        const TellFetched& tell, const Patience& patience, std::vector<FetchReport>& reports) {
  reports.resize(contacts.size());
  base::report(world.progress, "asking the ledger", 0, 0);
  const Result<void> no_memory =
      fail(ErrorCode::kFailed, "there is not enough memory to fetch", "repeat: nothing is lost");
  std::vector<Result<void>> outcomes(contacts.size(), no_memory);
  base::Mutex telling;
  const auto given_up = side_by_side(world, contacts.size(), patience, [&](std::size_t which, const World& own) {
    outcomes[which] = fetch_beside_others(home, own, contacts[which], reports[which]);
    if (!outcomes[which] || !tell) return;
    const base::MutexLock lock(telling);
    tell(reports[which]);
  });
  base::report(world.progress, "", 0, 0);
  Result<void> failed;
  for (std::size_t i = 0; i < contacts.size(); ++i) {
    if (outcomes[i]) continue;
    const bool is_silent = outcomes[i].error().code == ErrorCode::kInterrupted && given_up[i];
    reports[i].given_up = is_silent;
    if (is_silent) {
      reports[i].add_problem(FetchState::kUnreachable, "", "nothing came of the patient's ledger for too long");
    }
    auto concluded = conclude(home, contacts[i], reports[i]);
    auto& outcome = is_silent ? concluded : outcomes[i];
    if (failed && !outcome) failed = std::move(outcome);
    if (tell && concluded && (is_silent || reports[i].new_records > 0)) tell(reports[i]);
  }
  return failed;
}

}  // namespace

Result<std::vector<FetchReport>> fetch(home::Home& home, const World& world, const std::optional<std::string>& patient,
                                       const TellFetched& tell, const Patience& patience) {
  GL_CHECK(require_role(home, home::Role::kClinic));
  GL_TRY(contacts, chosen_contacts(home, patient));
  std::vector<FetchReport> reports;
  auto done = fetch_from(home, world, contacts, tell, patience, reports);
  if (done) return reports;
  if (done.error().code != ErrorCode::kInterrupted) return tl::unexpected(cut_short(std::move(done.error()), reports));
  return fail(ErrorCode::kInterrupted, "stopped: what was read until now is kept", Advice::kFetchAgain);
}

Result<void> follow_patients(home::Home& home, const World& world, const std::optional<std::string>& patient,
                             std::int64_t every_ms, const TellFetched& tell) {
  GL_CHECK(require_role(home, home::Role::kClinic));
  std::map<std::string, FetchState> told;
  const auto tell_news = [&](const FetchReport& report) {
    const auto before = told.find(report.patient);
    if (report.new_records == 0 && before != told.end() && before->second == report.state) return;
    told[report.patient] = report.state;
    tell(report);
  };
  std::map<std::string, std::int64_t> asked_again_ms;  // of silent ones, for whom the others waited once
  do {
    GL_TRY(contacts, chosen_contacts(home, patient));
    const auto now_ms = world.clock.steady_ms();
    std::erase_if(contacts, [&](const auto& contact) { return asked_again_ms[contact.name] > now_ms; });
    std::vector<FetchReport> reports;
    auto done = fetch_from(home, world, contacts, tell_news, {}, reports);
    if (!done && done.error().code == ErrorCode::kInterrupted) break;
    // Another process's transaction took long: the next round goes on.
    if (!done && done.error().code != ErrorCode::kBusy) return done;
    for (const auto& report : reports) {
      if (report.given_up && !patient) asked_again_ms[report.patient] = world.clock.steady_ms() + kSilentPauseMs;
    }
  } while (!world.clock.wait_ms(every_ms, world.cancel));
  return {};
}

}  // namespace glucoledger::usecases
