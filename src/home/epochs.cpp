#include "home/epochs.h"

#include "base/random.h"
#include "home/rows.h"
#include "privacy/sealed_file.h"

namespace glucoledger::home {
namespace {

constexpr std::string_view kColumns =
    "SELECT id, design, first_day, last_day, root, next_index, state, may_sign, messages FROM epoch ";
// What an epoch must not hold to be at rest.
constexpr std::string_view kUnderWay =
    "(SELECT epoch_id FROM message WHERE state IN ('waiting', 'signed', 'leaving', 'left'))";

Result<Epoch> epoch_from(const sqlite::Statement& row) {
  Epoch epoch;
  epoch.id = row.integer(0);
  GL_ASSIGN(epoch.design, design_at(row, 1));
  epoch.first_day = row.text(2);
  epoch.last_day = row.text(3);
  GL_ASSIGN(epoch.root, hash_at(row, 4));
  GL_ASSIGN(epoch.next_index, count_at(row, 5));
  epoch.open = row.text(6) == "open";
  epoch.may_sign = row.integer(7) != 0;
  if (!row.is_null(8)) {
    GL_ASSIGN(epoch.messages, count_at(row, 8));
  }
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
  GL_TRY(row, statement.bind(1, epoch.id).step());
  if (!row) return damaged();
  return home.unseal(label_of(column, epoch.root.trytes()), statement.blob(0));
}

std::optional<std::int64_t> as_integer(std::optional<std::uint64_t> number) {
  return number ? std::optional(static_cast<std::int64_t>(*number)) : std::nullopt;
}

}  // namespace

Result<Epoch> create_epoch(Transaction& transaction, keys::Design design, std::string_view first_day,
                           std::string_view last_day) {
  auto& home = transaction.home();
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
  GL_TRY(statement, home.database().prepare(std::string(kColumns) +
                                            "WHERE state = 'open' AND (next_index > 0 OR may_sign = 0) AND id NOT IN " +
                                            std::string(kUnderWay) + " ORDER BY first_day, id"));
  return collect(statement);
}

Result<mam::Channel> channel_of(Home& home, const Epoch& epoch) {
  GL_TRY(seed_text, secret_of(home, epoch, "seed"));
  GL_TRY(side_key_text, secret_of(home, epoch, "side_key"));
  GL_TRY(seed, of_row(mam::SecretTrytes::from_trytes(seed_text.text())));
  GL_TRY(side_key, of_row(mam::SecretTrytes::from_trytes(side_key_text.text())));
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

Result<bool> end_epoch(Transaction& transaction, std::int64_t id, std::optional<std::uint64_t> messages) {
  auto& database = transaction.database();
  GL_TRY(statement,
         database.prepare("UPDATE epoch SET state = 'ended', messages = ?2 WHERE id = ?1 AND state = 'open'"));
  return run_and_tell(database, statement.bind(1, id).bind(2, as_integer(messages)));
}

Result<bool> end_epoch_at_rest(Transaction& transaction, const Epoch& epoch, std::optional<std::uint64_t> messages) {
  auto& database = transaction.database();
  GL_TRY(statement,
         database.prepare("UPDATE epoch SET state = 'ended', messages = ?2 WHERE id = ?1 AND state = 'open' AND "
                          "next_index = ?3 AND (next_index > 0 OR may_sign = 0) AND (may_sign = 1 OR ?2 IS NULL) AND "
                          "id NOT IN " +
                          std::string(kUnderWay)));
  statement.bind(1, epoch.id).bind(2, as_integer(messages)).bind(3, static_cast<std::int64_t>(epoch.next_index));
  return run_and_tell(database, statement);
}

Result<void> stop_signing(Transaction& transaction, std::int64_t id) {
  GL_TRY(statement, transaction.database().prepare("UPDATE epoch SET may_sign = 0 WHERE id = ?1 AND state = 'open'"));
  return statement.bind(1, id).run();
}

Result<std::size_t> stop_signing_in_all(Transaction& transaction) {
  GL_CHECK(transaction.database().execute("UPDATE epoch SET may_sign = 0 WHERE state = 'open' AND may_sign = 1"));
  return static_cast<std::size_t>(transaction.database().changes());
}

}  // namespace glucoledger::home
