// Lives of a home, in random order: importing, publishing, sharing, revoking and fetching, while the network fails, the
// power fails, the home is copied or its machine rolled back. Whatever happens, in the end each reading is in the
// clinic once, no one-time key signed twice, and who was revoked reads what was published before and nothing after.
//
// Each life tells its seed; GLUCOLEDGER_SEED repeats one, GLUCOLEDGER_LIVES asks for more of them.
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <random>

#include "sqlite/unsynced_vfs.h"
#include "usecases/test_stage.h"

namespace glucoledger::usecases {
namespace {

std::uint64_t number_from(const char* variable, std::uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

class Life : public Stage {
 public:
  explicit Life(std::uint64_t seed) : random_(seed) {}
  void TestBody() override {}

  void begin() {
    import_some("patient");
    publish();
    publish(files(cgm::Window::kDay));
    invite("keeps-a", kA);
    invite("keeps-b", kB);
  }

  // One of the things that people do.
  void act(const std::string& actor, bool with_grants) {
    switch (random_() % (with_grants ? 9 : 6)) {
      case 0:
      case 1:
        return import_some(actor);
      case 2:
      case 3:
        return publish_readings(actor);
      case 4:
        return (void)try_publish(actor, files(cgm::Window::kDay));
      case 5:
        return fetch_all();
      case 6:
      case 7:
        return open_ ? revoke_recipient() : share_with_recipient();
      default:
        return (void)send_notes(actor);
    }
  }

  // The network fails at one of the next calls, or does not.
  void disturb_network() {
    network_.reachable = true;
    network_.fail_at_call = random_() % 3 == 0 ? 0 : static_cast<std::int64_t>(1 + random_() % 12);
    network_.fault = random_() % 2 == 0 ? Network::Fault::kBefore : Network::Fault::kAfter;
    network_.lost_bundles = random_() % 3;
  }

  // Too few nodes answer, or enough; the few may withhold everything.
  void doubt_network() {
    network_.doubt = random_() % 4 == 0 ? "too few nodes answered" : "";
    network_.withholds = !network_.doubt.empty() && random_() % 2 == 0;
  }

  void repair_network() {
    network_.doubt.clear();
    network_.withholds = false;
    network_.reachable = true;
    network_.fail_at_call = 0;
    network_.lost_bundles = 0;
  }

  // Everything works again: what waits goes out, and the clinic reads it.
  void end(const std::vector<std::string>& actors) {
    repair_network();
    for (const auto& actor : actors) {
      ASSERT_TRUE(try_import(actor, all_));
      publish({}, actor);
      publish(files(cgm::Window::kDay), actor);
    }
    if (open_) revoke_recipient();
    ASSERT_TRUE(send_notes());
    for (const auto& reading : all_) imported_.insert(reading.utc_ms);
    for (const char* name : {"keeps-a", "keeps-b"}) {
      const auto report = fetched(name);
      EXPECT_TRUE(report.problems.empty()) << report.problems.front().reason;
      EXPECT_EQ(records(name), imported_) << name;
      EXPECT_EQ(state(name), FetchState::kNotYet);
    }
    for (const auto& recipient : revoked_) check_revoked(recipient);
  }

  std::mt19937_64& random() { return random_; }
  TickingClock& clock() { return clock_; }
  std::filesystem::path patient_folder() const { return folder_ / "patient"; }
  std::filesystem::path folder() const { return folder_; }

 private:
  struct Recipient {
    std::string name;
    Times published_before;  // acknowledged, and its release too, before it was revoked
    Times imported_after;
  };

  void import_some(const std::string& actor) {
    std::vector<cgm::Reading> readings;
    for (std::uint64_t count = 1 + random_() % 3; count > 0; --count) {
      readings.push_back(test_reading(static_cast<std::int64_t>(random_() % 4), next_slot_++));
      all_.push_back(readings.back());
      for (auto& recipient : revoked_) recipient.imported_after.insert(readings.back().utc_ms);
    }
    if (!try_import(actor, readings)) return;
    for (const auto& reading : readings) acknowledged_.insert(reading.utc_ms);
  }

  void publish_readings(const std::string& actor) {
    const auto before = acknowledged_;
    const auto report = try_publish(actor);
    if (report && report->waiting.messages_waiting + report->waiting.notes_waiting == 0) published_ = before;
  }

  void share_with_recipient() {
    if (current_.name.empty()) current_.name = "recipient-" + std::to_string(revoked_.size());
    const auto shared = try_share(current_.name);
    if (!shared) return;
    if (!try_receive(shared->uri.text(), current_.name)) return;
    open_ = true;
    published_.clear();  // the releases of what was published so far wait
    (void)send_notes();
  }

  void revoke_recipient() {
    // Cut short after its commit, it is done all the same: what is published from then on is not before it.
    if (!std::exchange(is_revoking_, true)) current_.published_before = published_;
    const auto revocation = try_revoke(current_.name);
    if (!revocation && revocation.error().code != ErrorCode::kNotFound) return;
    revoked_.push_back(std::exchange(current_, {}));
    is_revoking_ = false;
    open_ = false;
    (void)send_notes();
  }

  void fetch_all() {
    for (const char* name : {"keeps-a", "keeps-b"}) {
      const auto report = try_fetch(name);
      if (!report) return;
      for (const auto& problem : report->problems) EXPECT_EQ(problem.state, FetchState::kUnreachable) << problem.reason;
      EXPECT_GE(report->records, held_[name]) << "an acknowledged record is gone";
      held_[name] = report->records;
    }
    if (open_) (void)try_fetch(current_.name);
  }

  void check_revoked(const Recipient& recipient) {
    const auto report = fetched(recipient.name);
    EXPECT_TRUE(report.problems.empty());
    EXPECT_TRUE(report.closed);
    EXPECT_EQ(state(recipient.name), FetchState::kClosed);
    const auto read = records(recipient.name);
    EXPECT_TRUE(
        std::includes(read.begin(), read.end(), recipient.published_before.begin(), recipient.published_before.end()))
        << recipient.name << " lacks what was published before";
    Times forbidden;
    std::set_intersection(read.begin(), read.end(), recipient.imported_after.begin(), recipient.imported_after.end(),
                          std::inserter(forbidden, forbidden.end()));
    EXPECT_TRUE(forbidden.empty()) << recipient.name << " reads what came after it was revoked";
  }

  std::mt19937_64 random_;
  std::int64_t next_slot_ = 0;
  std::vector<cgm::Reading> all_;
  Times acknowledged_;
  Times published_;
  bool open_ = false;
  bool is_revoking_ = false;
  Recipient current_;
  std::vector<Recipient> revoked_;
  std::map<std::string, std::int64_t> held_;
};

// Runs `work(life)` for several seeds, and for those of lives that once failed.
template <typename Work>
void for_each_life(std::uint64_t lives, const Work& work, std::vector<std::uint64_t> seeds = {}) {
  if (std::getenv("GLUCOLEDGER_SEED") != nullptr) seeds.clear();
  const std::uint64_t first = number_from("GLUCOLEDGER_SEED", std::random_device{}());
  for (std::uint64_t i = 0; i < number_from("GLUCOLEDGER_LIVES", lives); ++i) seeds.push_back(first + i);
  for (const auto seed : seeds) {
    SCOPED_TRACE("GLUCOLEDGER_LIVES=1 GLUCOLEDGER_SEED=" + std::to_string(seed));
    Life life(seed);
    life.begin();
    work(life);
    if (testing::Test::HasFailure()) return;
  }
}

TEST(RandomLifeTest, TheNetworkFails) {
  for_each_life(6, [](Life& life) {
    for (int step = 0; step < 40; ++step) {
      life.disturb_network();
      life.doubt_network();
      life.act("patient", true);
    }
    life.end({"patient"});
  });
}

TEST(RandomLifeTest, ThePowerFails) {
  constexpr std::uint64_t kLossesPerLife = 20;
  std::uint64_t losses = 0;
  for_each_life(10, [&](Life& life) {
    sqlite::UnsyncedVfs disk;
    for (std::uint64_t here = 0; here < kLossesPerLife; ++here, ++losses) {
      const bool within = life.random()() % 3 != 0;
      if (within) disk.cut_power_at(disk.operations() + 1 + life.random()() % 50);
      if (life.random()() % 2 == 0) life.disturb_network();
      life.act("patient", true);
      while (disk.is_power_on() && life.random()() % 3 != 0) life.act("patient", true);
      if (disk.is_power_on()) disk.cut_power();  // at rest: all that was acknowledged must stay
      disk.restore_power(life.random()());
      life.repair_network();
    }
    life.end({"patient"});
  });
  RecordProperty("power_losses", static_cast<int>(losses));
}

TEST(RandomLifeTest, TheHomeIsCopied) {
  for_each_life(4, [](Life& life) {
    std::vector<std::string> actors = {"patient"};
    for (int step = 0; step < 40; ++step) {
      if (actors.size() < 4 && life.random()() % 8 == 0) {
        const auto original = life.folder() / actors[life.random()() % actors.size()];
        actors.push_back("copy-" + std::to_string(actors.size()));
        std::filesystem::copy(original, life.folder() / actors.back(), std::filesystem::copy_options::recursive);
      }
      life.disturb_network();
      life.act(actors[life.random()() % actors.size()], false);
    }
    life.end(actors);
  });
}

std::map<std::string, std::string> contents_of(const std::filesystem::path& folder) {
  std::map<std::string, std::string> contents;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    std::ifstream file(entry.path(), std::ios::binary);
    contents[entry.path().filename().string()] = {std::istreambuf_iterator<char>(file), {}};
  }
  return contents;
}

// As a virtual machine's snapshot does: the same files, with their old contents. Only the ledger knows.
void roll_back(const std::filesystem::path& folder, const std::map<std::string, std::string>& contents) {
  for (const auto& [name, content] : contents) {
    std::ofstream(folder / name, std::ios::binary | std::ios::trunc) << content;
  }
}

TEST(RandomLifeTest, TheMachineIsRolledBack) {
  // Of two notes that the lost state sent, the first had not arrived: nobody was left to send it again.
  constexpr std::uint64_t kNoteLostWithItsState = 3'061'774'139;
  const auto live = [](Life& life) {
    auto snapshot = contents_of(life.patient_folder());
    for (int step = 0; step < 40; ++step) {
      if (life.random()() % 8 == 0) {
        if (life.random()() % 2 == 0) roll_back(life.patient_folder(), snapshot);
        snapshot = contents_of(life.patient_folder());
      }
      if (life.random()() % 2 == 0) life.disturb_network();
      life.act("patient", false);
      life.repair_network();
    }
    life.end({"patient"});
  };
  for_each_life(4, live, {kNoteLostWithItsState});
}

}  // namespace
}  // namespace glucoledger::usecases
