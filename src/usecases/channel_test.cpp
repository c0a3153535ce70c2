// A channel without a home, whose state file was copied: no key signs two messages.
#include "usecases/channel.h"

#include <algorithm>

#include "crypto/test_vectors.h"
#include "exchange/channel_file.h"
#include "usecases/test_stage.h"

namespace glucoledger::usecases {
namespace {

class ChannelTest : public Stage {
 protected:
  Result<ChannelWritten> write(const std::string& name, const std::string& message) {
    ChannelWrite request{.state_file = folder_ / name,
                         .security = std::nullopt,
                         .ledger = place_,
                         .message_trytes = crypto::trytes_from_ascii(message).value(),
                         .side_key = key(),
                         .min_weight_magnitude = std::nullopt};
    return write_to_channel(world_, std::move(request));
  }
  const locator::Locator place_ = locator::Locator::of_folder("/ledger");
  static mam::SecretTrytes key() { return mam::SecretTrytes::from_trytes("KEY").value(); }
  void copy(const std::string& from, const std::string& to) {
    std::filesystem::copy_file(folder_ / from, folder_ / to);
  }
  // "two" is under way, and its key signs "three" in a copy.
  void let_a_copy_sign_first() {
    copy("state", "copy");
    network_.is_read_only = true;
    EXPECT_FALSE(write("state", "two"));
    network_.is_read_only = false;
    network_.payloads.clear();  // of what was refused, nobody has anything
    EXPECT_EQ(write("copy", "three")->message.index, 1u);
  }
  // As anyone may put something at an address.
  void put(std::string_view payload, const crypto::Hash& address) {
    const auto bundle = ledger::prepare(payload, address, "", 1).value();
    crypto::ProofOfWorkOptions work;
    work.min_weight_magnitude = 1;
    ASSERT_TRUE(tangle_->submit(ledger::attach(bundle, {{}, {}, clock_.now_ms()}, work).value()));
  }
  std::vector<std::string> read(const crypto::Hash& root) {
    std::vector<std::string> messages;
    const auto tell = [&](const crypto::Hash&, const mam::Opened& opened) -> Result<void> {
      messages.push_back(crypto::ascii_from_trytes(opened.message_trytes).value());
      return {};
    };
    EXPECT_TRUE(read_channel(world_, {place_, root, mam::Mode::kRestricted, key(), 100}, tell));
    return messages;
  }
};

TEST_F(ChannelTest, WhereAnotherProcessHoldsTheLedgerNoChannelIsBegun) {
  const auto open_ledger = std::exchange(world_.open_ledger, [](const auto&, Use, const auto&) {
    return Result<std::shared_ptr<ports::Ledger>>(fail(ErrorCode::kBusy, "another process holds it"));
  });
  EXPECT_EQ(write("state", "one").error().code, ErrorCode::kBusy);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "state"));
  world_.open_ledger = open_ledger;
  EXPECT_TRUE(write("state", "one"));
}

TEST_F(ChannelTest, WhereAnotherProcessHoldsTheChannelNoLedgerIsOpened) {
  const auto lock = base::FileLock::acquire(folder_ / "state.lock", 0);
  ASSERT_TRUE(lock);
  base::CancelSource stopped;
  stopped.trip();
  world_.cancel = stopped.token();
  bool is_opened = false;
  world_.open_ledger = [&](const auto&, Use, const auto&) -> Result<std::shared_ptr<ports::Ledger>> {
    is_opened = true;
    return fail(ErrorCode::kFailed, "opened");
  };
  EXPECT_EQ(write("state", "one").error().code, ErrorCode::kInterrupted);
  EXPECT_FALSE(is_opened);
}

TEST_F(ChannelTest, ACopyGoesOnBehindWhatTheOtherWrote) {
  const auto first = write("state", "one").value();
  copy("state", "copy");
  EXPECT_EQ(write("state", "two")->message.index, 1u);
  const auto third = write("copy", "three").value();
  EXPECT_EQ(third.message.index, 2u);
  EXPECT_EQ(third.unknown_messages, 1u);
  EXPECT_EQ(read(first.message.root), (std::vector<std::string>{"one", "two", "three"}));
}

TEST_F(ChannelTest, AMessageUnderWayWhoseKeySignedInACopyGoesElsewhere) {
  const auto first = write("state", "one").value();
  let_a_copy_sign_first();
  const auto fourth = write("state", "four").value();
  EXPECT_EQ(fourth.sent_first, 2u);
  EXPECT_EQ(fourth.message.index, 3u);
  EXPECT_EQ(read(first.message.root), (std::vector<std::string>{"one", "three", "two", "four"}));
}

