#include "ledger_store/log_check.h"

#include <rocksdb/convenience.h>

#include <algorithm>
#include <boost/crc.hpp>
#include <cstdlib>
#include <initializer_list>

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

// The records of a log one after the other, each put together of its fragments: even the first of them may be empty,
// where no more than a header found room at the end of a block.
class Records {
 public:
  Records(std::string_view content, std::size_t position) : content_(content), position_(position) {}

  // The next record up to the first fragment that does not fit.
  std::optional<std::string_view> next() {
    bool in_record = false;
    while (true) {
      const std::size_t rest = kBlockSize - position_ % kBlockSize;
      if (rest < kHeaderSize) position_ += rest;
      if (position_ >= content_.size()) return std::nullopt;
      const auto fragment = fragment_at(content_, position_);
      const bool begins = fragment && (fragment->type == kFull || fragment->type == kFirst);
      if (!fragment || begins == in_record) return std::nullopt;
      if (begins) record_.clear();
      record_ += fragment->payload;
      position_ += kHeaderSize + fragment->payload.size();
      in_record = fragment->type == kFirst || fragment->type == kMiddle;
      if (!in_record) return record_;
    }
  }
  // Behind the last record, or where what does not fit stands.
  std::size_t position() const { return position_; }

 private:
  std::string_view content_;
  std::size_t position_;
  std::string record_;
};

std::uint64_t first_sequence(std::string_view record) {
  return little_endian(record.substr(0, 8));
}
std::uint64_t end_sequence(std::string_view record) {
  return first_sequence(record) + little_endian(record.substr(8, 4));
}

// Whether whole records stand from here exactly to the end, whose numbers go on from `sequence`, or from a later one
// that what was skipped can have had: each number took more than a byte.
bool records_reach_end(std::string_view content, std::size_t position, std::size_t skipped, std::uint64_t sequence) {
  Records records(content, position);
  std::size_t end = position;
  while (const auto record = records.next()) {
    const std::uint64_t latest = sequence + (end == position ? skipped : 0);
    if (record->size() < kBatchHeaderSize) return false;
    if (first_sequence(*record) < sequence || first_sequence(*record) > latest) return false;
    if (end_sequence(*record) == first_sequence(*record)) return false;
    sequence = end_sequence(*record);
    end = records.position();
  }
  return end != position && end == content.size();
}

// Whether a record begins where one may, behind what does not fit: header after header, as far as each tells a length,
// and at every block's beginning. A record that was torn holds what others wrote, which may look like records of a log:
// so what begins inside of it counts only if numbers and end are right, too, as where one bit of a length is wrong.
bool record_begins_after(std::string_view content, std::size_t position, std::uint64_t sequence) {
  const std::size_t start = position;
  while (position + kHeaderSize <= content.size()) {
    const std::size_t block_end = (position / kBlockSize + 1) * kBlockSize;
    if (position + kHeaderSize > block_end) {
      position = block_end;
      continue;
    }
    const auto type = static_cast<unsigned char>(content[position + 6]);
    const std::size_t end = position + kHeaderSize + little_endian(content.substr(position + 4, 2));
    const bool tells_length = type >= kFull && type <= kLast && end <= block_end;
    if (tells_length && (type == kFull || type == kFirst) && fragment_at(content, position)) return true;
    const std::size_t next = tells_length ? end : block_end;
    if (!fragment_at(content, position)) {
      for (std::size_t inside = position + 1; inside < next && inside + kHeaderSize <= content.size(); ++inside) {
        if (records_reach_end(content, inside, inside - start, sequence)) return true;
      }
    }
    position = next;
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
  return fail(ErrorCode::kCorrupt, what + " is damaged: what was acknowledged is not readable",
              "restore the ledger from a snapshot, or fetch it anew from another node; this folder was left as it is");
}

struct TornEnd {
  std::string path;
  std::size_t intact_size;
};

Result<void> cut_off(rocksdb::Env& env, const TornEnd& end) {
  const rocksdb::Status status = sync_file(env, end.path, end.intact_size);
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

// What the list of files tells of the logs.
struct Flushed {
  std::uint64_t last_sequence = 0;  // in the tables
  std::uint64_t oldest_log = 0;     // that is needed yet; logs before it may be here, and count for nothing
};

// A record is fields, each a tag and a value; those that are a number or a text come first.
void read_fields(std::string_view record, Flushed& flushed) {
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
    if (!value) return;
    if (*tag == kLastSequence) {
      flushed.last_sequence = std::max(flushed.last_sequence, *value);
    } else if (*tag == kMinLogNumberToKeep) {
      flushed.oldest_log = std::max(flushed.oldest_log, *value);
    } else if (*tag == kComparator || *tag == kDbId) {
      record.remove_prefix(std::min<std::size_t>(record.size(), *value));
    } else if (*tag != kLogNumber && *tag != kNextFileNumber && *tag != kPrevLogNumber && *tag != kMaxColumnFamily) {
      return;
    }
  }
}

// By the records of this part of the list, wherever one begins.
Flushed flushed_by(std::string_view file_list, std::size_t from, std::size_t to) {
  Flushed flushed;
  for (std::size_t position = from; position < to;) {
    Records records(file_list.substr(0, to), position);
    while (const auto record = records.next()) read_fields(*record, flushed);
    position = std::max(position + 1, records.position());
  }
  return flushed;
}

bool has_file(rocksdb::Env& env, const std::string& folder, std::initializer_list<std::string_view> endings) {
  std::vector<std::string> names;
  env.GetChildren(folder, &names).PermitUncheckedError();
  return std::any_of(names.begin(), names.end(), [&](const std::string& name) {
    std::uint64_t size = 0;
    return std::any_of(endings.begin(), endings.end(), [&](auto ending) { return name.ends_with(ending); }) &&
           env.GetFileSize(folder + "/" + name, &size).ok() && size > 0;
  });
}

// Nothing: there is none, and never was.
Result<std::optional<LogFile>> read_file_list(rocksdb::Env& env, const std::string& folder) {
  std::string name;
  const rocksdb::Status status = rocksdb::ReadFileToString(&env, folder + "/CURRENT", &name);
  if (status.ok() && name.ends_with('\n')) {
    name.pop_back();
    if (env.FileExists(folder + "/" + name).IsNotFound()) return damaged("the store's list of files");
    return read_log(env, folder + "/" + name).map([](LogFile list) { return std::optional(std::move(list)); });
  }
  if (!status.IsNotFound() && !status.IsPathNotFound()) return std::nullopt;  // opening tells
  // Who makes a store writes nothing of these before the list is named.
  if (has_file(env, folder, {".sst", ".blob", ".log"})) return damaged("the store's list of files");
  return std::nullopt;
}

}  // namespace

