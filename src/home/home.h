// A home: the folder in which one person's or one clinic's readings, keys and outbox live. One SQLite database is the
// truth; secrets stand in it only sealed under the home's key, which a key file or a passphrase unlocks.
//
// One process at a time writes (a lock in the folder); readers need no lock. A home that was copied, restored from a
// backup or lost its write-ahead log is noticed on opening (instance.h): then no epoch that was open signs ever again.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/file.h"
#include "base/secret.h"
#include "fhir/patient.h"
#include "home/instance.h"
#include "keys/signing_key.h"
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
  std::string time_zone;  // IANA name; empty: the machine's
  std::string ledger;     // a folder or URLs; empty: "ledger" inside the home
  std::string store;      // a folder; empty: "store" inside the home
  std::optional<fhir::Patient> patient;
};

// Makes the folder, its database and its key. kUsage when a home stands there already.
Result<void> create_home(const std::filesystem::path& folder, const Settings& settings, const KeySource& key,
                         std::int64_t now_ms);

// The key that unseals the home's secrets. kNotAllowed: a wrong key file or passphrase; kNotFound: there is no home.
// Cost with a passphrase: about half a second and 256 MiB (Argon2id).
Result<SecretBytes> unlock_home(const std::filesystem::path& folder, const KeySource& key);

class Home {
 public:
  enum class Access { kRead, kWrite };
  // kWrite waits up to `wait_ms` for its turn.
  static Result<Home> open(const std::filesystem::path& folder, const SecretBytes& key, Access access,
                           std::int64_t wait_ms = 60'000);

  sqlite::Database& database() { return database_; }
  const std::filesystem::path& folder() const { return folder_; }
  const Settings& settings() const { return settings_; }
  std::string ledger_spec() const;
  std::string store_spec() const;
  const keys::SigningKey& signing_key() const { return *signing_key_; }
  const SecretBytes& identifier_key() const { return identifier_key_; }
  // Opening found that this home may not be the only one with its keys: its open epochs were ended.
  bool was_doubled() const { return was_doubled_; }

  // `label` says what is sealed and must be the same on unsealing. Bytes that were changed: kCorrupt.
  Bytes seal(std::string_view label, ByteView secret) const;
  Result<SecretBytes> unseal(std::string_view label, ByteView sealed) const;

  // A transaction after which one-time keys have signed. Nothing that was signed may leave before it returned.
  Result<void> signing_transaction(const std::function<Result<void>()>& work);

  Result<std::optional<std::string>> meta(std::string_view name);
  Result<void> set_meta(std::string_view name, std::string_view value);

 private:
  Home() = default;
  Result<void> load_settings();
  Result<void> check_instance();

  std::filesystem::path folder_;
  std::optional<base::FileLock> lock_;
  sqlite::Database database_;
  SecretBytes key_;
  Settings settings_;
  std::optional<keys::SigningKey> signing_key_;
  SecretBytes identifier_key_;
  bool was_doubled_ = false;
};

}  // namespace glucoledger::home
