#include "home/epochs.h"

#include "base/random.h"
#include "privacy/sealed_file.h"

namespace glucoledger::home {
namespace {

constexpr std::string_view kColumns =
    "SELECT id, design, first_day, last_day, root, next_index, state, may_sign, messages FROM epoch ";

Result<Epoch> epoch_from(const sqlite::Statement& row) {
  Epoch epoch;
  epoch.id = row.integer(0);
  GL_ASSIGN(epoch.design, keys::design_named(row.text(1)));
  epoch.first_day = row.text(2);
  epoch.last_day = row.text(3);
  GL_ASSIGN(epoch.root, crypto::Hash::from_trytes(row.text(4)));
  epoch.next_index = static_cast<std::uint64_t>(row.integer(5));
  epoch.open = row.text(6) == "open";
  epoch.may_sign = row.integer(7) != 0;
  if (!row.is_null(8)) epoch.messages = static_cast<std::uint64_t>(row.integer(8));
  return epoch;
}

Result<std::vector<Epoch>> collect(sqlite::Statement& statement) {
  return sqlite::collect_rows(statement,
                              [&](const sqlite::Statement& row) -> Result<Epoch> { return epoch_from(row); });
}

// What is sealed is bound to its epoch, so that rows cannot be swapped.
std::string label_of(const char* column, std::string_view root) {
  return std::string("epoch/") + column + "/" + std::string(root);
}

Result<SecretBytes> secret_of(Home& home, const Epoch& epoch, const char* column) {
  GL_TRY(statement, home.database().prepare(std::string("SELECT ") + column + " FROM epoch WHERE id = ?1"));
  GL_CHECK(statement.bind(1, epoch.id).step());
  return home.unseal(label_of(column, epoch.root.trytes()), statement.blob(0));
}

}  // namespace

Result<Epoch> create_epoch(Home& home, keys::Design design, std::string_view first_day, std::string_view last_day) {
  const mam::Channel channel{mam::SecretTrytes::random(), mam::SecretTrytes::random(), mam::Mode::kRestricted,
                             kSecurity};
  Epoch epoch;
  epoch.design = design;
  epoch.first_day = first_day;
  epoch.last_day = last_day;
  epoch.root = mam::root_at(channel, 0);
  const auto root = epoch.root.trytes();
  const auto sealed = [&](const char* column, ByteView secret) { return home.seal(label_of(column, root), secret); };
  GL_TRY(statement, home.database().prepare("INSERT INTO epoch (design, first_day, last_day, root, seed, side_key, "
                                            "file_secret) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"));
  statement.bind(1, keys::name_of(design)).bind(2, first_day).bind(3, last_day).bind(4, root);
  statement.bind(5, sealed("seed", base::as_bytes(channel.seed.trytes())));
  statement.bind(6, sealed("side_key", base::as_bytes(channel.side_key.trytes())));
  if (design == keys::Design::kTangleIpfs) {
    statement.bind(7, sealed("file_secret", base::random_secret(privacy::kFileSecretSize).view()));
  } else {
    statement.bind_null(7);
  }
  GL_CHECK(statement.run());
  epoch.id = home.database().last_insert_id();
  return epoch;
}

Result<Epoch> epoch_by_id(Home& home, std::int64_t id) {
  GL_TRY(statement, home.database().prepare(std::string(kColumns) + "WHERE id = ?1"));
  GL_TRY(row, statement.bind(1, id).step());
  if (!row) return fail(ErrorCode::kNotFound, "there is no such epoch");
  return epoch_from(statement);
}

Result<std::vector<Epoch>> all_epochs(Home& home, keys::Design design) {
  GL_TRY(statement, home.database().prepare(std::string(kColumns) + "WHERE design = ?1 ORDER BY first_day, id"));
  statement.bind(1, keys::name_of(design));
  return collect(statement);
}

Result<std::optional<Epoch>> signing_epoch(Home& home, std::string_view day) {
  GL_TRY(statement,
         home.database().prepare(std::string(kColumns) +
                                 "WHERE design = 'tangle' AND first_day = ?1 AND state = 'open' AND may_sign = 1 "
                                 "ORDER BY id DESC LIMIT 1"));
  statement.bind(1, day);
  GL_TRY(found, collect(statement));
  if (found.empty()) return std::nullopt;
  return std::move(found.front());
}

Result<std::vector<Epoch>> epochs_with_waiting_messages(Home& home) {
  GL_TRY(statement, home.database().prepare(std::string(kColumns) +
                                            "WHERE id IN (SELECT epoch_id FROM message WHERE state = 'waiting') "
                                            "ORDER BY first_day, id"));
  return collect(statement);
}

Result<std::vector<Epoch>> epochs_at_rest(Home& home) {
  GL_TRY(statement, home.database().prepare(
                        std::string(kColumns) +
                        "WHERE state = 'open' AND (next_index > 0 OR may_sign = 0) AND id NOT IN (SELECT epoch_id FROM "
                        "message WHERE state IN ('waiting', 'signed', 'left')) ORDER BY first_day, id"));
  return collect(statement);
}

Result<mam::Channel> channel_of(Home& home, const Epoch& epoch) {
  GL_TRY(seed_text, secret_of(home, epoch, "seed"));
  GL_TRY(side_key_text, secret_of(home, epoch, "side_key"));
  GL_TRY(seed, mam::SecretTrytes::from_trytes(seed_text.text()));
  GL_TRY(side_key, mam::SecretTrytes::from_trytes(side_key_text.text()));
  return mam::Channel{std::move(seed), std::move(side_key), mam::Mode::kRestricted, kSecurity};
}

Result<keys::EpochRelease> release_of(Home& home, const Epoch& epoch) {
  keys::EpochRelease release;
  release.design = epoch.design;
  release.root = epoch.root;
  release.first_day = epoch.first_day;
  release.last_day = epoch.last_day;
  GL_ASSIGN(release.side_key, secret_of(home, epoch, "side_key"));
  if (epoch.design == keys::Design::kTangleIpfs) {
    GL_ASSIGN(release.file_secret, secret_of(home, epoch, "file_secret"));
  }
  return release;
}

Result<void> end_epoch(Home& home, std::int64_t id, std::optional<std::uint64_t> messages) {
  GL_TRY(statement, home.database().prepare("UPDATE epoch SET state = 'ended', messages = ?2 WHERE id = ?1"));
  statement.bind(1, id);
  if (messages) {
    statement.bind(2, static_cast<std::int64_t>(*messages));
  } else {
    statement.bind_null(2);
  }
  return statement.run();
}

Result<void> stop_signing(Home& home, std::int64_t id) {
  GL_TRY(statement, home.database().prepare("UPDATE epoch SET may_sign = 0 WHERE id = ?1"));
  return statement.bind(1, id).run();
}

Result<void> add_message(Home& home, const Epoch& epoch, std::span<const std::int64_t> reading_ids) {
  GL_TRY(message, home.database().prepare("INSERT INTO message (epoch_id) VALUES (?1)"));
  GL_CHECK(message.bind(1, epoch.id).run());
  const auto message_id = home.database().last_insert_id();
  GL_TRY(publication,
         home.database().prepare("INSERT INTO publication (reading_id, design, message_id) VALUES (?1, ?2, ?3)"));
  for (const auto reading_id : reading_ids) {
    GL_CHECK(publication.bind(1, reading_id).bind(2, keys::name_of(epoch.design)).bind(3, message_id).run());
  }
  return {};
}

Result<std::vector<Message>> waiting_messages(Home& home, std::int64_t epoch_id, std::size_t count_max) {
  GL_TRY(statement, home.database().prepare("SELECT id, cid FROM message WHERE epoch_id = ?1 AND state = 'waiting' "
                                            "ORDER BY id LIMIT ?2"));
  statement.bind(1, epoch_id).bind(2, static_cast<std::int64_t>(count_max));
  return sqlite::collect_rows(statement, [&](const sqlite::Statement& row) -> Result<Message> {
    return Message{row.integer(0), epoch_id, row.text(1)};
  });
}

Result<void> set_cid(Home& home, std::int64_t message_id, std::string_view cid) {
  GL_TRY(statement, home.database().prepare("UPDATE message SET cid = ?2 WHERE id = ?1"));
  return statement.bind(1, message_id).bind(2, cid).run();
}

Result<void> store_signed(Home& home, const Epoch& epoch, const SignedMessage& message) {
  GL_TRY(burn, home.database().prepare("UPDATE epoch SET next_index = ?2 WHERE id = ?1 AND next_index = ?2 - 1 AND "
                                       "state = 'open' AND may_sign = 1"));
  GL_CHECK(burn.bind(1, epoch.id).bind(2, static_cast<std::int64_t>(message.index + 1)).run());
  GL_ASSERT(home.database().changes() == 1);
  GL_TRY(statement, home.database().prepare("UPDATE message SET state = 'signed', message_index = ?2, address = ?3, "
                                            "bundle_hash = ?4, bundle = ?5 WHERE id = ?1 AND state = 'waiting'"));
  GL_CHECK(statement.bind(1, message.id)
               .bind(2, static_cast<std::int64_t>(message.index))
               .bind(3, message.address.trytes())
               .bind(4, message.bundle_hash.trytes())
               .bind(5, pack_bundle(message.bundle))
               .run());
  GL_ASSERT(home.database().changes() == 1);
  return {};
}

Result<std::uint64_t> count_left(Home& home, std::int64_t epoch_id) {
  GL_TRY(statement,
         home.database().prepare("SELECT COALESCE((SELECT MIN(message_index) FROM message WHERE epoch_id = ?1 AND "
                                 "state = 'signed'), next_index) FROM epoch WHERE id = ?1"));
  GL_CHECK(statement.bind(1, epoch_id).step());
  return static_cast<std::uint64_t>(statement.integer(0));
}

Result<void> move_waiting_messages(Home& home, std::int64_t from_epoch_id, const Epoch& to) {
  GL_TRY(statement, home.database().prepare(
                        "UPDATE message SET epoch_id = ?2, cid = NULL WHERE epoch_id = ?1 AND state = 'waiting'"));
  return statement.bind(1, from_epoch_id).bind(2, to.id).run();
}

Result<void> remake_messages_from(Home& home, std::int64_t from_epoch_id, std::uint64_t index, const Epoch& to) {
  auto& database = home.database();
  GL_TRY(unread, database.prepare("SELECT id FROM message WHERE epoch_id = ?1 AND message_index >= ?2 ORDER BY id"));
  unread.bind(1, from_epoch_id).bind(2, static_cast<std::int64_t>(index));
  GL_TRY(ids, sqlite::collect_rows(
                  unread, [&](const sqlite::Statement& row) -> Result<std::int64_t> { return row.integer(0); }));
  for (const auto id : ids) {
    GL_TRY(burn, database.prepare("UPDATE message SET state = 'burnt', bundle = NULL WHERE id = ?1"));
    GL_CHECK(burn.bind(1, id).run());
    GL_TRY(anew, database.prepare("INSERT INTO message (epoch_id) VALUES (?1)"));
    GL_CHECK(anew.bind(1, to.id).run());
    GL_TRY(publication, database.prepare("UPDATE publication SET message_id = ?2 WHERE message_id = ?1"));
    GL_CHECK(publication.bind(1, id).bind(2, database.last_insert_id()).run());
  }
  return {};
}

Result<bool> has_unsent_messages(Home& home, std::int64_t epoch_id) {
  GL_TRY(statement, home.database().prepare("SELECT EXISTS (SELECT 1 FROM message WHERE epoch_id = ?1 AND state IN "
                                            "('waiting', 'signed'))"));
  GL_CHECK(statement.bind(1, epoch_id).step());
  return statement.integer(0) != 0;
}

Bytes pack_bundle(const ledger::PreparedBundle& bundle) {
  Bytes packed;
  for (const auto& transaction : bundle) {
    const auto part = crypto::pack_trits(crypto::trits_from_trytes(transaction));
    packed.insert(packed.end(), part.begin(), part.end());
  }
  return packed;
}

Result<ledger::PreparedBundle> unpack_bundle(ByteView packed) {
  if (packed.empty() || packed.size() % ledger::kPackedTransactionSize != 0) {
    return fail(ErrorCode::kCorrupt, "a message in the outbox is damaged", "restore the home from a backup");
  }
  ledger::PreparedBundle bundle;
  for (std::size_t offset = 0; offset < packed.size(); offset += ledger::kPackedTransactionSize) {
    GL_TRY(trits,
           crypto::unpack_trits(packed.subspan(offset, ledger::kPackedTransactionSize), ledger::kTransactionTrits));
    bundle.push_back(crypto::trytes_from_trits(trits));
  }
  return bundle;
}

}  // namespace glucoledger::home
