#include "usecases/fetch.h"

#include <algorithm>
#include <map>

#include "base/advice.h"
#include "exchange/epoch_reader.h"
#include "exchange/home_ledger.h"
#include "exchange/mailbox.h"
#include "home/records.h"
#include "usecases/role.h"

namespace glucoledger::usecases {
namespace {

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
  const auto take = [&](std::uint64_t next_note, const keys::Note& note) {
    return home.write(
        [&](home::Transaction& transaction) { return home::apply_note(transaction, grant, next_note, note); });
  };
  GL_TRY(read, mailbox.read(grant.patient_key, take));
  if (read.pruned) report.add_problem(FetchState::kPruned, "", "the node dropped a note of the patient's");
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

// Closed, and all that was told of has been read.
Result<bool> is_closed(home::Home& home, const home::Contact& contact) {
  GL_TRY(grants, home::grants_of(home, contact));
  for (const auto& grant : grants) {
    if (!grant.closed_ms) return false;
    GL_TRY(unread, home::epochs_to_read(home, grant));
    if (std::any_of(unread.begin(), unread.end(), [](const auto& epoch) { return epoch.messages.has_value(); })) {
      return false;
    }
  }
  return !grants.empty();
}

Result<std::vector<home::Contact>> chosen_contacts(home::Home& home, const std::optional<std::string>& name) {
  if (!name) return home::all_contacts(home);
  GL_TRY(contact, home::contact_named(home, *name));
  if (contact) return std::vector<home::Contact>{std::move(*contact)};
  return fail(ErrorCode::kNotFound, "there is no patient of this name", Advice::kListPatients);
}

}  // namespace

Result<FetchReport> fetch_contact(home::Home& home, const World& world, const home::Contact& contact) {
  GL_CHECK(require_role(home, home::Role::kClinic));
  FetchReport report;
  report.patient = contact.name;
  GL_TRY(grants, home::grants_of(home, contact));
  for (const auto& grant : grants) {
    GL_CHECK(into_report(fetch_grant(home, world, grant, report), report));
  }
  GL_ASSIGN(report.closed, is_closed(home, contact));
  GL_ASSIGN(report.records, home::count_records(home, contact));
  report.conclude();
  return report;
}

Result<std::vector<FetchReport>> fetch(home::Home& home, const World& world,
                                       const std::optional<std::string>& patient) {
  GL_CHECK(require_role(home, home::Role::kClinic));
  GL_TRY(contacts, chosen_contacts(home, patient));
  std::vector<FetchReport> reports;
  for (const auto& contact : contacts) {
    GL_TRY(report, fetch_contact(home, world, contact));
    reports.push_back(std::move(report));
  }
  return reports;
}

Result<void> follow_patients(home::Home& home, const World& world, const std::optional<std::string>& patient,
                             std::int64_t every_ms, const std::function<void(const FetchReport&)>& tell) {
  std::map<std::string, FetchState> told;
  do {
    auto reports = fetch(home, world, patient);
    if (!reports && reports.error().code == ErrorCode::kInterrupted) break;
    if (!reports && reports.error().code == ErrorCode::kBusy) continue;  // another process's transaction took long
    if (!reports) return tl::unexpected(std::move(reports.error()));
    for (const auto& report : *reports) {
      const auto before = told.find(report.patient);
      if (report.new_records == 0 && before != told.end() && before->second == report.state) continue;
      told[report.patient] = report.state;
      tell(report);
    }
  } while (!world.clock.wait_ms(every_ms, world.cancel));
  return {};
}

}  // namespace glucoledger::usecases
