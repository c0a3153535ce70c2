// Reading the fields of an IRI request. Every function refuses (kInputRefused) what has another type, shape or length;
// the reason names the field and never holds more than a field's beginning.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "ledger/transaction.h"

namespace glucoledger::node {

tl::unexpected<Error> refused(std::string reason);
// A few characters of what came from outside, printable.
std::string excerpt(std::string_view text);

// The list of strings under `name`; empty when absent. More than `size_max`: refused with the limit.
Result<std::vector<std::string>> string_list(const nlohmann::json& request, const char* name, std::size_t size_max);
Result<std::optional<std::int64_t>> integer(const nlohmann::json& request, const char* name);

// 81 trytes each.
Result<std::vector<ledger::Hash>> hash_list(const nlohmann::json& request, const char* name, std::size_t size_max);
// Absent: nothing.
Result<std::optional<ledger::Hash>> hash(const nlohmann::json& request, const char* name);
// 81 trytes, or 90 of which the last 9 are the checksum (Kerl) of the rest.
Result<std::vector<ledger::Hash>> address_list(const nlohmann::json& request, const char* name, std::size_t size_max);
// At most 27 trytes, padded with 9.
Result<std::vector<std::string>> tag_list(const nlohmann::json& request, const char* name, std::size_t size_max);
// 2,673 trytes each, at least one, and none all 9.
Result<std::vector<ledger::Transaction>> transaction_list(const nlohmann::json& request, const char* name,
                                                          std::size_t size_max);

}  // namespace glucoledger::node
