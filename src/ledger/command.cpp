#include "ledger/command.h"

#include <utility>
#include <vector>

#include "base/limits.h"
#include "ledger/state_records.h"

namespace glucoledger::ledger {
namespace {

using base::limits::kCommandTransactionsMax;

// By the order of the variant's alternatives.
constexpr std::string_view kKinds = "csmpu";

Error damaged() {
  return {ErrorCode::kCorrupt, "a command for the ledger is damaged", ""};
}

Error no_ledger() {
  return {ErrorCode::kNotFound, "there is no ledger here yet", ""};
}

// Takes a command's fields one by one; what is too short or too long is told at the end.
class Fields {
 public:
  explicit Fields(std::string_view bytes) : rest_(bytes) {}

  std::uint64_t integer(std::size_t size) { return records::decode_integer(text(size)).value_or(0); }
  std::string_view text(std::size_t size) {
    if (size > rest_.size()) {
      is_short_ = true;
      size = rest_.size();
    }
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }
  std::string_view all() { return text(rest_.size()); }
  std::size_t left() const { return rest_.size(); }
  bool are_whole() const { return !is_short_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool is_short_ = false;
};

std::string encode_action(const CreateLedger& create) {
  return encode(create.parameters);
}

std::string encode_action(const Submit& submission) {
  GL_ASSERT(submission.transactions.size() <= kCommandTransactionsMax);
  std::string bytes = records::encode_integer(submission.transactions.size(), 4);
  bytes.reserve(bytes.size() + submission.transactions.size() * kPackedTransactionSize);
  for (const CheckedTransaction& transaction : submission.transactions.all()) bytes += transaction.body;
  return bytes;
}

std::string encode_action(const IssueMilestone& milestone) {
  return records::encode_integer(milestone.even_if_empty ? 1 : 0, 1);
}

std::string encode_action(const Prune& prune) {
  return records::encode_integer(prune.before_sequence, 8);
}

std::string encode_action(const Upgrade& upgrade) {
  return records::encode_integer(upgrade.count_max, 4);
}

Result<CreateLedger> decode_create(Fields& fields) {
  auto parameters = decode_parameters(fields.all());
  if (!parameters && parameters.error().code == ErrorCode::kNewerFormat) return tl::unexpected(parameters.error());
  if (!parameters || parameters->format_version != kStateFormatVersion) return tl::unexpected(damaged());
  return CreateLedger{std::move(*parameters)};
}

Result<Submit> decode_submit(Fields& fields, const std::optional<Parameters>& parameters) {
  if (!parameters) return tl::unexpected(no_ledger());
  const std::uint64_t count = fields.integer(4);
  // Before anything is made of them.
  if (count > kCommandTransactionsMax || fields.left() != count * kPackedTransactionSize) {
    return tl::unexpected(damaged());
  }
  std::vector<std::string> trytes;
  trytes.reserve(count);
  for (std::uint64_t i = 0; i < count; ++i) {
    auto unpacked = records::unpack(fields.text(kPackedTransactionSize), kTransactionTrytes);
    if (!unpacked) return tl::unexpected(damaged());
    trytes.push_back(std::move(*unpacked));
  }
  GL_TRY(transactions, Transaction::many_from_trytes(std::move(trytes)));
  GL_TRY(checked, CheckedTransactions::check(*parameters, transactions));
  if (checked.size() != count) return tl::unexpected(damaged());  // one came twice
  return Submit{std::move(checked)};
}

Result<IssueMilestone> decode_milestone(Fields& fields) {
  const std::uint64_t even_if_empty = fields.integer(1);
  if (even_if_empty > 1) return tl::unexpected(damaged());
  return IssueMilestone{even_if_empty == 1};
}

}  // namespace

Result<Outcome> apply(StateBatch& batch, const std::optional<Parameters>& parameters, const Command& command) {
  Outcome outcome;
  if (const auto* create = std::get_if<CreateLedger>(&command.action)) {
    if (parameters) return fail(ErrorCode::kInputRefused, "there is a ledger already");
    GL_CHECK(check_parameters(create->parameters));
    create_ledger(batch, create->parameters);
    outcome.new_parameters = true;
    return outcome;
  }
  if (!parameters) return tl::unexpected(no_ledger());
  if (parameters->format_version != kStateFormatVersion && !std::holds_alternative<Upgrade>(command.action)) {
    return fail(ErrorCode::kInputRefused, "the ledger is of an older version and has to be upgraded first");
  }
  if (const auto* submission = std::get_if<Submit>(&command.action)) {
    GL_CHECK(submit(batch, *parameters, submission->transactions, command.time_ms));
  } else if (const auto* milestone = std::get_if<IssueMilestone>(&command.action)) {
    GL_ASSIGN(outcome.milestone, issue_milestone(batch, *parameters, command.time_ms, milestone->even_if_empty));
  } else if (const auto* prune = std::get_if<Prune>(&command.action)) {
    GL_ASSIGN(outcome.pruned, prune_before(batch, *parameters, prune->before_sequence));
  } else if (const auto* part = std::get_if<Upgrade>(&command.action)) {
    GL_ASSIGN(outcome.is_up_to_date, upgrade(batch, part->count_max));
    outcome.new_parameters = true;
  }
  return outcome;
}

std::string encode(const Command& command) {
  std::string bytes = records::encode_integer(kCommandFormatVersion, 1);
  bytes += kKinds[command.action.index()];
  bytes += records::encode_integer(static_cast<std::uint64_t>(command.time_ms), 8);
  return bytes + std::visit([](const auto& action) { return encode_action(action); }, command.action);
}

Result<Command> decode_command(std::string_view bytes, const std::optional<Parameters>& parameters) {
  Fields fields(bytes);
  const std::uint64_t version = fields.integer(1);
  if (version > kCommandFormatVersion) {
    return fail(ErrorCode::kNewerFormat,
                "a command has format version " + std::to_string(version) + ", this program knows " +
                    std::to_string(kCommandFormatVersion),
                "use a newer version of glucoledger");
  }
  const std::string_view kind = fields.text(1);
  Command command;
  command.time_ms = static_cast<std::int64_t>(fields.integer(8));
  if (version != kCommandFormatVersion || kind.empty()) return tl::unexpected(damaged());
  switch (kind[0]) {
    case 'c': {
      GL_ASSIGN(command.action, decode_create(fields));
      break;
    }
    case 's': {
      GL_ASSIGN(command.action, decode_submit(fields, parameters));
      break;
    }
    case 'm': {
      GL_ASSIGN(command.action, decode_milestone(fields));
      break;
    }
    case 'p':
      command.action = Prune{fields.integer(8)};
      break;
    case 'u':
      command.action = Upgrade{static_cast<std::uint32_t>(fields.integer(4))};
      break;
    default:
      return tl::unexpected(damaged());
  }
  if (!fields.are_whole()) return tl::unexpected(damaged());
  return command;
}

}  // namespace glucoledger::ledger
