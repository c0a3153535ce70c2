// bench day: what publishing a day's readings in design A costs in CPU time, and which share of the day that is.
//
// The paper worries about the phone's battery. Measured is everything: records, stripping, signing, proof of work, the
// home's database and the ledger's folder, all in this process; with a node elsewhere the last is not the patient's.
#include "bench/benches.h"
#include "bench/homes.h"
#include "bench/measure.h"
#include "crypto/simd/kernel.h"
#include "ledger_store/tangle.h"

namespace glucoledger::bench {
namespace {

constexpr double kSecondsADay = 86'400;
constexpr int kMinutesADay = 1'440;

}  // namespace

Result<Figures> measure_day(const DayOptions& options, const ports::World& world) {
  const int measured = options.measured == 0 ? options.readings : std::min(options.measured, options.readings);
  GL_TRY(scratch, ScratchFolder::make());
  const auto ledger = scratch.path() / "ledger";
  {
    ledger_store::TangleOptions tangle;
    tangle.min_weight_magnitude = options.min_weight_magnitude;
    GL_CHECK(ledger_store::Tangle::open(ledger, tangle, world.clock));
  }
  GL_TRY(homes, Homes::make(scratch.path(), ledger.string(), world));
  GL_CHECK(homes.add_readings(static_cast<std::size_t>(measured), std::max(1, kMinutesADay / options.readings)));
  const auto start = Steady::now();
  const double cpu_before = cpu_seconds();
  GL_CHECK(homes.publish({}));
  const double scale = static_cast<double>(options.readings) / measured;
  const double cpu = (cpu_seconds() - cpu_before) * scale;
  return Figures{{"kernel", crypto::simd::kernel().name},
                 {"mwm", options.min_weight_magnitude},
                 {"readings", options.readings},
                 {"measured_readings", measured},
                 {"seconds", seconds_since(start) * scale},
                 {"cpu_seconds", cpu},
                 {"percent_of_a_day", cpu / kSecondsADay * 100}};
}

}  // namespace glucoledger::bench
