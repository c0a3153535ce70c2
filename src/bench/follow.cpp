// bench follow: how long a reading takes from a file in the patient's folder to the physician's store, through four
// processes: a node, `import --follow`, `publish --follow` and `fetch --follow`.
#include <fstream>

#include "base/wall_time.h"
#include "bench/benches.h"
#include "bench/homes.h"
#include "bench/measure.h"
#include "bench/process.h"

namespace glucoledger::bench {
namespace {

constexpr int kArrivalWaitMs = 120'000;
// Readings come minutes apart: the milestone of the one before is out when a file comes, at any moment between two
// looks of the physician's.
constexpr std::int64_t kRestMs = 1'500;
constexpr std::int64_t kShiftMs = 370;

// A file of `count` readings at five minutes, which appears under its name all at once. `first` numbers them.
Result<void> drop_file(const std::filesystem::path& folder, std::size_t first, std::size_t count) {
  constexpr std::int64_t kFirstMs = 1'748'736'000'000;  // 2025-06-01, after the example readings
  auto entries = nlohmann::ordered_json::array();
  for (std::size_t i = first; i < first + count; ++i) {
    const auto date = kFirstMs + static_cast<std::int64_t>(i) * 300'000;
    entries.push_back({{"_id", std::to_string(100'000 + i)},
                       {"type", "sgv"},
                       {"sgv", 70 + 37 * i % 180},
                       {"device", "bench"},
                       {"date", date},
                       {"dateString", base::wall_time_text(date, true) + "Z"},
                       {"utcOffset", 0}});
  }
  const auto hidden = folder / (".part-" + std::to_string(first));
  std::ofstream(hidden) << entries.dump();
  std::error_code error;
  std::filesystem::rename(hidden, folder / ("readings-" + std::to_string(first) + ".json"), error);
  if (error) return fail(ErrorCode::kFailed, "the bench's file could not be put in place: " + error.message());
  return {};
}

Result<void> await_readings(Process& physician, std::size_t count, const base::CancelToken& cancel) {
  std::size_t arrived = 0;
  while (arrived < count) {
    const auto line = physician.line(kArrivalWaitMs, cancel);
    if (!line) return fail(ErrorCode::kFailed, "the readings did not arrive");
    const auto told = nlohmann::json::parse(*line, nullptr, false);
    if (told.is_object() && told.contains("new_records") && told["new_records"].is_number_unsigned()) {
      arrived += told["new_records"].get<std::size_t>();
    }
  }
  return {};
}

}  // namespace

Result<Figures> measure_follow(const FollowOptions& options, const ports::World& world,
                               const base::CancelToken& cancel) {
  GL_TRY(scratch, ScratchFolder::make());
  const auto inbox = scratch.path() / "inbox";
  std::filesystem::create_directory(inbox);
  GL_TRY(node, Process::start({"node", "--listen", "127.0.0.1:0", "--data", (scratch.path() / "ledger").string(),
                               "--mwm", std::to_string(options.min_weight_magnitude), "--json"},
                              true));
  GL_TRY(url, node_url(node, kArrivalWaitMs, cancel));
  GL_TRY(homes, Homes::make(scratch.path(), url, world));
  GL_CHECK(homes.add_readings(1, 5));
  GL_CHECK(homes.publish({}));
  GL_CHECK(homes.share(keys::Design::kTangle));
  GL_CHECK(homes.invite("clinic", url));

  const std::string patient = homes.patient().string();
  GL_TRY(importer, Process::start({"--home", patient, "import", "--follow", inbox.string()}, true));
  GL_TRY(publisher, Process::start({"--home", patient, "publish", "--follow"}, true));
  GL_TRY(physician, Process::start({"--home", homes.clinic("clinic").string(), "--json", "fetch", "--follow"}, true));
  GL_CHECK(await_readings(physician, 1, cancel));
  Spread arrival_s;
  double longest = 0;
  for (std::size_t run = 0; run < options.runs && !cancel.cancelled(); ++run) {
    cancel.wait_ms(kRestMs + static_cast<std::int64_t>(run) * kShiftMs % 1'000);
    const auto start = Steady::now();
    GL_CHECK(drop_file(inbox, run * options.readings, options.readings));
    GL_CHECK(await_readings(physician, options.readings, cancel));
    arrival_s.add(seconds_since(start));
    longest = std::max(longest, seconds_since(start));
  }
  return Figures{{"mwm", options.min_weight_magnitude}, {"readings", options.readings},  {"runs", arrival_s.count()},
                 {"mean_s", arrival_s.mean()},          {"sd_s", arrival_s.deviation()}, {"longest_s", longest}};
}

}  // namespace glucoledger::bench
