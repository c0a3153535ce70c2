#include "home/home.h"

#include <sodium.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/advice.h"
#include "base/file.h"
#include "base/process.h"
#include "base/random.h"
#include "home/rows.h"
#include "home/schema.h"
#include "home/signing_lease.h"

namespace glucoledger::home {
namespace {

constexpr std::size_t kKeySize = crypto_aead_xchacha20poly1305_ietf_KEYBYTES;
constexpr std::size_t kNonceSize = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t kTagSize = crypto_aead_xchacha20poly1305_ietf_ABYTES;
constexpr std::string_view kKeyLabel = "home/key";
constexpr const char* kDatabaseName = "home.db";
constexpr const char* kKeyFileName = "home.key";
// Held by a process of version 1 for as long as it writes; today by who makes a home or brings one up to date.
constexpr const char* kLockName = "lock";
constexpr std::int64_t kCreateWaitMs = 2'000;
// Held by who marks a doubled home, from before the transaction until the instance file is written.
constexpr const char* kMarkLockName = "instance.lock";
constexpr std::int64_t kMarkWaitMs = 30'000;

Bytes seal_with(const SecretBytes& key, std::string_view label, ByteView secret) {
  Bytes sealed = base::random_bytes(kNonceSize);
  sealed.resize(kNonceSize + secret.size() + kTagSize);
  crypto_aead_xchacha20poly1305_ietf_encrypt(sealed.data() + kNonceSize, nullptr, secret.data(), secret.size(),
                                             base::as_bytes(label).data(), label.size(), nullptr, sealed.data(),
                                             key.data());
  return sealed;
}

std::optional<SecretBytes> unseal_with(const SecretBytes& key, std::string_view label, ByteView sealed) {
  if (sealed.size() < kNonceSize + kTagSize) return std::nullopt;
  SecretBytes secret(sealed.size() - kNonceSize - kTagSize);
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(secret.data(), nullptr, nullptr, sealed.data() + kNonceSize,
                                                 sealed.size() - kNonceSize, base::as_bytes(label).data(), label.size(),
                                                 sealed.data(), key.data()) != 0) {
    return std::nullopt;
  }
  return secret;
}

// One row of the table meta.
Result<std::optional<Bytes>> read_meta(sqlite::Database& database, std::string_view name) {
  GL_TRY(statement, database.prepare("SELECT value FROM meta WHERE name = ?1"));
  GL_TRY(row, statement.bind(1, name).step());
  if (!row) return std::nullopt;
  return statement.blob(0);
}

// A creation that was cut short may have left no tables, or empty ones.
Result<bool> is_home(sqlite::Database& database) {
  GL_CHECK(check_schema(database));
  GL_TRY(version, database.user_version());
  if (version == 0) return false;
  GL_TRY(sealed_key, read_meta(database, "sealed_key"));
  return sealed_key.has_value();
}

// Opened to write: whose creation was cut short is made good first.
Result<bool> holds_home(const std::filesystem::path& folder) {
  auto database = sqlite::Database::open(folder / kDatabaseName, sqlite::Database::Mode::kReadWrite);
  if (!database && database.error().code == ErrorCode::kNotFound) return false;
  if (!database) return tl::unexpected(std::move(database.error()));
  return is_home(*database);
}

Result<void> write_meta(sqlite::Database& database, std::string_view name, ByteView value) {
  GL_TRY(statement, database.prepare("INSERT OR REPLACE INTO meta (name, value) VALUES (?1, ?2)"));
  return statement.bind(1, name).bind(2, value).run();
}

Result<SecretBytes> key_from_file(const std::filesystem::path& file) {
  const auto text = base::read_secret_file(file);
  if (!text && text.error().code == ErrorCode::kNotFound) {
    return fail(ErrorCode::kNotFound, "the key file of the home, " + file.string() + ", is not there",
                Advice::kGiveKeyFile);
  }
  if (!text) return tl::unexpected(text.error());
  auto bytes = base::hex_decode(text->text());
  if (!bytes || bytes->size() != kKeySize) {
    return fail(ErrorCode::kInputRefused, file.string() + " is no key file of a home", Advice::kGiveKeyFile);
  }
  return SecretBytes(std::move(*bytes));
}

// Made anew, or taken over from a creation that was cut short.
Result<SecretBytes> make_key_file(const std::filesystem::path& file) {
  std::error_code ignored;
  if (std::filesystem::exists(file, ignored)) return key_from_file(file);
  auto key = base::random_secret(kKeySize);
  const SecretBytes text(base::to_bytes(base::hex_encode(key.view()) + "\n"));
  GL_CHECK(base::write_new_file(file, text.view(), 0600));
  return key;
}

Result<SecretBytes> read_passphrase(const std::filesystem::path& file) {
  GL_TRY(passphrase, base::read_secret_file(file));
  if (!passphrase.empty()) return passphrase;
  return fail(ErrorCode::kInputRefused, "the passphrase file is empty", "write the passphrase into it, in one line");
}

Result<SecretBytes> key_from_passphrase(const std::filesystem::path& file, ByteView salt) {
  GL_TRY(passphrase, read_passphrase(file));
  SecretBytes key(kKeySize);
  if (salt.size() != crypto_pwhash_SALTBYTES ||
      crypto_pwhash(key.data(), key.size(), passphrase.text().data(), passphrase.size(), salt.data(),
                    crypto_pwhash_OPSLIMIT_MODERATE, crypto_pwhash_MEMLIMIT_MODERATE,
                    crypto_pwhash_ALG_ARGON2ID13) != 0) {
    return fail(ErrorCode::kFailed, "there is not enough memory to use the passphrase (256 MiB)",
                "end other programs and repeat");
  }
  return key;
}

Result<void> check_source(const KeySource& source) {
  if (source.key_file.empty() || source.passphrase_file.empty()) return {};
  return fail(ErrorCode::kUsage, "a home has a key file or a passphrase, not both", Advice::kChooseKeySource);
}

std::filesystem::path absolute_path(const std::filesystem::path& path) {
  std::error_code ignored;
  return std::filesystem::absolute(path, ignored).lexically_normal();
}

Result<void> write_new_home(sqlite::Database& database, const Settings& settings, const SecretBytes& outer_key,
                            std::string_view instance_id, std::int64_t now_ms) {
  const auto key = base::random_secret(kKeySize);
  const auto text = [&](std::string_view name, std::string_view value) {
    return write_meta(database, name, base::as_bytes(value));
  };
  GL_CHECK(write_meta(database, "sealed_key", seal_with(outer_key, kKeyLabel, key.view())));
  for (const char* name : {"signing_seed", "identifier_key"}) {
    GL_CHECK(write_meta(database, name, seal_with(key, name, base::random_secret(32).view())));
  }
  GL_CHECK(text("role", name_of(settings.role)));
  GL_CHECK(text("time_zone", settings.time_zone));
  GL_CHECK(text("ledger", settings.ledger ? settings.ledger->text() : ""));
  GL_CHECK(text("store", settings.store ? settings.store->text() : ""));
  if (settings.patient) GL_CHECK(text("patient", fhir::patient_json(*settings.patient)));
  GL_CHECK(text("created_ms", std::to_string(now_ms)));
  GL_CHECK(text("instance", instance_id));
  return text("signings", "0");
}

Result<std::int64_t> number_in(const std::optional<std::string>& text) {
  if (!text) return 0;
  std::int64_t number = 0;
  const auto end = text->data() + text->size();
  if (std::from_chars(text->data(), end, number).ptr != end || text->empty() || number < 0) return damaged();
  return number;
}

// What the database holds of its instance.
struct Recorded {
  std::string id;
  std::int64_t signings = 0;
};
Result<Recorded> recorded_instance(Home& home) {
  GL_TRY(id, home.meta("instance"));
  GL_TRY(signings_text, home.meta("signings"));
  GL_TRY(signings, number_in(signings_text));
  return Recorded{id.value_or(""), signings};
}

// Outside of a transaction.
Result<Recorded> read_recorded_instance(Home& home) {
  Recorded recorded;
  GL_CHECK(home.read([&]() -> Result<void> {
    GL_ASSIGN(recorded, recorded_instance(home));
    return {};
  }));
  return recorded;
}

// Whether the file tells of this database, at this place, or of an earlier state of it.
bool fits(const std::optional<Instance>& file, const Instance& present) {
  return file && file->is_as_written && file->id == present.id && file->machine == present.machine &&
         file->files == present.files && file->signings <= present.signings;
}

Error no_home(const std::filesystem::path& folder) {
  return {ErrorCode::kNotFound, "there is no home in " + folder.string(), "", Advice::kMakeHome};
}

Result<void> find_home(const std::filesystem::path& folder) {
  std::error_code problem;
  if (std::filesystem::exists(folder / kDatabaseName, problem)) return {};
  if (!problem) return tl::unexpected(no_home(folder));
  return fail(ErrorCode::kFailed, "the home in " + folder.string() + " cannot be opened: " + problem.message(),
              "check who owns the folder and its permissions");
}

// Of an older version, once: under the lock that processes of version 1 hold while they work.
Result<void> bring_up_to_date(const std::filesystem::path& folder, std::int64_t wait_ms) {
  const auto lock = base::FileLock::acquire(folder / kLockName, wait_ms);
  if (!lock && lock.error().code == ErrorCode::kBusy) {
    return fail(ErrorCode::kBusy, "a process of an older version uses this home",
                "wait for it to end, or end it, and repeat");
  }
  if (!lock) return tl::unexpected(lock.error());
  GL_TRY(database, sqlite::Database::open(folder / kDatabaseName, sqlite::Database::Mode::kReadWrite));
  return upgrade_schema(database);
}

}  // namespace

