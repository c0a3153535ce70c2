// A home's database that somebody changed: what reads it gives errors, and never ends the process.
//
// Changes cells and rows of the frozen homes, a patient's and a clinic's, calls what reads, and takes it all back. Each
// change has four bytes (table, column, row, kind) and, for a new value, a length and so many bytes.
#include <stdlib.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "home/contacts.h"
#include "home/grants.h"
#include "home/messages.h"
#include "home/outbox.h"
#include "home/published.h"
#include "home/readings.h"
#include "home/records.h"
#include "home/stored_files.h"

namespace {

using namespace glucoledger;
using namespace glucoledger::home;

constexpr const char* kHomes = "tests/frozen/4";
constexpr std::size_t kChangesMax = 4;

struct Table {
  std::string name;
  std::vector<std::string> columns;
};

std::vector<std::string> texts(sqlite::Database& database, const std::string& sql) {
  auto statement = database.prepare(sql).value();
  return sqlite::collect_rows(statement, [](const auto& row) -> Result<std::string> { return row.text(0); }).value();
}

class FrozenHome {
 public:
  explicit FrozenHome(const std::filesystem::path& folder)
      : home_(Home::open(folder, unlock_home(folder, {}).value(), Home::Use::kWrite).value()) {
    auto& database = home_.database();
    // What a foreign hand writes heeds neither.
    if (!database.execute("PRAGMA foreign_keys=OFF; PRAGMA ignore_check_constraints=ON")) std::abort();
    for (auto& name : texts(database, "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")) {
      auto columns = texts(database, "SELECT name FROM pragma_table_info('" + name + "') ORDER BY cid");
      if (!name.starts_with("sqlite_")) tables_.push_back({std::move(name), std::move(columns)});
    }
  }

  template <typename Read>
  void read_changed(ByteView changes, const Read& read) {
    const auto undone = home_.write([&](Transaction& transaction) -> Result<void> {
      for (std::size_t count = 0; count < kChangesMax && changes.size() >= 4; ++count) change(changes);
      read(transaction);
      return fail(ErrorCode::kFailed, "taken back");
    });
    if (undone || undone.error().message != "taken back") std::abort();
    if (!home_.reload_settings()) std::abort();
  }

 private:
  // Takes its bytes off.
  void change(ByteView& bytes) {
    const Table& table = tables_[bytes[0] % tables_.size()];
    const std::string& column = table.columns[bytes[1] % table.columns.size()];
    const std::int64_t row = bytes[2] % 16;
    const int kind = bytes[3] % 6;
    bytes = bytes.subspan(4);
    const std::string which =
        " WHERE " + column + " IS (SELECT " + column + " FROM " + table.name + " LIMIT 1 OFFSET ?2)";
    auto statement = home_.database().prepare(kind == 0 ? "DELETE FROM " + table.name + which + " AND ?1"
                                                        : "UPDATE " + table.name + " SET " + column + " = ?1" + which);
    if (!statement) std::abort();
    if (kind == 0) statement->bind(1, 1);
    if (kind == 1) statement->bind_null(1);
    if (kind > 1 && !bytes.empty()) {
      const auto value = bytes.subspan(1, std::min<std::size_t>(bytes[0], bytes.size() - 1));
      bytes = bytes.subspan(1 + value.size());
      if (kind == 2) statement->bind(1, base::as_text(value));
      if (kind == 3) statement->bind(1, value);
      std::uint64_t number = 0;
      for (const auto byte : value) number = number << 8 | byte;
      if (kind >= 4) statement->bind(1, static_cast<std::int64_t>(kind == 4 ? number : ~number));
    }
    (void)statement->bind(2, row).run();  // a table may refuse a value
  }