TEST_F(ChannelTest, ACopyThatWritesDuringTheProofOfWorkIsSeen) {
  const auto first = write("state", "one").value();
  copy("state", "copy");
  int count = 0;
  world_.attach = [&](const auto& bundle, const auto& attachment, const auto& options) {
    if (++count == 1) {
      EXPECT_EQ(write("copy", "three")->message.index, 1u);
    }
    return ledger::attach(bundle, attachment, options);
  };
  const auto second = write("state", "two").value();
  EXPECT_EQ(second.message.index, 2u);
  EXPECT_EQ(second.unknown_messages, 1u);
  EXPECT_EQ(read(first.message.root), (std::vector<std::string>{"one", "three", "two"}));
}

TEST_F(ChannelTest, AMessageUnderWayWhoseKeySignedInACopyAndWasPrunedGoesElsewhere) {
  ASSERT_TRUE(write("state", "one"));
  let_a_copy_sign_first();
  ASSERT_TRUE(tangle_->prune_before(*tangle_->transaction_count() + 1));
  const auto second = write("state", "two").value();
  EXPECT_EQ(second.message.index, 2u);
  EXPECT_EQ(second.unknown_messages, 1u);
}

// Whoever sees a message may put it there again with 9s behind it, which make another bundle of it.
TEST_F(ChannelTest, OnesOwnMessageWithMorePaddingIsOnesOwn) {
  const auto first = write("state", "one").value();
  network_.is_read_only = true;
  EXPECT_FALSE(write("state", "two"));
  network_.is_read_only = false;
  {
    auto file = exchange::ChannelFile::open(folder_ / "state", mam::Mode::kRestricted, std::nullopt).value();
    const auto& pending = file.state().pending->bundle;
    const auto address = mam::address_of(first.message.next_root, mam::Mode::kRestricted);
    put(ledger::payload_of(pending) + std::string(2187, '9'), address);
  }
  const auto second = write("state", "two").value();
  EXPECT_EQ(second.message.index, 1u);
  EXPECT_EQ(second.unknown_messages, 0u);
}

TEST_F(ChannelTest, AMessageThatArrivedAlreadyIsNotWrittenTwice) {
  const auto first = write("state", "one").value();
  network_.fault = Network::Fault::kAfter;  // the ledger takes it, and its answer is lost
  network_.fail_at_call = 5;
  EXPECT_FALSE(write("state", "two"));
  network_.fault = Network::Fault::kBefore;
  network_.reachable = true;
  EXPECT_EQ(write("state", "two")->message.index, 1u);
  EXPECT_EQ(read(first.message.root), (std::vector<std::string>{"one", "two"}));
}

// As @iota/mam and @iota/mam.js write them; sent in another order than they are read.
TEST_F(ChannelTest, SeveralMessagesUnderOneRootAreReadInOrder) {
  const auto text = [](const nlohmann::json& vector, const char* field) { return vector.at(field).get<std::string>(); };
  const auto vectors = crypto::own_vectors("mam.json");
  for (const auto& tree : vectors.at("trees")) {
    auto sent = tree.at("messages").get<std::vector<nlohmann::json>>();
    std::reverse(sent.begin(), sent.end());
    for (const auto& vector : sent) {
      put(text(vector, "payload"), crypto::Hash::from_trytes(text(vector, "address")).value());
    }
    std::vector<std::string> expected;
    for (const auto& vector : tree.at("messages")) expected.push_back(text(vector, "message"));
    const auto read = [&](std::uint64_t count_max) {
      std::vector<std::string> messages;
      const auto tell = [&](const crypto::Hash&, const mam::Opened& opened) -> Result<void> {
        messages.push_back(opened.message_trytes);
        return {};
      };
      const auto root = crypto::Hash::from_trytes(text(tree.at("messages").front(), "root")).value();
      auto key = mam::SecretTrytes::from_trytes(text(tree, "side_key")).value();
      EXPECT_TRUE(read_channel(world_, {place_, root, mam::Mode::kRestricted, std::move(key), count_max}, tell));
      return messages;
    };
    EXPECT_EQ(read(100), expected);
    expected.resize(2);
    EXPECT_EQ(read(2), expected);
  }
}

// Anyone who reads a channel knows the next address.
TEST_F(ChannelTest, JunkAtTheNextAddressEndsNothing) {
  const auto first = write("state", "one").value();
  put("JUNK", mam::address_of(first.message.next_root, mam::Mode::kRestricted));
  EXPECT_EQ(read(first.message.root), (std::vector<std::string>{"one"}));
  EXPECT_TRUE(write("state", "two"));
  EXPECT_EQ(read(first.message.root), (std::vector<std::string>{"one", "two"}));
}

}  // namespace
}  // namespace glucoledger::usecases