std::string_view name_of(Role role) {
  return role == Role::kPatient ? "patient" : "clinic";
}

Result<void> check_new_home(const std::filesystem::path& folder, const KeySource& source) {
  GL_CHECK(check_source(source));
  GL_TRY(is_made, holds_home(folder));
  if (is_made) {
    return fail(ErrorCode::kUsage, "there is a home already in " + folder.string(), Advice::kChooseHomeFolder);
  }
  if (!source.passphrase_file.empty()) return read_passphrase(source.passphrase_file).map([](const auto&) {});
  if (source.key_file.empty()) return {};
  std::error_code ignored;
  if (std::filesystem::exists(source.key_file, ignored)) {
    return key_from_file(source.key_file).map([](const auto&) {});
  }
  const auto parent = absolute_path(source.key_file).parent_path();
  if (parent == absolute_path(folder) || std::filesystem::is_directory(parent, ignored)) return {};
  return fail(ErrorCode::kNotFound, "there is no folder " + parent.string() + " for the key file",
              "make it, or name another file");
}

Result<void> create_home(const std::filesystem::path& folder, const Settings& settings, const KeySource& source,
                         std::int64_t now_ms) {
  GL_CHECK(base::make_folder(folder, 0700));
  const auto lock = base::FileLock::acquire(folder / kLockName, kCreateWaitMs);
  if (!lock) return tl::unexpected(lock.error());
  GL_CHECK(check_new_home(folder, source));
  const Bytes salt = base::random_bytes(crypto_pwhash_SALTBYTES);
  const bool by_passphrase = !source.passphrase_file.empty();
  const auto key_file = absolute_path(source.key_file.empty() ? folder / kKeyFileName : source.key_file);
  GL_TRY(outer_key, by_passphrase ? key_from_passphrase(source.passphrase_file, salt) : make_key_file(key_file));
  GL_TRY(database, sqlite::Database::open(folder / kDatabaseName, sqlite::Database::Mode::kReadWriteCreate));
  // SQLite gives its other files the same permissions.
  std::error_code ignored;
  std::filesystem::permissions(folder / kDatabaseName,
                               std::filesystem::perms::owner_read | std::filesystem::perms::owner_write, ignored);
  const std::string instance_id = base::hex_encode(base::random_bytes(16));
  GL_CHECK(upgrade_schema(database));
  // The transaction comes last: what was cut short before it can be repeated.
  GL_CHECK(write_instance(folder, present_instance(folder / kDatabaseName, instance_id, 0)));
  return database.transaction([&]() -> Result<void> {
    if (by_passphrase) {
      GL_CHECK(write_meta(database, "passphrase_salt", salt));
    } else if (!source.key_file.empty()) {
      GL_CHECK(write_meta(database, "key_file", base::as_bytes(key_file.string())));
    }
    return write_new_home(database, settings, outer_key, instance_id, now_ms);
  });
}

