// Several processes in one home: each stands here as a Home of its own on the same folder, as each would have it.
#include <algorithm>
#include <fstream>
#include <functional>

#include "base/test_clock.h"
#include "home/signing_lease.h"
#include "privacy/identifier.h"
#include "privacy/strip.h"
#include "usecases/status.h"
#include "usecases/test_stage.h"

namespace glucoledger::usecases {
namespace {

class TogetherTest : public Stage {
 protected:
  // `work` happens while the bundle of this number (from 1) is attached; as another process does it.
  void while_attaching(int number, std::function<void()> work) {
    auto count = std::make_shared<std::atomic<int>>(0);
    world_.attach = [count, number, work = std::move(work)](const auto& bundle, const auto& attachment,
                                                            const auto& options) {
      if (++*count == number) work();
      return ledger::attach(bundle, attachment, options);
    };
  }

  // Where messages of the epochs stand, or would, that a recipient can open.
  std::set<crypto::Hash> addresses_open_to(const std::string& recipient) {
    std::set<crypto::Hash> addresses;
    auto home = open("patient");
    const auto grants = home::all_grants(home).value();
    for (const auto& grant : grants) {
      if (grant.name != recipient) continue;
      const auto epochs = home::epochs_released_to(home, grant).value();
      for (const auto& epoch : epochs) {
        const auto channel = home::channel_of(home, epoch).value();
        for (std::uint64_t index = 0; index < epoch.next_index + 8; ++index) {
          addresses.insert(mam::address_of(mam::root_at(channel, index), mam::Mode::kRestricted));
        }
      }
    }
    return addresses;
  }

  // Of two readings.
  std::filesystem::path device_file(const std::string& name) const {
    auto file = folder_ / name;
    std::ofstream(file) << "time,glucose mg/dL\n2025-01-01T00:00:00Z,100\n2025-01-01T00:05:00Z,110\n";
    return file;
  }

  std::set<crypto::Hash> sent() const {
    std::set<crypto::Hash> addresses;
    for (const auto& entry : network_.payloads) addresses.insert(entry.first);
    return addresses;
  }

