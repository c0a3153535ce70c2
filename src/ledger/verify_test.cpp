// Whatever record of a sound ledger is changed, dropped or doubled: verify() finds it.
#include "ledger/verify.h"

#include <gtest/gtest.h>

#include <map>

#include "base/durations.h"
#include "ledger/state_records.h"
#include "ledger/test_machine.h"

namespace glucoledger::ledger {
namespace {

using base::kHourMs;

// With what a ledger can hold: confirmed, pruned and forgotten ones, such as wait, what they wait for, milestones,
// tips.
Machine rich_machine(std::int64_t duplicate_window_ms) {
  Parameters parameters = test_parameters();
  parameters.waiting_max_ms = 4 * kHourMs;
  parameters.retention_ms = 5 * kHourMs;
  parameters.duplicate_window_ms = duplicate_window_ms;
  Machine machine(parameters);
  const auto submit = [&](const Transactions& bundle, std::int64_t hours) {
    ASSERT_TRUE(machine.submit(bundle, kTestTimeMs + hours * kHourMs));
  };
  const auto first = test_bundle("FIRST", 2);
  const auto second = test_bundle("SECOND", 1, first[0].hash(), first[0].hash(), "SECOND");
  submit(first, 0);
  submit(second, 0);
  machine.issue_milestone();
  machine.prune_before(3);
  const auto third = test_bundle("THIRD", 2, second[0].hash(), second[0].hash(), "THIRD");
  submit(third, 1);
  machine.issue_milestone(kTestTimeMs + kHourMs);
  submit(test_bundle("FOURTH", 1, third[0].hash(), second[0].hash(), "FOURTH"), 1);
  submit(test_bundle("WAITS", 1, test_hash("UNKNOWN"), third[0].hash(), "WAITS"), 1);
  submit({test_bundle("PART", 2)[1]}, 1);
  return machine;
}

struct Change {
  Column column;
  std::string key;
  std::optional<std::string> value;  // nothing: dropped
};

bool is_found(const Machine& machine, const std::vector<Change>& changes) {
  StateBatch batch(machine.store());
  for (const Change& change : changes) {
    if (change.value) {
      batch.put(change.column, change.key, *change.value);
    } else {
      batch.erase(change.column, change.key);
    }
  }
  const auto report = verify(batch, {});
  return !report || !report->sound();
}

// What nothing else tells: the ledger's own choices and clock, its journal, when something came or was pruned, what
// stood at pruned addresses, a transaction whose body is gone; and where hashes are forgotten, the orders that are
// left.
bool can_be_known(const Machine& machine, Column column, const std::string& key, std::optional<std::size_t> at) {
  const bool forgets = machine.parameters().duplicate_window_ms != 0;
  if (column == Column::kParameters) {
    if (key == "head") return at && *at < 40 && (*at >= 8 || !forgets);
    return key != "parameters" && key != "time";
  }
  if (column == Column::kBodies) return true;
  if (key[0] == 'p' || (key[0] == 'f' && !at)) return false;
  if (key[0] == 'w') return !at || *at >= 8;
  if (key[0] != 'h') return true;
  const auto record = records::decode_record(*machine.store().get(column, key).value());
  return record && !record->pruned && !(forgets && at && *at >= 8 && *at < 16);
}

TEST(VerifyTest, FindsWhateverRecordIsChangedDroppedOrDoubled) {
  for (const std::int64_t window_ms : {std::int64_t{0}, 10 * kHourMs}) {
    SCOPED_TRACE(window_ms);
    const Machine machine = rich_machine(window_ms);
    ASSERT_FALSE(is_found(machine, {}));
    std::map<char, int> seen;
    for (std::size_t number = 0; number < kColumnCount; ++number) {
      const auto column = static_cast<Column>(number);
      for (const auto& entry : machine.store().content(column)) {
        const std::string& key = entry.first;
        const std::string& value = entry.second;
        const bool is_rich = column != Column::kIndexes || key[0] == 'h' || key[0] == 'w';
        if (!is_rich && ++seen[key[0]] > 3) continue;                    // the others are alike
        if (window_ms != 0 && key[0] != 'f' && key[0] != 'h') continue;  // the window changes nothing else
        const auto expect_found = [&, name = column == Column::kIndexes ? key.substr(0, 1) : key](
                                      const std::string& what, const std::vector<Change>& changes) {
          EXPECT_TRUE(is_found(machine, changes)) << name << " of " << key.size() << " bytes " << what;
        };
        const bool is_known = can_be_known(machine, column, key, std::nullopt);
        if (is_known) expect_found("dropped", {{column, key, std::nullopt}});
        for (const std::size_t at : {std::size_t{0}, std::size_t{1}, key.size() / 2, key.size() - 1}) {
          std::string other = key;
          other[at] = static_cast<char>(other[at] ^ 1);
          if (machine.store().content(column).contains(other)) continue;
          if (is_known || at == 0) expect_found("doubled", {{column, other, value}});
          if (is_known) expect_found("moved", {{column, key, std::nullopt}, {column, other, value}});
        }
        for (std::size_t at = 0; at<value.size(); at += value.size()> 400 ? 97 : 1) {
          if (!can_be_known(machine, column, key, at)) continue;
          std::string changed = value;
          changed[at] = static_cast<char>(changed[at] ^ 1);
          expect_found("changed at " + std::to_string(at), {{column, key, changed}});
        }
        expect_found("longer", {{column, key, value + '\0'}});
      }
    }
  }
}

// As a changed snapshot may have it; who looks through it comes to an end.
TEST(VerifyTest, AGhostOfAConfirmedTransactionAndCountersWithoutEndAreFound) {
  const Machine machine = rich_machine(0);
  for (const auto& [key, value] : machine.store().content(Column::kIndexes)) {
    if (key[0] != 'h') continue;
    EXPECT_TRUE(
        is_found(machine, {{Column::kIndexes, records::key(records::Index::kHash, test_hash("GHOST")), value}}) ||
        !can_be_known(machine, Column::kIndexes, key, std::nullopt));
  }
  for (const std::string counter : {"milestone", "sequence", "pruned"}) {
    EXPECT_TRUE(is_found(machine, {{Column::kParameters, counter, std::string(8, '\x7f')}})) << counter;
  }
}

}  // namespace
}  // namespace glucoledger::ledger