Result<SecretBytes> unlock_home(const std::filesystem::path& folder, const KeySource& source) {
  GL_CHECK(check_source(source));
  GL_CHECK(find_home(folder));
  GL_TRY(database, sqlite::Database::open(folder / kDatabaseName, sqlite::Database::Mode::kReadOnly));
  GL_TRY(is_made, is_home(database));
  if (!is_made) return tl::unexpected(no_home(folder));
  GL_TRY(sealed, read_meta(database, "sealed_key"));
  GL_TRY(salt, read_meta(database, "passphrase_salt"));
  if (salt && source.passphrase_file.empty()) {
    return fail(ErrorCode::kNotAllowed, "this home is locked by a passphrase", Advice::kGivePassphrase);
  }
  if (!salt && !source.passphrase_file.empty()) {
    return fail(ErrorCode::kUsage, "this home is unlocked by a key file, not by a passphrase",
                Advice::kLeavePassphraseOut);
  }
  GL_TRY(remembered, read_meta(database, "key_file"));
  const std::filesystem::path key_file = !source.key_file.empty() ? source.key_file
                                         : remembered ? std::filesystem::path(std::string(base::as_text(*remembered)))
                                                      : folder / kKeyFileName;
  GL_TRY(outer_key, salt ? key_from_passphrase(source.passphrase_file, *salt) : key_from_file(key_file));
  auto key = unseal_with(outer_key, kKeyLabel, *sealed);
  if (!key) {
    return salt ? fail(ErrorCode::kNotAllowed, "the passphrase does not fit this home", Advice::kGivePassphrase)
                : fail(ErrorCode::kNotAllowed, "the key file does not fit this home", Advice::kGiveKeyFile);
  }
  return std::move(*key);
}

