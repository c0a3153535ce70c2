#include "node/proof_of_work_queue.h"

#include <gtest/gtest.h>

#include <future>
#include <vector>

namespace glucoledger::node {
namespace {

// A queue whose thread is held up, so that what is added waits.
class ProofOfWorkQueueTest : public testing::Test {
 protected:
  void SetUp() override {
    std::promise<void> begun;
    ASSERT_TRUE(queue_.add("gate", {running_, [&] {
                                      begun.set_value();
                                      gate_.get_future().wait();
                                    }}));
    begun.get_future().wait();
  }
  bool add(const std::string& peer, const std::string& name) {
    cancels_.emplace_back();
    return queue_.add(peer, {cancels_.back(), [this, name] { order_.push_back(name); }});
  }
  void let_go() {
    gate_.set_value();
    queue_.stop();
  }

  std::promise<void> gate_;
  base::CancelSource running_;
  std::vector<base::CancelSource> cancels_;
  std::vector<std::string> order_;
  ProofOfWorkQueue queue_{4, 3};
};

TEST_F(ProofOfWorkQueueTest, PeersTakeTurns) {
  EXPECT_TRUE(add("a", "a1"));
  EXPECT_TRUE(add("a", "a2"));
  EXPECT_TRUE(add("a", "a3"));
  EXPECT_TRUE(add("b", "b1"));
  let_go();
  EXPECT_EQ(order_, (std::vector<std::string>{"a1", "b1", "a2", "a3"}));
}

TEST_F(ProofOfWorkQueueTest, IsBoundedInAllAndForAPeer) {
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(add("a", "a"));
  EXPECT_FALSE(add("a", "fourth of a"));
  EXPECT_TRUE(add("b", "b"));
  EXPECT_FALSE(add("c", "fifth"));
  let_go();
  EXPECT_EQ(order_.size(), 4u);
  EXPECT_FALSE(add("a", "after the end"));
}

TEST_F(ProofOfWorkQueueTest, WhatWasGivenUpMakesRoom) {
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(add("a", "a" + std::to_string(i)));
  cancels_[1].trip();
  EXPECT_TRUE(add("a", "new"));
  EXPECT_EQ(order_, std::vector<std::string>{"a1"});  // called, to say so to whoever waits
  let_go();
  EXPECT_EQ(order_, (std::vector<std::string>{"a1", "a0", "a2", "new"}));
}

TEST_F(ProofOfWorkQueueTest, CancelsTheRunningOneAndThoseThatWait) {
  EXPECT_TRUE(add("a", "a"));
  queue_.cancel_all();
  EXPECT_TRUE(running_.token().cancelled());
  EXPECT_TRUE(cancels_[0].token().cancelled());
  let_go();
  EXPECT_EQ(order_.size(), 1u);
}

}  // namespace
}  // namespace glucoledger::node
