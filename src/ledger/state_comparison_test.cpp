// Two state machines get the same commands in the same order; one is rebuilt from its store now and then and takes its
// commands in layers. Their summaries never differ, their stores end byte for byte alike, and both stand verification.
//
// GLUCOLEDGER_OPERATIONS: how many (a million in scripts/test-long); GLUCOLEDGER_SEED repeats a run that failed.
#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <random>
#include <string>

#include "base/durations.h"
#include "ledger/state_head.h"
#include "ledger/test_machine.h"
#include "ledger/verify.h"

namespace glucoledger::ledger {
namespace {

using base::kMinuteMs;
constexpr std::size_t kOperationsPerWorld = 2'000;

std::uint64_t number_from(const char* variable, std::uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

class World {
 public:
  explicit World(std::uint64_t seed)
      : random_(seed), parameters_(random_parameters()), first_(parameters_), second_(parameters_) {}

  void run(std::size_t operations) {
    for (std::size_t i = 0; i < operations && !testing::Test::HasFatalFailure(); ++i) {
      now_ms_ += static_cast<std::int64_t>(below(3 * kMinuteMs));
      operate();
      compare();
      if (below(500) == 0) {
        rebuild();
        compare_all();
      }
    }
    compare_all();
  }
  std::uint64_t refused() const { return refused_; }
  // After how many operations there was more to be found solid.
  std::uint64_t unfinished() const { return unfinished_; }
  std::uint64_t taken() const { return summary(first_.store())->transaction_count; }

 private:
  std::uint64_t below(std::uint64_t bound) { return random_() % bound; }
  bool one_in(std::uint64_t count) { return below(count) == 0; }

  Parameters random_parameters() {
    Parameters parameters = test_parameters();
    parameters.waiting_max_ms = static_cast<std::int64_t>(10 + below(60)) * kMinuteMs;
    if (!one_in(3)) parameters.retention_ms = parameters.waiting_max_ms * static_cast<std::int64_t>(1 + below(6));
    if (!one_in(3))
      parameters.duplicate_window_ms = parameters.waiting_max_ms * static_cast<std::int64_t>(1 + below(6));
    parameters.waiting_count_max = one_in(2) ? 10 : 1000;
    parameters.tip_depth_max = static_cast<std::uint32_t>(1 + below(15));
    parameters.housekeeping_max = static_cast<std::uint32_t>(1 + below(50));
    parameters.bundle_transactions_max = one_in(4) ? 3 : 64;
    return parameters;
  }

  void operate() {
    const std::uint64_t kind = below(20);
    if (kind < 10) return submit(some_transactions());
    if (kind == 10) return fan();
    if (kind < 17) {
      const bool even_if_empty = one_in(2);
      EXPECT_EQ(first_.issue_milestone(now_ms_, even_if_empty).hash,
                second_.issue_milestone(now_ms_, even_if_empty).hash);
    } else if (kind == 17) {
      const std::uint64_t sequence = below(taken() / 2 + 1);
      EXPECT_EQ(first_.prune_before(sequence), second_.prune_before(sequence));
    } else if (kind == 18) {
      shift_time();
    } else {
      ask();
    }
  }

  // Backward, ahead by far for one command, or on by hours.
  void shift_time() {
    const std::uint64_t kind = below(10);
    if (kind < 4) {
      now_ms_ -= static_cast<std::int64_t>(below(40)) * kMinuteMs;
    } else if (kind == 4) {
      const std::int64_t before = now_ms_;
      now_ms_ = static_cast<std::int64_t>(random_() >> 1);
      submit(some_transactions());
      now_ms_ = before;
    } else {
      now_ms_ += static_cast<std::int64_t>(below(90)) * kMinuteMs;
    }
  }

  Hash some_parent() {
    if (recent_.empty() || one_in(10)) return {};
    if (one_in(20)) return test_hash("UNKNOWN" + std::string(1 + below(5), 'X'));
    if (one_in(15)) return latest_milestone(first_.store())->hash;
    if (one_in(2)) return select_tips(first_.store(), random_())->trunk;
    return recent_[below(recent_.size())].hash();
  }

  Transactions new_bundle() {
    const std::int64_t age_ms = one_in(10) ? static_cast<std::int64_t>(below(300)) * kMinuteMs : 0;
    const std::int64_t ahead_ms = one_in(30) ? 20 * kMinuteMs : 0;
    const std::int64_t stamp_ms = std::clamp<std::int64_t>(now_ms_ - age_ms + ahead_ms, 1, 3'800'000'000'000);
    Transactions bundle = test_bundle("ADDRESS" + std::string(1, static_cast<char>('A' + below(8))), 1 + below(4),
                                      some_parent(), some_parent(), std::string(1 + below(40), 'P'), stamp_ms);
    if (one_in(12)) bundle.push_back(with(bundle[0], fields::kAddress, "FORGED"));
    if (one_in(25)) bundle[0] = with(bundle[0], fields::kTag, "OTHER");  // another attachment of the tail
    for (const Transaction& transaction : bundle) {
      if (recent_.size() < 300) {
        recent_.push_back(transaction);
      } else {
        recent_[below(recent_.size())] = transaction;
      }
    }
    return bundle;
  }

  Transactions some_transactions() {
    Transactions transactions;
    for (std::uint64_t bundles = below(3); bundles > 0 || transactions.empty(); --bundles) {
      for (const Transaction& transaction : new_bundle()) {
        (one_in(6) ? held_back_ : transactions).push_back(transaction);
      }
      if (bundles == 0) break;
    }
    while (!held_back_.empty() && one_in(2)) {
      transactions.push_back(held_back_.back());
      held_back_.pop_back();
    }
    if (held_back_.size() > 100) held_back_.erase(held_back_.begin(), held_back_.begin() + 50);
    if (!recent_.empty() && one_in(3)) transactions.push_back(recent_[below(recent_.size())]);
    if (one_in(3)) std::shuffle(transactions.begin(), transactions.end(), random_);
    if (!transactions.empty() && one_in(15)) {
      std::string junk = transactions[0].trytes();
      junk[below(2187)] = 'Q';
      transactions.push_back(*Transaction::from_trytes(junk));
    }
    return transactions;
  }

  // Many that wait for one, which comes after them.
  void fan() {
    const auto one = [this](std::string_view address, const Hash& trunk) {
      return test_bundle(address, 1, trunk, some_parent(), std::string(1 + below(40), 'F'), now_ms_);
    };
    const Transactions parent = one("PARENT", some_parent());
    Transactions children;
    for (std::uint64_t count = 1 + below(12); count > 0; --count) {
      children.push_back(one("CHILD" + std::string(count, 'C'), parent[0].hash())[0]);
    }
    submit(children);
    if (one_in(3)) submit(new_bundle());
    submit(parent);
    recent_.insert(recent_.end(), children.begin(), children.end());
  }

  void submit(const Transactions& transactions) {
    const auto first = first_.submit(transactions, now_ms_);
    const auto second = submit_in_layers(transactions);
    ASSERT_EQ(first.has_value(), second.has_value());
    if (first) return;
    ++refused_;
    EXPECT_EQ(first.error().message, second.error().message);
    EXPECT_EQ(first.error().code, ErrorCode::kInputRefused);
  }

  Result<void> submit_in_layers(const Transactions& transactions) {
    StateBatch group(second_.store());
    GL_TRY(checked, CheckedTransactions::check(parameters_, transactions));
    {
      StateBatch thrown_away(group);
      GL_CHECK(ledger::submit(thrown_away, parameters_, checked, now_ms_));
    }
    StateBatch layer(group);
    GL_CHECK(ledger::submit(layer, parameters_, checked, now_ms_));
    group.absorb(std::move(layer));
    return second_.store().commit(group);
  }

  void ask() {
    const std::uint64_t entropy = random_();
    EXPECT_EQ(select_tips(first_.store(), entropy, 3)->trunk, select_tips(second_.store(), entropy, 3)->trunk);
    Query query;
    query.addresses.push_back(test_hash("ADDRESSA"));
    const auto all = find_all(first_.store(), query);
    std::vector<Hash> paged;
    std::optional<std::uint64_t> after = 0;
    while (after) {
      const auto page = find(second_.store(), query, *after, 7);
      ASSERT_TRUE(page);
      paged.insert(paged.end(), page->hashes.begin(), page->hashes.end());
      after = page->next;
    }
    EXPECT_EQ(*all, paged);
    if (recent_.empty()) return;
    const Transaction& some = recent_[below(recent_.size())];
    const auto path = inclusion_path(second_.store(), some.hash());
    ASSERT_TRUE(path);
    EXPECT_TRUE(!*path || check_inclusion(some, **path, summary(first_.store())->root));
  }

  void rebuild() {
    MemoryStore copy = second_.store();
    second_ = Machine(parameters_);
    second_.store() = std::move(copy);
    parameters_ = *read_parameters(second_.store());
  }

  void compare() {
    const auto first = summary(first_.store());
    const auto second = summary(second_.store());
    ASSERT_TRUE(first && second);
    ASSERT_EQ(first->state, second->state);
    ASSERT_EQ(first->root, second->root);
    if (read_head(first_.store())->spreads != 0) ++unfinished_;
  }

  void compare_all() {
    for (const Column column : {Column::kParameters, Column::kBodies, Column::kIndexes}) {
      ASSERT_EQ(first_.store().content(column), second_.store().content(column));
    }
    const auto report = verify(first_.store(), {});
    ASSERT_TRUE(report) << report.error().message;
    ASSERT_TRUE(report->sound()) << report->findings.front();
  }

  std::mt19937_64 random_;
  Parameters parameters_;
  Machine first_;
  Machine second_;
  std::int64_t now_ms_ = kTestTimeMs;
  Transactions recent_;
  Transactions held_back_;
  std::uint64_t refused_ = 0;
  std::uint64_t unfinished_ = 0;
};

TEST(StateComparisonTest, SameCommandsSameState) {
  const std::uint64_t seed = number_from("GLUCOLEDGER_SEED", std::random_device{}());
  const std::uint64_t operations = number_from("GLUCOLEDGER_OPERATIONS", 2'000);
  std::cout << "seed " << seed << "\n";
  std::uint64_t taken = 0;
  std::uint64_t refused = 0;
  std::uint64_t unfinished = 0;
  for (std::uint64_t done = 0; done < operations && !HasFatalFailure() && !HasNonfatalFailure();) {
    SCOPED_TRACE("GLUCOLEDGER_SEED=" + std::to_string(seed + done));
    World world(seed + done);
    world.run(kOperationsPerWorld);
    done += kOperationsPerWorld;
    taken += world.taken();
    refused += world.refused();
    unfinished += world.unfinished();
  }
  std::cout << operations << " operations: " << taken << " transactions taken, " << refused << " calls refused, "
            << unfinished << " times more was to be found solid\n";
  EXPECT_GT(taken, operations / 10);
  EXPECT_GT(refused, operations / 100);
}

}  // namespace
}  // namespace glucoledger::ledger
