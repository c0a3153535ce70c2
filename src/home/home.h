// A home: the folder in which one person's or one clinic's readings, keys and outbox live. One SQLite database is the
// truth; secrets stand in it only sealed under the home's key, which a key file or a passphrase unlocks.
//
// Any number of processes may have a home open and write to it: what is locked is the database, for the time of one
// transaction, in which no network, lock or other's file is waited for. Who signs holds a lease besides
// (signing_lease.h). A home that was copied, restored from a backup or lost its write-ahead log is noticed on opening
// and before each signing (instance.h): then no epoch that was open signs ever again. Not thread-safe: a Home is used
// by one thread at a time.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/secret.h"
#include "fhir/patient.h"
#include "home/instance.h"
#include "keys/signing_key.h"
#include "locator/locator.h"
#include "sqlite/database.h"

namespace glucoledger::home {

enum class Role { kPatient, kClinic };
std::string_view name_of(Role role);

// Where the home's key comes from. Both empty: the key file that the home remembers (default: home.key inside).
struct KeySource {
  std::filesystem::path key_file;
  std::filesystem::path passphrase_file;
};

struct Settings {
  Role role = Role::kPatient;
  std::string time_zone;                   // IANA name; empty: the machine's
  std::optional<locator::Locator> ledger;  // none: "ledger" inside the home
  std::optional<locator::Locator> store;   // none: "store" inside the home
  std::optional<fhir::Patient> patient;
};

// What keeps a home from being made there, as far as that can be told before anything is made: as create_home().
Result<void> check_new_home(const std::filesystem::path& folder, const KeySource& key);
// Makes the folder, its database and its key. kUsage when a home stands there already; kBusy: another process is making
// it.
Result<void> create_home(const std::filesystem::path& folder, const Settings& settings, const KeySource& key,
                         std::int64_t now_ms);

// The key that unseals the home's secrets. kNotAllowed: a wrong key file or passphrase; kNotFound: there is no home.
// Cost with a passphrase: about half a second and 256 MiB (Argon2id).
Result<SecretBytes> unlock_home(const std::filesystem::path& folder, const KeySource& key);

class Home;
class SigningLease;

// A transaction that is open. What writes takes one, so that it cannot be called outside; only Home makes them.
class Transaction {
 public:
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  Home& home() { return home_; }
  sqlite::Database& database();

 private:
  friend class Home;
  explicit Transaction(Home& home) : home_(home) {}
  Home& home_;
};

class Home {
 public:
  enum class Use { kRead, kWrite };
  // Brings a home of an older version up to date, whatever the use. A process of an older version that uses it is
  // waited for, `older_wait_ms` at most, then kBusy. Once cancelled, others' transactions are waited for half a second.
  static constexpr std::int64_t kOlderWaitMs = 2'000;
  static Result<Home> open(const std::filesystem::path& folder, const SecretBytes& key, Use use,
                           std::int64_t older_wait_ms = kOlderWaitMs, const base::CancelToken& cancel = {});

  // The same home, for another thread.
  Result<Home> open_again(const base::CancelToken& cancel) const { return open(folder_, key_, Use::kWrite, 0, cancel); }

  sqlite::Database& database() { return database_; }
  const std::filesystem::path& folder() const { return folder_; }
  // As they stood on opening, or at the last reload_settings().
  const Settings& settings() const { return settings_; }
  Result<void> reload_settings();
  // Those of the settings, or inside the home where it is now.
  const locator::Locator& ledger_place() const { return settings_.ledger ? *settings_.ledger : *inner_ledger_; }
  const locator::Locator& store_place() const { return settings_.store ? *settings_.store : *inner_store_; }
  const locator::Locator& inner_store() const { return *inner_store_; }
  const keys::SigningKey& signing_key() const { return *signing_key_; }
  const SecretBytes& identifier_key() const { return identifier_key_; }
  // It was found that this home may not be the only one with its keys: its open epochs sign no more.
  bool was_doubled() const { return was_doubled_; }

  // `label` says what is sealed and must be the same on unsealing. Bytes that were changed: kCorrupt.
  Bytes seal(std::string_view label, ByteView secret) const;
  Result<SecretBytes> unseal(std::string_view label, ByteView sealed) const;

  // Runs `work` in one transaction; its error rolls back. Waits for other processes' transactions (30 s, then kBusy; or
  // until cancelled, then kInterrupted). `work` must not touch a network, a lock or a file that others wait for.
  using Work = std::function<Result<void>(Transaction& transaction)>;
  Result<void> write(const Work& work);
  // One state of the database for several questions. Inside write(): the one that stands there.
  Result<void> read(const std::function<Result<void>()>& work);
  // A transaction after which one-time keys have signed. Nothing that was signed may leave before it returned.
  Result<void> write_signed(const SigningLease& lease, const Work& work);
  // So that a home that is put back to an earlier state is noticed (instance.h), though nothing was signed since: for
  // who is about to change, or has changed, who may read.
  Result<void> renew_instance();
  // For who is about to send what was signed earlier: a process that was killed between its commit and its file left
  // one that is behind, to which a database of before that commit would fit.
  Result<void> catch_up_instance(const SigningLease& lease);
  // Whether another connection has committed since the last call (true the first time). Cheap.
  Result<bool> changed_elsewhere();

  Result<std::optional<std::string>> meta(std::string_view name);
  Result<void> set_meta(Transaction& transaction, std::string_view name, std::string_view value);

 private:
  Home() = default;
  Result<void> load_settings();
  Result<void> check_instance();
  Result<void> mark_if_doubled();
  Result<void> write_present_instance();

  std::filesystem::path folder_;
  sqlite::Database database_;
  SecretBytes key_;
  Settings settings_;
  std::optional<locator::Locator> inner_ledger_;
  std::optional<locator::Locator> inner_store_;
  std::optional<keys::SigningKey> signing_key_;
  SecretBytes identifier_key_;
  bool was_doubled_ = false;
  std::optional<std::int64_t> data_version_;
};

inline sqlite::Database& Transaction::database() {
  return home_.database();
}

}  // namespace glucoledger::home
