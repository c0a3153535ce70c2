#include "home/readings.h"

#include "cgm/local_day.h"
#include "home/rows.h"

namespace glucoledger::home {
namespace {

constexpr std::string_view kColumns =
    "SELECT r.id, r.local_day, r.identity, r.utc_ms, r.utc_offset_minutes, r.value, r.unit, r.comparator, "
    "r.absent_reason, r.kind, r.device_model, r.device_serial FROM reading r ";

template <typename Enum>
Result<Enum> enum_at(const sqlite::Statement& row, int column, Enum last) {
  const auto value = row.integer(column);
  if (value < 0 || value > static_cast<std::int64_t>(last)) return damaged();
  return static_cast<Enum>(value);
}

Result<std::vector<StoredReading>> collect(sqlite::Statement& statement) {
  return sqlite::collect_rows(statement, [&](const sqlite::Statement& row) -> Result<StoredReading> {
    StoredReading stored;
    stored.id = row.integer(0);
    stored.local_day = row.text(1);
    auto& reading = stored.reading;
    reading.identity = row.text(2);
    reading.utc_ms = row.integer(3);
    reading.utc_offset_minutes = static_cast<int>(row.integer(4));
    reading.value = row.text(5);
    GL_ASSIGN(reading.unit, enum_at(row, 6, cgm::Unit::kMmolL));
    GL_ASSIGN(reading.comparator, enum_at(row, 7, cgm::Comparator::kAbove));
    if (!row.is_null(8)) reading.absent_reason = row.text(8);
    GL_ASSIGN(reading.kind, enum_at(row, 9, cgm::Kind::kScan));
    reading.device_model = row.text(10);
    reading.device_serial = row.text(11);
    return stored;
  });
}

struct Inserter {
  sqlite::Statement insert;
  sqlite::Statement same;

  static Result<Inserter> prepare(sqlite::Database& database) {
    GL_TRY(insert,
           database.prepare("INSERT INTO reading (identity, utc_ms, utc_offset_minutes, local_day, value, unit, "
                            "comparator, absent_reason, kind, device_model, device_serial) VALUES (?1, ?2, ?3, ?4, "
                            "?5, ?6, ?7, ?8, ?9, ?10, ?11) ON CONFLICT (identity) DO NOTHING"));
    GL_TRY(same,
           database.prepare("SELECT 1 FROM reading WHERE identity = ?1 AND value = ?2 AND unit = ?3 AND comparator = "
                            "?4 AND absent_reason IS ?5"));
    return Inserter{std::move(insert), std::move(same)};
  }

  Result<void> run(const cgm::Reading& reading) {
    return insert.bind(1, reading.identity)
        .bind(2, reading.utc_ms)
        .bind(3, reading.utc_offset_minutes)
        .bind(4, cgm::local_day(reading.utc_ms, reading.utc_offset_minutes))
        .bind(5, reading.value)
        .bind(6, static_cast<int>(reading.unit))
        .bind(7, static_cast<int>(reading.comparator))
        .bind(8, reading.absent_reason)
        .bind(9, static_cast<int>(reading.kind))
        .bind(10, reading.device_model)
        .bind(11, reading.device_serial)
        .run();
  }

  Result<bool> has_same_value(const cgm::Reading& reading) {
    GL_TRY(row, same.bind(1, reading.identity)
                    .bind(2, reading.value)
                    .bind(3, static_cast<int>(reading.unit))
                    .bind(4, static_cast<int>(reading.comparator))
                    .bind(5, reading.absent_reason)
                    .step());
    if (row) GL_CHECK(same.step());
    return row;
  }
};

}  // namespace

Result<Added> add_readings(Transaction& transaction, std::span<const cgm::Reading> readings) {
  Added outcome;
  auto& database = transaction.database();
  GL_TRY(inserter, Inserter::prepare(database));
  for (const auto& reading : readings) {
    GL_CHECK(inserter.run(reading));
    if (database.changes() > 0) {
      ++outcome.added;
      continue;
    }
    ++outcome.known;
    GL_TRY(same, inserter.has_same_value(reading));
    if (!same) outcome.conflicting_lines.push_back(reading.source_line);
  }
  return outcome;
}

Result<std::vector<StoredReading>> readings_in(Home& home, const DayRange& range) {
  GL_TRY(statement,
         home.database().prepare(std::string(kColumns) +
                                 "WHERE (?1 IS NULL OR r.local_day >= ?1) AND (?2 IS NULL OR r.local_day <= ?2) "
                                 "ORDER BY r.utc_ms, r.id"));
  statement.bind(1, range.since).bind(2, range.until);
  return collect(statement);
}

Result<std::vector<StoredReading>> unpublished_readings(Home& home, keys::Design design, const DayRange& range,
                                                        std::optional<std::size_t> last) {
  GL_TRY(statement, home.database().prepare(
                        std::string(kColumns) +
                        "WHERE (?1 IS NULL OR r.local_day >= ?1) AND (?2 IS NULL OR r.local_day <= ?2) AND NOT "
                        "EXISTS (SELECT 1 FROM publication p WHERE p.reading_id = r.id AND p.design = ?3) "
                        "ORDER BY r.utc_ms DESC, r.id DESC LIMIT ?4"));
  statement.bind(1, range.since).bind(2, range.until).bind(3, keys::name_of(design));
  statement.bind(4, last ? static_cast<std::int64_t>(*last) : std::int64_t{-1});
  GL_TRY(found, collect(statement));
  return std::vector<StoredReading>(std::make_move_iterator(found.rbegin()), std::make_move_iterator(found.rend()));
}

Result<std::vector<std::int64_t>> still_unpublished(Home& home, keys::Design design,
                                                    std::span<const std::int64_t> reading_ids) {
  GL_TRY(statement, home.database().prepare("SELECT EXISTS (SELECT 1 FROM reading r WHERE r.id = ?1 AND NOT EXISTS "
                                            "(SELECT 1 FROM publication p WHERE p.reading_id = r.id AND p.design = "
                                            "?2))"));
  std::vector<std::int64_t> unpublished;
  for (const auto id : reading_ids) {
    GL_TRY(found, single_number(statement.bind(1, id).bind(2, keys::name_of(design))));
    if (found != 0) unpublished.push_back(id);
  }
  return unpublished;
}

Result<std::vector<StoredReading>> readings_of_message(Home& home, std::int64_t message_id) {
  GL_TRY(statement, home.database().prepare(std::string(kColumns) +
                                            "JOIN publication p ON p.reading_id = r.id WHERE p.message_id = ?1 "
                                            "ORDER BY r.utc_ms, r.id"));
  statement.bind(1, message_id);
  return collect(statement);
}

Result<std::int64_t> count_readings(Home& home) {
  GL_TRY(statement, home.database().prepare("SELECT COUNT(*) FROM reading"));
  return single_number(statement);
}

Result<std::int64_t> count_unpublished(Home& home, keys::Design design) {
  GL_TRY(statement,
         home.database().prepare("SELECT COUNT(*) FROM reading r WHERE NOT EXISTS (SELECT 1 FROM publication "
                                 "p WHERE p.reading_id = r.id AND p.design = ?1)"));
  return single_number(statement.bind(1, keys::name_of(design)));
}

Result<std::optional<std::string>> newest_day(Home& home) {
  GL_TRY(statement, home.database().prepare("SELECT MAX(local_day) FROM reading"));
  GL_CHECK(statement.step());
  if (statement.is_null(0)) return std::nullopt;
  return statement.text(0);
}

}  // namespace glucoledger::home
