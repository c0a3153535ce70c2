// kill_under_load [KILLS]: a process that takes transactions in from several threads is killed with SIGKILL at random
// moments (25 times, or KILLS); each time all that it acknowledged must be in the folder, and every invariant must
// hold.
//
// What is asked of a node whose clients share commits, without HTTP between them. Prints the seed.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <thread>

#include "ledger/bundle.h"
#include "storage/tangle.h"
#include "storage/verification.h"

namespace {

using namespace glucoledger;

constexpr std::size_t kThreads = 6;
constexpr std::size_t kBundles = 1200;  // for one folder
constexpr int kKillsPerFolder = 12;
constexpr int kWeight = 1;
constexpr std::int64_t kTimeMs = 1'542'883'200'000;

class FixedClock final : public base::Clock {
 public:
  std::int64_t now_ms() const override { return kTimeMs; }
};

using Bundle = std::vector<ledger::Transaction>;

std::vector<Bundle> make_bundles() {
  std::vector<Bundle> bundles;
  crypto::ProofOfWorkOptions work;
  work.min_weight_magnitude = kWeight;
  work.threads = 1;
  const auto address = crypto::Hash::from_trytes(std::string(crypto::kHashTrytes, 'A'));
  for (std::size_t i = 0; i < kBundles; ++i) {
    const std::string payload((1 + i % 3) * ledger::kFragmentTrytes, static_cast<char>('A' + i % 26));
    const auto prepared = ledger::prepare(payload, *address, "KILL", kTimeMs / 1000 - static_cast<std::int64_t>(i));
    // Each thread's bundles stand on each other, so that they make a chain of what was acknowledged.
    const crypto::Hash parent = i < kThreads ? crypto::Hash() : bundles[i - kThreads][0].hash();
    auto attached = ledger::attach(*prepared, {parent, parent, kTimeMs}, work);
    bundles.push_back(std::move(*attached));
  }
  return bundles;
}

// The victim: tells the numbers of the bundles that were acknowledged, until it dies.
[[noreturn]] void take_in(const std::string& folder, const std::vector<Bundle>& bundles, std::size_t first, int told) {
  const FixedClock clock;
  storage::TangleOptions options;
  options.min_weight_magnitude = kWeight;
  auto tangle = storage::Tangle::open(folder, options, clock);
  if (!tangle) ::_exit(1);
  std::vector<std::thread> threads;
  for (std::size_t thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      for (std::size_t i = first + thread; i < bundles.size(); i += kThreads) {
        if (!(*tangle)->submit(bundles[i])) ::_exit(1);
        const auto number = static_cast<std::uint32_t>(i);
        if (::write(told, &number, sizeof number) != sizeof number) ::_exit(1);
      }
    });
  }
  std::thread milestones([&] {
    while ((*tangle)->issue_milestone(true)) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  });
  for (std::thread& thread : threads) thread.join();
  while (true) ::pause();
}

bool check(const std::string& folder, const std::vector<Bundle>& bundles, const std::vector<bool>& acknowledged) {
  const FixedClock clock;
  storage::TangleOptions options;
  options.min_weight_magnitude = kWeight;
  const auto tangle = storage::Tangle::open(folder, options, clock);
  if (!tangle) return std::printf("the folder does not open: %s\n", tangle.error().message.c_str()) < 0;
  for (std::size_t i = 0; i < bundles.size(); ++i) {
    if (!acknowledged[i]) continue;
    for (const ledger::Transaction& transaction : bundles[i]) {
      const auto stored = (*tangle)->get(std::span(&transaction.hash(), 1));
      if (!stored || !(*stored)[0].transaction) return std::printf("bundle %zu was acknowledged and is gone\n", i) < 0;
    }
  }
  return true;
}

bool is_sound(const std::string& folder) {
  const auto report = storage::verify_folder(folder, {});
  // Killed before it had made its ledger: then nothing was acknowledged, which check() asks.
  if (!report && report.error().code == ErrorCode::kNotFound) return true;
  if (!report) return std::printf("the folder cannot be verified: %s\n", report.error().message.c_str()) < 0;
  for (const std::string& finding : report->findings) std::printf("%s\n", finding.c_str());
  return report->sound();
}

// RocksDB's threads do not survive a fork: whoever opens a folder does it in a process of its own.
template <typename Function>
bool in_a_process(Function function) {
  const pid_t child = ::fork();
  if (child == 0) {
    const bool done = function();
    std::fflush(stdout);
    ::_exit(done ? 0 : 1);
  }
  int status = 1;
  ::waitpid(child, &status, 0);
  return status == 0;
}

class Rounds {
 public:
  Rounds(std::filesystem::path parent, std::uint64_t seed) : parent_(std::move(parent)), random_(seed) {}

  bool run(int kills) {
    for (int kill = 0; kill < kills; ++kill) {
      if (kill % kKillsPerFolder == 0) new_folder();
      kill_once();
      const bool whole = in_a_process(
          [&] { return is_sound(folder_) && check(folder_, bundles_, acknowledged_) && is_sound(folder_); });
      if (!whole) {
        std::printf("kill_under_load: failed at kill %d\n", kill);
        return false;
      }
    }
    std::printf("kill_under_load: %d kills, %zu bundles acknowledged, none lost, every invariant holds\n", kills,
                total_);
    return true;
  }

 private:
  void new_folder() {
    folder_ = parent_ / "ledger";
    std::filesystem::remove_all(folder_);
    acknowledged_.assign(bundles_.size(), false);
    next_ = 0;
  }

  void kill_once() {
    int ends[2];
    if (::pipe(ends) != 0) std::abort();
    const pid_t victim = ::fork();
    if (victim == 0) {
      ::close(ends[0]);
      take_in(folder_, bundles_, next_, ends[1]);
    }
    ::close(ends[1]);
    std::this_thread::sleep_for(std::chrono::microseconds(random_() % 250'000));
    ::kill(victim, SIGKILL);
    ::waitpid(victim, nullptr, 0);
    for (std::uint32_t number = 0; ::read(ends[0], &number, sizeof number) == sizeof number;) {
      acknowledged_[number] = true;
      ++total_;
    }
    ::close(ends[0]);
    while (next_ + kThreads <= bundles_.size() && acknowledged_[next_]) next_ += kThreads;
  }

  std::filesystem::path parent_;
  std::filesystem::path folder_;
  std::mt19937_64 random_;
  std::vector<Bundle> bundles_ = make_bundles();
  std::vector<bool> acknowledged_;
  std::size_t next_ = 0;  // where the next victim begins: some of what follows may be there
  std::size_t total_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  const int kills = argc > 1 ? std::atoi(argv[1]) : 25;
  const char* given = std::getenv("GLUCOLEDGER_SEED");
  const std::uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
  std::printf("kill_under_load: GLUCOLEDGER_SEED=%llu\n", static_cast<unsigned long long>(seed));
  std::fflush(stdout);
  std::string name = (std::filesystem::temp_directory_path() / "glucoledger-kill-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) return 1;
  const bool done = Rounds(name, seed).run(kills);
  std::filesystem::remove_all(name);
  return done ? 0 : 1;
}
