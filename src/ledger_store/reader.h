// Questions to a ledger's state, each answered from one state of it. What the answers mean: ledger/state.h.
//
// Thread-safe. Reads work beside each other and beside a commit, and never wait for the disk to sync. A body that does
// not hash to its name is never handed out (kCorrupt).
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ledger/history.h"
#include "ledger/state.h"
#include "ledger_store/store.h"

namespace glucoledger::ledger_store {

using ledger::Hash;

class Reader {
 public:
  virtual ~Reader() = default;
  // One state, for several questions at once: for as long as one call takes, and without asking this object meanwhile.
  virtual Result<Store::View> view() = 0;

  Result<ledger::Summary> summary();
  Result<ledger::Milestone> latest_milestone();
  // The milestone that bears this hash, if there is one.
  Result<std::optional<ledger::Milestone>> find_milestone(const Hash& hash);
  Result<std::uint64_t> transaction_count();
  Result<ledger::Position> latest_position();
  Result<ledger::History> history_after(const ledger::Position& after, std::size_t count_max);
  Result<ledger::Page> find(const ledger::Query& query, std::uint64_t after, std::size_t count_max);
  // In the order asked for.
  Result<std::vector<ledger::Stored>> get(std::span<const Hash> transaction_hashes);
  Result<std::vector<ledger::Standing>> standing(std::span<const Hash> transaction_hashes);
  // Why the transaction is among those that summary().root stands for; nothing for one that is not known.
  Result<std::optional<ledger::InclusionPath>> inclusion_path(const Hash& hash);
  // By chance. Those that became valid within so many milestones before now, or else the newest one; a reference takes
  // the branch's place, and is kInputRefused when it cannot be approved.
  Result<ledger::TipPair> select_tips(std::optional<std::uint32_t> depth = std::nullopt,
                                      const std::optional<Hash>& reference = std::nullopt);
  Result<std::vector<Hash>> tip_hashes(std::size_t count_max);
  // Named as trunk or branch by others, and not here yet.
  Result<std::vector<Hash>> missing_hashes(std::size_t count_max);
  // Why these tails cannot be approved; nothing when they can.
  Result<std::optional<std::string>> inconsistency(std::span<const Hash> tails);

 protected:
  // What the function makes of one state.
  template <typename Function>
  auto reading(Function function) -> decltype(function(std::declval<const ledger::StateReader&>())) {
    GL_TRY(one, view());
    return function(*one);
  }
};

}  // namespace glucoledger::ledger_store
