#include "home/schema.h"

#include <array>

namespace glucoledger::home {
namespace {

// As they have been since version 1.
constexpr const char* kTablesSince1 = R"sql(
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
)sql";

constexpr const char* kTablesSince2 = R"sql(
-- An epoch: one MAM channel with keys of its own. may_sign 0: a home that may not be the only one, or whose next address
-- was found used, never signs in it again. messages: told to readers when it ended.
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
  state       TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'ended')),
  may_sign    INTEGER NOT NULL DEFAULT 1 CHECK (may_sign IN (0, 1)),
  messages    INTEGER
) STRICT;
CREATE INDEX epoch_by_day ON epoch (design, first_day, state);

-- A message of an epoch. state: waiting (no index yet), signed (index, payload and essence fixed for ever), leaving (it
-- may have been sent), left (accepted by a ledger), closed (confirmed, or read back), burnt (its index is spent and its
-- readings went to another).
CREATE TABLE message (
  id            INTEGER PRIMARY KEY,
  epoch_id      INTEGER NOT NULL REFERENCES epoch (id),
  state         TEXT NOT NULL DEFAULT 'waiting'
                CHECK (state IN ('waiting', 'signed', 'leaving', 'left', 'closed', 'burnt')),
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

-- A sealed file of design B. store: a locator; empty: the folder "store" inside the home. state: adding (its bytes may
-- be in the store, or some of them), stored (all are), orphan (no message needs it: to be removed), removed.
CREATE TABLE stored_file (
  id         INTEGER PRIMARY KEY,
  message_id INTEGER NOT NULL REFERENCES message (id),
  cid        TEXT NOT NULL,
  store      TEXT NOT NULL,
  state      TEXT NOT NULL DEFAULT 'adding' CHECK (state IN ('adding', 'stored', 'orphan', 'removed'))
) STRICT;
CREATE INDEX stored_file_by_message ON stored_file (message_id);
CREATE INDEX stored_file_by_state ON stored_file (state);

-- A person or clinic whom the patient let in, under the patient's own name for them.
CREATE TABLE recipient (
  id   INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
) STRICT;

-- What a patient and a recipient share. side: which of the two this home is. tag: by which an invitation that comes again
-- is known (recipient's side). next_out: the first note number that may be free; next_in: all before it
-- were read, or are missing (missing_note).
CREATE TABLE thread (
  id        INTEGER PRIMARY KEY,
  side      TEXT NOT NULL CHECK (side IN ('patient', 'recipient')),
  secret    BLOB NOT NULL,
  tag       BLOB UNIQUE,
  next_out  INTEGER NOT NULL DEFAULT 0,
  next_in   INTEGER NOT NULL DEFAULT 0,
  state     TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'closed')),
  opened_ms INTEGER,
  closed_ms INTEGER
) STRICT;

-- What the patient lets a recipient read. name: the grant's own. since, until: local days, NULL for without end.
CREATE TABLE access_grant (
  id           INTEGER PRIMARY KEY,
  recipient_id INTEGER NOT NULL REFERENCES recipient (id),
  thread_id    INTEGER NOT NULL REFERENCES thread (id),
  name         TEXT NOT NULL,
  design       TEXT NOT NULL,
  since        TEXT,
  until        TEXT,
  state        TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'closed')),
  opened_ms    INTEGER NOT NULL,
  closed_ms    INTEGER
) STRICT;
CREATE UNIQUE INDEX open_grant_by_name ON access_grant (name) WHERE state = 'open';
CREATE INDEX grant_by_recipient ON access_grant (recipient_id);
CREATE INDEX grant_by_thread ON access_grant (thread_id);

-- Notes to send, in order of id within a thread. state: waiting, sealed (number and bundle fixed), leaving, left, closed.
-- Ids are never used again, since a sender may still hold one of a note that was dropped.
CREATE TABLE note (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  thread_id   INTEGER NOT NULL REFERENCES thread (id),
  state       TEXT NOT NULL DEFAULT 'waiting'
              CHECK (state IN ('waiting', 'sealed', 'leaving', 'left', 'closed')),
  body        BLOB NOT NULL,
  number      INTEGER,
  address     TEXT,
  bundle_hash TEXT,
  bundle      BLOB,
  UNIQUE (thread_id, number)
) STRICT;
CREATE INDEX note_by_state ON note (state, thread_id);

