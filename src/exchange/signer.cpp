#include "exchange/signer.h"

#include "base/parallel.h"
#include "fhir/observation.h"
#include "fhir/record_file.h"
#include "home/readings.h"
#include "home/stored_files.h"
#include "ledger/bundle.h"
#include "privacy/identifier.h"
#include "privacy/strip.h"

namespace glucoledger::exchange {
namespace {

// All readings of the file as full Observations, in one JSON array.
Result<Bytes> aggregate(home::Home& home, std::int64_t message_id) {
  GL_TRY(readings, home::readings_of_message(home, message_id));
  const fhir::ObservationContext context{.patient = home.settings().patient, .performer = {}};
  std::vector<std::string> resources;
  for (auto& stored : readings) {
    stored.reading.identity = privacy::reading_identifier(home.identifier_key(), stored.reading);
    resources.push_back(fhir::full_observation(stored.reading, context));
  }
  return base::to_bytes(fhir::join_records(resources));
}

}  // namespace

Result<Signer> Signer::open(home::Home& home, home::Epoch epoch, std::optional<std::uint64_t> index) {
  GL_TRY(channel, home::channel_of(home, epoch));
  epoch.next_index = index.value_or(epoch.next_index);
  mam::ChannelCursor cursor(channel, epoch.next_index);
  const auto next_root = epoch.next_index == 0 ? epoch.root : cursor.root();
  return Signer(std::move(epoch), std::move(channel), std::move(cursor), next_root);
}

bool Signer::signed_by_next_key(const ledger::Bundle& bundle) const {
  return mam::open(bundle.payload(), next_root_, channel_.mode, channel_.side_key).has_value();
}

// The message's text: a stripped record (design A), or the CID of the file (design B).
Result<std::optional<std::string>> Signer::content_of(home::Home& home, const home::Message& message) const {
  if (epoch_.design == keys::Design::kTangleIpfs) return message.cid;
  GL_TRY(readings, home::readings_of_message(home, message.id));
  if (readings.size() != 1) return std::nullopt;
  const auto& reading = readings.front().reading;
  return privacy::stripped_observation(
      reading, {},
      {.message_root = next_root_,
       .epoch_root = epoch_.root,
       .identifier_hmac = privacy::reading_identifier(home.identifier_key(), reading)});
}

// The file has its row before its bytes leave. False: the message does not wait in this epoch any more.
Result<bool> Signer::store_file(home::Home& home, const ports::World& world, privacy::Transform transform,
                                home::Message& message) const {
  const auto& place = home.store_place();
  GL_TRY(store, world.open_store(place, ports::Use::kWrite, world.cancel));
  GL_TRY(release, home::release_of(home, epoch_));
  GL_TRY(file, aggregate(home, message.id));
  GL_TRY(sealed, privacy::seal_file(file, *release.file_secret, transform));
  GL_TRY(cid, store->cid_of(sealed, world.cancel));
  std::optional<home::StoredFile> row;
  GL_CHECK(home.write([&](home::Transaction& transaction) -> Result<void> {
    GL_ASSIGN(row, home::begin_file(transaction, message.id, epoch_.id, cid, place));
    return {};
  }));
  if (!row) return false;
  GL_TRY(added, store->add(sealed, world.cancel));
  if (added != cid) return fail(ErrorCode::kCorrupt, "the content store gives a file another name than its own");
  bool kept = false;
  GL_CHECK(home.write([&](home::Transaction& transaction) -> Result<void> {
    GL_ASSIGN(kept, home::mark_stored(transaction, *row));
    return {};
  }));
  message.cid = cid;
  return kept;
}

Result<std::vector<home::SignedMessage>> Signer::sign(home::Home& home, const ports::World& world,
                                                      std::span<const home::Message> messages) {
  std::vector<mam::Created> created;
  cursor_.expect(messages.size());
  for (const auto& message : messages) {
    GL_TRY(content, content_of(home, message));
    if (!content) return std::vector<home::SignedMessage>();  // what was signed of it is thrown away
    GL_TRY(trytes, crypto::trytes_from_ascii(*content));
    GL_TRY(next, cursor_.create(trytes));
    GL_ASSERT(next.root == next_root_);
    next_root_ = next.next_root;
    created.push_back(std::move(next));
  }
  // A bundle is hashed some twenty times until its hash is fit (the "M-bug"): that takes longer than to sign.
  std::vector<Result<ledger::PreparedBundle>> bundles(messages.size());
  const std::int64_t now_s = world.clock.now_ms() / 1000;
  base::in_parallel(messages.size(), [&](std::size_t i) {
    bundles[i] = ledger::prepare(created[i].payload, created[i].address, "", now_s);
  });
  std::vector<home::SignedMessage> signed_messages;
  for (std::size_t i = 0; i < messages.size(); ++i) {
    GL_TRY(bundle, std::move(bundles[i]));
    const auto hash = ledger::bundle_hash_of(bundle);
    signed_messages.push_back(
        {messages[i].id, epoch_.next_index + i, created[i].address, hash, std::move(bundle), now_s});
  }
  return signed_messages;
}

// The same content under the same key is the same signature: nothing new is signed, or it is thrown away here.
Result<std::optional<ledger::PreparedBundle>> Signer::make_again(home::Home& home,
                                                                 const home::PublishedMessage& message) {
  if (message.payload_digest.empty()) return std::nullopt;
  GL_TRY(content, content_of(home, {message.id, message.epoch_id, message.cid}));
  if (!content) return std::nullopt;
  GL_TRY(trytes, crypto::trytes_from_ascii(*content));
  GL_TRY(created, cursor_.create(trytes));
  GL_TRY(bundle, ledger::prepare(created.payload, created.address, "", message.signed_s));
  const bool is_same = created.address == message.address && ledger::bundle_hash_of(bundle) == message.bundle_hash &&
                       home::payload_digest(bundle) == message.payload_digest;
  if (!is_same) return std::nullopt;
  return bundle;
}

Result<std::vector<home::Outgoing>> Signer::sign_next(home::Home& home, const home::SigningLease& lease,
                                                      const ports::World& world, privacy::Transform transform,
                                                      std::size_t count_max) {
  // To sign what could not be kept would take long: of an epoch that was ended a backlog may wait.
  GL_TRY(now, home::epoch_by_id(home, epoch_.id));
  if (!now.open || !now.may_sign) return std::vector<home::Outgoing>();
  GL_TRY(messages, home::waiting_messages(home, epoch_.id, count_max));
  for (auto& message : messages) {
    if (epoch_.design != keys::Design::kTangleIpfs || !message.cid.empty()) continue;
    GL_TRY(is_stored, store_file(home, world, transform, message));
    if (!is_stored) return std::vector<home::Outgoing>();
  }
  if (messages.empty()) return std::vector<home::Outgoing>();
  GL_TRY(signed_messages, sign(home, world, messages));
  if (signed_messages.empty()) return std::vector<home::Outgoing>();
  bool is_ours = false;
  GL_CHECK(home.write_signed(lease, [&](home::Transaction& transaction) -> Result<void> {
    GL_ASSIGN(is_ours, home::store_signed(transaction, epoch_, signed_messages));
    return {};
  }));
  if (!is_ours) return std::vector<home::Outgoing>();
  epoch_.next_index += signed_messages.size();
  std::vector<home::Outgoing> outgoing;
  for (auto& message : signed_messages) {
    outgoing.push_back({home::Outgoing::Kind::kMessage, message.id, message.address, message.bundle_hash,
                        std::move(message.bundle), 0, message.index, epoch_.id});
  }
  return outgoing;
}

}  // namespace glucoledger::exchange
