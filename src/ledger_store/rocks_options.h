// How RocksDB is set up for a ledger, and what it costs.
//
// Memory: a block cache (indexes and filters of tables live in it too), and memtables, both bounded here; a database
// that holds little takes little. The logs' bound is also what a start after a crash has to read.
#pragma once

#include <rocksdb/db.h>

#include <string>
#include <vector>

#include "ledger/state_storage.h"

namespace glucoledger::ledger_store {

inline constexpr std::size_t kBlockCacheSize = std::size_t{64} << 20;
inline constexpr std::size_t kMemtablesSize = std::size_t{48} << 20;
inline constexpr std::uint64_t kLogsSizeMax = std::uint64_t{48} << 20;

rocksdb::DBOptions database_options(bool for_writing, rocksdb::Env* env);
// Options of each family that is named; the first ones are those of ledger::Column.
std::vector<rocksdb::ColumnFamilyDescriptor> family_descriptors(const std::vector<std::string>& names);
// The families of a ledger, by Column.
const std::vector<std::string>& family_names_of_columns();

}  // namespace glucoledger::ledger_store
