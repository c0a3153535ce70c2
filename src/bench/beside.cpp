// bench beside: what one process of a home waits for while another one publishes, and whether a revocation holds in it.
//
// A node and `publish --follow` run as processes of their own. At random moments a grant is given and taken back here,
// and a day of readings imported. What the revoked can open and arrives after the revocation was committed is counted.
#include <algorithm>
#include <random>

#include "bench/benches.h"
#include "bench/homes.h"
#include "bench/measure.h"
#include "bench/process.h"
#include "exchange/read_judged.h"
#include "home/grants.h"
#include "home/outbox.h"
#include "usecases/import.h"
#include "usecases/revoke.h"
#include "usecases/share.h"

namespace glucoledger::bench {
namespace {

constexpr int kStartWaitMs = 120'000;
constexpr std::size_t kReadingsPerRun = 12;
constexpr std::size_t kReadingsImported = 288;
constexpr std::uint64_t kAddressesAhead = 16;  // beyond what was signed
constexpr std::int64_t kMomentMaxMs = 1'200;
constexpr std::int64_t kToldPauseMs = 20;
constexpr double kToldWaitS = 120;

// Where messages stand, or would, of the epochs that a recipient holds.
Result<std::vector<crypto::Hash>> addresses_of(home::Home& home, const home::Grant& grant) {
  std::vector<crypto::Hash> addresses;
  GL_TRY(epochs, home::epochs_released_to(home, grant));
  for (const auto& epoch : epochs) {
    GL_TRY(channel, home::channel_of(home, epoch));
    for (std::uint64_t index = 0; index < epoch.next_index + kAddressesAhead; ++index) {
      addresses.push_back(mam::address_of(mam::root_at(channel, index), channel.mode));
    }
  }
  return addresses;
}

Result<std::size_t> count_present(ports::Ledger& ledger, const std::vector<crypto::Hash>& addresses) {
  std::size_t count = 0;
  const auto judge = [](std::size_t, const ledger::Bundle&) { return std::optional(true); };
  const auto take = [&](std::size_t, bool is_here) {
    ++count;
    return is_here;
  };
  GL_CHECK(exchange::read_judged(ledger, addresses, judge, take, {}));
  return count;
}

struct Revoked {
  std::vector<crypto::Hash> addresses;
  std::size_t present = 0;  // when the revocation was committed
};

// Until no note waits: the publisher has told the revoked, and what others may read instead.
Result<double> await_told(home::Home& home, const ports::World& world) {
  const auto start = Steady::now();
  while (!world.clock.wait_ms(kToldPauseMs, world.cancel) && seconds_since(start) < kToldWaitS) {
    GL_TRY(counts, home::outbox_counts(home));
    if (counts.notes_waiting == 0) break;
  }
  return seconds_since(start);
}

// A grant that is given, and taken back after a while.
Result<Revoked> revoke_once(home::Home& home, const ports::World& world, ports::Ledger& ledger, const std::string& name,
                            std::int64_t moment_ms, std::vector<double>& taken_s) {
  GL_CHECK(usecases::share(home, world, {name, keys::Design::kTangle, {}}));
  if (world.clock.wait_ms(moment_ms, world.cancel)) return fail(ErrorCode::kInterrupted, "stopped");
  GL_TRY(grants, home::open_grants_named(home, name));
  Revoked revoked;
  // Right after the commit, while the publisher goes on; not in the time that the revocation took.
  Result<void> counted;
  double counting_s = 0;
  const auto count = [&](const usecases::Revocation&) {
    const auto start = Steady::now();
    counted = [&]() -> Result<void> {
      GL_ASSIGN(revoked.addresses, addresses_of(home, grants.front()));
      GL_ASSIGN(revoked.present, count_present(ledger, revoked.addresses));
      return {};
    }();
    counting_s = seconds_since(start);
  };
  const auto start = Steady::now();
  GL_CHECK(usecases::revoke(home, world, name, count));
  taken_s.push_back(seconds_since(start) - counting_s);
  GL_CHECK(counted);
  return revoked;
}

double quantile(std::vector<double> values, double share) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  return values[std::min(values.size() - 1, static_cast<std::size_t>(share * static_cast<double>(values.size())))];
}

}  // namespace

Result<Figures> measure_beside(const BesideOptions& options, const ports::World& world,
                               const base::CancelToken& cancel) {
  GL_TRY(scratch, ScratchFolder::make());
  GL_TRY(node, Process::start({"node", "--listen", "127.0.0.1:0", "--data", (scratch.path() / "ledger").string(),
                               "--mwm", std::to_string(options.min_weight_magnitude), "--json"},
                              true));
  GL_TRY(url, node_url(node, kStartWaitMs, cancel));
  GL_TRY(homes, Homes::make(scratch.path(), url, world));
  GL_CHECK(homes.add_readings(1, 5));
  GL_CHECK(homes.publish({}));
  GL_CHECK(homes.add_readings(options.waiting, 5));
  GL_TRY(place, locator::Locator::parse(url));
  GL_TRY(ledger, world.open_ledger(place, ports::Use::kRead, cancel));
  GL_TRY(publisher, Process::start({"--home", homes.patient().string(), "publish", "--follow"}, true));
  GL_TRY(home, homes.open(homes.patient()));

  std::mt19937_64 random(options.seed);
  std::vector<double> revoke_s;
  std::vector<double> told_s;
  std::vector<double> import_s;
  std::vector<Revoked> revoked;
  for (std::size_t run = 0; run < options.runs && !cancel.cancelled(); ++run) {
    GL_CHECK(homes.add_readings(kReadingsPerRun, 5));
    const auto moment_ms = static_cast<std::int64_t>(random() % kMomentMaxMs);
    GL_TRY(one, revoke_once(home, world, *ledger, "gone-" + std::to_string(run), moment_ms, revoke_s));
    revoked.push_back(std::move(one));
    GL_TRY(waited_s, await_told(home, world));
    told_s.push_back(waited_s);
    if (run % 10 != 0) continue;
    const auto start = Steady::now();
    GL_CHECK(homes.add_readings(kReadingsImported, 5));
    import_s.push_back(seconds_since(start));
  }
  std::size_t leaked = 0;
  world.clock.wait_ms(kMomentMaxMs, cancel);
  for (const auto& one : revoked) {
    GL_TRY(present, count_present(*ledger, one.addresses));
    leaked += present - std::min(present, one.present);
  }
  return Figures{{"mwm", options.min_weight_magnitude},
                 {"runs", revoke_s.size()},
                 {"waiting", options.waiting},
                 {"seed", options.seed},
                 {"revoke_p50_s", quantile(revoke_s, 0.5)},
                 {"revoke_p99_s", quantile(revoke_s, 0.99)},
                 {"revoke_longest_s", quantile(revoke_s, 1)},
                 {"told_p50_s", quantile(told_s, 0.5)},
                 {"told_longest_s", quantile(told_s, 1)},
                 {"import_288_longest_s", quantile(import_s, 1)},
                 {"arrived_after_revocation", leaked}};
}

}  // namespace glucoledger::bench