-- Epochs that a thread holds (the release is queued, or went with the URI), and whether their end was told.
CREATE TABLE release (
  thread_id  INTEGER NOT NULL REFERENCES thread (id),
  epoch_id   INTEGER NOT NULL REFERENCES epoch (id),
  note_id    INTEGER REFERENCES note (id),
  end_queued INTEGER NOT NULL DEFAULT 0 CHECK (end_queued IN (0, 1)),
  PRIMARY KEY (thread_id, epoch_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX release_by_note ON release (note_id);

-- The physician's side: a patient, under this home's own name for them.
CREATE TABLE contact (
  id   INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
) STRICT;

-- What a patient lets this home read: one row a thread, however many grants the patient gave in it. locators: JSON,
-- [[kind, where], ...]. design: those of its invitations as they came, "tangle,tangle-ipfs".
CREATE TABLE received_grant (
  id          INTEGER PRIMARY KEY,
  contact_id  INTEGER NOT NULL REFERENCES contact (id),
  thread_id   INTEGER NOT NULL UNIQUE REFERENCES thread (id),
  network_id  TEXT NOT NULL,
  locators    TEXT NOT NULL,
  patient_key BLOB NOT NULL,
  design      TEXT NOT NULL,
  closed_ms   INTEGER,
  fetched_ms  INTEGER
) STRICT;
CREATE INDEX received_grant_by_contact ON received_grant (contact_id);

-- Epochs that a patient released to this home. messages: how many it holds, once told.
CREATE TABLE released_epoch (
  id          INTEGER PRIMARY KEY,
  grant_id    INTEGER NOT NULL REFERENCES received_grant (id),
  design      TEXT NOT NULL,
  first_day   TEXT NOT NULL,
  last_day    TEXT NOT NULL,
  root        TEXT NOT NULL,
  side_key    BLOB NOT NULL,
  file_secret BLOB,
  next_index  INTEGER NOT NULL DEFAULT 0,
  next_root   TEXT NOT NULL,
  messages    INTEGER,
  UNIQUE (grant_id, root)
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

constexpr const char* kSetAside1 = R"sql(
DROP INDEX epoch_by_day;
DROP INDEX message_by_state;
DROP INDEX message_by_epoch;
DROP INDEX publication_by_message;
DROP INDEX open_grant_by_name;
DROP INDEX note_by_state;
ALTER TABLE epoch RENAME TO old_epoch;
ALTER TABLE message RENAME TO old_message;
ALTER TABLE publication RENAME TO old_publication;
ALTER TABLE access_grant RENAME TO old_access_grant;
ALTER TABLE release RENAME TO old_release;
ALTER TABLE note RENAME TO old_note;
ALTER TABLE contact RENAME TO old_contact;
ALTER TABLE released_epoch RENAME TO old_released_epoch;
ALTER TABLE record RENAME TO old_record;
)sql";

// What version 1 kept as signed or sealed may have been sent. Threads keep the numbers of their grants, since the
// notes' bodies are sealed under names with these; those of contacts come after, and have no such notes.
constexpr const char* kCopyFrom1 = R"sql(
INSERT INTO epoch (id, design, first_day, last_day, root, seed, side_key, file_secret, next_index, state, may_sign,
                   messages)
  SELECT id, design, first_day, last_day, root, seed, side_key, file_secret, next_index, state, may_sign, messages
  FROM old_epoch;
INSERT INTO message (id, epoch_id, state, message_index, address, bundle_hash, bundle, cid)
  SELECT id, epoch_id, CASE state WHEN 'signed' THEN 'leaving' ELSE state END, message_index, address, bundle_hash,
         bundle, cid
  FROM old_message;
INSERT INTO publication SELECT reading_id, design, message_id FROM old_publication;
INSERT INTO stored_file (message_id, cid, store, state)
  SELECT id, cid, COALESCE((SELECT CAST(value AS TEXT) FROM meta WHERE name = 'store'), ''), 'stored'
  FROM old_message WHERE cid IS NOT NULL ORDER BY id;

INSERT INTO recipient (name) SELECT name FROM old_access_grant GROUP BY name ORDER BY MIN(id);
INSERT INTO thread (id, side, secret, next_out, state, opened_ms, closed_ms)
  SELECT id, 'patient', thread, next_note, state, opened_ms, closed_ms FROM old_access_grant;
INSERT INTO access_grant (id, recipient_id, thread_id, name, design, since, until, state, opened_ms, closed_ms)
  SELECT g.id, r.id, g.id, g.name, g.design, g.since, g.until, g.state, g.opened_ms, g.closed_ms
  FROM old_access_grant g JOIN recipient r ON r.name = g.name;
INSERT INTO note (id, thread_id, state, body, number, address, bundle_hash, bundle)
  SELECT id, grant_id, CASE state WHEN 'sealed' THEN 'leaving' ELSE state END, body, number, address, bundle_hash, bundle
  FROM old_note;
INSERT INTO release (thread_id, epoch_id, note_id, end_queued)
  SELECT grant_id, epoch_id, note_id, end_queued FROM old_release;

INSERT INTO contact (id, name) SELECT id, name FROM old_contact;
INSERT INTO thread (id, side, secret, tag, next_in, state, closed_ms)
  SELECT id + (SELECT COALESCE(MAX(id), 0) FROM old_access_grant), 'recipient', thread, thread_tag, next_note,
         CASE WHEN closed_ms IS NULL THEN 'open' ELSE 'closed' END, closed_ms
  FROM old_contact;
INSERT INTO received_grant (id, contact_id, thread_id, network_id, locators, patient_key, design, closed_ms, fetched_ms)
  SELECT id, id, id + (SELECT COALESCE(MAX(id), 0) FROM old_access_grant), network_id, locators, patient_key, design,
         closed_ms, fetched_ms
  FROM old_contact;
INSERT INTO released_epoch (id, grant_id, design, first_day, last_day, root, side_key, file_secret, next_index,
                            next_root, messages)
  SELECT id, contact_id, design, first_day, last_day, root, side_key, file_secret, next_index, next_root, messages
  FROM old_released_epoch;
INSERT INTO record (id, contact_id, epoch_id, identifier, resource)
  SELECT id, contact_id, epoch_id, identifier, resource FROM old_record;

DROP TABLE old_record;
DROP TABLE old_released_epoch;
DROP TABLE old_contact;
DROP TABLE old_release;
DROP TABLE old_note;
DROP TABLE old_access_grant;
DROP TABLE old_publication;
DROP TABLE old_message;
DROP TABLE old_epoch;
)sql";

constexpr const char* kTablesSince3 = R"sql(
-- Notes to this home whose number is below the thread's next_in and that were not to be found: asked for again.
CREATE TABLE missing_note (
  thread_id INTEGER NOT NULL REFERENCES thread (id),
  number    INTEGER NOT NULL,
  PRIMARY KEY (thread_id, number)
) STRICT, WITHOUT ROWID;

-- Below next_number a note may stand on the ledger that this home does not know of: it began to send it and took it
-- back, or it was put back to a state before it sent it.
CREATE TABLE note_taken_back (
  thread_id   INTEGER PRIMARY KEY REFERENCES thread (id),
  next_number INTEGER NOT NULL
) STRICT;
)sql";

