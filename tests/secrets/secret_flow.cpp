// Runs all that handles MAM's secrets with the secrets marked (marks.h): reading seeds, adding an index, deriving keys,
// digests, signing, whole messages. scripts/check-secrets runs it under the tools that report what depends on a mark.
//
// secret_flow: everything, once without marks and once with, which must give the same. What becomes public must still
// bear its mark before that is taken away, or the tool has lost sight of it.
// secret_flow leak branch|table|carry: a fault on purpose, to see that the tool reports it.
// GLUCOLEDGER_KERNEL chooses the kernel; exit status 77 where this machine lacks it.
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "base/declassify.h"
#include "base/file.h"
#include "crypto/simd/kernel.h"
#include "mam/mam.h"
#include "mam/one_time_signature.h"
#include "marks.h"

namespace glucoledger::secrets {
namespace {

bool marking = false;
bool reading_secret = false;

void require(bool condition, const char* what, int exit_code = 2) {
  if (condition) return;
  std::fprintf(stderr, "secret_flow: %s\n", what);
  std::exit(exit_code);
}

}  // namespace
}  // namespace glucoledger::secrets

// In the place of the project's function that does nothing.
void glucoledger::base::declassify(const void* data, std::size_t size) {
  if (secrets::marking) secrets::unmark(data, size);
}

// In the place of the C library's and of libsodium's: what comes in as a secret is marked at once.
extern "C" ssize_t read(int descriptor, void* data, size_t size) {
  using namespace glucoledger::secrets;
  const long count = ::syscall(SYS_read, descriptor, data, size);
  if (count > 0) unmark(data, static_cast<std::size_t>(count));
  if (count > 0 && marking && reading_secret) mark(data, static_cast<std::size_t>(count));
  return count;
}

extern "C" void randombytes_buf(void* const data, const size_t size) {
  using namespace glucoledger::secrets;
  static unsigned state = 1;
  for (std::size_t i = 0; i < size; ++i) {
    state = state * 1664525 + 1013904223;
    static_cast<unsigned char*>(data)[i] = static_cast<unsigned char>(state >> 24);
  }
  if (marking) mark(data, size);
}

namespace glucoledger::secrets {
namespace {

using crypto::Trit;
using crypto::Trits;
namespace simd = crypto::simd;

// The kernel, with everything that goes in and comes out marked as soon as one bit is. MemorySanitizer loses marks in
// multiplications (crypto/simd/trit_bits.h): with it the kernel's insides are checked, and what stands around them is
// the same code under valgrind.
const simd::Kernel* watched = nullptr;
std::size_t marked_calls = 0;

bool mark_all(void* data, std::size_t size) {
  if (!marking || !is_marked(data, size)) return false;
  mark(data, size);
  ++marked_calls;
  return true;
}

simd::Kernel marking_kernel(const simd::Kernel& kernel) {
  watched = &kernel;
  simd::Kernel marking_one = kernel;
  marking_one.transform = [](std::int8_t* state, int rounds) {
    const bool secret = mark_all(state, simd::kStateTrits);
    watched->transform(state, rounds);
    require(!secret || is_marked(state, simd::kStateTrits), "a state lost its mark in the kernel");
    if (secret) mark(state, simd::kStateTrits);
  };
  marking_one.hash_links = [](crypto::Link* links, std::size_t count) {
    const bool secret = mark_all(links, count * sizeof(crypto::Link));
    watched->hash_links(links, count);
    require(!secret || is_marked(links, count * sizeof(crypto::Link)), "links lost their marks in the kernel");
    if (secret) mark(links, count * sizeof(crypto::Link));
  };
  return marking_one;
}

void mark_when_asked(void* data, std::size_t size) {
  if (marking) mark(data, size);
}

// What a run made public.
class Published {
 public:
  void add(const char* what, std::string_view text) {
    if (marking) {
      require(!kMarksAreKept || is_marked(text.data(), text.size()), what);
      unmark(text.data(), text.size());
    }
    texts_.emplace_back(text);
  }
  void add(const mam::Created& created) {
    add("a root lost its mark", created.root.trytes());
    add("an address lost its mark", created.address.trytes());
    add("a next root lost its mark", created.next_root.trytes());
    add("a payload lost its mark", created.payload);
  }
  bool operator==(const Published&) const = default;