Result<Home> Home::open(const std::filesystem::path& folder, const SecretBytes& key, Use use,
                        std::int64_t older_wait_ms, const base::CancelToken& cancel) {
  GL_CHECK(find_home(folder));
  Home home;
  home.folder_ = absolute_path(folder);
  home.key_ = key.clone();
  base::keep_from_disk(home.key_.data(), home.key_.size());
  const auto mode = use == Use::kWrite ? sqlite::Database::Mode::kReadWrite : sqlite::Database::Mode::kReadOnly;
  GL_ASSIGN(home.database_, sqlite::Database::open(folder / kDatabaseName, mode, cancel));
  GL_TRY(is_made, is_home(home.database_));
  if (!is_made) return tl::unexpected(no_home(folder));
  GL_TRY(version, home.database_.user_version());
  if (version < kSchemaVersion) GL_CHECK(bring_up_to_date(folder, older_wait_ms));
  GL_ASSIGN(home.inner_ledger_, locator::Locator::parse((home.folder_ / "ledger").string()));
  GL_ASSIGN(home.inner_store_, locator::Locator::parse((home.folder_ / "store").string()));
  GL_CHECK(home.reload_settings());
  if (use == Use::kWrite) GL_CHECK(home.check_instance());
  return home;
}

Result<void> Home::reload_settings() {
  return read([&] { return load_settings(); });
}

Result<void> Home::load_settings() {
  const auto secret = [&](std::string_view name) -> Result<SecretBytes> {
    GL_TRY(sealed, read_meta(database_, name));
    if (!sealed) return damaged();
    return unseal(name, *sealed);
  };
  const auto text = [&](std::string_view name) -> Result<std::string> {
    GL_TRY(value, meta(name));
    return value.value_or("");
  };
  GL_TRY(seed, secret("signing_seed"));
  GL_ASSIGN(signing_key_, of_row(keys::SigningKey::from_seed(seed)));
  GL_ASSIGN(identifier_key_, secret("identifier_key"));
  Settings settings;
  GL_TRY(role, text("role"));
  if (role != name_of(Role::kPatient) && role != name_of(Role::kClinic)) return damaged();
  settings.role = role == name_of(Role::kPatient) ? Role::kPatient : Role::kClinic;
  GL_ASSIGN(settings.time_zone, text("time_zone"));
  const auto place = [&](std::string_view name) -> Result<std::optional<locator::Locator>> {
    GL_TRY(value, text(name));
    if (value.empty()) return std::nullopt;
    return of_row(locator::Locator::parse(value)).map([](auto read) { return std::optional(std::move(read)); });
  };
  GL_ASSIGN(settings.ledger, place("ledger"));
  GL_ASSIGN(settings.store, place("store"));
  GL_TRY(patient, text("patient"));
  if (!patient.empty()) {
    GL_ASSIGN(settings.patient, of_row(fhir::parse_patient(patient)));
  }
  settings_ = std::move(settings);
  return {};
}

Result<void> Home::check_instance() {
  // The file first: the database may go on while it is read, and then the file is only behind.
  const auto file = read_instance(folder_);
  GL_TRY(recorded, read_recorded_instance(*this));
  if (fits(file, present_instance(folder_ / kDatabaseName, recorded.id, recorded.signings))) return {};
  return mark_if_doubled();
}