// What a signed message is made of, to be made again where a ledger lost it. signed_s: the time in its bundle; 0, and
// no digest: an older version signed it. closed_order: in which order they were last confirmed; 0: never, or by an
// older version.
constexpr const char* kColumnsSince4 = R"sql(
ALTER TABLE message ADD COLUMN payload_digest BLOB;
ALTER TABLE message ADD COLUMN signed_s INTEGER NOT NULL DEFAULT 0;
ALTER TABLE message ADD COLUMN closed_order INTEGER NOT NULL DEFAULT 0;
CREATE INDEX message_by_closing ON message (closed_order);
ALTER TABLE note ADD COLUMN closed_order INTEGER NOT NULL DEFAULT 0;
CREATE INDEX note_by_closing ON note (closed_order);
)sql";

Result<void> make_newest(sqlite::Database& database) {
  GL_CHECK(database.execute(kTablesSince1));
  GL_CHECK(database.execute(kTablesSince2));
  GL_CHECK(database.execute(kTablesSince3));
  return database.execute(kColumnsSince4);
}

Result<void> from_1_to_2(sqlite::Database& database) {
  GL_CHECK(database.execute(kSetAside1));
  GL_CHECK(database.execute(kTablesSince2));
  return database.execute(kCopyFrom1);
}

Result<void> from_2_to_3(sqlite::Database& database) {
  return database.execute(kTablesSince3);
}

Result<void> from_3_to_4(sqlite::Database& database) {
  return database.execute(kColumnsSince4);
}

using Step = Result<void> (*)(sqlite::Database& database);
// The step at n makes version n + 1 of version n; at 0, the newest of nothing.
constexpr std::array<Step, kSchemaVersion> kSteps = {make_newest, from_1_to_2, from_2_to_3, from_3_to_4};

Result<void> check_foreign_keys(sqlite::Database& database) {
  GL_TRY(check, database.prepare("PRAGMA foreign_key_check"));
  GL_TRY(violated, check.step());
  if (!violated) return {};
  return fail(ErrorCode::kCorrupt, "this home's database names rows that are not there",
              "restore the home from a backup");
}

Result<void> bring_up_to_date(sqlite::Database& database) {
  // Looked at again: another process may have done it meanwhile.
  GL_CHECK(check_schema(database));
  GL_TRY(version, database.user_version());
  while (version < kSchemaVersion) {
    GL_CHECK(kSteps[static_cast<std::size_t>(version)](database));
    version = version == 0 ? kSchemaVersion : version + 1;
  }
  GL_CHECK(check_foreign_keys(database));
  return database.execute("PRAGMA user_version = " + std::to_string(kSchemaVersion));
}

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
  // Tables are replaced by others of the same name. SQLite takes this setting outside of transactions alone.
  GL_CHECK(database.execute("PRAGMA foreign_keys=OFF"));
  auto done = database.transaction([&] { return bring_up_to_date(database); });
  auto checked_again = database.execute("PRAGMA foreign_keys=ON");
  return done ? checked_again : done;
}

}  // namespace glucoledger::home
