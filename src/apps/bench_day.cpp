// bench day: what publishing a day's readings in design A costs in CPU time, and which share of the day that is.
//
// The paper worries about the phone's battery. Measured is everything: records, stripping, signing, proof of work, the
// home's database and the ledger's folder, all in this process; with a node elsewhere the last is not the patient's.
#include "apps/bench.h"
#include "apps/bench_homes.h"
#include "base/limits.h"
#include "crypto/simd/kernel.h"
#include "ledger_store/tangle.h"

namespace glucoledger::apps {
namespace {

constexpr double kSecondsADay = 86'400;
constexpr int kMinutesADay = 1'440;

struct DayArguments {
  int readings = 288;
  int measured = 0;
  int min_weight_magnitude = 9;
};

Result<Figures> bench_day(const DayArguments& arguments) {
  const base::SystemClock clock;
  const int measured = arguments.measured == 0 ? arguments.readings : std::min(arguments.measured, arguments.readings);
  GL_TRY(scratch, ScratchFolder::make());
  const auto ledger = scratch.path() / "ledger";
  {
    ledger_store::TangleOptions options;
    options.min_weight_magnitude = arguments.min_weight_magnitude;
    GL_CHECK(ledger_store::Tangle::open(ledger, options, clock));
  }
  GL_TRY(homes, BenchHomes::make(scratch.path(), ledger.string()));
  GL_CHECK(homes.add_readings(static_cast<std::size_t>(measured), std::max(1, kMinutesADay / arguments.readings)));
  const auto start = BenchClock::now();
  const double cpu_before = cpu_seconds();
  GL_CHECK(homes.publish({}));
  const double scale = static_cast<double>(arguments.readings) / measured;
  const double cpu = (cpu_seconds() - cpu_before) * scale;
  return Figures{{"kernel", crypto::simd::kernel().name},
                 {"mwm", arguments.min_weight_magnitude},
                 {"readings", arguments.readings},
                 {"measured_readings", measured},
                 {"seconds", seconds_since(start) * scale},
                 {"cpu_seconds", cpu},
                 {"percent_of_a_day", cpu / kSecondsADay * 100}};
}

}  // namespace

void add_bench_day(Benches& benches) {
  auto arguments = std::make_shared<DayArguments>();
  auto& command = benches.add("day", "CPU time of publishing a day of readings, a message each, into a ledger's folder",
                              [arguments] { return bench_day(*arguments); });
  command.add_option("--readings", arguments->readings, "Of the day: 144 at ten minutes, 288 at five")
      ->check(CLI::Range(1, kMinutesADay))
      ->capture_default_str();
  command.add_option("--measured", arguments->measured, "Publish only so many, and scale; 0: all")
      ->check(CLI::Range(0, kMinutesADay))
      ->capture_default_str();
  command.add_option("--mwm", arguments->min_weight_magnitude, "Minimum weight magnitude")
      ->check(CLI::Range(1, base::limits::kMinWeightMagnitudeMax))
      ->capture_default_str();
}

}  // namespace glucoledger::apps
