// kill_under_load [KILLS [PROGRAM]]: what takes transactions in from several threads is killed with SIGKILL at random
// moments (25 times, or KILLS); each time all that it acknowledged must be in the folder, and every invariant must
// hold.
//
// Without PROGRAM a process that has the ledger in it is killed, with it `PROGRAM node` while several connections
// submit. Three of four kills come after something was acknowledged, the others also before. Prints the seed.
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <random>
#include <thread>

#include "base/test_clock.h"
#include "base/test_folder.h"
#include "ledger/bundle.h"
#include "ledger_client/iri_node.h"
#include "ledger_store/tangle.h"
#include "ledger_store/verification.h"

namespace {

using namespace glucoledger;

constexpr std::size_t kThreads = 6;
constexpr std::size_t kBundles = 1200;  // for one folder
constexpr int kWeight = 1;
constexpr int kFirstWaitMs = 60'000;  // for the first acknowledgement
constexpr std::int64_t kTimeMs = 1'542'883'200'000;

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

// Submits from several threads, from bundle `first` on, and writes the numbers of those that are acknowledged to
// `told`. False from `submit` ends its thread.
void feed(const std::vector<Bundle>& bundles, std::size_t first, int told,
          const std::function<bool(const Bundle& bundle)>& submit) {
  std::vector<std::thread> threads;
  for (std::size_t thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      for (std::size_t i = first + thread; i < bundles.size() && submit(bundles[i]); i += kThreads) {
        const auto number = static_cast<std::uint32_t>(i);
        if (::write(told, &number, sizeof number) != sizeof number) std::abort();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

// A process that dies with this one; false from `function` makes it fail. RocksDB's threads do not survive a fork:
// whoever opens a folder does it in a process of its own.
template <typename Function>
pid_t start_process(Function function) {
  const pid_t process = ::fork();
  if (process != 0) return process;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::_exit(function() ? 0 : 1);
}

template <typename Function>
bool in_a_process(Function function) {
  int status = 1;
  ::waitpid(start_process(function), &status, 0);
  return status == 0;
}

// Whether the process was alive until then.
bool kill_process(pid_t process) {
  ::kill(process, SIGKILL);
  int status = 0;
  ::waitpid(process, &status, 0);
  return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

// What is killed, and who submits to it.
class Victim {
 public:
  virtual ~Victim() = default;
  // Submits from bundle `first` on, and writes the numbers of those that are acknowledged to `told`.
  virtual void start(const std::string& folder, const std::vector<Bundle>& bundles, std::size_t first, int told) = 0;
  // Whether nothing had failed until then. Nobody submits any more when it returns.
  virtual bool kill() = 0;
};

class LedgerVictim final : public Victim {
 public:
  void start(const std::string& folder, const std::vector<Bundle>& bundles, std::size_t first, int told) override {
    process_ = start_process([&]() -> bool { take_in(folder, bundles, first, told); });
  }
  bool kill() override { return kill_process(process_); }

 private:
  [[noreturn]] static void die(const Error& error) {
    std::printf("the ledger: %s\n", error.message.c_str());
    ::_exit(1);
  }

  [[noreturn]] static void take_in(const std::string& folder, const std::vector<Bundle>& bundles, std::size_t first,
                                   int told) {
    const base::TestClock clock(kTimeMs);
    ledger_store::TangleOptions options;
    options.min_weight_magnitude = kWeight;
    auto tangle = ledger_store::Tangle::open(folder, options, clock);
    if (!tangle) die(tangle.error());
    std::thread milestones([&] {
      while (true) {
        if (const auto issued = (*tangle)->issue_milestone(true); !issued) die(issued.error());
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
      }
    });
    feed(bundles, first, told, [&](const Bundle& bundle) {
      if (const auto submitted = (*tangle)->submit(bundle); !submitted) die(submitted.error());
      return true;
    });
    while (true) ::pause();
  }

  pid_t process_ = -1;
};

class NodeVictim final : public Victim {
 public:
  explicit NodeVictim(std::string program) : program_(std::move(program)) {}

  void start(const std::string& folder, const std::vector<Bundle>& bundles, std::size_t first, int told) override {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) std::abort();
    node_ = start_process([&] {
      ::dup2(ends[1], STDOUT_FILENO);
      const std::string weight = std::to_string(kWeight);
      ::execl(program_.c_str(), program_.c_str(), "--json", "node", "--listen", "127.0.0.1:0", "--data", folder.c_str(),
              "--mwm", weight.c_str(), "--milestone-interval", "10", nullptr);
      return false;
    });
    ::close(ends[1]);
    is_killed_ = false;
    has_failed_ = false;
    client_ = std::thread([this, &bundles, first, told, output = ends[0]] {
      submit_all(first_line(output), bundles, first, told);
      ::close(output);
    });
  }

  bool kill() override {
    is_killed_ = true;
    const bool was_alive = kill_process(node_);
    client_.join();
    return was_alive && !has_failed_;
  }

 private:
  static std::string first_line(int output) {
    std::string line;
    for (char c = 0; ::read(output, &c, 1) == 1 && c != '\n';) line += c;
    return line;
  }

  // `started`: what the node tells when it serves.
  void submit_all(const std::string& started, const std::vector<Bundle>& bundles, std::size_t first, int told) {
    const auto document = nlohmann::json::parse(started, nullptr, false);
    if (!document.is_object()) return note_failure("it does not start");
    const auto endpoint = locator::parse_endpoint(document.value("url", ""));
    if (!endpoint) return note_failure(endpoint.error().message);
    const base::TestClock clock(kTimeMs);
    // A connection for each thread; an acknowledgement is a status 200.
    ledger_client::IriNode node(*endpoint, {}, clock);
    feed(bundles, first, told, [&](const Bundle& bundle) {
      const auto submitted = node.submit(bundle, {});
      if (!submitted) note_failure(submitted.error().message);
      return submitted.has_value();
    });
  }

  void note_failure(const std::string& what) {
    if (is_killed_) return;
    has_failed_ = true;
    std::printf("the node: %s\n", what.c_str());
  }

  std::string program_;
  pid_t node_ = -1;
  std::thread client_;
  std::atomic<bool> is_killed_ = false;
  std::atomic<bool> has_failed_ = false;
};

bool check(const std::string& folder, const std::vector<Bundle>& bundles, const std::vector<bool>& acknowledged) {
  const base::TestClock clock(kTimeMs);
  ledger_store::TangleOptions options;
  options.min_weight_magnitude = kWeight;
  const auto tangle = ledger_store::Tangle::open(folder, options, clock);
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
  const auto report = ledger_store::verify_folder(folder, {});
  // Killed before it had made its ledger: then nothing was acknowledged, which check() asks.
  if (!report && report.error().code == ErrorCode::kNotFound) return true;
  if (!report) return std::printf("the folder cannot be verified: %s\n", report.error().message.c_str()) < 0;
  for (const std::string& finding : report->findings) std::printf("%s\n", finding.c_str());
  return report->sound();
}

class Rounds {
 public:
  Rounds(Victim& victim, std::filesystem::path parent, std::uint64_t seed)
      : victim_(victim), parent_(std::move(parent)), random_(seed) {}

  bool run(int kills) {
    for (int kill = 0; kill < kills; ++kill) {
      if (next_ >= bundles_.size()) new_folder();
      if (!kill_once() || !in_a_process([&] { return is_whole(); })) {
        std::printf("kill_under_load: failed at kill %d\n", kill);
        return false;
      }
    }
    std::printf("kill_under_load: %d kills, %zu bundles acknowledged in %zu folders\n", kills, total_, folders_);
    if (total_ < static_cast<std::size_t>(kills)) return std::printf("kill_under_load: that is too few\n") < 0;
    std::printf("kill_under_load: none lost, every invariant holds\n");
    return true;
  }

 private:
  bool is_whole() const { return is_sound(folder_) && check(folder_, bundles_, acknowledged_) && is_sound(folder_); }

  void new_folder() {
    ++folders_;
    std::filesystem::remove_all(folder_);
    acknowledged_.assign(bundles_.size(), false);
    next_ = 0;
  }

  bool kill_once() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) std::abort();
    victim_.start(folder_, bundles_, next_, ends[1]);
    const bool may_be_early = random_() % 4 == 0;
    pollfd told{ends[0], POLLIN, 0};
    const bool was_reached = may_be_early || ::poll(&told, 1, kFirstWaitMs) == 1;
    if (!was_reached) std::printf("nothing is acknowledged\n");
    std::this_thread::sleep_for(std::chrono::microseconds(random_() % 250'000));
    const bool went_well = victim_.kill();
    if (!went_well) std::printf("it failed before it was killed\n");
    ::close(ends[1]);
    for (std::uint32_t number = 0; ::read(ends[0], &number, sizeof number) == sizeof number;) {
      total_ += acknowledged_[number] ? 0 : 1;
      acknowledged_[number] = true;
    }
    ::close(ends[0]);
    while (next_ < bundles_.size() && acknowledged_[next_]) next_ += kThreads;
    return was_reached && went_well;
  }

  Victim& victim_;
  std::filesystem::path parent_;
  std::filesystem::path folder_ = parent_ / "ledger";
  std::mt19937_64 random_;
  std::vector<Bundle> bundles_ = make_bundles();
  std::vector<bool> acknowledged_;
  std::size_t next_ = bundles_.size();  // where the next victim begins: some of what follows may be there
  std::size_t folders_ = 0;
  std::size_t total_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);  // nothing unwritten is doubled by a fork, or lost by _exit
  const int kills = argc > 1 ? std::atoi(argv[1]) : 25;
  std::unique_ptr<Victim> victim = std::make_unique<LedgerVictim>();
  if (argc > 2) victim = std::make_unique<NodeVictim>(argv[2]);
  const char* given = std::getenv("GLUCOLEDGER_SEED");
  const std::uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
  std::printf("kill_under_load: GLUCOLEDGER_SEED=%llu\n", static_cast<unsigned long long>(seed));
  const base::TestFolder folder;
  const bool done = Rounds(*victim, folder.path(), seed).run(kills);
  return done ? 0 : 1;
}
