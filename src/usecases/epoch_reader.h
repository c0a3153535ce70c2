// Reads epochs of one patient message by message, many epochs side by side, and stores what is authentic. The epochs
// are dealt out to a few threads; the home and the report are used by one at a time.
#pragma once

#include <atomic>
#include <mutex>
#include <vector>

#include "home/contacts.h"
#include "ledger/bundle.h"
#include "mam/mam.h"
#include "usecases/fetch.h"

namespace glucoledger::usecases {

class EpochReader {
 public:
  EpochReader(home::Home& home, const World& world, const home::Contact& contact, ports::Ledger& ledger,
              FetchReport& report)
      : home_(home), world_(world), contact_(contact), ledger_(ledger), report_(report) {}

  // Reads on until every epoch has ended or has nothing more. Errors of the ledger are returned, all else is reported.
  Result<void> read_all();
  // Epochs whose last message is told and was not found yet.
  std::size_t awaited() const { return awaited_; }

 private:
  enum class Found { kMessage, kNothing, kPruned, kCorrupt };
  struct Step {
    home::ReleasedEpoch epoch;
    Found found = Found::kNothing;
    std::string content;  // the message's text
    crypto::Hash next_root;
    std::string problem;
  };

  // Reads epochs as far as they go.
  Result<void> read_lane(std::vector<Step> active);
  // One message more of each.
  Result<void> read_round(std::vector<Step>& active);
  Result<void> look_up(std::span<Step> steps);
  // Whether the bundle holds the message; thread-safe but for the step.
  static Result<mam::Opened> open_message(const home::ReleasedEpoch& epoch, const ledger::Bundle& bundle);
  void note_doubt(const std::string& doubt);
  Result<void> keep(Step& step);
  // The records of a message: itself in design A, those of its file in design B.
  Result<std::vector<home::Record>> records_of(const Step& step);
  Result<void> store(Step& step, const std::vector<home::Record>& records);
  void note_problem(FetchState state, const home::ReleasedEpoch& epoch, std::string reason);

  home::Home& home_;
  const World& world_;
  const home::Contact& contact_;
  ports::Ledger& ledger_;
  std::atomic<bool> failed_ = false;
  std::mutex mutex_;  // guards home_, and what follows
  FetchReport& report_;
  std::size_t awaited_ = 0;
};

}  // namespace glucoledger::usecases
