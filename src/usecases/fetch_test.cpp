// What a physician is told: FOUND, NOT YET, CLOSED, PRUNED, UNREACHABLE, CORRUPT.
#include <atomic>

#include "crypto/test_vectors.h"
#include "home/epochs.h"
#include "mam/mam.h"
#include "privacy/sealed_file.h"
#include "usecases/test_stage.h"

namespace glucoledger::usecases {
namespace {

class FetchTest : public Stage {
 protected:
  // Where a message of the patient's newest epoch stands.
  crypto::Hash address_of(std::uint64_t index, keys::Design design = kA) {
    auto home = open("patient");
    const auto epochs = home::all_epochs(home, design).value();
    const auto channel = home::channel_of(home, epochs.back()).value();
    return mam::address_of(mam::root_at(channel, index), mam::Mode::kRestricted);
  }
  // Of the patient's note to the only recipient.
  crypto::Hash note_address(std::uint64_t number) {
    auto home = open("patient");
    const auto thread = home::thread_by_id(home, home::all_grants(home)->front().thread_id).value();
    return home::keys_of(home, thread)->note_address(thread.out, number);
  }
  // Of someone else's home.
  static keys::Invitation invitation(const std::string& network_id, const std::filesystem::path& ledger,
                                     std::uint8_t patient) {
    return {.network_id = network_id,
            .places = {{keys::Place::Kind::kLedger, locator::Locator::of_folder(ledger)}},
            .thread = keys::Thread::from_secret(SecretBytes(Bytes(32, patient))).value(),
            .newest_epoch = {}};
  }
  void post(const crypto::Hash& address, const std::string& payload) {
    const auto bundle =
        ledger::prepare(payload, address, std::string(ledger::kTagTrytes, '9'), clock_.now_ms() / 1000).value();
    crypto::ProofOfWorkOptions work;
    work.min_weight_magnitude = 1;
    const auto tips = tangle_->tips().value();
    ASSERT_TRUE(tangle_->submit(*ledger::attach(bundle, {tips.trunk, tips.branch, clock_.now_ms()}, work)));
  }
};

TEST_F(FetchTest, NothingNewIsNotYet) {
  invite("smith");
  EXPECT_EQ(state("smith"), FetchState::kNotYet);
  import(0, 0, 1);
  publish();
  EXPECT_EQ(state("smith"), FetchState::kFound);
  EXPECT_EQ(state("smith"), FetchState::kNotYet);
}

TEST_F(FetchTest, ALedgerThatDoesNotAnswerIsUnreachable) {
  import(0, 0, 3);
  publish();
  invite("smith");
  network_.reachable = false;
  EXPECT_EQ(state("smith"), FetchState::kUnreachable);
  for (std::int64_t call = 1; call <= 4; ++call) {
    network_.reachable = true;
    network_.fail_at_call = call;
    const auto report = try_fetch("smith");
    ASSERT_TRUE(report);
    if (network_.reachable) break;
    EXPECT_EQ(report->problems.front().state, FetchState::kUnreachable);
  }
  network_.reachable = true;
  network_.fail_at_call = 0;
  (void)fetched("smith");
  EXPECT_EQ(records("smith"), imported_);
}

TEST_F(FetchTest, WhatTooFewNodesAgreeOnIsNotCalledNothingNew) {
  invite("smith");
  import(0, 0, 2);
  publish();
  network_.doubt = "only 1 of 2 nodes answered";
  const auto report = fetched("smith");
  EXPECT_EQ(report.new_records, 2U);
  EXPECT_EQ(report.state, FetchState::kUnreachable);
  ASSERT_EQ(report.problems.size(), 1U);
  EXPECT_EQ(report.problems.front().reason, network_.doubt);
  network_.doubt.clear();
  EXPECT_EQ(state("smith"), FetchState::kNotYet);
}

TEST_F(FetchTest, AFlippedTritIsCorruptAndReadingGoesOnOnceItIsRight) {
  import(0, 0, 3);
  publish();
  invite("smith");
  network_.tampered = address_of(1);
  const auto report = fetched("smith");
  EXPECT_EQ(report.state, FetchState::kCorrupt);
  EXPECT_EQ(report.new_records, 1U);
  network_.tampered = {};
  EXPECT_EQ(state("smith"), FetchState::kFound);
  EXPECT_EQ(records("smith"), imported_);
}

TEST_F(FetchTest, JunkBesideTheMessageIsIgnored) {
  import(0, 0, 2);
  invite("smith");
  publish();
  for (std::uint64_t index = 0; index < 2; ++index) {
    post(address_of(index), "JUNK");
    post(address_of(index), std::string(3 * ledger::kFragmentTrytes, 'X'));
  }
  EXPECT_EQ(state("smith"), FetchState::kFound);
  EXPECT_EQ(records("smith"), imported_);
}

TEST_F(FetchTest, JunkAtTheNextAddressIsToldAndDoesNotStopThePatient) {
  import(0, 0, 2);
  invite("smith");
  publish();
  post(address_of(2), "JUNK");
  EXPECT_EQ(state("smith"), FetchState::kCorrupt);
  import(0, 2, 2);
  publish();
  EXPECT_EQ(state("smith"), FetchState::kFound);
  EXPECT_EQ(records("smith"), imported_);
  auto home = open("patient");
  EXPECT_EQ(home::all_epochs(home, kA)->size(), 1U) << "junk does not end an epoch";
}

TEST_F(FetchTest, WhatTheNodeDroppedIsPruned) {
  import(0, 0, 3);
  publish();
  invite("smith");
  ASSERT_TRUE(tangle_->prune_before(*tangle_->transaction_count() + 1));
  EXPECT_EQ(state("smith"), FetchState::kPruned);
}

TEST_F(FetchTest, AMessageDroppedInPartIsPruned) {
  import(0, 0, 1);
  publish();
  invite("smith");
  ASSERT_GT(*tangle_->transaction_count(), 1U);
  ASSERT_TRUE(tangle_->prune_before(2));
  EXPECT_EQ(state("smith"), FetchState::kPruned);
}

TEST_F(FetchTest, AnEndIsBelievedOnlyWhenEveryNoteBeforeItIsHere) {
  invite("smith");
  import(0, 0, 2);
  publish();
  import(1, 0, 2);
  publish();
  network_.withheld = {note_address(0)};
  ASSERT_TRUE(try_revoke("smith"));
  for (int i = 0; i < 2; ++i) {
    const auto report = fetched("smith");
    EXPECT_FALSE(report.closed);
    EXPECT_EQ(report.state, FetchState::kUnreachable);
    ASSERT_EQ(report.problems.size(), 1U);
    EXPECT_NE(report.problems.front().reason.find("missing (1)"), std::string::npos);
  }
  network_.reachable = false;
  EXPECT_FALSE(fetched("smith").closed);
  network_.reachable = true;
  network_.withheld.clear();
  const auto report = fetched("smith");
  EXPECT_TRUE(report.closed);
  EXPECT_TRUE(report.problems.empty());
  EXPECT_EQ(records("smith"), imported_);
}

TEST_F(FetchTest, ANoteThatIsSaidToBeDroppedIsAskedForAgain) {
  invite("smith");
  import(0, 0, 2);
  publish();
  network_.said_pruned = {note_address(0)};
  EXPECT_EQ(state("smith"), FetchState::kPruned);
  import(1, 0, 2);
  publish();
  EXPECT_EQ(state("smith"), FetchState::kPruned);
  network_.said_pruned.clear();
  EXPECT_EQ(state("smith"), FetchState::kFound);
  EXPECT_EQ(records("smith"), imported_);
}

TEST_F(FetchTest, ALedgerThatSaysItDroppedEverythingIsReadToAnEnd) {
  import(0, 0, 2);
  publish();
  invite("smith");
  network_.says_all_free_is_pruned = true;
  EXPECT_EQ(state("smith"), FetchState::kPruned);
  // The patient's side neither makes epochs without end nor looks for a free number for ever.
  import(1, 0, 2);
  (void)try_publish();
  auto home = open("patient");
  EXPECT_LE(home::all_epochs(home, kA)->size(), 4U);
}

// A patient's home that means harm can sign any next root.
TEST_F(FetchTest, MessagesThatLeadInACircleEnd) {
  const auto vectors = crypto::own_vectors("mam-circle.json");
  const auto text_of = [](const nlohmann::json& vector, const char* name) {
    return vector.at(name).get<std::string>();
  };
  auto side_key = text_of(vectors, "side_key");
  side_key.resize(crypto::kHashTrytes, '9');
  std::uint8_t patient = 0;
  for (const char* name : {"to_itself", "by_way_of_others"}) {
    const auto& messages = vectors.at(name);
    for (const auto& message : messages) {
      post(*crypto::Hash::from_trytes(text_of(message, "address")), text_of(message, "payload"));
    }
    keys::EpochRelease release{.root = *crypto::Hash::from_trytes(text_of(messages.front(), "root")),
                               .side_key = SecretBytes(base::to_bytes(side_key)),
                               .first_day = day_of(0),
                               .last_day = day_of(0),
                               .file_secret = {}};
    auto invited = invitation(tangle_->info()->network_id, folder_ / "ledger", ++patient);
    invited.newest_epoch = std::move(release);
    ASSERT_TRUE(try_receive(keys::encode_uri(invited)->text(), name));
    const auto report = fetched(name);
    EXPECT_EQ(report.state, FetchState::kCorrupt);
    ASSERT_FALSE(report.problems.empty());
    EXPECT_NE(report.problems.back().reason.find("circle"), std::string::npos) << report.problems.back().reason;
  }
}

// Of two patients one has a ledger that is silent; the time that others wait for it passes once the other one is read.
class FetchBesideASilentLedgerTest : public FetchTest {
 protected:
  FetchBesideASilentLedgerTest() : beside_(world_) {
    beside_.open_ledger = [this](const locator::Locator& place, Use use,
                                 const base::CancelToken& cancel) -> Result<std::shared_ptr<ports::Ledger>> {
      if (place == locator::Locator::of_folder("/silent")) {
        ++times_asked_;
        while (!cancel.wait_ms(1)) clock_.advance_ms(is_read_ ? 1'000 : 0);
        return tl::unexpected(cancel.check().error());
      }
      GL_TRY(ledger, world_.open_ledger(place, use, cancel));
      return std::shared_ptr<ports::Ledger>(ledger.get(), [this, ledger](auto*) { is_read_ = true; });
    };
    invite("smith");
    EXPECT_TRUE(try_receive(keys::encode_uri(invitation("0011", "/silent", 1))->text(), "silent"));
  }

  World beside_;
  std::atomic<bool> is_read_ = false;
  std::atomic<int> times_asked_ = 0;
};

TEST_F(FetchBesideASilentLedgerTest, KeepsNobodyElseWaiting) {
  import(0, 0, 2);
  publish();
  auto home = open("clinic");
  std::vector<std::string> told;
  const auto reports = fetch(home, beside_, std::nullopt, [&](const auto& report) { told.push_back(report.patient); });
  ASSERT_TRUE(reports) << reports.error().message;
  EXPECT_EQ(told, (std::vector<std::string>{"smith", "silent"})) << "each as soon as it was through";
  ASSERT_EQ(reports->size(), 2U);
  EXPECT_EQ(reports->front().new_records, 2U);
  EXPECT_EQ(reports->back().patient, "silent");
  EXPECT_EQ(reports->back().state, FetchState::kUnreachable);
}

TEST_F(FetchBesideASilentLedgerTest, WhoFollowsDoesNotWaitForItInEveryRound) {
  base::CancelSource stop;
  beside_.cancel = stop.token();
  int rounds = 0;
  clock_.on_wait([&](std::int64_t wait_ms) {
    if (wait_ms != 500) return;  // a publisher's wait for its confirmation
    ++rounds;
    if (rounds == 2) {
      import(0, 0, 2);
      publish();
    }
    if (rounds == 5) stop.trip();
  });
  auto home = open("clinic");
  std::map<std::string, FetchState> told;
  ASSERT_TRUE(follow_patients(home, beside_, std::nullopt, 500,
                              [&](const FetchReport& report) { told[report.patient] = report.state; }));
  clock_.on_wait({});
  EXPECT_EQ(told.at("silent"), FetchState::kUnreachable);
  EXPECT_EQ(records("smith"), imported_);
  EXPECT_EQ(times_asked_, 1);
}

// As a second process of the home does it, at any point of the first one's.
TEST_F(FetchTest, WhatAnotherProcessBeganToReadAndLeftIsReadToTheEnd) {
  import(0, 0, 6);
  publish();
  for (std::int64_t calls = 1; calls < 10; ++calls) {
    const auto name = "reader-" + std::to_string(calls);
    invite(name);
    bool has_begun = false;
    auto world = world_;
    world.progress = [&](std::string_view stage, std::uint64_t, std::uint64_t) {
      if (stage != "fetching records" || std::exchange(has_begun, true)) return;
      network_.fail_at_call = calls;
      (void)try_fetch(name);
      network_.fail_at_call = 0;
      network_.reachable = true;
    };
    auto home = open("clinic");
    const auto reports = fetch(home, world, name);
    ASSERT_TRUE(reports) << reports.error().message;
    EXPECT_TRUE(has_begun);
    EXPECT_EQ(records(name), imported_) << calls;
    EXPECT_TRUE(reports->front().problems.empty());
  }
}

TEST_F(FetchTest, ADroppedFileIsPruned) {
  import(0, 0, 2);
  publish(files());
  invite("smith", kB);
  std::filesystem::rename(folder_ / "store", folder_ / "elsewhere");
  EXPECT_EQ(state("smith"), FetchState::kUnreachable);
  ASSERT_TRUE(world_.open_store(locator::Locator::of_folder(folder_ / "store"), Use::kWrite, {}));
  EXPECT_EQ(state("smith"), FetchState::kPruned);
  std::filesystem::remove_all(folder_ / "store");
  std::filesystem::rename(folder_ / "elsewhere", folder_ / "store");
  EXPECT_EQ(state("smith"), FetchState::kFound);
  EXPECT_EQ(records("smith"), imported_);
}

TEST_F(FetchTest, AFileThatExpandsBeyondMeasureIsNotOpened) {
  import(0, 0, 2);
  {
    auto home = open("patient");
    ASSERT_TRUE(plan_publication(home, files()));
    const auto epoch = home::epochs_with_waiting_messages(home)->front();
    const auto release = home::release_of(home, epoch).value();
    const auto sealed =
        privacy::seal_file(Bytes(std::size_t{10} << 20, ' '), *release.file_secret, privacy::Transform::kCompress);
    const auto store = world_.open_store(home.store_place(), Use::kWrite, {}).value();
    const auto cid = store->add(sealed.value(), {}).value();
    ASSERT_TRUE(home.database().execute("UPDATE message SET cid = '" + cid + "'"));
  }
  publish(files());
  invite("smith", kB);
  const auto report = fetched("smith");
  ASSERT_EQ(report.problems.size(), 1u);
  EXPECT_EQ(report.problems.front().state, FetchState::kCorrupt);
  EXPECT_NE(report.problems.front().reason.find("larger than allowed"), std::string::npos);
}

TEST_F(FetchTest, PublishingGoesOnAfterTheNodePruned) {
  import(0, 0, 2);
  invite("smith");
  publish();
  (void)fetched("smith");
  ASSERT_TRUE(tangle_->prune_before(*tangle_->transaction_count() + 1));
  import(0, 2, 2);
  import(1, 0, 2);
  publish();
  (void)fetched("smith");
  EXPECT_EQ(records("smith"), imported_);
}

// Behind what was dropped nobody new can read.
TEST_F(FetchTest, WhatIsPublishedAfterTheNodePrunedIsReadByWhoComesLater) {
  import(0, 0, 2);
  publish();
  ASSERT_TRUE(tangle_->prune_before(*tangle_->transaction_count() + 1));
  import(0, 2, 3);
  publish();
  invite("smith");
  EXPECT_EQ(state("smith"), FetchState::kPruned);
  EXPECT_EQ(records("smith"), times_of(0, 2, 3));
}

TEST_F(FetchTest, AnInvitationOfAnotherLedgerIsUnreachable) {
  import(0, 0, 1);
  publish();
  invite("smith");
  tangle_ = ledger_store::Tangle::in_memory(1, clock_);
  EXPECT_EQ(state("smith"), FetchState::kUnreachable);
}

TEST_F(FetchTest, SpoiltInvitationsAreRefused) {
  import(0, 0, 1);
  publish();
  const auto shared = try_share("smith");
  ASSERT_TRUE(shared);
  std::string uri(shared->uri.text());
  EXPECT_EQ(try_receive(uri.substr(0, uri.size() - 1), "p").error().code, ErrorCode::kInputRefused);
  uri[uri.size() / 2] = uri[uri.size() / 2] == 'A' ? 'B' : 'A';
  EXPECT_EQ(try_receive(uri, "p").error().code, ErrorCode::kInputRefused);
  EXPECT_EQ(try_receive("", "p").error().code, ErrorCode::kInputRefused);
  EXPECT_EQ(try_receive(shared->uri.text(), std::string(65, 'n')).error().code, ErrorCode::kUsage);
}

}  // namespace
}  // namespace glucoledger::usecases
