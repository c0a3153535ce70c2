// Reads the epochs that one grant released, message by message, many epochs side by side, and stores what is authentic.
//
// The epochs are dealt out to a few lanes, a thread each, so that while one waits for the ledger another has its
// messages opened. Nothing is asked of a ledger or store while the home is held: each lane reads first, then keeps what
// it read in one transaction; home and report are used by one lane at a time.
#pragma once

#include <atomic>
#include <optional>
#include <vector>

#include "base/mutex.h"
#include "exchange/fetch_report.h"
#include "home/contacts.h"
#include "home/records.h"
#include "ledger/bundle.h"
#include "mam/mam.h"
#include "ports/world.h"

namespace glucoledger::exchange {

class EpochReader {
 public:
  EpochReader(home::Home& home, const ports::World& world, const home::ReceivedGrant& grant, ports::Ledger& ledger,
              FetchReport& report)
      : world_(world), grant_(grant), ledger_(ledger), home_(home), report_(report) {}

  // Reads on until every epoch has ended or has nothing more, also where another process of the home reads beside it:
  // each goes on where the other one is. Errors are those of the ledger and of the home; all else is reported.
  Result<void> read_all();

 private:
  enum class Found { kMessage, kNothing, kPruned, kCorrupt };
  struct Step {
    explicit Step(home::ReleasedEpoch released) : epoch(std::move(released)), landmark(epoch.next_root) {}
    home::ReleasedEpoch epoch;
    Found found = Found::kNothing;
    std::string content;  // the message's text
    crypto::Hash next_root;
    std::string problem;
    // Of the roots met, the one by which a circle is noticed: after 1, 2, 4, 8 ... steps a later one.
    crypto::Hash landmark;
    std::uint64_t steps = 0;
    std::uint64_t steps_to_landmark = 1;
  };
  struct Message {
    std::string content;
    crypto::Hash next_root;
  };

  Result<void> read_lanes(std::vector<home::ReleasedEpoch> epochs);
  // Reads epochs as far as they go.
  Result<void> read_lane(std::vector<Step> active);
  // One message more of each.
  Result<void> read_round(std::vector<Step>& active);
  Result<void> look_up(std::span<Step> steps);
  // What is wrong with a message whose next root this is, if it does not lead on.
  static std::optional<std::string> does_not_go_on(Step& step, const crypto::Hash& next_root);
  // Design A: the messages are records, kept in one transaction.
  Result<void> keep_messages(std::vector<Step>& steps);
  // Design B: a message names a file, whose records are kept.
  Result<void> keep_file(Step& step);
  Result<Bytes> sealed_file(const Step& step);
  // Bounded, whatever the sender says; of one file in the process at a time.
  Result<std::vector<home::Record>> records_in(ByteView sealed, const Step& step);
  void take_record(std::string_view resource, const Step& step, std::vector<home::Record>& records);
  void note_problem(FetchState state, const home::ReleasedEpoch& epoch, std::string reason);

  const ports::World& world_;
  const home::ReceivedGrant& grant_;
  ports::Ledger& ledger_;
  std::atomic<bool> failed_ = false;
  base::Mutex home_mutex_;
  home::Home& home_ GUARDED_BY(home_mutex_);
  base::Mutex report_mutex_;  // taken last
  FetchReport& report_ GUARDED_BY(report_mutex_);
};

}  // namespace glucoledger::exchange