  Home home_;
  std::vector<Table> tables_;
};

void read_epoch(Transaction& transaction, const Epoch& epoch) {
  auto& home = transaction.home();
  (void)channel_of(home, epoch);
  (void)release_of(home, epoch);
  (void)count_confirmed(home, epoch.id);
  (void)count_under_way(home, epoch.id);
  const auto messages = waiting_messages(home, epoch.id, 10);
  if (!messages) return;
  for (const auto& message : *messages) (void)readings_of_message(home, message.id);
}

void read_grant(Transaction& transaction, const Grant& grant) {
  auto& home = transaction.home();
  (void)epochs_released_to(home, grant);
  (void)epochs_held_by_alone(home, grant);
  const auto thread = thread_by_id(home, grant.thread_id);
  if (!thread) return;
  (void)keys_of(home, *thread);
  (void)waiting_notes(home, thread->id);
  (void)missing_notes(home, thread->id);
  (void)rowless_notes_until(home, thread->id);
}

void read_as_patient(Transaction& transaction) {
  auto& home = transaction.home();
  (void)home.reload_settings();
  (void)outbox_counts(home);
  (void)newest_day(home);
  (void)readings_in(home, {});
  (void)orphaned_files(home);
  (void)open_threads(home);
  for (const auto kind : {Outgoing::Kind::kMessage, Outgoing::Kind::kNote}) {
    if (const auto rows = unfinished(home, kind)) (void)record_leaving(transaction, *rows);
  }
  if (const auto messages = published_messages(home, std::nullopt, 10); messages && !messages->empty()) {
    (void)published_messages(home, messages->back(), 10);
    (void)send_message_again(transaction, messages->front(), {});
  }
  if (const auto notes = published_notes(home, std::nullopt, 10); notes && !notes->empty()) {
    for (const auto& note : *notes) (void)content_of_note(home, note.id);
    (void)published_notes(home, notes->back(), 10);
    (void)send_note_again(transaction, notes->front(), {}, {});
  }
  for (const auto design : {keys::Design::kTangle, keys::Design::kTangleIpfs}) {
    (void)unpublished_readings(home, design, {}, std::nullopt);
    const auto epochs = all_epochs(home, design);
    if (!epochs) continue;
    for (const auto& epoch : *epochs) read_epoch(transaction, epoch);
  }
  (void)queue_ends(transaction);
  const auto grants = all_grants(home);
  if (!grants) return;
  for (const auto& grant : *grants) {
    read_grant(transaction, grant);
    (void)close_grant(transaction, grant, 1);
  }
}

void read_as_clinic(Transaction& transaction) {
  auto& home = transaction.home();
  (void)home.reload_settings();
  const auto contacts = all_contacts(home);
  if (!contacts) return;
  for (const auto& contact : *contacts) {
    (void)contact_named(home, contact.name);
    (void)count_records(home, contact);
    (void)records_of(home, contact);
    const auto grants = grants_of(home, contact);
    if (!grants) continue;
    for (const auto& grant : *grants) {
      if (auto epochs = epochs_to_read(home, grant)) {
        for (auto& epoch : *epochs) (void)advance(transaction, epoch, epoch.next_root);
      }
      if (const auto thread = thread_by_id(home, grant.thread_id)) (void)keys_of(home, *thread);
    }
  }
}

std::filesystem::path copy_of_homes() {
  const std::filesystem::path memory = "/dev/shm";
  const auto parent = std::filesystem::exists(memory) ? memory : std::filesystem::temp_directory_path();
  static std::string folder = (parent / "glucoledger-rows-XXXXXX").string();
  if (::mkdtemp(folder.data()) == nullptr) std::abort();
  for (const auto* name : {"patient", "clinic"}) {
    std::filesystem::create_directory(std::filesystem::path(folder) / name);
    for (const auto* file : {"home.db", "home.key", "instance"}) {
      std::filesystem::copy_file(std::filesystem::path(kHomes) / name / file,
                                 std::filesystem::path(folder) / name / file);
    }
  }
  std::atexit([] { std::filesystem::remove_all(folder); });
  return folder;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto kFolder = copy_of_homes();
  static FrozenHome patient(kFolder / "patient");
  static FrozenHome clinic(kFolder / "clinic");
  patient.read_changed({data, size}, read_as_patient);
  clinic.read_changed({data, size}, read_as_clinic);
  return 0;
}
