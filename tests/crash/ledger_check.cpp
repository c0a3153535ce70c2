// ledger_check FOLDER: reads all that stands on a ledger and looks for an address with two different payloads. Where no
// home was copied there is none: a MAM address stands for a one-time key, and a note's number is given once.
#include <cstdio>
#include <map>
#include <set>

#include "ledger/bundle.h"
#include "ledger/state_records.h"
#include "ledger_store/rocks_store.h"

namespace {

using namespace glucoledger;

Result<std::vector<ledger::Transaction>> all_transactions(const std::string& folder) {
  GL_TRY(store, ledger_store::RocksStore::open(folder + "/state", ledger_store::RocksStore::Access::kReadOnly));
  GL_TRY(view, store->view());
  std::vector<ledger::Transaction> transactions;
  std::optional<Error> error;
  GL_CHECK(view->scan(ledger::Column::kBodies, "", [&](std::string_view, std::string_view body) {
    auto transaction =
        ledger::records::unpack(body, ledger::kTransactionTrytes).and_then(ledger::Transaction::from_trytes);
    if (!transaction) {
      error = transaction.error();
      return false;
    }
    transactions.push_back(std::move(*transaction));
    return true;
  }));
  if (error) return tl::unexpected(*error);
  return transactions;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: ledger_check FOLDER\n", stderr);
    return 2;
  }
  const auto transactions = all_transactions(argv[1]);
  if (!transactions) {
    std::fprintf(stderr, "ledger_check: %s\n", transactions.error().message.c_str());
    return 1;
  }
  std::map<crypto::Hash, std::set<std::string>> payloads;
  std::size_t parts = 0;
  for (const auto& bundle : ledger::assemble(*transactions)) {
    payloads[bundle.transactions.front().address()].insert(bundle.payload());
    parts += bundle.transactions.size();
  }
  std::size_t doubled = 0;
  for (const auto& [address, here] : payloads) doubled += here.size() > 1 ? 1 : 0;
  std::printf("ledger_check: %zu transactions, %zu in valid bundles, %zu addresses, %zu with two payloads\n",
              transactions->size(), parts, payloads.size(), doubled);
  return doubled == 0 && !payloads.empty() ? 0 : 1;
}
