#include "ledger_store/log_check.h"

#include <rocksdb/convenience.h>

#include <algorithm>
#include <boost/crc.hpp>
#include <vector>

namespace glucoledger::ledger_store {
namespace {

constexpr std::size_t kBlockSize = 32768;
constexpr std::size_t kHeaderSize = 7;
constexpr std::size_t kBatchHeaderSize = 12;  // of a record of the write-ahead log: sequence (8), count (4)
enum FragmentType : unsigned char { kNothing = 0, kFull = 1, kFirst = 2, kMiddle = 3, kLast = 4 };

std::uint64_t little_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = bytes.size(); i > 0; --i) value = value << 8 | static_cast<unsigned char>(bytes[i - 1]);
  return value;
}

std::uint32_t masked_crc(std::string_view bytes) {
  boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true> crc;
  crc.process_bytes(bytes.data(), bytes.size());
  const std::uint32_t value = crc.checksum();
  return ((value >> 15) | (value << 17)) + 0xA282EAD8u;
}

struct Fragment {
  FragmentType type;
  std::string_view payload;
};

// The fragment at `position`; nothing where there is none whose sum fits.
std::optional<Fragment> fragment_at(std::string_view content, std::size_t position) {
  const std::size_t block_end = std::min(content.size(), (position / kBlockSize + 1) * kBlockSize);
  if (position + kHeaderSize > block_end) return std::nullopt;
  const std::string_view header = content.substr(position, kHeaderSize);
  const auto type = static_cast<unsigned char>(header[6]);
  const std::size_t length = little_endian(header.substr(4, 2));
  if (type < kFull || type > kLast || position + kHeaderSize + length > block_end) return std::nullopt;
  if (masked_crc(content.substr(position + 6, 1 + length)) != little_endian(header.substr(0, 4))) return std::nullopt;
  return Fragment{static_cast<FragmentType>(type), content.substr(position + kHeaderSize, length)};
}

bool record_begins_after(std::string_view content, std::size_t position) {
  for (; position + kHeaderSize <= content.size(); ++position) {
    const auto type = static_cast<unsigned char>(content[position + 6]);
    if (type != kFull && type != kFirst) continue;
    if (fragment_at(content, position)) return true;
  }
  return false;
}

struct LogFile {
  std::string path;
  std::string content;
  LogCondition condition;
};

Result<LogFile> read_log(rocksdb::Env& env, const std::string& path) {
  std::string content;
  const rocksdb::Status status = rocksdb::ReadFileToString(&env, path, &content);
  if (!status.ok()) return fail(ErrorCode::kFailed, "the ledger's logs cannot be read: " + status.ToString());
  const LogCondition condition = examine_log(content);
  return LogFile{path, std::move(content), condition};
}

tl::unexpected<Error> damaged(const std::string& what) {
  return fail(ErrorCode::kCorrupt, what + " is damaged in its middle: what was acknowledged after that is not readable",
              "restore the ledger from a snapshot, or fetch it anew from another node; this folder was left as it is");
}

Result<void> cut_off(rocksdb::Env& env, const LogFile& log) {
  const rocksdb::Status status = sync_file(env, log.path, log.condition.intact_size);
  if (status.ok()) return {};
  const bool full = status.IsNoSpace();
  return fail(
      ErrorCode::kFailed,
      full ? "cannot mend the ledger's log: the disk is full" : "cannot mend the ledger's log: " + status.ToString(),
      "check the disk and repeat: nothing that was acknowledged is lost");
}

std::optional<std::uint64_t> take_varint(std::string_view& bytes) {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64 && !bytes.empty(); shift += 7) {
    const auto byte = static_cast<unsigned char>(bytes.front());
    bytes.remove_prefix(1);
    value |= std::uint64_t{byte & 0x7Fu} << shift;
    if (byte < 0x80) return value;
  }
  return std::nullopt;
}

// The oldest log that is needed yet, as a record of the list of files says; 0 where it says nothing of that. A record
// is fields, each a tag and a value; those that are a number or a text come first.
std::uint64_t oldest_log_in(std::string_view record) {
  enum Tag : std::uint64_t {
    kComparator = 1,
    kLogNumber = 2,
    kNextFileNumber = 3,
    kLastSequence = 4,
    kPrevLogNumber = 9,
    kMinLogNumberToKeep = 10,
    kMaxColumnFamily = 203,
    kDbId = 8193,
  };
  while (const auto tag = take_varint(record)) {
    const auto value = take_varint(record);
    if (!value) break;
    if (*tag == kMinLogNumberToKeep) return *value;
    if (*tag == kComparator || *tag == kDbId) {
      record.remove_prefix(std::min<std::size_t>(record.size(), *value));
    } else if (*tag != kLogNumber && *tag != kNextFileNumber && *tag != kLastSequence && *tag != kPrevLogNumber &&
               *tag != kMaxColumnFamily) {
      break;
    }
  }
  return 0;
}

