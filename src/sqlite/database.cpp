#include "sqlite/database.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <limits>
#include <mutex>
#include <thread>
#include <tuple>

namespace glucoledger::sqlite {
namespace {

using Steady = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kBusyWait(30'000);
constexpr std::size_t kIdleStatementsMax = 128;

Error error_of(sqlite3* database) {
  const int code = sqlite3_extended_errcode(database);
  Error error{ErrorCode::kFailed, std::string("database: ") + sqlite3_errstr(code), ""};
  // Files beside the database that cannot grow are told as an I/O error.
  const bool no_room = code == SQLITE_IOERR_SHMSIZE || sqlite3_system_errno(database) == ENOSPC;
  switch (no_room ? SQLITE_FULL : code & 0xff) {
    case SQLITE_FULL:
      error.message = "the disk is full";
      error.next_step = "free some space and repeat: nothing was lost";
      break;
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_CANTOPEN:
      error.next_step = "check that the folder exists and may be written";
      break;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      error.code = ErrorCode::kBusy;
      error.message = "another process has been writing to the database for long";
      error.next_step = "repeat when it is done";
      break;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      error.code = ErrorCode::kCorrupt;
      error.next_step = "restore the folder from a backup";
      break;
    default:
      break;
  }
  return error;
}

// As SQLite opens files, but none of them is waited for: a pipe in the place of one, or of what stands beside it, is no
// database.
int open_regular(const char* path, int flags, int mode) {
  const int descriptor = ::open(path, flags | O_NONBLOCK, mode);
  if (descriptor < 0) return descriptor;
  struct stat status {};
  if (::fstat(descriptor, &status) == 0 && (S_ISREG(status.st_mode) || S_ISDIR(status.st_mode))) return descriptor;
  ::close(descriptor);
  errno = EINVAL;
  return -1;
}

void use_open_regular() {
  static std::once_flag once;
  std::call_once(once, [] {
    auto* vfs = sqlite3_vfs_find("unix");
    GL_ASSERT(vfs != nullptr);
    GL_ASSERT(vfs->xSetSystemCall(vfs, "open", reinterpret_cast<sqlite3_syscall_ptr>(open_regular)) == SQLITE_OK);
  });
}

void require_bound(int code) {
  GL_ASSERT(code == SQLITE_OK);
}

// The name of a file as SQLite takes it with parameters behind it.
std::string uri_of(const std::filesystem::path& path) {
  std::string uri = "file:";
  for (const char c : std::filesystem::absolute(path).string()) {
    if (c == '%') {
      uri += "%25";
    } else if (c == '?') {
      uri += "%3f";
    } else if (c == '#') {
      uri += "%23";
    } else {
      uri += c;
    }
  }
  return uri;
}

bool has_write_ahead_log(const std::filesystem::path& path) {
  std::error_code error;
  return std::filesystem::file_size(path.string() + "-wal", error) > 0 && !error;
}

// Where two processes turn the same new database to WAL, SQLite tells one of them at once that it is busy.
Result<void> turn_to_wal(Database& database, const base::CancelToken& cancel) {
  constexpr std::int64_t kStepMs = 10;
  const auto end = Steady::now() + kBusyWait;
  while (true) {
    auto done = database.execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL");
    if (done || done.error().code != ErrorCode::kBusy || Steady::now() >= end) return done;
    if (cancel.wait_ms(kStepMs)) return cancel.check();
  }
}

}  // namespace

// Compiled statements of one connection that nobody uses: reset, and with nothing bound.
class IdleStatements {
 public:
  // `used`: what the connection uses, which lives as long as its last statement.
  explicit IdleStatements(std::shared_ptr<void> used) : used_(std::move(used)) {
    statements_.reserve(kIdleStatementsMax);
  }
  IdleStatements(const IdleStatements&) = delete;
  IdleStatements& operator=(const IdleStatements&) = delete;
  ~IdleStatements() {
    for (auto* statement : statements_) sqlite3_finalize(statement);
  }

  // Null where there is none of this text.
  sqlite3_stmt* take(std::string_view text) {
    const auto found = std::find_if(statements_.rbegin(), statements_.rend(),
                                    [&](auto* statement) { return text == sqlite3_sql(statement); });
    if (found == statements_.rend()) return nullptr;
    auto* statement = *found;
    statements_.erase(std::next(found).base());
    return statement;
  }

