// bench mam: a message of 857 bytes at security 2, created and opened; a stream of many.
#include <vector>

#include "apps/bench.h"
#include "crypto/simd/kernel.h"
#include "mam/mam.h"

namespace glucoledger::apps {
namespace {

constexpr int kRuns = 200;
constexpr std::size_t kBatch = 50;

struct MamArguments {
  std::size_t stream = 1'000;
};

struct Message {
  std::string payload;
  crypto::Hash root;
};

// A channel's messages, made in one go and opened one after the other.
Result<void> measure_stream(const mam::Channel& channel, std::string_view text, std::size_t count, Figures& figures) {
  std::vector<Message> messages;
  mam::ChannelCursor cursor(channel, 0);
  cursor.expect(count);
  const auto start = BenchClock::now();
  for (std::size_t i = 0; i < count && !base::interrupted(); ++i) {
    GL_TRY(created, cursor.create(text));
    messages.push_back({std::move(created.payload), created.root});
  }
  figures["stream_messages"] = count;
  figures["stream_create_ms"] = seconds_since(start) * 1e3;
  figures["stream_open_ms"] =
      best_seconds(3, 1,
                   [&] {
                     for (const auto& message : messages) {
                       static_cast<void>(mam::open(message.payload, message.root, channel.mode, channel.side_key));
                     }
                   }) *
      1e3;
  return {};
}

Result<Figures> bench_mam(const MamArguments& arguments) {
  const mam::Channel channel{mam::SecretTrytes::random(), mam::SecretTrytes::random()};
  GL_TRY(message, crypto::trytes_from_ascii(std::string(kBenchRecordBytes, 'x')));
  std::uint64_t index = 0;
  const auto create = [&] { static_cast<void>(mam::create(channel, index++, message)); };
  create();
  const double create_kib = peak_memory_kib(create);
  GL_TRY(created, mam::create(channel, 0, message));
  const auto open = [&] {
    static_cast<void>(mam::open(created.payload, created.root, channel.mode, channel.side_key));
  };
  open();
  const double open_kib = peak_memory_kib(open);
  mam::ChannelCursor cursor(channel, 0);
  const auto create_next = [&] { static_cast<void>(cursor.create(message)); };
  create_next();
  const auto create_batch = [&] {
    mam::ChannelCursor batch(channel, 0);
    batch.expect(kBatch);
    for (std::size_t i = 0; i < kBatch; ++i) static_cast<void>(batch.create(message));
  };
  Figures figures = {{"kernel", crypto::simd::kernel().name},
                     {"record_bytes", kBenchRecordBytes},
                     {"security", channel.security},
                     {"payload_trytes", created.payload.size()},
                     {"create_ms", best_seconds(kRuns, 1, create) * 1e3},
                     {"create_next_ms", best_seconds(kRuns, 1, create_next) * 1e3},
                     {"create_in_batch_ms", best_seconds(10, 1, create_batch) / kBatch * 1e3},
                     {"open_ms", best_seconds(kRuns, 1, open) * 1e3}};
  GL_CHECK(measure_stream(channel, message, arguments.stream, figures));
  figures["create_memory_kib"] = create_kib;
  figures["open_memory_kib"] = open_kib;
  return figures;
}

}  // namespace

void add_bench_mam(Benches& benches) {
  auto arguments = std::make_shared<MamArguments>();
  auto& command = benches.add("mam", "Create and open a MAM message of 857 bytes, and a stream of them",
                              [arguments] { return bench_mam(*arguments); });
  command.add_option("--stream", arguments->stream, "Messages of the stream")
      ->check(CLI::Range(1, 100'000))
      ->capture_default_str();
}

}  // namespace glucoledger::apps