 private:
  std::vector<std::string> texts_;
};

// A file with a secret in it, read as the commands read it.
mam::SecretTrytes read_trytes(const std::string& content) {
  char path[] = "/tmp/secret_flow.XXXXXX";
  const int descriptor = ::mkstemp(path);
  require(
      descriptor >= 0 && ::write(descriptor, content.data(), content.size()) == static_cast<ssize_t>(content.size()),
      "no file can be written in /tmp");
  ::close(descriptor);
  reading_secret = true;
  const auto text = base::read_secret_file(path);
  reading_secret = false;
  ::unlink(path);
  require(text.has_value(), "a seed's file cannot be read");
  auto trytes = mam::SecretTrytes::from_text(text->text());
  require(trytes.has_value(), "a seed is refused");
  return std::move(*trytes);
}

// M is the largest tryte: adding an index to it carries on and on.
std::string example_seed() {
  std::string seed(crypto::kHashTrytes, 'M');
  for (std::size_t i = 40; i < seed.size(); ++i) seed[i] = crypto::kTryteAlphabet[i * i % 27];
  return seed;
}

std::string ascii_message(std::size_t length) {
  std::string text(length, ' ');
  for (std::size_t i = 0; i < length; ++i) text[i] = static_cast<char>(i * 37 % 128);
  mark_when_asked(text.data(), text.size());
  auto trytes = crypto::trytes_from_ascii(text);
  require(trytes.has_value(), "an ASCII message is refused");
  return std::move(*trytes);
}

// Keys by themselves: from trits, at indexes of which some carry, and their signatures.
void run_keys(Published& published, int security) {
  const auto seed = read_trytes(example_seed() + "\n");
  mam::WipedTrits<crypto::kHashTrits> trits;
  crypto::trits_from_trytes(seed.trytes(), trits);
  Trits digest(crypto::kHashTrits, 0);
  const auto last_level = static_cast<std::size_t>(security) - 1;  // the first at which the sum is zero
  for (std::size_t level = 0; level < last_level; ++level) {
    digest[81 * level] = 1;
    digest[81 * last_level + level] = -1;
  }
  require(mam::security_of(digest) == security, "the example of a digest has another security");
  for (const std::uint64_t index :
       {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{3'486'784'401}, ~std::uint64_t{9}}) {
    const auto keys = mam::OneTimeKey::derive(trits, index, 3, security);
    for (const auto& key : keys) {
      Trits signature(key.size_trits());
      key.sign(digest, signature);
      published.add("a signature lost its mark", crypto::trytes_from_trits(signature));
      published.add("a leaf lost its mark", key.leaf().trytes());
    }
  }
}

void run_messages(Published& published, mam::Mode mode, int security) {
  const bool restricted = mode == mam::Mode::kRestricted;
  const mam::Channel channel{read_trytes(example_seed() + "\r\n").clone(),
                             restricted ? read_trytes("SIDEKEY") : mam::SecretTrytes::nines(), mode, security};
  published.add("a root lost its mark", mam::root_at(channel, 5).trytes());
  const auto publish = [&](const Result<mam::Created>& created) {
    require(created.has_value(), "a message is refused");
    published.add(*created);
  };
  publish(mam::create(channel, 0, ascii_message(100)));
  publish(mam::create(channel, 7, ascii_message(1)));
  mam::ChannelCursor cursor(channel, 3'486'784'400);
  published.add("a cursor's root lost its mark", cursor.root().trytes());
  publish(cursor.create(ascii_message(300)));
  cursor.expect(5);
  for (std::size_t i = 0; i < 5; ++i) publish(cursor.create(ascii_message(81 * i + i)));
}

void run_fresh_channel() {
  const mam::Channel channel{mam::SecretTrytes::random(), mam::SecretTrytes::random()};
  Published published;
  published.add("a fresh channel's root lost its mark", mam::root_at(channel, 0).trytes());
}

Published run() {
  Published published;
  for (int security = 1; security <= 3; ++security) {
    run_keys(published, security);
    for (const auto mode : {mam::Mode::kPublic, mam::Mode::kPrivate, mam::Mode::kRestricted}) {
      run_messages(published, mode, security);
    }
  }
  run_fresh_channel();
  return published;
}

volatile int observed;

// The usual faults of such code.
void leak(std::string_view how) {
  const auto seed = read_trytes(example_seed());
  mam::WipedTrits<crypto::kHashTrits> trits;
  crypto::trits_from_trytes(seed.trytes(), trits);
  if (how == "branch") {
    if (seed.trytes()[7] == '9') observed = 1;
  } else if (how == "table") {
    observed = crypto::kTryteAlphabet[static_cast<std::size_t>(seed.trytes()[7]) % 27];
  } else if (how == "carry") {
    for (Trit& trit : trits) {
      observed = observed + 1;
      if (++trit <= 1) break;
      trit = -1;
    }
  } else {
    require(false, "usage: secret_flow [leak branch|table|carry]");
  }
}

}  // namespace
}  // namespace glucoledger::secrets

int main(int count, char** arguments) {
  using namespace glucoledger;
  using namespace glucoledger::secrets;
  require(is_watched(), "this runs under valgrind's memcheck or with MemorySanitizer only");
  const auto kernel = marking_kernel(crypto::simd::kernel());
  require(crypto::simd::use_kernel(kernel), "the kernel is refused");
  const char* wanted = std::getenv("GLUCOLEDGER_KERNEL");
  require(wanted == nullptr || std::string_view(wanted) == kernel.name, "that kernel does not run here", 77);
  if (count > 1) {
    marking = true;
    leak(count > 2 ? arguments[2] : "");
    return 0;
  }
  const Published expected = run();
  marking = true;
  require(run() == expected, "the results with marks are others than without");
  require(marked_calls > 1000, "hardly any marks came to the kernel");
  std::printf("secret_flow: no branch and no address depends on a secret (%s)\n", kernel.name);
  return 0;
}
