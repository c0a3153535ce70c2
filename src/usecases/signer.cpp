#include "usecases/signer.h"

#include "base/parallel.h"
#include "fhir/observation.h"
#include "fhir/record_file.h"
#include "home/readings.h"
#include "ledger/bundle.h"
#include "privacy/identifier.h"
#include "privacy/strip.h"

namespace glucoledger::usecases {
namespace {

const std::string kNoTag(ledger::kTagTrytes, '9');

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

Result<Signer> Signer::open(home::Home& home, const home::Epoch& epoch) {
  GL_TRY(channel, home::channel_of(home, epoch));
  mam::ChannelCursor cursor(channel, epoch.next_index);
  const auto next_root = epoch.next_index == 0 ? epoch.root : cursor.root();
  return Signer(epoch, std::move(channel), std::move(cursor), next_root);
}

bool Signer::signed_by_next_key(const ledger::Bundle& bundle) const {
  return mam::open(bundle.payload(), next_root_, channel_.mode, channel_.side_key).has_value();
}

// The message's text: a stripped record (design A), or the CID of the file (design B).
Result<std::string> Signer::content_of(home::Home& home, const home::Message& message) const {
  if (epoch_.design == keys::Design::kTangleIpfs) return message.cid;
  GL_TRY(readings, home::readings_of_message(home, message.id));
  GL_ASSERT(readings.size() == 1);
  const auto& reading = readings.front().reading;
  return privacy::stripped_observation(
      reading, {},
      {.message_root = next_root_,
       .epoch_root = epoch_.root,
       .identifier_hmac = privacy::reading_identifier(home.identifier_key(), reading)});
}

Result<std::vector<home::Outgoing>> Signer::sign_next(home::Home& home, const World& world,
                                                      privacy::Transform transform, std::size_t count_max) {
  GL_TRY(messages, home::waiting_messages(home, epoch_.id, count_max));
  if (epoch_.design == keys::Design::kTangleIpfs) {
    for (auto& message : messages) {
      if (!message.cid.empty()) continue;
      GL_TRY(place, locator::Locator::parse(home.store_spec()));
      GL_TRY(store, world.open_store(place, Use::kWrite, {}));
      GL_TRY(release, home::release_of(home, epoch_));
      GL_TRY(file, aggregate(home, message.id));
      GL_TRY(sealed, privacy::seal_file(file, *release.file_secret, transform));
      GL_ASSIGN(message.cid, store->add(sealed));
      GL_CHECK(home.database().transaction([&] { return home::set_cid(home, message.id, message.cid); }));
    }
  }
  std::vector<mam::Created> created;
  cursor_.expect(messages.size());
  for (const auto& message : messages) {
    GL_TRY(content, content_of(home, message));
    GL_TRY(trytes, crypto::trytes_from_ascii(content));
    GL_TRY(next, cursor_.create(trytes));
    GL_ASSERT(next.root == next_root_);
    next_root_ = next.next_root;
    created.push_back(std::move(next));
  }
  // A bundle is hashed some twenty times until its hash is fit (the "M-bug"): that takes longer than to sign.
  std::vector<Result<ledger::PreparedBundle>> bundles(messages.size());
  const std::int64_t now_s = world.clock.now_ms() / 1000;
  base::in_parallel(messages.size(), [&](std::size_t i) {
    bundles[i] = ledger::prepare(created[i].payload, created[i].address, kNoTag, now_s);
  });
  std::vector<home::SignedMessage> signed_messages;
  std::vector<home::Outgoing> outgoing;
  for (std::size_t i = 0; i < messages.size(); ++i) {
    GL_TRY(bundle, std::move(bundles[i]));
    const auto hash = ledger::bundle_hash_of(bundle);
    signed_messages.push_back({messages[i].id, epoch_.next_index, created[i].address, hash, bundle});
    outgoing.push_back({home::Outgoing::Kind::kMessage, messages[i].id, created[i].address, hash, std::move(bundle)});
    ++epoch_.next_index;
  }
  if (signed_messages.empty()) return outgoing;
  GL_CHECK(home.signing_transaction([&]() -> Result<void> {
    for (const auto& message : signed_messages) GL_CHECK(home::store_signed(home, epoch_, message));
    return {};
  }));
  return outgoing;
}

}  // namespace glucoledger::usecases
