// Reading the fields of an IRI request. Every function refuses (kInputRefused) what has another type, shape or length;
// the reason names the field and never holds more than a field's beginning. A field that is null counts as absent.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "ledger/transaction.h"
#include "node/iri_request.h"

namespace glucoledger::node {

tl::unexpected<Error> refused(std::string reason);
// A few characters of what came from outside, printable.
std::string excerpt(std::string_view text);

using Fields = IriRequest::Fields;

// The list of strings under `name`, as they lie in the request; empty when absent. More than `size_max`: refused with
// the limit.
Result<std::vector<std::string_view>> string_list(const Fields& fields, std::string_view name, std::size_t size_max);
Result<std::optional<std::int64_t>> integer(const Fields& fields, std::string_view name);

// 81 trytes each.
Result<std::vector<ledger::Hash>> hash_list(const Fields& fields, std::string_view name, std::size_t size_max);
// Absent: nothing.
Result<std::optional<ledger::Hash>> hash(const Fields& fields, std::string_view name);
// 81 trytes, or 90 of which the last 9 are the checksum (Kerl) of the rest.
Result<std::vector<ledger::Hash>> address_list(const Fields& fields, std::string_view name, std::size_t size_max);
// At most 27 trytes, padded with 9.
Result<std::vector<std::string>> tag_list(const Fields& fields, std::string_view name, std::size_t size_max);
// 2,673 trytes each, at least one, and none all 9.
Result<std::vector<ledger::Transaction>> transaction_list(const Fields& fields, std::string_view name,
                                                          std::size_t size_max);

}  // namespace glucoledger::node
