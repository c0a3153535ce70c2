// bench mam: a message of 857 bytes at security 2, created and opened; a stream of many.
#include "mam/mam.h"

#include <vector>

#include "bench/benches.h"
#include "bench/measure.h"
#include "crypto/simd/kernel.h"

namespace glucoledger::bench {
namespace {

constexpr int kRuns = 200;
constexpr std::size_t kBatch = 50;

struct Message {
  std::string payload;
  crypto::Hash root;
};

// A channel's messages, made in one go and opened one after the other.
Result<void> measure_stream(const mam::Channel& channel, std::string_view text, std::size_t count,
                            const base::CancelToken& cancel, Figures& figures) {
  std::vector<Message> messages;
  mam::ChannelCursor cursor(channel, 0);
  cursor.expect(count);
  const auto start = Steady::now();
  for (std::size_t i = 0; i < count && !cancel.cancelled(); ++i) {
    GL_TRY(created, cursor.create(text));
    messages.push_back({std::move(created.payload), created.root});
  }
  figures["stream_messages"] = count;
  figures["stream_create_ms"] = seconds_since(start) * 1e3;
  figures["stream_open_ms"] =
      best_seconds(3, 1, cancel,
                   [&] {
                     for (const auto& message : messages) {
                       static_cast<void>(mam::open(message.payload, message.root, channel.mode, channel.side_key));
                     }
                   }) *
      1e3;
  return {};
}

}  // namespace

Result<Figures> measure_mam(const MamOptions& options, const base::CancelToken& cancel) {
  const mam::Channel channel{mam::SecretTrytes::random(), mam::SecretTrytes::random()};
  GL_TRY(message, crypto::trytes_from_ascii(std::string(kRecordBytes, 'x')));
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
                     {"record_bytes", kRecordBytes},
                     {"security", channel.security},
                     {"payload_trytes", created.payload.size()},
                     {"create_ms", best_seconds(kRuns, 1, cancel, create) * 1e3},
                     {"create_next_ms", best_seconds(kRuns, 1, cancel, create_next) * 1e3},
                     {"create_in_batch_ms", best_seconds(10, 1, cancel, create_batch) / kBatch * 1e3},
                     {"open_ms", best_seconds(kRuns, 1, cancel, open) * 1e3}};
  GL_CHECK(measure_stream(channel, message, options.stream, cancel, figures));
  figures["create_memory_kib"] = create_kib;
  figures["open_memory_kib"] = open_kib;
  return figures;
}

}  // namespace glucoledger::bench