  void give_back(sqlite3_stmt* statement) {
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
    if (statements_.size() < kIdleStatementsMax) {
      statements_.push_back(statement);
    } else {
      sqlite3_finalize(statement);
    }
  }

 private:
  std::shared_ptr<void> used_;
  std::vector<sqlite3_stmt*> statements_;  // what was used last is last
};

void Statement::GiveBack::operator()(sqlite3_stmt* statement) const {
  idle->give_back(statement);
}

Statement& Statement::bind(int position, std::int64_t value) {
  require_bound(sqlite3_bind_int64(statement_.get(), position, value));
  return *this;
}

Statement& Statement::bind(int position, double value) {
  require_bound(sqlite3_bind_double(statement_.get(), position, value));
  return *this;
}

Statement& Statement::bind(int position, std::string_view value) {
  require_bound(sqlite3_bind_text64(statement_.get(), position, value.empty() ? "" : value.data(), value.size(),
                                    SQLITE_TRANSIENT, SQLITE_UTF8));
  return *this;
}

Statement& Statement::bind(int position, ByteView value) {
  require_bound(value.empty()
                    ? sqlite3_bind_zeroblob(statement_.get(), position, 0)
                    : sqlite3_bind_blob64(statement_.get(), position, value.data(), value.size(), SQLITE_TRANSIENT));
  return *this;
}

Statement& Statement::bind_null(int position) {
  require_bound(sqlite3_bind_null(statement_.get(), position));
  return *this;
}

Result<bool> Statement::step() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  Error error;
  if (code != SQLITE_DONE) error = error_of(sqlite3_db_handle(statement_.get()));
  sqlite3_reset(statement_.get());
  if (code != SQLITE_DONE) return tl::unexpected(std::move(error));
  return false;
}

Result<void> Statement::run() {
  GL_TRY(row, step());
  GL_ASSERT(!row);
  return {};
}

bool Statement::is_null(int column) const {
  return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

double Statement::real(int column) const {
  return sqlite3_column_double(statement_.get(), column);
}

std::string Statement::text(int column) const {
  const auto* data = sqlite3_column_text(statement_.get(), column);
  const int size = sqlite3_column_bytes(statement_.get(), column);
  return data == nullptr ? std::string() : std::string(reinterpret_cast<const char*>(data), static_cast<size_t>(size));
}

Bytes Statement::blob(int column) const {
  const auto* data = static_cast<const std::uint8_t*>(sqlite3_column_blob(statement_.get(), column));
  const int size = sqlite3_column_bytes(statement_.get(), column);
  return data == nullptr ? Bytes() : Bytes(data, data + size);
}

struct Database::Waiting {
  base::CancelToken cancel;
  std::chrono::milliseconds once_cancelled;
  Steady::time_point since;
};

// 0: gives up.
int Database::wait_for_others(void* waiting, int tries) {
  auto& [cancel, once_cancelled, since] = *static_cast<Waiting*>(waiting);
  const auto now = Steady::now();
  if (tries == 0) since = now;
  if (now - since >= (cancel.cancelled() ? once_cancelled : kBusyWait)) return 0;
  std::this_thread::sleep_for(std::chrono::milliseconds(std::min(tries + 1, 20)));
  return 1;
}

void Database::Close::operator()(sqlite3* database) const {
  sqlite3_close_v2(database);
}

Result<Database> Database::open(const std::filesystem::path& path, Mode mode, const base::CancelToken& cancel,
                                std::int64_t stopped_wait_ms) {
  std::error_code ignored;
  if (mode != Mode::kReadWriteCreate && !std::filesystem::exists(path, ignored)) {
    return fail(ErrorCode::kNotFound, "there is no database " + path.string());
  }
  const int flags = mode == Mode::kReadOnly    ? SQLITE_OPEN_READONLY
                    : mode == Mode::kReadWrite ? SQLITE_OPEN_READWRITE
                                               : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  use_open_regular();
  sqlite3* raw = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &raw, flags | SQLITE_OPEN_EXRESCODE, nullptr);
  Database database;
  database.database_.reset(raw);
  if (code != SQLITE_OK) return tl::unexpected(error_of(raw));
  database.waiting_ = std::make_shared<Waiting>(Waiting{cancel, std::chrono::milliseconds(stopped_wait_ms), {}});
  sqlite3_busy_handler(raw, wait_for_others, database.waiting_.get());
  GL_CHECK(database.execute("PRAGMA foreign_keys=ON; PRAGMA secure_delete=ON; PRAGMA trusted_schema=OFF"));
  if (mode != Mode::kReadOnly) {
    GL_CHECK(turn_to_wal(database, cancel));
  } else {
    const auto read = database.user_version();
    const bool cannot_write = !read && read.error().code == ErrorCode::kFailed;
    if (cannot_write && !has_write_ahead_log(path)) GL_CHECK(database.take_as_unchanging(path));
  }
  return database;
}

// Reading too makes files beside the database, which a read-only or full disk does not allow. Where nothing can be
// written nobody writes, so the database is read as it stands.
Result<void> Database::take_as_unchanging(const std::filesystem::path& path) {
  sqlite3* raw = nullptr;
  const int code = sqlite3_open_v2((uri_of(path) + "?immutable=1").c_str(), &raw,
                                   SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_EXRESCODE, nullptr);
  idle_.reset();
  database_.reset(raw);
  if (code != SQLITE_OK) return tl::unexpected(error_of(raw));
  return {};
}

Result<Statement> Database::prepare(std::string_view sql) {
  if (!idle_) idle_ = std::make_shared<IdleStatements>(waiting_);
  auto* raw = idle_->take(sql);
  GL_ASSERT(sql.size() < static_cast<std::size_t>(std::numeric_limits<int>::max()));
  if (raw == nullptr && sqlite3_prepare_v3(database_.get(), sql.data(), static_cast<int>(sql.size()),
                                           SQLITE_PREPARE_PERSISTENT, &raw, nullptr) != SQLITE_OK) {
    return tl::unexpected(error_of(database_.get()));
  }
  Statement statement;
  statement.statement_ = {raw, {idle_}};
  return statement;
}

Result<void> Database::execute(std::string_view sql) {
  const std::string text(sql);
  if (sqlite3_exec(database_.get(), text.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
    return tl::unexpected(error_of(database_.get()));
  }
  return {};
}

std::int64_t Database::last_insert_id() const {
  return sqlite3_last_insert_rowid(database_.get());
}

std::int64_t Database::changes() const {
  return sqlite3_changes64(database_.get());
}

Result<std::int64_t> Database::user_version() {
  GL_TRY(statement, prepare("PRAGMA user_version"));
  GL_CHECK(statement.step());
  return statement.integer(0);
}

bool Database::in_transaction() const {
  return sqlite3_get_autocommit(database_.get()) == 0;
}

Result<std::int64_t> Database::data_version() {
  GL_TRY(statement, prepare("PRAGMA data_version"));
  GL_CHECK(statement.step());
  return statement.integer(0);
}

Result<bool> Database::has_schema(std::string_view sql) {
  using Object = std::tuple<std::string, std::string, std::string, std::string>;
  const auto objects_of = [](Database& database) -> Result<std::vector<Object>> {
    GL_TRY(statement, database.prepare("SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY type, name"));
    return collect_rows(statement, [](const Statement& row) -> Result<Object> {
      return Object{row.text(0), row.text(1), row.text(2), row.text(3)};
    });
  };
  sqlite3* raw = nullptr;
  const int code = sqlite3_open_v2(":memory:", &raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr);
  Database model;
  model.database_.reset(raw);
  if (code != SQLITE_OK) return tl::unexpected(error_of(raw));
  GL_CHECK(model.execute(sql));
  GL_TRY(expected, objects_of(model));
  GL_TRY(present, objects_of(*this));
  return present == expected;
}

void Database::limit_values(std::size_t size_max) {
  sqlite3_limit(database_.get(), SQLITE_LIMIT_LENGTH, static_cast<int>(size_max));
}

Result<void> Database::transaction(const std::function<Result<void>()>& work) {
  return run_transaction("BEGIN IMMEDIATE", work);
}

Result<void> Database::read_transaction(const std::function<Result<void>()>& work) {
  return run_transaction("BEGIN", work);
}

Result<void> Database::run_transaction(std::string_view begin, const std::function<Result<void>()>& work) {
  // Also where `work` throws.
  struct Rollback {
    Database& database;
    ~Rollback() {
      if (!database.in_transaction()) return;
      sqlite3_exec(database.database_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
    }
  };
  if (auto begun = execute(begin); !begun) {
    if (begun.error().code == ErrorCode::kBusy && waiting_) GL_CHECK(waiting_->cancel.check());
    return begun;
  }
  const Rollback rollback{*this};
  GL_CHECK(work());
  return execute("COMMIT");
}

}  // namespace glucoledger::sqlite
