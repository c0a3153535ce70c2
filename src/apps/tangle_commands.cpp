// tangle hash, tangle pow: transactions in, one a line, their hashes or the finished transactions out.
#include <algorithm>
#include <cstdio>
#include <memory>
#include <optional>

#include "apps/command.h"
#include "apps/interrupt.h"
#include "base/file.h"
#include "base/limits.h"
#include "crypto/curl.h"
#include "crypto/proof_of_work.h"
#include "crypto/search_progress.h"
#include "ledger/transaction.h"

namespace glucoledger::apps {
namespace {

using ledger::kTransactionTrytes;
constexpr std::size_t kNonceTrytes = crypto::kNonceTrits / crypto::kTritsPerTryte;

constexpr std::string_view kHashExamples =
    "Example:\n"
    "  glucoledger tangle hash transactions.trytes\n"
    "Each line in is one transaction of 2,673 trytes; each line out its hash of 81. Exit 3 for anything else.\n";
constexpr std::string_view kPowExamples =
    "Example:\n"
    "  glucoledger tangle pow --mwm 9 transactions.trytes | glucoledger tangle hash\n"
    "Each line in is one transaction of 2,673 trytes; each line out the same with a nonce (its last 27 trytes) whose\n"
    "hash ends in --mwm zero trits. One step more takes three times as long; 14 is about 5 million hashes.\n";

class InputLines {
 public:
  static Result<InputLines> open(const std::string& path) {
    std::FILE* file = path == "-" ? stdin : std::fopen(path.c_str(), "re");
    if (file == nullptr) return tl::unexpected(base::system_error("cannot open " + path));
    return InputLines(file);
  }

  // The next transaction; nothing at the end.
  Result<std::optional<std::string>> next() {
    std::array<char, kTransactionTrytes + 3> buffer;  // a line end of two characters, and 0
    if (std::fgets(buffer.data(), buffer.size(), file_.get()) == nullptr) {
      if (std::ferror(file_.get()) != 0) return tl::unexpected(base::system_error("the transactions cannot be read"));
      return std::optional<std::string>();
    }
    ++number_;
    std::string line(buffer.data());
    if (line.ends_with('\n')) line.pop_back();
    if (line.ends_with('\r')) line.pop_back();
    if (line.size() != kTransactionTrytes || !crypto::is_trytes(line)) {
      return fail(ErrorCode::kInputRefused,
                  "line " + std::to_string(number_) + " is no transaction of 2,673 trytes (A to Z and 9)");
    }
    return std::optional<std::string>(std::move(line));
  }

 private:
  struct Close {
    void operator()(std::FILE* file) const {
      if (file != stdin) std::fclose(file);
    }
  };
  explicit InputLines(std::FILE* file) : file_(file) {}
  std::unique_ptr<std::FILE, Close> file_;
  std::uint64_t number_ = 0;
};

// At once, so that a reader at the other end of a pipe need not wait for the next.
Result<void> print_line(const Context& context, const char* name, std::string line) {
  if (context.json) line = nlohmann::json{{name, line}}.dump();
  line += '\n';
  context.printed = true;
  if (std::fwrite(line.data(), 1, line.size(), stdout) == line.size() && std::fflush(stdout) == 0) return {};
  return tl::unexpected(base::system_error("standard output cannot be written"));
}

Result<ExitCode> hash(const Context& context, const std::string& file) {
  GL_TRY(lines, InputLines::open(file));
  while (!interrupted()) {
    GL_TRY(transaction, lines.next());
    if (!transaction) return ExitCode::kDone;
    const auto trits = crypto::trits_from_trytes(*transaction);
    GL_CHECK(print_line(context, "hash", std::string(crypto::curl_hash(crypto::CurlRounds::kP81, trits).trytes())));
  }
  return fail(ErrorCode::kInterrupted, "interrupted");
}

struct PowArguments {
  std::string file = "-";
  int min_weight_magnitude = 0;
  int threads = 0;
};

Result<ExitCode> pow(const Context& context, const PowArguments& arguments) {
  GL_TRY(lines, InputLines::open(arguments.file));
  const auto progress = terminal_progress();
  crypto::SearchProgress estimate(arguments.min_weight_magnitude, 1);
  crypto::ProofOfWorkOptions options;
  options.min_weight_magnitude = arguments.min_weight_magnitude;
  options.threads = arguments.threads;
  options.cancel = interrupt_token();
  options.report = [&](std::uint64_t hashes) {
    estimate.tried(hashes);
    const std::string time_left = estimate.time_left();
    base::report(progress, time_left.empty() ? "hashes tried" : time_left + ", hashes tried", hashes, 0);
  };
  while (!interrupted()) {
    GL_TRY(transaction, lines.next());
    if (!transaction) return ExitCode::kDone;
    const auto nonce = crypto::find_nonce(crypto::trits_from_trytes(*transaction), options);
    if (!nonce) break;
    transaction->replace(kTransactionTrytes - kNonceTrytes, kNonceTrytes, crypto::trytes_from_trits(*nonce));
    GL_CHECK(print_line(context, "trytes", std::move(*transaction)));
  }
  return fail(ErrorCode::kInterrupted, "interrupted: the lines printed so far are finished");
}

}  // namespace

void add_tangle_commands(CLI::App& app, Context& context) {
  auto* tangle = app.add_subcommand("tangle", "Transactions of the Tangle: hashes and proof of work");
  tangle->require_subcommand(1);

  auto* hash_command = tangle->add_subcommand("hash", "Print the hash of each transaction");
  auto hash_file = std::make_shared<std::string>("-");
  hash_command->add_option("FILE", *hash_file, "Transactions, one a line (default: standard input)");
  hash_command->footer(std::string(kHashExamples));
  run_when_chosen(*hash_command, context, hash_file, hash);

  auto* pow_command = tangle->add_subcommand("pow", "Do the proof of work of each transaction");
  auto arguments = std::make_shared<PowArguments>();
  pow_command->add_option("FILE", arguments->file, "Transactions, one a line (default: standard input)");
  pow_command->add_option("--mwm", arguments->min_weight_magnitude, "Minimum weight magnitude")
      ->required()
      ->check(CLI::Range(1, base::limits::kMinWeightMagnitudeMax));
  pow_command->add_option("--threads", arguments->threads, "Threads (default: one for each core)")
      ->check(CLI::Range(1, 1024));
  pow_command->footer(std::string(kPowExamples));
  run_when_chosen(*pow_command, context, arguments, pow);
}

}  // namespace glucoledger::apps
