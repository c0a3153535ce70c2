#include "mam/mam.h"

#include <algorithm>
#include <deque>

#include "base/declassify.h"
#include "base/limits.h"
#include "mam/mask.h"
#include "mam/one_time_signature.h"
#include "mam/pascal.h"

// A payload, in trits: pascal(index) | pascal(message length) | masked: next root 243, message, nonce 81,
// signature 6,561 x security, pascal(sibling count), siblings 243 each | zeros up to whole trytes.
namespace glucoledger::mam {
namespace {

using crypto::Curl;
using crypto::CurlRounds;
using crypto::kHashTrits;
using crypto::Trit;
using crypto::Trits;
using crypto::TritView;

constexpr std::size_t kNonceTrits = 81;
constexpr std::size_t kPascalTritsMin = 4;

tl::unexpected<Error> corrupt(std::string what) {
  return fail(ErrorCode::kCorrupt, "the MAM payload " + std::move(what));
}

Curl start_sponge(const SecretTrytes& side_key, const Hash& root, TritView header) {
  WipedTrits<kHashTrits> key;
  crypto::trits_from_trytes(side_key.trytes(), key);
  Curl sponge(CurlRounds::kP27);
  sponge.absorb(key);
  sponge.absorb(root.trits());
  sponge.absorb(header);
  return sponge;
}

void add_one(std::span<Trit> number) {
  for (Trit& trit : number) {
    if (++trit <= 1) return;
    trit = -1;
  }
}

// What is signed. Whoever may read the message computes it too, and how often a nonce was tried tells of it anyway.
std::array<Trit, kHashTrits> digest_of(Curl& sponge) {
  std::array<Trit, kHashTrits> digest;
  std::copy_n(sponge.rate().begin(), kHashTrits, digest.begin());
  base::declassify(digest.data(), digest.size());
  return digest;
}

// The first nonce, counting from 0, after which the sponge's rate can be signed at this security: about 26 tries.
std::array<Trit, kNonceTrits> find_signable_nonce(const Curl& sponge, int security) {
  std::array<Trit, kNonceTrits> nonce{};
  for (;; add_one(nonce)) {
    Curl trial = sponge;
    trial.absorb(nonce);
    if (security_of(digest_of(trial)) == security) return nonce;
  }
}

std::vector<OneTimeKey> keys_at(const Channel& channel, std::uint64_t index, std::size_t count) {
  WipedTrits<kHashTrits> seed;
  crypto::trits_from_trytes(channel.seed.trytes(), seed);
  return OneTimeKey::derive(seed, index, count, channel.security);
}

Result<void> check_channel(const Channel& channel) {
  if (channel.security < 1 || channel.security > static_cast<int>(kSecurityMax)) {
    return fail(ErrorCode::kUsage, "the security level of a MAM channel is 1, 2 or 3");
  }
  if (channel.mode != Mode::kRestricted && channel.side_key.trytes() != SecretTrytes::nines().trytes()) {
    return fail(ErrorCode::kUsage, "only a restricted MAM channel has a side key");
  }
  return {};
}

Result<void> check_use(const Channel& channel, std::string_view message_trytes) {
  GL_CHECK(check_channel(channel));
  if (message_trytes.size() > base::limits::kMamMessageTrytesMax) {
    return fail(ErrorCode::kUsage,
                "a MAM message has at most " + std::to_string(base::limits::kMamMessageTrytesMax) + " trytes");
  }
  if (!crypto::is_trytes(message_trytes)) {
    return fail(ErrorCode::kInputRefused, "trytes hold only the letters A to Z and 9");
  }
  return {};
}

// The message that `key` signs.
Created create_with(const Channel& channel, const OneTimeKey& key, const Hash& next_root,
                    std::string_view message_trytes) {
  Created created;
  created.root = key.leaf();
  created.address = address_of(created.root, channel.mode);
  created.next_root = next_root;

  Trits payload;
  payload.reserve(kHashTrits + crypto::kTritsPerTryte * message_trytes.size() + kNonceTrits + key.size_trits() + 64);
  append_pascal(0, payload);
  append_pascal(static_cast<std::uint32_t>(crypto::kTritsPerTryte * message_trytes.size()), payload);
  const std::size_t header_trits = payload.size();
  Curl sponge = start_sponge(channel.side_key, created.root, payload);

  payload.resize(header_trits + kHashTrits + crypto::kTritsPerTryte * message_trytes.size());
  const auto text = std::span(payload).subspan(header_trits);
  crypto::trits_from_trytes(created.next_root.trytes(), text.first(kHashTrits));
  crypto::trits_from_trytes(message_trytes, text.subspan(kHashTrits));
  mask(sponge, text);

  auto nonce = find_signable_nonce(sponge, channel.security);
  mask(sponge, nonce);
  payload.insert(payload.end(), nonce.begin(), nonce.end());

  const std::size_t signature_at = payload.size();
  payload.resize(signature_at + key.size_trits());
  key.sign(digest_of(sponge), std::span(payload).subspan(signature_at));
  append_pascal(0, payload);  // no siblings
  mask(sponge, std::span(payload).subspan(signature_at));
  while (payload.size() % crypto::kTritsPerTryte != 0) payload.push_back(0);
  created.payload = crypto::trytes_from_trits(payload);
  return created;
}

struct Header {
  std::uint32_t index;
  std::size_t length_trits;
  std::size_t message_trits;
};

Result<Header> read_header(TritView payload) {
  const auto index = read_pascal(payload);
  if (!index) return corrupt("does not begin as one: it is damaged, or something else");
  const auto length = read_pascal(payload.subspan(index->length_trits));
  if (!length || length->value % crypto::kTritsPerTryte != 0) return corrupt("tells no valid message length");
  if (length->value > base::limits::kMamPayloadTrytesMax * crypto::kTritsPerTryte) {
    return corrupt("tells a message longer than " + std::to_string(base::limits::kMamPayloadTrytesMax) + " trytes");
  }
  return Header{index->value, index->length_trits + length->length_trits, length->value};
}

// The root of the tree in which this leaf has these siblings, lowest first; each bit of the index tells on which side.
Hash root_of_leaf(const Hash& leaf, std::uint32_t index, TritView siblings) {
  Hash node = leaf;
  for (; !siblings.empty(); siblings = siblings.subspan(kHashTrits), index >>= 1) {
    const bool is_right = (index & 1) != 0;
    const auto sibling = siblings.first(kHashTrits);
    Curl sponge(CurlRounds::kP27);
    sponge.absorb(is_right ? sibling : node.trits());
    sponge.absorb(is_right ? node.trits() : sibling);
    node = Hash::from_trits(sponge.rate().first(kHashTrits));
  }
  return node;
}

}  // namespace

std::string_view name_of(Mode mode) {
  if (mode == Mode::kPublic) return "public";
  return mode == Mode::kPrivate ? "private" : "restricted";
}

std::optional<Mode> mode_named(std::string_view name) {
  for (const auto mode : {Mode::kPublic, Mode::kPrivate, Mode::kRestricted}) {
    if (name == name_of(mode)) return mode;
  }
  return std::nullopt;
}

Hash root_at(const Channel& channel, std::uint64_t index) {
  return keys_at(channel, index, 1).front().leaf();
}

Hash address_of(const Hash& root, Mode mode) {
  return mode == Mode::kPublic ? root : crypto::curl_hash(CurlRounds::kP81, root.trits());
}

Result<Created> create(const Channel& channel, std::uint64_t index, std::string_view message_trytes) {
  GL_CHECK(check_use(channel, message_trytes));
  const auto keys = keys_at(channel, index, 2);
  return create_with(channel, keys[0], keys[1].leaf(), message_trytes);
}

struct ChannelCursor::State {
  static constexpr std::size_t kKeysAtOnce = 4;

