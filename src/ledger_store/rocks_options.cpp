#include "ledger_store/rocks_options.h"

#include <rocksdb/filter_policy.h>
#include <rocksdb/slice_transform.h>
#include <rocksdb/table.h>
#include <rocksdb/utilities/table_properties_collectors.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstdarg>

namespace glucoledger::ledger_store {
namespace {

// RocksDB's own log: nobody reads it, and a reader must not write into another's folder.
class SilentLogger final : public rocksdb::Logger {
 public:
  using rocksdb::Logger::Logv;
  void Logv(const char*, va_list) override {}
};

// To open a file costs more than to read of it, and a large ledger has thousands: they stay open where the system
// allows.
int open_files_max() {
  constexpr ::rlim_t kMin = 512;
  constexpr ::rlim_t kMax = 4096;
  ::rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return kMin;
  return static_cast<int>(std::clamp(limit.rlim_cur / 4, kMin, kMax));
}

rocksdb::BlockBasedTableOptions table_options(const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  table.block_size = std::size_t{8} << 10;
  table.cache_index_and_filter_blocks = true;
  table.cache_index_and_filter_blocks_with_high_priority = true;
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  table.format_version = 5;
  return table;
}

rocksdb::ColumnFamilyOptions family_options(const std::string& name, const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::ColumnFamilyOptions options;
  options.write_buffer_size = std::size_t{16} << 20;
  options.compression = rocksdb::kNoCompression;  // packed trits and hashes do not compress
  options.level_compaction_dynamic_level_bytes = true;
  // The keys of a commit come in order, kind by kind: each is put where the last one of its kind went.
  options.memtable_insert_with_hint_prefix_extractor.reset(rocksdb::NewFixedPrefixTransform(1));
  rocksdb::BlockBasedTableOptions table = table_options(cache);
  const bool has_bodies = name == family_names_of_columns()[static_cast<std::size_t>(ledger::Column::kBodies)];
  if (has_bodies) {
    // Bodies go to files that no compaction rewrites: tables hold only where each is. A file goes when all its bodies
    // were pruned, oldest first, so nothing has to be collected from among them.
    options.enable_blob_files = true;
    // A table with many erased bodies is merged soon: they would stay on the disk until then.
    options.table_properties_collector_factories = {rocksdb::NewCompactOnDeletionCollectorFactory(128, 64)};
  } else {                                        // a body is asked for only where there is one
    options.memtable_whole_key_filtering = true;  // most that is asked for while writing is not here
    options.memtable_prefix_bloom_size_ratio = 0.05;
    table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
    table.index_type = rocksdb::BlockBasedTableOptions::kTwoLevelIndexSearch;  // parts of filters and indexes are
    table.partition_filters = true;                                            // read as they are needed
    table.metadata_block_size = std::size_t{4} << 10;
  }
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return options;
}

}  // namespace

const std::vector<std::string>& family_names_of_columns() {
  static const std::vector<std::string> kNames{rocksdb::kDefaultColumnFamilyName, "bodies", "indexes"};
  return kNames;
}

rocksdb::DBOptions database_options(bool for_writing, rocksdb::Env* env) {
  rocksdb::DBOptions options;
  options.env = env;
  options.create_if_missing = for_writing;
  options.create_missing_column_families = for_writing;
  options.info_log = std::make_shared<SilentLogger>();
  options.max_background_jobs = 2;
  options.max_total_wal_size = kLogsSizeMax;
  options.db_write_buffer_size = kMemtablesSize;
  options.avoid_flush_during_recovery = true;  // a short command would leave a small file each time
  options.keep_log_file_num = 1;
  options.max_manifest_file_size = std::uint64_t{1} << 20;
  options.paranoid_checks = true;
  options.max_file_opening_threads = 1;  // where the system gives no more threads, those of its own end the process
  options.max_bgerror_resume_count = 0;  // after an error we open anew
  // A reader beside a writer must hold all files, since the writer deletes those that it has merged.
  if (for_writing) options.max_open_files = open_files_max();
  return options;
}

std::vector<rocksdb::ColumnFamilyDescriptor> family_descriptors(const std::vector<std::string>& names) {
  const std::shared_ptr<rocksdb::Cache> cache = rocksdb::NewLRUCache(kBlockCacheSize);
  std::vector<rocksdb::ColumnFamilyDescriptor> result;
  result.reserve(names.size());
  for (const std::string& name : names) result.emplace_back(name, family_options(name, cache));
  return result;
}

}  // namespace glucoledger::ledger_store