LogCondition examine_log(std::string_view content) {
  LogCondition condition;
  Records records(content, 0);
  while (const auto record = records.next()) {
    const std::string_view start = record->substr(0, kBatchHeaderSize);
    if (condition.first_record.empty()) condition.first_record = start;
    condition.last_record = start;
    condition.intact_size = records.position();
  }
  condition.is_torn = condition.intact_size < content.size();
  // Where a record was begun and not ended, another beginning follows only if what comes between was there once.
  if (condition.is_torn) {
    const std::uint64_t next =
        condition.last_record.size() < kBatchHeaderSize ? 0 : end_sequence(condition.last_record);
    condition.records_follow = record_begins_after(content, records.position(), next);
  }
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

// All that was acknowledged has a sequence number, and these follow each other: from what the tables hold through all
// logs. Only the log that was written to last can be torn.
Result<void> check_logs(rocksdb::Env& env, const std::string& folder, bool mend) {
  GL_TRY(file_list, read_file_list(env, folder));
  if (!file_list) return {};
  const std::size_t intact_size = file_list->condition.intact_size;
  const Flushed flushed = flushed_by(file_list->content, 0, intact_size);
  std::vector<TornEnd> torn;
  std::optional<std::uint64_t> next;
  for (const std::string& name : log_names(env, folder)) {
    if (std::strtoull(name.c_str(), nullptr, 10) < flushed.oldest_log) continue;
    GL_TRY(log, read_log(env, std::string(folder).append("/").append(name)));
    if (log.condition.records_follow) return damaged("the ledger's log");
    if (log.condition.is_torn) torn.push_back({log.path, log.condition.intact_size});
    if (log.condition.first_record.size() < kBatchHeaderSize || log.condition.last_record.size() < kBatchHeaderSize) {
      continue;
    }
    const std::uint64_t first = first_sequence(log.condition.first_record);
    if (next ? first != *next : first > flushed.last_sequence + 1) return damaged("the ledger's log");
    next = end_sequence(log.condition.last_record);
  }
  if (torn.size() > 1) return damaged("the ledger's log");
  const std::uint64_t last = next ? *next - 1 : flushed.last_sequence;
  if (last == 0 && has_file(env, folder, {".sst", ".blob"})) return damaged("the store's list of files");
  if (file_list->condition.is_torn) {
    // A flush appends several records before it syncs them: what follows may be whole, and the logs have all of it yet.
    const Flushed told = flushed_by(file_list->content, intact_size, file_list->content.size());
    if (told.last_sequence > std::max(last, flushed.last_sequence)) return damaged("the store's list of files");
    torn.push_back({file_list->path, intact_size});
  }
  for (const TornEnd& end : torn) {
    if (mend) GL_CHECK(cut_off(env, end));
  }
  return {};
}

}  // namespace glucoledger::ledger_store
