#include "ledger/parameters.h"

#include <type_traits>

#include "base/limits.h"
#include "ledger/min_weight_magnitude.h"
#include "ledger/state_records.h"

namespace glucoledger::ledger {
namespace {

constexpr std::size_t kVersionSize = 4;
constexpr std::size_t kWeightSize = 1;
constexpr std::uint64_t kFirstVersionWithFields = 2;
constexpr std::size_t kVersion1Size = kVersionSize + kNetworkIdSize + kWeightSize;

// What version 2 added, in its order; each takes the bytes of its type.
template <typename AnyParameters, typename Visit>
void visit_fields(AnyParameters& parameters, Visit visit) {
  visit(parameters.retention_ms);
  visit(parameters.duplicate_window_ms);
  visit(parameters.waiting_max_ms);
  visit(parameters.waiting_count_max);
  visit(parameters.tip_depth_max);
  visit(parameters.timestamp_future_max_ms);
  visit(parameters.clock_lead_max_ms);
  visit(parameters.bundle_transactions_max);
  visit(parameters.housekeeping_max);
}

Result<void> out_of_range(const char* what) {
  return fail(ErrorCode::kUsage, std::string("a ledger's ") + what);
}

}  // namespace

Result<void> check_parameters(const Parameters& parameters) {
  const auto is_duration = [](std::int64_t ms) { return ms >= 0 && ms <= base::limits::kLedgerDurationMaxMs; };
  if (parameters.network_id.size() != kNetworkIdSize) return out_of_range("network id has 16 bytes");
  GL_CHECK(check_min_weight_magnitude(parameters.min_weight_magnitude));
  if (!is_duration(parameters.waiting_max_ms) || parameters.waiting_max_ms == 0) {
    return out_of_range("waiting time is more than 0 and at most 1000 years");
  }
  if (!is_duration(parameters.retention_ms) ||
      (parameters.retention_ms != 0 && parameters.retention_ms < parameters.waiting_max_ms)) {
    return out_of_range("retention is 0 (keep all) or at least as long as parts may wait");
  }
  if (!is_duration(parameters.duplicate_window_ms) ||
      (parameters.duplicate_window_ms != 0 && parameters.duplicate_window_ms < parameters.waiting_max_ms)) {
    return out_of_range("duplicate window is 0 (no limit) or at least as long as parts may wait");
  }
  if (!is_duration(parameters.timestamp_future_max_ms) || !is_duration(parameters.clock_lead_max_ms)) {
    return out_of_range("times are 0 to 1000 years");
  }
  if (parameters.tip_depth_max == 0) return out_of_range("tip depth is at least 1");
  if (parameters.bundle_transactions_max == 0 ||
      parameters.bundle_transactions_max > base::limits::kBundleTransactionsMax) {
    return out_of_range("bundles hold 1 to 64 transactions");
  }
  if (parameters.housekeeping_max == 0 || parameters.housekeeping_max > base::limits::kHousekeepingMax) {
    return out_of_range("housekeeping is 1 to 100000 transactions a milestone");
  }
  return {};
}

std::string encode(const Parameters& parameters) {
  GL_ASSERT(check_parameters(parameters).has_value() && parameters.format_version == kStateFormatVersion);
  std::string bytes = records::encode_integer(parameters.format_version, kVersionSize);
  bytes += base::as_text(parameters.network_id);
  bytes += records::encode_integer(static_cast<std::uint64_t>(parameters.min_weight_magnitude), kWeightSize);
  visit_fields(parameters,
               [&](auto field) { bytes += records::encode_integer(static_cast<std::uint64_t>(field), sizeof field); });
  return bytes;
}

Result<Parameters> decode_parameters(std::string_view bytes) {
  if (bytes.size() < kVersionSize) return tl::unexpected(records::damaged());
  const auto take = [&bytes](std::size_t size) {
    const std::uint64_t value = records::decode_integer(bytes.substr(0, size)).value_or(0);
    bytes.remove_prefix(size);
    return value;
  };
  const std::uint64_t version = take(kVersionSize);
  if (version > kStateFormatVersion) {
    return fail(ErrorCode::kNewerFormat,
                "the ledger has format version " + std::to_string(version) + ", this program knows " +
                    std::to_string(kStateFormatVersion) + " and older",
                "use a newer version of glucoledger");
  }
  Parameters parameters;
  std::size_t size = kVersion1Size;
  if (version >= kFirstVersionWithFields) {
    visit_fields(parameters, [&](auto field) { size += sizeof field; });
  }
  if (version == 0 || bytes.size() != size - kVersionSize) return tl::unexpected(records::damaged());
  parameters.format_version = static_cast<std::uint32_t>(version);
  parameters.network_id = base::to_bytes(bytes.substr(0, kNetworkIdSize));
  bytes.remove_prefix(kNetworkIdSize);
  parameters.min_weight_magnitude = static_cast<int>(take(kWeightSize));
  if (version >= kFirstVersionWithFields) {
    visit_fields(parameters, [&](auto& field) {
      field = static_cast<std::remove_reference_t<decltype(field)>>(take(sizeof field));
    });
  }
  if (!check_parameters(parameters)) return tl::unexpected(records::damaged());
  return parameters;
}

}  // namespace glucoledger::ledger
