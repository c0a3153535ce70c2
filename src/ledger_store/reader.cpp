#include "ledger_store/reader.h"

#include "base/random.h"

namespace glucoledger::ledger_store {
namespace {

using ledger::StateReader;

std::uint64_t entropy() {
  return (std::uint64_t{base::random_below(1u << 31)} << 31) | base::random_below(1u << 31);
}

}  // namespace

Result<ledger::Summary> Reader::summary() {
  return reading([](const StateReader& reader) { return ledger::summary(reader); });
}

Result<ledger::Milestone> Reader::latest_milestone() {
  return reading([](const StateReader& reader) { return ledger::latest_milestone(reader); });
}

Result<std::optional<ledger::Milestone>> Reader::find_milestone(const Hash& hash) {
  return reading([&](const StateReader& reader) { return ledger::find_milestone(reader, hash); });
}

Result<std::uint64_t> Reader::transaction_count() {
  return reading([](const StateReader& reader) { return ledger::transaction_count(reader); });
}

Result<ledger::Position> Reader::latest_position() {
  return reading([](const StateReader& reader) { return ledger::latest_position(reader); });
}

Result<ledger::History> Reader::history_after(const ledger::Position& after, std::size_t count_max) {
  return reading([&](const StateReader& reader) { return ledger::history_after(reader, after, count_max); });
}

Result<ledger::Page> Reader::find(const ledger::Query& query, std::uint64_t after, std::size_t count_max) {
  return reading([&](const StateReader& reader) { return ledger::find(reader, query, after, count_max); });
}

Result<std::vector<ledger::Stored>> Reader::get(std::span<const Hash> transaction_hashes) {
  return reading([&](const StateReader& reader) -> Result<std::vector<ledger::Stored>> {
    std::vector<ledger::Stored> all;
    for (const Hash& hash : transaction_hashes) {
      GL_TRY(stored, ledger::get(reader, hash));
      all.push_back(std::move(stored));
    }
    return all;
  });
}

Result<std::vector<ledger::Standing>> Reader::standing(std::span<const Hash> transaction_hashes) {
  return reading([&](const StateReader& reader) -> Result<std::vector<ledger::Standing>> {
    std::vector<ledger::Standing> all;
    for (const Hash& hash : transaction_hashes) {
      GL_TRY(standing, ledger::standing(reader, hash));
      all.push_back(standing);
    }
    return all;
  });
}

Result<std::optional<ledger::InclusionPath>> Reader::inclusion_path(const Hash& hash) {
  return reading([&](const StateReader& reader) { return ledger::inclusion_path(reader, hash); });
}

Result<ledger::TipPair> Reader::select_tips(std::optional<std::uint32_t> depth, const std::optional<Hash>& reference) {
  return reading([&](const StateReader& reader) -> Result<ledger::TipPair> {
    GL_TRY(pair, ledger::select_tips(reader, entropy(), depth));
    if (!reference) return pair;
    GL_TRY(reason, ledger::inconsistency(reader, *reference));
    if (reason) return fail(ErrorCode::kInputRefused, "the reference cannot be approved: " + *reason);
    return ledger::TipPair{pair.trunk, *reference};
  });
}

Result<std::vector<Hash>> Reader::tip_hashes(std::size_t count_max) {
  return reading([&](const StateReader& reader) { return ledger::tip_hashes(reader, count_max); });
}

Result<std::vector<Hash>> Reader::missing_hashes(std::size_t count_max) {
  return reading([&](const StateReader& reader) { return ledger::missing_hashes(reader, count_max); });
}

Result<std::optional<std::string>> Reader::inconsistency(std::span<const Hash> tails) {
  return reading([&](const StateReader& reader) -> Result<std::optional<std::string>> {
    for (const Hash& tail : tails) {
      GL_TRY(why, ledger::inconsistency(reader, tail));
      if (why) return why;
    }
    return std::nullopt;
  });
}

}  // namespace glucoledger::ledger_store