// The database first: who is killed before the file is written leaves two that do not fit, and epochs that sign no
// more. The lock keeps apart those who notice the same at once, so that the second one finds it settled. It is not the
// database's: nobody else waits while the file is synced.
Result<void> Home::mark_if_doubled() {
  GL_TRY(lock, base::FileLock::acquire(folder_ / kMarkLockName, kMarkWaitMs));
  std::optional<Instance> marked;
  GL_CHECK(write([&](Transaction& transaction) -> Result<void> {
    GL_TRY(recorded, recorded_instance(*this));
    if (fits(read_instance(folder_), present_instance(folder_ / kDatabaseName, recorded.id, recorded.signings))) {
      return {};
    }
    was_doubled_ = true;
    GL_CHECK(database_.execute("UPDATE epoch SET may_sign = 0 WHERE state = 'open'"));
    const std::string id = base::hex_encode(base::random_bytes(16));
    marked = present_instance(folder_ / kDatabaseName, id, recorded.signings);
    return set_meta(transaction, "instance", id);
  }));
  return marked ? write_instance(folder_, *marked) : Result<void>();
}

Bytes Home::seal(std::string_view label, ByteView secret) const {
  return seal_with(key_, label, secret);
}

Result<SecretBytes> Home::unseal(std::string_view label, ByteView sealed) const {
  auto secret = unseal_with(key_, label, sealed);
  if (!secret) {
    return fail(ErrorCode::kCorrupt, "a secret of this home cannot be opened: it was changed, or the key does not fit",
                "restore the home from a backup");
  }
  return std::move(*secret);
}

Result<void> Home::write(const Work& work) {
  return database_.transaction([&]() -> Result<void> {
    Transaction transaction(*this);
    return work(transaction);
  });
}

Result<void> Home::read(const std::function<Result<void>()>& work) {
  return database_.in_transaction() ? work() : database_.read_transaction(work);
}

Result<void> Home::write_signed(const SigningLease& /*lease*/, const Work& work) {
  Recorded recorded;
  for (bool is_sole = false; !is_sole;) {
    GL_CHECK(write([&](Transaction& transaction) -> Result<void> {
      GL_ASSIGN(recorded, recorded_instance(*this));
      is_sole = fits(read_instance(folder_), present_instance(folder_ / kDatabaseName, recorded.id, recorded.signings));
      if (!is_sole) return {};
      GL_CHECK(work(transaction));
      ++recorded.signings;
      return set_meta(transaction, "signings", std::to_string(recorded.signings));
    }));
    if (!is_sole) GL_CHECK(mark_if_doubled());
  }
  return write_instance(folder_, present_instance(folder_ / kDatabaseName, recorded.id, recorded.signings));
}

// Where another process counts on meanwhile, its file may have been followed by this one, which is behind: until both
// tell the same.
Result<void> Home::write_present_instance() {
  std::optional<Recorded> written;
  while (true) {
    GL_TRY(recorded, read_recorded_instance(*this));
    if (written && written->id == recorded.id && written->signings == recorded.signings) return {};
    GL_CHECK(write_instance(folder_, present_instance(folder_ / kDatabaseName, recorded.id, recorded.signings)));
    written = std::move(recorded);
  }
}

Result<void> Home::renew_instance() {
  bool is_sole = false;
  GL_CHECK(write([&](Transaction& transaction) -> Result<void> {
    GL_TRY(recorded, recorded_instance(*this));
    is_sole = fits(read_instance(folder_), present_instance(folder_ / kDatabaseName, recorded.id, recorded.signings));
    if (!is_sole) return {};
    return set_meta(transaction, "signings", std::to_string(recorded.signings + 1));
  }));
  return is_sole ? write_present_instance() : mark_if_doubled();
}

Result<void> Home::catch_up_instance(const SigningLease& /*lease*/) {
  const auto file = read_instance(folder_);
  GL_TRY(recorded, read_recorded_instance(*this));
  if (!fits(file, present_instance(folder_ / kDatabaseName, recorded.id, recorded.signings))) return mark_if_doubled();
  return file->signings < recorded.signings ? write_present_instance() : Result<void>();
}

Result<bool> Home::changed_elsewhere() {
  GL_TRY(version, database_.data_version());
  return std::exchange(data_version_, version) != version;
}

Result<std::optional<std::string>> Home::meta(std::string_view name) {
  GL_TRY(value, read_meta(database_, name));
  if (!value) return std::nullopt;
  return std::string(base::as_text(*value));
}

Result<void> Home::set_meta(Transaction& transaction, std::string_view name, std::string_view value) {
  return write_meta(transaction.database(), name, base::as_bytes(value));
}

}  // namespace glucoledger::home
