#include "home/schema.h"

namespace glucoledger::home {
namespace {

constexpr const char* kTables = R"sql(
CREATE TABLE meta (
  name  TEXT PRIMARY KEY,
  value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- The patient's readings, each identity once.
CREATE TABLE reading (
  id                 INTEGER PRIMARY KEY,
  identity           TEXT NOT NULL UNIQUE,
  utc_ms             INTEGER NOT NULL,
  utc_offset_minutes INTEGER NOT NULL,
  local_day          TEXT NOT NULL,
  value              TEXT NOT NULL,
  unit               INTEGER NOT NULL,
  comparator         INTEGER NOT NULL,
  absent_reason      TEXT,
  kind               INTEGER NOT NULL,
  device_model       TEXT NOT NULL,
  device_serial      TEXT NOT NULL
) STRICT;
CREATE INDEX reading_by_time ON reading (utc_ms);

-- An epoch: one MAM channel with keys of its own. state: open, ended. may_sign 0: a home that may not be the only one,
-- or whose next address was found used, never signs in it again.
CREATE TABLE epoch (
  id          INTEGER PRIMARY KEY,
  design      TEXT NOT NULL,
  first_day   TEXT NOT NULL,
  last_day    TEXT NOT NULL,
  root        TEXT NOT NULL UNIQUE,
  seed        BLOB NOT NULL,
  side_key    BLOB NOT NULL,
  file_secret BLOB,
  next_index  INTEGER NOT NULL DEFAULT 0,
  state       TEXT NOT NULL DEFAULT 'open',
  may_sign    INTEGER NOT NULL DEFAULT 1,
  messages    INTEGER
) STRICT;
CREATE INDEX epoch_by_day ON epoch (design, first_day, state);

-- A message of an epoch. state: waiting (no index yet), signed (index, payload and essence fixed for ever; may have left),
-- left (accepted by a ledger), closed (confirmed, or read back), burnt (its index is spent and its readings went to another).
CREATE TABLE message (
  id            INTEGER PRIMARY KEY,
  epoch_id      INTEGER NOT NULL REFERENCES epoch (id),
  state         TEXT NOT NULL DEFAULT 'waiting',
  message_index INTEGER,
  address       TEXT,
  bundle_hash   TEXT,
  bundle        BLOB,
  cid           TEXT,
  UNIQUE (epoch_id, message_index)
) STRICT;
CREATE INDEX message_by_state ON message (state, epoch_id);
CREATE INDEX message_by_epoch ON message (epoch_id);

-- Which message carries a reading in a design: at most one that is not burnt.
CREATE TABLE publication (
  reading_id INTEGER NOT NULL REFERENCES reading (id),
  design     TEXT NOT NULL,
  message_id INTEGER NOT NULL REFERENCES message (id),
  PRIMARY KEY (reading_id, design)
) STRICT, WITHOUT ROWID;
CREATE INDEX publication_by_message ON publication (message_id);

-- A recipient that the patient let in. since, until: local days, NULL for without end. next_note: the first note number
-- that may be free.
CREATE TABLE access_grant (
  id        INTEGER PRIMARY KEY,
  name      TEXT NOT NULL,
  design    TEXT NOT NULL,
  since     TEXT,
  until     TEXT,
  thread    BLOB NOT NULL,
  next_note INTEGER NOT NULL DEFAULT 0,
  state     TEXT NOT NULL DEFAULT 'open',
  opened_ms INTEGER NOT NULL,
  closed_ms INTEGER
) STRICT;
CREATE UNIQUE INDEX open_grant_by_name ON access_grant (name) WHERE state = 'open';

-- Epochs that a grant may read (the release is queued, or went with the URI), and whether their end was told.
CREATE TABLE release (
  grant_id   INTEGER NOT NULL REFERENCES access_grant (id),
  epoch_id   INTEGER NOT NULL REFERENCES epoch (id),
  note_id    INTEGER REFERENCES note (id),
  end_queued INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (grant_id, epoch_id)
) STRICT, WITHOUT ROWID;

-- Notes to send, in order of id within a grant. state: waiting, sealed (number and bundle fixed), left, closed.
CREATE TABLE note (
  id          INTEGER PRIMARY KEY,
  grant_id    INTEGER NOT NULL REFERENCES access_grant (id),
  state       TEXT NOT NULL DEFAULT 'waiting',
  body        BLOB NOT NULL,
  number      INTEGER,
  address     TEXT,
  bundle_hash TEXT,
  bundle      BLOB
) STRICT;
CREATE INDEX note_by_state ON note (state, grant_id);

-- The physician's side: a patient who let this home in.
CREATE TABLE contact (
  id          INTEGER PRIMARY KEY,
  name        TEXT NOT NULL UNIQUE,
  network_id  TEXT NOT NULL,
  locators    TEXT NOT NULL,
  thread      BLOB NOT NULL,
  thread_tag  BLOB NOT NULL UNIQUE,
  patient_key BLOB NOT NULL,
  design      TEXT NOT NULL,
  next_note   INTEGER NOT NULL DEFAULT 0,
  closed_ms   INTEGER,
  fetched_ms  INTEGER
) STRICT;

-- Epochs that a patient released to this home. messages: how many it holds, once told.
CREATE TABLE released_epoch (
  id          INTEGER PRIMARY KEY,
  contact_id  INTEGER NOT NULL REFERENCES contact (id),
  design      TEXT NOT NULL,
  first_day   TEXT NOT NULL,
  last_day    TEXT NOT NULL,
  root        TEXT NOT NULL,
  side_key    BLOB NOT NULL,
  file_secret BLOB,
  next_index  INTEGER NOT NULL DEFAULT 0,
  next_root   TEXT NOT NULL,
  messages    INTEGER,
  UNIQUE (contact_id, root)
) STRICT;

-- Records fetched, authenticated and decrypted.
CREATE TABLE record (
  id         INTEGER PRIMARY KEY,
  contact_id INTEGER NOT NULL REFERENCES contact (id),
  epoch_id   INTEGER NOT NULL REFERENCES released_epoch (id),
  identifier TEXT NOT NULL,
  resource   TEXT NOT NULL,
  UNIQUE (contact_id, identifier)
) STRICT;
)sql";

}  // namespace

Result<void> check_schema(sqlite::Database& database) {
  GL_TRY(version, database.user_version());
  if (version > kSchemaVersion) {
    return fail(ErrorCode::kNewerFormat,
                "this home has format " + std::to_string(version) + "; this program reads up to " +
                    std::to_string(kSchemaVersion),
                "install a newer glucoledger");
  }
  return {};
}

Result<void> upgrade_schema(sqlite::Database& database) {
  GL_CHECK(check_schema(database));
  GL_TRY(version, database.user_version());
  if (version == kSchemaVersion) return {};
  return database.transaction([&]() -> Result<void> {
    GL_CHECK(database.execute(kTables));
    return database.execute("PRAGMA user_version = " + std::to_string(kSchemaVersion));
  });
}

}  // namespace glucoledger::home