std::uint64_t oldest_log_needed(std::string_view file_list, std::size_t from, std::size_t to) {
  std::uint64_t oldest = 0;
  for (std::size_t position = from; position < to; ++position) {
    const auto fragment = fragment_at(file_list.substr(0, to), position);
    if (!fragment) continue;
    oldest = std::max(oldest, oldest_log_in(fragment->payload));
    position += kHeaderSize - 1 + fragment->payload.size();
  }
  return oldest;
}

// A flush appends two records before it syncs the list of files: its tables, then the oldest log that is needed yet. So
// a power cut may leave the second without the first. It was so where no log has gone for that: they go after the sync.
bool is_synced(rocksdb::Env& env, const std::string& folder, const LogFile& file_list) {
  const std::size_t intact = file_list.condition.intact_size;
  const std::uint64_t needed_before = oldest_log_needed(file_list.content, 0, intact);
  const std::uint64_t needed = oldest_log_needed(file_list.content, intact, file_list.content.size());
  if (needed <= needed_before) return needed == 0;
  const std::vector<std::string> logs = log_names(env, folder);
  return logs.empty() || std::strtoull(logs.front().c_str(), nullptr, 10) >= needed;
}

Result<void> check_file_list(rocksdb::Env& env, const std::string& folder, bool mend) {
  std::string name;
  const rocksdb::Status status = rocksdb::ReadFileToString(&env, folder + "/CURRENT", &name);
  if (status.IsNotFound() || status.IsPathNotFound()) return {};
  if (!status.ok() || !name.ends_with('\n')) return {};  // opening tells
  name.pop_back();
  GL_TRY(log, read_log(env, folder + "/" + name));
  if (log.condition.records_follow && is_synced(env, folder, log)) return damaged("the store's list of files");
  return log.condition.is_torn && mend ? cut_off(env, log) : Result<void>();
}

// Nothing is missing between two logs where the second goes on with the number at which the first one ends.
bool goes_on(const LogCondition& before, const LogCondition& after) {
  if (before.last_record.size() < kBatchHeaderSize || after.first_record.size() < kBatchHeaderSize) return true;
  const std::string_view last = before.last_record;
  const std::uint64_t next = little_endian(last.substr(0, 8)) + little_endian(last.substr(8, 4));
  return little_endian(std::string_view(after.first_record).substr(0, 8)) == next;
}

}  // namespace

LogCondition examine_log(std::string_view content) {
  LogCondition condition;
  std::size_t position = 0;
  std::string_view record_start;
  bool in_record = false;
  while (true) {
    const std::size_t rest = kBlockSize - position % kBlockSize;
    if (rest < kHeaderSize) position += rest;
    if (position >= content.size()) break;
    const auto fragment = fragment_at(content, position);
    const bool begins = fragment && (fragment->type == kFull || fragment->type == kFirst);
    if (!fragment || begins == in_record) break;
    position += kHeaderSize + fragment->payload.size();
    if (begins) record_start = fragment->payload.substr(0, kBatchHeaderSize);
    in_record = fragment->type == kFirst || fragment->type == kMiddle;
    if (in_record) continue;
    if (condition.first_record.empty()) condition.first_record = record_start;
    condition.last_record = record_start;
    condition.intact_size = position;
  }
  condition.is_torn = condition.intact_size < content.size();
  // Where a record was begun and not ended, another beginning follows only if what comes between was there once.
  if (condition.is_torn) condition.records_follow = record_begins_after(content, position);
  return condition;
}

std::vector<std::string> log_names(rocksdb::Env& env, const std::string& folder) {
  std::vector<std::string> names;
  if (!env.GetChildren(folder, &names).ok()) return {};
  std::erase_if(names, [](const std::string& name) { return !name.ends_with(".log"); });
  std::sort(names.begin(), names.end());
  return names;
}

// Cut by the open file: RocksDB's Posix environment cannot truncate by name.
rocksdb::Status sync_file(rocksdb::Env& env, const std::string& path, std::optional<std::size_t> cut_to) {
  std::unique_ptr<rocksdb::WritableFile> file;
  rocksdb::Status status = env.ReopenWritableFile(path, &file, rocksdb::EnvOptions());
  if (status.ok() && cut_to) status = file->Truncate(*cut_to);
  if (status.ok()) status = file->Sync();
  if (status.ok()) status = file->Close();
  return status;
}

Result<void> check_logs(rocksdb::Env& env, const std::string& folder, bool mend) {
  GL_CHECK(check_file_list(env, folder, mend));
  LogCondition last;  // of those that hold something
  bool torn = false;
  for (const std::string& name : log_names(env, folder)) {
    GL_TRY(log, read_log(env, std::string(folder).append("/").append(name)));
    if (log.condition.records_follow) return damaged("the ledger's log");
    if (torn && !goes_on(last, log.condition)) return damaged("the ledger's log");
    torn = torn || log.condition.is_torn;
    if (log.condition.is_torn && mend) GL_CHECK(cut_off(env, log));
    if (!log.condition.first_record.empty()) last = std::move(log.condition);
  }
  return {};
}

}  // namespace glucoledger::ledger_store
