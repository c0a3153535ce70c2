// A thin RAII face of SQLite: typed binding, typed columns, transactions, errors as Results.
//
// Opened with WAL, synchronous FULL, secure_delete, foreign keys: what a committed transaction wrote survives power
// loss. Statements are compiled once: what one was compiled to is kept for the next of the same text. Not thread safe:
// a Database and its statements are used by one thread at a time. Source: https://sqlite.org/c3ref/intro.html
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/cancel.h"

struct sqlite3;
struct sqlite3_stmt;

namespace glucoledger::sqlite {

class IdleStatements;

class Statement {
 public:
  // Positions count from 1, as in SQL's ?1.
  Statement& bind(int position, std::int64_t value);
  Statement& bind(int position, int value) { return bind(position, static_cast<std::int64_t>(value)); }
  Statement& bind(int position, double value);
  Statement& bind(int position, std::string_view value);
  Statement& bind(int position, const char* value) { return bind(position, std::string_view(value)); }
  Statement& bind(int position, ByteView value);
  Statement& bind(int position, const Bytes& value) { return bind(position, ByteView(value)); }
  Statement& bind_null(int position);
  template <typename T>
  Statement& bind(int position, const std::optional<T>& value) {
    return value ? bind(position, *value) : bind_null(position);
  }

  // true: a row stands ready; false: done. After false or an error the statement may be bound and stepped anew.
  Result<bool> step();
  // For statements without rows.
  Result<void> run();

  // Columns count from 0.
  bool is_null(int column) const;
  std::int64_t integer(int column) const;
  double real(int column) const;
  std::string text(int column) const;
  Bytes blob(int column) const;

 private:
  friend class Database;
  struct GiveBack {
    std::shared_ptr<IdleStatements> idle;
    void operator()(sqlite3_stmt* statement) const;
  };
  std::unique_ptr<sqlite3_stmt, GiveBack> statement_;
};

// Every row, as `make` reads it: a Result<T> of the statement's columns.
template <typename Make>
auto collect_rows(Statement& statement, const Make& make)
    -> Result<std::vector<typename decltype(make(statement))::value_type>> {
  std::vector<typename decltype(make(statement))::value_type> rows;
  while (true) {
    GL_TRY(ready, statement.step());
    if (!ready) return rows;
    GL_TRY(row, make(statement));
    rows.push_back(std::move(row));
  }
}

class Database {
 public:
  enum class Mode { kReadWriteCreate, kReadWrite, kReadOnly };
  // A missing file in the last two modes is kNotFound. Waits up to 30 s for another process's write, then kBusy; so
  // does each statement. Once cancelled, `stopped_wait_ms`: who stops shall still be able to note down how far it came.
  static constexpr std::int64_t kStoppedWaitMs = 500;
  static Result<Database> open(const std::filesystem::path& path, Mode mode, const base::CancelToken& cancel = {},
                               std::int64_t stopped_wait_ms = kStoppedWaitMs);

  Result<Statement> prepare(std::string_view sql);
  Result<void> execute(std::string_view sql);  // one or more statements without parameters
  std::int64_t last_insert_id() const;
  std::int64_t changes() const;
  Result<std::int64_t> user_version();
  // Whether it has the tables and indexes that `sql` makes, and nothing else: no view that computes without end when it
  // is asked, no trigger. For a database that others made.
  Result<bool> has_schema(std::string_view sql);
  // A longer text or blob is an error from now on.
  void limit_values(std::size_t size_max);

  // Runs `work` inside BEGIN IMMEDIATE .. COMMIT; its error (or a failing commit) rolls back. kBusy: others wrote all
  // the time that it waited; kInterrupted: they did until it was cancelled.
  Result<void> transaction(const std::function<Result<void>()>& work);
  // Runs `work`, which only reads, on one state of the database.
  Result<void> read_transaction(const std::function<Result<void>()>& work);
  bool in_transaction() const;
  // Changes whenever another connection has committed. Cheap. Source:
  // https://sqlite.org/pragma.html#pragma_data_version
  Result<std::int64_t> data_version();

 private:
  Result<void> run_transaction(std::string_view begin, const std::function<Result<void>()>& work);
  Result<void> take_as_unchanging(const std::filesystem::path& path);
  struct Close {
    void operator()(sqlite3* database) const;
  };
  struct Waiting;
  static int wait_for_others(void* waiting, int tries);

  std::shared_ptr<Waiting> waiting_;  // goes last
  std::unique_ptr<sqlite3, Close> database_;
  std::shared_ptr<IdleStatements> idle_;
};

}  // namespace glucoledger::sqlite