  // At least so many keys, from the one of the message to come on.
  void have_keys(std::size_t count) {
    if (keys.size() >= count) return;
    const std::size_t wanted = std::clamp(expected + 1, count, std::max(count, kKeysAtOnce));
    for (auto& key : keys_at(channel, index + keys.size(), wanted - keys.size())) keys.push_back(std::move(key));
  }

  Channel channel;
  std::uint64_t index;
  std::size_t expected = 1;
  std::deque<OneTimeKey> keys;
};

ChannelCursor::ChannelCursor(const Channel& channel, std::uint64_t index)
    : state_(
          new State{{channel.seed.clone(), channel.side_key.clone(), channel.mode, channel.security}, index, 1, {}}) {}
ChannelCursor::ChannelCursor(ChannelCursor&&) noexcept = default;
ChannelCursor& ChannelCursor::operator=(ChannelCursor&&) noexcept = default;
ChannelCursor::~ChannelCursor() = default;

std::uint64_t ChannelCursor::index() const {
  return state_->index;
}

Hash ChannelCursor::root() {
  state_->have_keys(1);
  return state_->keys.front().leaf();
}

void ChannelCursor::expect(std::size_t messages) {
  state_->expected = messages;
}

Result<Created> ChannelCursor::create(std::string_view message_trytes) {
  GL_CHECK(check_use(state_->channel, message_trytes));
  state_->have_keys(2);
  auto created = create_with(state_->channel, state_->keys[0], state_->keys[1].leaf(), message_trytes);
  state_->keys.pop_front();
  ++state_->index;
  if (state_->expected > 1) --state_->expected;
  return created;
}

Result<Opened> open(std::string_view payload_trytes, const Hash& root, Mode mode, const SecretTrytes& side_key) {
  if (mode != Mode::kRestricted && side_key.trytes() != SecretTrytes::nines().trytes()) {
    return fail(ErrorCode::kUsage, "only a restricted MAM channel has a side key");
  }
  if (payload_trytes.size() > base::limits::kMamPayloadTrytesMax) return corrupt("is longer than a bundle holds");
  if (!crypto::is_trytes(payload_trytes)) return corrupt("holds more than the letters A to Z and 9");
  Trits payload = crypto::trits_from_trytes(payload_trytes);
  GL_TRY(header, read_header(payload));
  auto rest = std::span(payload).subspan(header.length_trits);
  const auto take = [&rest](std::size_t length_trits) {
    const auto taken = rest.first(length_trits);
    rest = rest.subspan(length_trits);
    return taken;
  };
  if (rest.size() < kHashTrits + header.message_trits + kNonceTrits) return corrupt("is cut off");

  Curl sponge = start_sponge(side_key, root, TritView(payload).first(header.length_trits));
  const auto text = take(kHashTrits + header.message_trits);
  unmask(sponge, text);
  unmask(sponge, take(kNonceTrits));
  const auto digest = digest_of(sponge);
  const int security = security_of(digest);
  if (security == 0) return corrupt("does not fit this root and side key, or was altered");

  const std::size_t signature_trits = static_cast<std::size_t>(security) * kSignatureTritsPerLevel;
  if (rest.size() < signature_trits + kPascalTritsMin) {
    return corrupt("is cut off, or does not fit this root and side key");
  }
  const auto signature = take(signature_trits);
  unmask(sponge, signature);
  // How much is masked from here on stands at its beginning.
  Curl ahead = sponge;
  Trits beginning(rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(std::min(rest.size(), kHashTrits)));
  unmask(ahead, beginning);
  const auto siblings = read_pascal(beginning);
  if (!siblings || siblings->value > base::limits::kMamTreeDepthMax || header.index >> siblings->value != 0) {
    return corrupt("does not fit this root and side key, or was altered");
  }
  const std::size_t tree_trits = siblings->length_trits + siblings->value * kHashTrits;
  if (rest.size() < tree_trits) return corrupt("is cut off in its tree");
  const auto tree = take(tree_trits);
  unmask(sponge, tree);
  const Hash leaf = leaf_of_signature(digest, signature);
  if (root_of_leaf(leaf, header.index, tree.subspan(siblings->length_trits)) != root) {
    return corrupt("is not signed by the owner of this root");
  }
  if (std::any_of(rest.begin(), rest.end(), [](Trit trit) { return trit != 0; })) {
    return corrupt("is followed by something that is not padding");
  }
  return Opened{crypto::trytes_from_trits(text.subspan(kHashTrits)), Hash::from_trits(text.first(kHashTrits)), security,
                header.index, siblings->value > 0};
}

}  // namespace glucoledger::mam
