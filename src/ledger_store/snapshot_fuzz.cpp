// A snapshot that someone made up: it is refused, or what it holds is looked through, and neither ends the process.
//
// The input is a file as it stands, and once more the beginning of one, to which the right end and digest are added:
// what is changed inside gets past them.
#include <openssl/sha.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <string>

#include "base/file.h"
#include "ledger/state_records.h"
#include "ledger/verify.h"
#include "ledger_store/snapshot_file.h"

namespace {

using namespace glucoledger;
using namespace glucoledger::ledger_store;

constexpr std::uint64_t kStepsMax = 20'000;

// Nothing: it was refused.
std::optional<ledger::MemoryStore> read_snapshot(std::string_view bytes) {
  const base::Descriptor file(::memfd_create("snapshot", MFD_CLOEXEC));
  if (::write(file.value(), bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size())) std::abort();
  auto reader = SnapshotReader::open("/proc/self/fd/" + std::to_string(file.value()));
  if (!reader) return std::nullopt;
  std::optional<ledger::MemoryStore> store(std::in_place);
  ledger::StateBatch batch(*store);
  while (true) {
    const auto record = reader->next();
    if (!record) return std::nullopt;
    if (!*record) break;
    batch.put((*record)->column, (*record)->key, (*record)->value);
  }
  if (!store->commit(batch)) std::abort();
  return store;
}

std::size_t number_at(std::string_view bytes, std::size_t at, std::size_t size) {
  return static_cast<std::size_t>(*ledger::records::decode_integer(bytes.substr(at, size)));
}

// Its whole records, and an end that fits them.
std::string with_end(std::string_view bytes) {
  constexpr std::size_t kBegin = 8 + 4;       // magic and version
  constexpr std::size_t kHeader = 1 + 2 + 4;  // of a record: column, sizes of key and value
  std::size_t at = kBegin;
  std::uint64_t count = 0;
  while (at + kHeader <= bytes.size() && bytes[at] != '\xff') {
    const std::size_t next = at + kHeader + number_at(bytes, at + 1, 2) + number_at(bytes, at + 3, 4);
    if (next > bytes.size()) break;
    at = next;
    ++count;
  }
  auto whole = std::string(bytes.substr(0, at)) + '\xff' + ledger::records::encode_integer(count, 8);
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(whole.data()), whole.size(), digest.data());
  return whole + std::string(base::as_text(digest));
}

void look_through(const ledger::MemoryStore& store) {
  std::uint64_t steps = 0;
  const ledger::VerifyOptions options{.findings_max = 10,
                                      .progress = [&](std::uint64_t, std::uint64_t) { return ++steps < kStepsMax; }};
  (void)ledger::verify(store, options);
  (void)ledger::summary(store);
  (void)ledger::missing_hashes(store, 10);
  const auto hashes = ledger::tip_hashes(store, 10);
  if (!hashes) return;
  for (const auto& hash : *hashes) {
    (void)ledger::standing(store, hash);
    (void)ledger::inconsistency(store, hash);
    (void)ledger::inclusion_path(store, hash);
    (void)ledger::find(store, {.addresses = {}, .bundles = {}, .approvees = {hash}, .tags = {}}, 0, 10);
    const auto stored = ledger::get(store, hash);
    if (!stored || !stored->transaction) continue;
    (void)ledger::find(
        store, {.addresses = {stored->transaction->address()}, .bundles = {}, .approvees = {}, .tags = {}}, 0, 10);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto input = base::as_text({data, size});
  (void)read_snapshot(input);
  if (const auto store = read_snapshot(with_end(input))) look_through(*store);
  return 0;
}
