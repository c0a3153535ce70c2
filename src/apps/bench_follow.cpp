// bench follow: how long a reading takes from a file in the patient's folder to the physician's store, through four
// processes: a node, `import --follow`, `publish --follow` and `fetch --follow`.
#include <fstream>

#include "apps/bench.h"
#include "apps/bench_homes.h"
#include "apps/bench_process.h"
#include "base/limits.h"

namespace glucoledger::apps {
namespace {

constexpr int kArrivalWaitMs = 120'000;
// Readings come minutes apart: the milestone of the one before is out when a file comes, at any moment between two
// looks of the physician's.
constexpr std::int64_t kRestMs = 1'500;
constexpr std::int64_t kShiftMs = 370;

struct FollowArguments {
  std::size_t runs = 5;
  std::size_t readings = 1;
  int min_weight_magnitude = 9;
};

// A file of `count` readings at five minutes, which appears under its name all at once. `first` numbers them.
Result<void> drop_file(const std::filesystem::path& folder, std::size_t first, std::size_t count) {
  constexpr std::int64_t kFirstMs = 1'748'736'000'000;  // 2025-06-01, after the example readings
  auto entries = nlohmann::ordered_json::array();
  for (std::size_t i = first; i < first + count; ++i) {
    const auto date = kFirstMs + static_cast<std::int64_t>(i) * 300'000;
    const auto seconds = std::chrono::sys_seconds(std::chrono::seconds(date / 1000));
    const auto day = std::chrono::floor<std::chrono::days>(seconds);
    const std::chrono::year_month_day date_of(day);
    const std::chrono::hh_mm_ss time(seconds - day);
    std::array<char, 40> text;
    std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:00.000Z", static_cast<int>(date_of.year()),
                  static_cast<unsigned>(date_of.month()), static_cast<unsigned>(date_of.day()),
                  static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()));
    entries.push_back({{"_id", std::to_string(100'000 + i)},
                       {"type", "sgv"},
                       {"sgv", 70 + 37 * i % 180},
                       {"device", "bench"},
                       {"date", date},
                       {"dateString", text.data()},
                       {"utcOffset", 0}});
  }
  const auto hidden = folder / (".part-" + std::to_string(first));
  std::ofstream(hidden) << entries.dump();
  std::error_code error;
  std::filesystem::rename(hidden, folder / ("readings-" + std::to_string(first) + ".json"), error);
  if (error) return fail(ErrorCode::kFailed, "the bench's file could not be put in place: " + error.message());
  return {};
}

Result<void> await_readings(BenchProcess& physician, std::size_t count) {
  std::size_t arrived = 0;
  while (arrived < count) {
    const auto line = physician.line(kArrivalWaitMs);
    if (!line) return fail(ErrorCode::kFailed, "the readings did not arrive");
    const auto told = nlohmann::json::parse(*line, nullptr, false);
    if (told.is_object() && told.contains("new_records") && told["new_records"].is_number_unsigned()) {
      arrived += told["new_records"].get<std::size_t>();
    }
  }
  return {};
}

Result<std::string> url_of(BenchProcess& node) {
  const auto line = node.line(kArrivalWaitMs);
  const auto told = line ? nlohmann::json::parse(*line, nullptr, false) : nlohmann::json();
  if (told.is_object() && told.contains("url") && told["url"].is_string()) return told["url"].get<std::string>();
  return fail(ErrorCode::kFailed, "the node did not start");
}

Result<Figures> bench_follow(const FollowArguments& arguments) {
  GL_TRY(scratch, ScratchFolder::make());
  const auto inbox = scratch.path() / "inbox";
  std::filesystem::create_directory(inbox);
  GL_TRY(node, BenchProcess::start({"node", "--listen", "127.0.0.1:0", "--data", (scratch.path() / "ledger").string(),
                                    "--mwm", std::to_string(arguments.min_weight_magnitude), "--json"},
                                   true));
  GL_TRY(url, url_of(node));
  GL_TRY(homes, BenchHomes::make(scratch.path(), url));
  GL_CHECK(homes.add_readings(1, 5));
  GL_CHECK(homes.publish({}));
  GL_CHECK(homes.share(keys::Design::kTangle));
  GL_CHECK(homes.invite("clinic", url));

  const std::string patient = homes.patient().string();
  GL_TRY(importer, BenchProcess::start({"--home", patient, "import", "--follow", inbox.string()}, true));
  GL_TRY(publisher, BenchProcess::start({"--home", patient, "publish", "--follow"}, true));
  GL_TRY(physician,
         BenchProcess::start({"--home", homes.clinic("clinic").string(), "--json", "fetch", "--follow"}, true));
  GL_CHECK(await_readings(physician, 1));
  Sample sample;
  double longest = 0;
  for (std::size_t run = 0; run < arguments.runs && !base::interrupted(); ++run) {
    base::sleep_or_interrupted(kRestMs + static_cast<std::int64_t>(run) * kShiftMs % 1'000);
    const auto start = BenchClock::now();
    GL_CHECK(drop_file(inbox, run * arguments.readings, arguments.readings));
    GL_CHECK(await_readings(physician, arguments.readings));
    sample.add(seconds_since(start));
    longest = std::max(longest, seconds_since(start));
  }
  return Figures{{"mwm", arguments.min_weight_magnitude},
                 {"readings", arguments.readings},
                 {"runs", sample.count()},
                 {"mean_s", sample.mean()},
                 {"sd_s", sample.deviation()},
                 {"longest_s", longest}};
}

}  // namespace

void add_bench_follow(Benches& benches) {
  auto arguments = std::make_shared<FollowArguments>();
  auto& command = benches.add("follow", "From a file in the patient's folder to the physician's store, by --follow",
                              [arguments] { return bench_follow(*arguments); });
  command.add_option("--runs", arguments->runs, "Files, one after the other")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
  command.add_option("--readings", arguments->readings, "Readings in a file")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
  command.add_option("--mwm", arguments->min_weight_magnitude, "Minimum weight magnitude")
      ->check(CLI::Range(1, base::limits::kMinWeightMagnitudeMax))
      ->capture_default_str();
}

}  // namespace glucoledger::apps
