// The tables of a home's database (home.db), version 1.
//
// Secrets stand in it only sealed under the home's key (home.h). A later version adds a step to upgrade(); a database
// of a newer version is refused by name.
#pragma once

#include "sqlite/database.h"

namespace glucoledger::home {

inline constexpr int kSchemaVersion = 1;

// Makes the tables in an empty database, or brings an older one up to date.
Result<void> upgrade_schema(sqlite::Database& database);
// kNewerFormat when the database is of a newer version.
Result<void> check_schema(sqlite::Database& database);

}  // namespace glucoledger::home
