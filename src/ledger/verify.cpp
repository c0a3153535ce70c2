#include "ledger/verify.h"

#include "ledger/state_records.h"

namespace glucoledger::ledger {
namespace {

using namespace records;

class Verifier {
 public:
  Verifier(const StateReader& reader, const VerifyOptions& options) : reader_(reader), options_(options) {}

  Result<VerifyReport> run() {
    GL_CHECK(read_parameters(reader_));
    GL_ASSIGN(report_.transactions, counter(reader_, kSequenceKey));
    GL_TRY(range, read_mountain_range(reader_));
    if (range.count() != report_.transactions) find("the mountain range does not hold every transaction");
    GL_CHECK(verify_transactions(range));
    return std::move(report_);
  }

 private:
  void find(std::string what) {
    ++report_.finding_count;
    if (report_.findings.size() < options_.findings_max) report_.findings.push_back(std::move(what));
  }
  void find_at(std::uint64_t sequence, const std::string& what) {
    find("transaction number " + std::to_string(sequence) + ": " + what);
  }

  Result<void> verify_transactions(const MountainRange& stored) {
    constexpr std::uint64_t kProgressEvery = 1000;
    MountainRange rebuilt;
    for (std::uint64_t sequence = 1; sequence <= stored.count(); ++sequence) {
      if (options_.progress && sequence % kProgressEvery == 0 && !options_.progress(sequence, stored.count())) {
        return fail(ErrorCode::kInterrupted, "the verification was interrupted");
      }
      GL_TRY(body, reader_.get(Column::kBodies, records::encode_integer(sequence, 8)));
      GL_TRY(nodes, reader_.get(Column::kIndexes, key(Index::kNodes, sequence)));
      if (!nodes || nodes->size() < sizeof(Digest)) {
        find_at(sequence, "its leaf is missing");
        return {};
      }
      Digest leaf{};
      std::copy_n(nodes->begin(), sizeof(Digest), leaf.begin());
      if (body) GL_CHECK(verify_body(sequence, *body, leaf));
      std::string expected;
      for (const Digest& node : rebuilt.append(leaf)) expected += base::as_text(node);
      if (*nodes != expected) find_at(sequence, "its nodes in the mountain range do not follow from the leaves");
    }
    if (rebuilt.root() != stored.root()) find("the root does not follow from the leaves");
    return {};
  }

  Result<void> verify_body(std::uint64_t sequence, const std::string& body, const Digest& leaf) {
    ++report_.bodies;
    if (leaf_digest(base::as_bytes(body)) != leaf) find_at(sequence, "its body is not the one of its leaf");
    auto trytes = unpack(body, kTransactionTrytes);
    auto transaction = trytes ? Transaction::from_trytes(std::move(*trytes)) : tl::unexpected(trytes.error());
    if (!transaction) {
      find_at(sequence, "its body is no transaction");
      return {};
    }
    GL_TRY(record, find_record(reader_, transaction->hash()));
    if (!record || record->sequence != sequence) find_at(sequence, "its body does not hash to its name");
    return {};
  }

  const StateReader& reader_;
  const VerifyOptions& options_;
  VerifyReport report_;
};

}  // namespace

Result<VerifyReport> verify(const StateReader& reader, const VerifyOptions& options) {
  return Verifier(reader, options).run();
}

}  // namespace glucoledger::ledger
