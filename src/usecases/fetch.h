// Fetching: the physician's side follows each thread's notes and reads every released epoch as far as it goes,
// verifying every signature, and stores the records. It resumes where it stopped; several processes may fetch at once.
//
// Patients are fetched beside each other, so that one's silent or hostile ledger costs the others nothing. So are the
// epochs of each: in each round one address of every epoch is asked for in one request, since an epoch's next address
// is known only once the message before is opened.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "exchange/fetch_report.h"
#include "home/contacts.h"
#include "ports/world.h"
#include "usecases/side_by_side.h"

namespace glucoledger::usecases {

using exchange::FetchProblem;
using exchange::FetchReport;
using exchange::FetchState;
using ports::World;

// One call at a time, from several threads.
using TellFetched = std::function<void(const FetchReport&)>;

// `patient`: one, by this home's name for them; else all. kNotFound: there is none of this name. What a patient's
// ledger says, or does not say, is in their report, which `tell` (may be absent) gets as soon as this patient is
// through; errors are of this home.
Result<std::vector<FetchReport>> fetch(home::Home& home, const World& world, const std::optional<std::string>& patient,
                                       const TellFetched& tell = {}, const Patience& patience = {});

// Round after round until cancelled: that is how it ends well. `tell` gets what changed, as soon as it is known. Whose
// ledger is silent is asked again after a minute, so that the others' rounds seldom wait for it.
Result<void> follow_patients(home::Home& home, const World& world, const std::optional<std::string>& patient,
                             std::int64_t every_ms, const TellFetched& tell);

}  // namespace glucoledger::usecases
