// From version 1 of the state to version 2: the Merkle mountain range over what came before.
#include "ledger/state.h"
#include "ledger/state_records.h"

namespace glucoledger::ledger {
namespace {

using namespace records;

// A body that was pruned before there were leaves: its place is kept, it cannot be proved.
Digest lost_leaf(std::uint64_t sequence) {
  return leaf_digest(base::as_bytes("pruned " + std::to_string(sequence)));
}

}  // namespace

Result<bool> upgrade(StateBatch& batch, std::size_t count_max) {
  GL_TRY(parameters, read_parameters(batch));
  if (parameters.format_version < kStateFormatVersion) {
    parameters.format_version = kStateFormatVersion;
    batch.put(Column::kParameters, kParametersKey, encode(parameters));
  }
  GL_TRY(range, read_mountain_range(batch));
  GL_TRY(count, counter(batch, kSequenceKey));
  if (range.count() == count) return true;
  for (std::size_t done = 0; done < count_max && range.count() < count; ++done) {
    const std::uint64_t sequence = range.count() + 1;
    GL_TRY(body, batch.get(Column::kBodies, records::encode_integer(sequence, 8)));
    put_nodes(batch, sequence, range.append(body ? leaf_digest(base::as_bytes(*body)) : lost_leaf(sequence)));
  }
  put_mountain_range(batch, range);
  return range.count() == count;
}

}  // namespace glucoledger::ledger