  // What arrived since then that the recipient can open.
  std::vector<crypto::Hash> leaked(const std::set<crypto::Hash>& before, const std::string& recipient) {
    std::vector<crypto::Hash> leaks;
    for (const auto& address : addresses_open_to(recipient)) {
      if (network_.payloads.contains(address) && !before.contains(address)) leaks.push_back(address);
    }
    return leaks;
  }
};

TEST_F(TogetherTest, ARevocationHoldsAmidAnotherProcesssPublication) {
  for (const int moment : {1, 2, 5, 9, 14, 20}) {
    SCOPED_TRACE("at bundle " + std::to_string(moment));
    const std::string gone = "gone-" + std::to_string(moment);
    if (moment == 1) invite("stays");
    invite(gone);
    import(0, 100 * moment, 12);
    import(1, 100 * moment, 12);
    std::set<crypto::Hash> before;
    while_attaching(moment, [&] {
      auto home = open("patient");
      const auto revocation = revoke(home, world_, gone);
      ASSERT_TRUE(revocation) << revocation.error().message;
      EXPECT_EQ(revocation->carried.by, Carried::By::kAnotherProcess);
      before = sent();
    });
    auto home = open("patient");
    const auto publication = usecases::publish(home, world_, {});
    ASSERT_TRUE(publication) << publication.error().message;
    EXPECT_EQ(publication->carried.waiting.messages_waiting, 0);
    EXPECT_EQ(publication->carried.waiting.notes_waiting, 0) << "the closing note goes with this publication";
    ASSERT_TRUE(moment == 1 || !before.empty());
    EXPECT_TRUE(leaked(before, gone).empty());
    EXPECT_EQ(state("stays"), FetchState::kFound);
    EXPECT_EQ(records("stays"), imported_);
    EXPECT_TRUE(fetched(gone).closed);
  }
}

// The number of a note that it takes back goes to another one.
TEST_F(TogetherTest, ARevocationOfOneOfTwoGrantsAmidTheNotesIsNoSignOfACopy) {
  invite("two");
  invite("two", kA, {day_of(0), day_of(3)});
  publish();
  import(0, 0, 4);
  import(1, 0, 4);
  int revoked = 0;
  while_attaching(1, [&] {
    auto home = open("patient");
    if (revoke(home, world_, "two/2")) ++revoked;
  });
  const auto report = try_publish();
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(revoked, 1);
  EXPECT_EQ(report->epochs_replaced, 0U);
  EXPECT_EQ(report->waiting.messages_waiting + report->waiting.notes_waiting, 0);
}

// A copy of this home that nothing tells of (an image of the whole machine) publishes another reading with the same
// key, after this one has looked where its key signed and before it is done with its proofs of work.
TEST_F(TogetherTest, AKeyThatSignedElsewhereMeanwhileSignsNothingHere) {
  invite("stays");
  import(0, 0, 2);
  publish();
  import(0, 2, 5);
  const auto clone = [&]() -> std::vector<ledger::Transaction> {
    auto home = open("patient");
    const auto epoch = home::signing_epoch(home, day_of(0)).value().value();
    const auto channel = home::channel_of(home, epoch).value();
    mam::ChannelCursor cursor(channel, epoch.next_index);
    const auto reading = test_reading(0, 50);
    const auto record = privacy::stripped_observation(
        reading, {}, {cursor.root(), epoch.root, privacy::reading_identifier(home.identifier_key(), reading)});
    const auto created = cursor.create(crypto::trytes_from_ascii(record).value()).value();
    const auto bundle = ledger::prepare(created.payload, created.address, std::string(27, '9'), 1).value();
    crypto::ProofOfWorkOptions work;
    work.min_weight_magnitude = 1;
    return ledger::attach(bundle, {{}, {}, clock_.now_ms()}, work).value();
  }();
  while_attaching(2, [&] {
    WatchedLedger ledger(*tangle_, network_);
    EXPECT_TRUE(ledger.submit(clone));
  });
  const auto report = try_publish();
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->epochs_replaced, 1u);
  EXPECT_EQ(report->waiting.messages_waiting, 0);
  imported_.insert(test_reading(0, 50).utc_ms);
  EXPECT_EQ(state("stays"), FetchState::kFound);
  EXPECT_EQ(records("stays"), imported_);
}

// One of two nodes is down: nothing is confirmed, and all is in doubt, for as long as that lasts.
TEST_F(TogetherTest, DoubtAloneMakesNoEpochsWithoutEnd) {
  import(0, 0, 3);
  network_.doubt = "only 1 of 2 nodes answered";
  network_.withholds = true;
  network_.confirms_data = false;
  const auto epochs = [&] {
    auto home = open("patient");
    return home::all_epochs(home, kA)->size();
  };
  ASSERT_TRUE(try_publish());
  const auto before = epochs();
  for (int round = 0; round < 3; ++round) {
    const auto report = try_publish();
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_EQ(report->epochs_replaced, 0u);
  }
  EXPECT_EQ(epochs(), before);
}

// What it was sent and has not answered may arrive; nothing else does.
TEST_F(TogetherTest, ALedgerThatNeverAnswersDoesNotHoldUpARevocation) {
  invite("stays");
  invite("gone");
  import(0, 0, 8);
  bool is_revoked = false;
  network_.before_submit = [&](const base::CancelToken& cancel) {
    if (is_revoked) return;
    is_revoked = true;
    auto home = open("patient");
    const auto revocation = revoke(home, world_, "gone");
    ASSERT_TRUE(revocation) << revocation.error().message;
    EXPECT_TRUE(revocation->epochs_ended == 0 || revocation->may_still_arrive);
    EXPECT_TRUE(home::open_grants_named(home, "gone")->empty());
    // The process that publishes sees it and breaks this call off, however long the ledger would be silent.
    if (revocation->epochs_ended > 0) {
      EXPECT_TRUE(cancel.wait_ms(20'000));
    }
  };
  auto home = open("patient");
  const auto publication = usecases::publish(home, world_, {});
  ASSERT_TRUE(publication) << publication.error().message;
  EXPECT_TRUE(is_revoked);
  EXPECT_EQ(publication->carried.waiting.messages_waiting, 0);
  EXPECT_EQ(state("stays"), FetchState::kFound);
  EXPECT_EQ(records("stays"), imported_);
}

TEST_F(TogetherTest, ImportShareFetchAndStatusWorkBesideAPublication) {
  invite("smith");
  import(0, 0, 6);
  std::string uri;
  while_attaching(3, [&] {
    import(1, 0, 3);
    auto home = open("patient");
    EXPECT_EQ(patient_status(home)->readings, 9);
    auto shared = share(home, world_, {"jones", kA, {}});
    ASSERT_TRUE(shared) << shared.error().message;
    EXPECT_EQ(shared->carried.by, Carried::By::kAnotherProcess);
    uri = shared->uri.text();
    EXPECT_TRUE(plan_publication(home, {}));
    EXPECT_TRUE(try_fetch("smith"));
  });
  auto home = open("patient");
  const auto publication = usecases::publish(home, world_, {});
  ASSERT_TRUE(publication) << publication.error().message;
  EXPECT_EQ(publication->carried.waiting.messages_waiting, 0) << "what came meanwhile is taken along";
  EXPECT_EQ(publication->carried.waiting.notes_waiting, 0);
  ASSERT_TRUE(try_receive(uri, "jones"));
  for (const char* name : {"smith", "jones"}) {
    (void)fetched(name);
    EXPECT_EQ(records(name), imported_) << name;
  }
}

TEST_F(TogetherTest, TheSecondPublisherWaitsForTheFirstAndThenGoesOn) {
  import(0, 0, 3);
  auto home = open("patient");
  auto lease = home::SigningLease::take(folder_ / "patient").value();
  EXPECT_FALSE(exchange::run_outbox(home, world_, {})->has_value());
  int waits = 0;
  clock_.on_wait([&](std::int64_t) {
    if (++waits == 5) lease.reset();
  });
  const auto publication = usecases::publish(home, world_, {});
  clock_.on_wait({});
  ASSERT_TRUE(publication) << publication.error().message;
  EXPECT_EQ(waits, 5);
  EXPECT_EQ(publication->carried.by, Carried::By::kThisCall);
  EXPECT_EQ(publication->carried.report.delivery.closed, 3U);
}

TEST_F(TogetherTest, TheSecondPublisherEndsOnceTheFirstHasSentItsReadings) {
  import(0, 0, 3);
  auto home = open("patient");
  auto lease = home::SigningLease::take(folder_ / "patient").value();
  clock_.on_wait([&](std::int64_t) {
    if (!lease) return;
    lease.reset();  // "the other process": it sends all, and has the lease again at once
    EXPECT_TRUE(try_publish());
    lease = home::SigningLease::take(folder_ / "patient").value();
  });
  const auto publication = usecases::publish(home, world_, {});
  clock_.on_wait({});
  ASSERT_TRUE(publication) << publication.error().message;
  EXPECT_EQ(publication->carried.by, Carried::By::kAnotherProcess);
  EXPECT_EQ(publication->carried.waiting.messages_waiting, 0);
  EXPECT_FALSE(publication->carried.shortfall());
}

TEST_F(TogetherTest, WaitingForAnotherPublisherCanBeStopped) {
  import(0, 0, 3);
  auto home = open("patient");
  const auto lease = home::SigningLease::take(folder_ / "patient").value();
  base::CancelSource stop;
  auto world = world_;
  world.cancel = stop.token();
  clock_.on_wait([&](std::int64_t) { stop.trip(); });
  const auto publication = usecases::publish(home, world, {});
  clock_.on_wait({});
  ASSERT_FALSE(publication);
  EXPECT_EQ(publication.error().code, ErrorCode::kInterrupted);
  EXPECT_EQ(home::outbox_counts(home)->messages_waiting, 3) << "it is recorded all the same";
}

// ---- what follows, in a time that the test makes

TEST_F(TogetherTest, WhatComesWhileFollowingIsPublishedAndAnUnreachableLedgerIsTriedEverMoreRarely) {
  invite("smith");
  base::CancelSource stop;
  auto world = world_;
  world.cancel = stop.token();
  std::vector<std::int64_t> waits;
  int rounds = 0;
  clock_.on_wait([&](std::int64_t wait_ms) {
    waits.push_back(wait_ms);
    const auto round = waits.size();
    if (round == 2) import(0, 0, 2);
    if (round == 4) network_.reachable = false;
    if (round == 4) import(0, 2, 2);
    if (round == 9) network_.reachable = true;
    if (round == 12) stop.trip();
  });
  PublishFollower follower;
  follower.tell = [&](const Publication&) { ++rounds; };
  int errors = 0;
  follower.tell_error = [&](const Error& error) {
    EXPECT_EQ(error.code, ErrorCode::kUnreachable);
    ++errors;
  };
  auto home = open("patient");
  ASSERT_TRUE(follow_publishing(home, world, {}, follower));
  clock_.on_wait({});
  EXPECT_GE(rounds, 2);
  EXPECT_EQ(errors, 5);
  EXPECT_TRUE(std::is_sorted(waits.begin() + 4, waits.begin() + 9)) << "ever longer";
  EXPECT_GT(waits[8], waits[4]);
  EXPECT_EQ(waits.back(), waits.front()) << "and as before once it answers";
  (void)fetched("smith");
  EXPECT_EQ(records("smith"), imported_);
}

TEST_F(TogetherTest, AFollowingClinicIsToldWhatChangedAndNothingElse) {
  invite("smith");
  base::CancelSource stop;
  auto world = world_;
  world.cancel = stop.token();
  int waits = 0;
  clock_.on_wait([&](std::int64_t wait_ms) {
    if (wait_ms != 500) return;  // a publisher's wait for its confirmation
    ++waits;
    if (waits == 3) {
      import(0, 0, 2);
      publish();
    }
    if (waits == 6) {
      ASSERT_TRUE(try_revoke("smith"));
    }
    if (waits == 9) stop.trip();
  });
  std::vector<FetchState> told;
  auto home = open("clinic");
  ASSERT_TRUE(follow_patients(home, world, std::nullopt, 500, [&](const FetchReport& r) { told.push_back(r.state); }));
  clock_.on_wait({});
  EXPECT_EQ(told, (std::vector{FetchState::kNotYet, FetchState::kFound, FetchState::kNotYet, FetchState::kClosed}));
}

class ListedFiles final : public Inbox {
 public:
  std::vector<std::string> changed_files() override {
    if (on_look) on_look();
    return std::exchange(files, {});
  }
  void try_again(const std::string& file) override { files.push_back(file); }
  bool wait_ms(std::int64_t, const base::CancelToken& cancel) override {
    if (on_wait) on_wait();
    return cancel.cancelled();
  }
  std::vector<std::string> files;
  std::function<void()> on_look;
  std::function<void()> on_wait;
};

TEST_F(TogetherTest, AWatchedFoldersFilesAreImportedAndABadOneEndsNothing) {
  const auto good = device_file("good.csv");
  const auto bad = folder_ / "bad.csv";
  std::ofstream(bad) << "nothing that anyone knows\n";
  ListedFiles inbox;
  base::CancelSource stop;
  auto world = world_;
  world.cancel = stop.token();
  int waits = 0;
  inbox.on_wait = [&] {
    ++waits;
    if (waits == 1) inbox.files = {bad.string(), good.string(), (folder_ / "absent.csv").string()};
    if (waits == 2) {
      EXPECT_EQ(inbox.files.size(), 1U) << "what is not there yet is tried again";
    }
    if (waits == 3) stop.trip();
  };
  std::vector<bool> outcomes;
  auto home = open("patient");
  const auto tell = [&](const std::string&, const Result<Import>& outcome) { outcomes.push_back(outcome.has_value()); };
  ASSERT_TRUE(follow_imports(home, world, inbox, {}, tell));
  EXPECT_EQ(home::count_readings(home), 2);
  EXPECT_EQ(outcomes, (std::vector{false, true, false, false}));
  std::filesystem::remove(good);
  std::filesystem::remove(bad);
}

// A long backlog keeps no file waiting.
TEST_F(TogetherTest, WhatComesIntoAWatchedFolderWhileOthersAreSentGoesAlong) {
  const auto file = device_file("new.csv");
  import(0, 0, 400);
  ListedFiles inbox;
  base::CancelSource stop;
  auto world = world_;
  world.cancel = stop.token();
  bool has_come = false;
  network_.before_submit = [&](const base::CancelToken&) {
    clock_.advance_ms(std::exchange(has_come, true) ? 0 : 3'000);
  };
  PublishFollower follower;
  follower.inbox = &inbox;
  follower.tell_import = [&](const std::string&, const Result<Import>& outcome) { EXPECT_TRUE(outcome); };
  follower.tell = [&](const Publication& publication) {
    EXPECT_EQ(publication.plan.readings, 402U);
    EXPECT_EQ(publication.carried.waiting.messages_waiting, 0);
    stop.trip();
  };
  int looks = 0;
  inbox.on_look = [&] {
    if (++looks == 2) inbox.files = {file.string()};  // the first one is before all else
  };
  auto home = open("patient");
  ASSERT_TRUE(follow_publishing(home, world, {}, follower));
  EXPECT_EQ(home::count_readings(home), 402);
  network_.before_submit = {};
  std::filesystem::remove(file);
}

TEST_F(TogetherTest, WhatComesIntoAWatchedFolderIsPublishedAndThereAfterAPauseWhereTheLedgerIsOutOfReach) {
  invite("smith");
  const auto file = device_file("new.csv");
  ListedFiles inbox;
  base::CancelSource stop;
  auto world = world_;
  world.cancel = stop.token();
  int looks = 0;
  inbox.on_wait = [&] {
    ++looks;
    if (looks == 1) {
      inbox.files = {file.string()};
      network_.reachable = false;
    }
    if (looks == 2) stop.trip();  // the folder is watched again once the ledger has answered
  };
  int pauses = 0;
  clock_.on_wait([&](std::int64_t) { network_.reachable = ++pauses > 2; });
  PublishFollower follower;
  follower.inbox = &inbox;
  int imported = 0;
  follower.tell_import = [&](const std::string&, const Result<Import>& outcome) { imported += outcome ? 1 : 0; };
  int sent = 0;
  follower.tell = [&](const Publication& round) { sent += round.carried.shortfall() ? 0 : 1; };
  follower.tell_error = [](const Error& error) { EXPECT_EQ(error.code, ErrorCode::kUnreachable); };
  auto home = open("patient");
  ASSERT_TRUE(follow_publishing(home, world, {}, follower));
  clock_.on_wait({});
  EXPECT_EQ(imported, 1);
  EXPECT_EQ(sent, 1);
  EXPECT_GE(pauses, 3);
  EXPECT_EQ(home::outbox_counts(home)->messages_waiting, 0);
  std::filesystem::remove(file);
}

}  // namespace
}  // namespace glucoledger::usecases
