#include "ledger_store/node_address.h"

#include "base/file.h"
#include "base/limits.h"

namespace glucoledger::ledger_store {

Result<void> write_node_address(const std::filesystem::path& folder, const NodeAddress& address) {
  return base::write_file_atomic(folder / kNodeAddressFile,
                                 base::as_bytes(address.url + "\n" + address.network_id + "\n"));
}

std::optional<NodeAddress> read_node_address(const std::filesystem::path& folder) {
  const auto text = base::read_plain_file(folder / kNodeAddressFile, base::limits::kNodeAddressSizeMax);
  if (!text) return std::nullopt;
  const std::size_t url_end = text->find('\n');
  const std::size_t id_end = url_end == std::string::npos ? url_end : text->find('\n', url_end + 1);
  if (id_end == std::string::npos) return std::nullopt;
  return NodeAddress{text->substr(0, url_end), text->substr(url_end + 1, id_end - url_end - 1)};
}

void remove_node_address(const std::filesystem::path& folder) {
  std::error_code ignored;
  std::filesystem::remove(folder / kNodeAddressFile, ignored);
}

}  // namespace glucoledger::ledger_store
