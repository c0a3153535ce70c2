// How fast this machine does what the program does: a function and its options for each bench, a file each.
//
// A bench takes its options as they are (who reads them checks them) and gives figures; nothing is printed here, but
// the progress of long work is reported to the world. Once cancelled, a bench ends soon: with kInterrupted, or with
// figures that mean nothing. Hashing is done on the kernel that is in use (crypto/simd/kernel.h).
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "base/cancel.h"
#include "base/result.h"
#include "ports/world.h"

namespace glucoledger::bench {

using Figures = nlohmann::ordered_json;  // an object, printed in this order

// A line a figure.
std::string table_of(const Figures& figures);

// Single Curl-P hashes, 4 and 512 at once, a transaction's hash.
Result<Figures> measure_curl(const base::CancelToken& cancel);
// A Kerl hash; hash and check of a bundle of three transactions.
Result<Figures> measure_kerl(const base::CancelToken& cancel);

struct MamOptions {
  std::size_t stream = 1'000;  // messages
};
Result<Figures> measure_mam(const MamOptions& options, const base::CancelToken& cancel);

struct PowOptions {
  int threads = 1;
  double seconds = 2;    // of a search in vain
  std::size_t runs = 0;  // searches that end, of `min_weight_magnitude`
  int min_weight_magnitude = 14;
};
Result<Figures> measure_pow(const PowOptions& options, const base::CancelToken& cancel);

struct AttachOptions {
  std::size_t runs = 20;
  int min_weight_magnitude = 14;
  int threads = 0;                      // 0: all cores
  std::string folder;                   // where the ledger stands for a while; empty: the temporary one
  std::string proof_of_work = "local";  // or also by a node: its URL, "node" for one that is started here
};
Result<Figures> measure_attach(const AttachOptions& options, const base::CancelToken& cancel);

struct DayOptions {
  int readings = 288;
  int measured = 0;  // so many are published, and the figures scaled; 0: all
  int min_weight_magnitude = 9;
};
Result<Figures> measure_day(const DayOptions& options, const ports::World& world);

struct QuarterOptions {
  std::size_t readings = 13'536;  // the paper's: 94 days, one each ten minutes
  int minutes = 10;
  int min_weight_magnitude = 9;
  int round_trip_ms = 50;  // of a second fetch; 0: none
  std::string design = "tangle";
};
Result<Figures> measure_quarter(const QuarterOptions& options, const ports::World& world);

struct FollowOptions {
  std::size_t runs = 5;  // files, one after the other
  std::size_t readings = 1;
  int min_weight_magnitude = 9;
};
// Starts four processes of this program.
Result<Figures> measure_follow(const FollowOptions& options, const ports::World& world,
                               const base::CancelToken& cancel);

struct BesideOptions {
  std::size_t runs = 100;
  int min_weight_magnitude = 14;
  std::uint64_t seed = 1;   // of the moments
  std::size_t waiting = 0;  // readings that wait to be published all the while
};
// Starts two processes of this program.
Result<Figures> measure_beside(const BesideOptions& options, const ports::World& world,
                               const base::CancelToken& cancel);

struct LedgerOptions {
  std::uint64_t transactions = 20'000;
  std::size_t batch = 100;
  unsigned connections = 8;
  std::string data;           // a new folder that is kept; empty: one that is gone afterwards
  std::size_t reads = 5'000;  // of each kind
};
// Forks: no other thread may run.
Result<Figures> measure_ledger(const LedgerOptions& options, const base::Progress& progress,
                               const base::CancelToken& cancel);

struct NodeOptions {
  std::string url;
  std::size_t connections = 8;
  std::size_t batch = 100;
  std::string mix = "store";
  double seconds = 5;
  std::size_t transactions = 0;             // to store at most; 0: 25,000 for each second
  std::optional<int> min_weight_magnitude;  // else what the node tells
  std::uint64_t filled = 0;                 // transactions of a ledger of fill_ledger(): read all over it
  std::string fsync_folder;                 // empty: the temporary one
};
struct NodeLoad {
  Figures figures;
  std::uint64_t errors = 0;  // answers that were none
};
// kUsage for a node behind TLS.
Result<NodeLoad> measure_node(const NodeOptions& options, const base::Progress& progress,
                              const base::CancelToken& cancel);
std::string node_table_of(const Figures& figures);

struct FillOptions {
  std::string folder;  // new
  std::uint64_t transactions = 0;
};
// A large ledger of minimum weight magnitude 1, made in this process as fast as it takes them.
Result<Figures> fill_ledger(const FillOptions& options, const base::Progress& progress,
                            const base::CancelToken& cancel);

}  // namespace glucoledger::bench
