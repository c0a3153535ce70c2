// The tables of a home's database (home.db), version 4.
//
// Secrets stand in it only sealed under the home's key (home.h). Each version has one step that makes it of the one
// before; a new database goes through the same tables. A database of a newer version is refused by name.
#pragma once

#include "sqlite/database.h"

namespace glucoledger::home {

inline constexpr int kSchemaVersion = 4;

// Makes the tables in an empty database, or brings an older one up to date, step by step, in one transaction.
Result<void> upgrade_schema(sqlite::Database& database);
// kNewerFormat when the database is of a newer version.
Result<void> check_schema(sqlite::Database& database);

}  // namespace glucoledger::home
