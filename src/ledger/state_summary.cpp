// All of a ledger in a few bytes, and the proofs that a transaction is part of it.
#include "ledger/state.h"
#include "ledger/state_records.h"

namespace glucoledger::ledger {
namespace {

using namespace records;

Result<MountainRange> complete_range(const StateReader& reader) {
  GL_TRY(range, read_mountain_range(reader));
  GL_TRY(count, counter(reader, kSequenceKey));
  if (range.count() == count) return range;
  return fail(ErrorCode::kFailed, "the ledger is of an older version and has no summary yet",
              "let a command that writes open it once");
}

}  // namespace

Result<Summary> summary(const StateReader& reader) {
  GL_TRY(range, complete_range(reader));
  GL_TRY(milestone, latest_milestone(reader));
  GL_TRY(time_ms, counter(reader, kTimeKey));
  Summary result;
  result.transaction_count = range.count();
  result.root = range.root();
  result.milestone = milestone;
  result.time_ms = static_cast<std::int64_t>(time_ms);
  // The parameters, and what the commands have made of them.
  std::string state;
  GL_CHECK(reader.scan(Column::kParameters, "", [&](std::string_view key, std::string_view value) {
    for (const std::string_view part : {key, value}) {
      state += records::encode_integer(part.size(), 4);
      state += part;
    }
    return true;
  }));
  state += milestone.hash.trytes();
  result.state = leaf_digest(base::as_bytes(state));
  return result;
}

Result<std::optional<InclusionPath>> inclusion_path(const StateReader& reader, const Hash& hash) {
  GL_TRY(record, find_record(reader, hash));
  if (!record) return std::nullopt;
  GL_TRY(range, complete_range(reader));
  const auto find_node = [&](int level, std::uint64_t index) { return read_node(reader, level, index); };
  if (record->sequence - 1 >= range.count()) return tl::unexpected(records::damaged());
  GL_TRY(path, ledger::inclusion_path(record->sequence - 1, range.count(), find_node));
  return path;
}

bool check_inclusion(const Transaction& transaction, const InclusionPath& path, const Digest& root) {
  return root_of_path(leaf_digest(base::as_bytes(pack(transaction.trytes()))), path) == root;
}

}  // namespace glucoledger::ledger
