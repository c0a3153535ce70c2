#include "usecases/outbox_run.h"

#include <algorithm>
#include <mutex>
#include <set>
#include <unordered_map>

#include "base/interrupt.h"
#include "home/grants.h"
#include "home/readings.h"
#include "ledger/bundle.h"
#include "ledger/min_weight_magnitude.h"
#include "usecases/bundle_sieve.h"
#include "usecases/signer.h"

namespace glucoledger::usecases {
namespace {

constexpr std::size_t kMessagesPerCommit = 128;
constexpr std::uint64_t kNoteLookAhead = 8;
constexpr std::size_t kAddressesPerRead = 250;
const std::string kNoTag(ledger::kTagTrytes, '9');

// Only asks whether anything stands at an address.
class UseSink final : public ports::Sink {
 public:
  void take(std::vector<ledger::Transaction> some) override {
    for (const auto& transaction : some) used_.insert(transaction.address());
  }
  bool wants(const crypto::Hash& address) const override { return !used_.contains(address); }

 private:
  std::set<crypto::Hash> used_;
};

// Inside a transaction: what waits in these epochs, into new ones.
Result<void> move_to_new_epochs(home::Home& home, std::span<const home::Epoch> epochs) {
  std::vector<home::Epoch> fresh;
  for (const auto& epoch : epochs) {
    GL_TRY(replacement, home::create_epoch(home, epoch.design, epoch.first_day, epoch.last_day));
    GL_CHECK(home::move_waiting_messages(home, epoch.id, replacement));
    fresh.push_back(std::move(replacement));
  }
  for (const auto& epoch : fresh) GL_CHECK(home::release_to_holders(home, std::span(&epoch, 1)));
  return {};
}

class OutboxRun {
 public:
  OutboxRun(home::Home& home, const World& world, const OutboxOptions& options, ports::Ledger& ledger,
            const ports::LedgerInfo& info, int mwm)
      : home_(home),
        world_(world),
        options_(options),
        ledger_(ledger),
        delivery_(home, ledger, world, mwm, info.confirms_data) {}

  Result<OutboxReport> run() {
    GL_TRY(old_notes, home::unfinished(home_, home::Outgoing::Kind::kNote));
    GL_CHECK(renumber_collided(old_notes));
    for (const auto kind : {home::Outgoing::Kind::kNote, home::Outgoing::Kind::kMessage}) {
      GL_TRY(rows, home::unfinished(home_, kind));
      GL_CHECK(delivery_.resume(rows));
    }
    GL_CHECK(send_notes());
    if (!options_.notes_only) {
      GL_TRY(signers, safe_signers());
      GL_CHECK(send_messages(signers));
      GL_CHECK(delivery_.settle());
      GL_CHECK(end_epochs_at_rest());
      GL_CHECK(send_notes());
    }
    GL_CHECK(delivery_.settle());
    report_.delivery = delivery_.counts();
    GL_ASSIGN(report_.waiting, home::outbox_counts(home_));
    return report_;
  }

 private:
  Result<void> send_notes() {
    while (true) {
      GL_TRY(grant_ids, home::grants_with_waiting_notes(home_));
      if (grant_ids.empty()) return {};
      GL_CHECK(send_notes(grant_ids));
    }
  }

  Result<void> send_notes(const std::vector<std::int64_t>& grant_ids) {
    for (const auto grant_id : grant_ids) {
      GL_TRY(grant, home::grant_by_id(home_, grant_id));
      GL_TRY(thread, home::thread_of(home_, grant));
      GL_TRY(notes, home::waiting_notes(home_, grant_id));
      std::vector<home::Outgoing> rows;
      std::uint64_t number = grant.next_note;
      for (const auto& note : notes) {
        GL_ASSIGN(number, first_free_number(thread, number));
        GL_TRY(row, seal(note, thread, number));
        rows.push_back(std::move(row));
        ++number;
      }
      GL_CHECK(delivery_.send(rows));
      GL_CHECK(renumber_collided(rows));
    }
    return {};
  }

  // Another copy of this home may have given the same number to another note. Who read that one looks at this number no
  // more: the note goes again under the next free one. (Reading a note twice does no harm.)
  Result<void> renumber_collided(std::span<const home::Outgoing> notes) {
    std::set<std::int64_t> collided;
    for (std::size_t next = 0; next < notes.size(); next += kAddressesPerRead) {
      const auto part = notes.subspan(next, std::min(kAddressesPerRead, notes.size() - next));
      std::vector<crypto::Hash> addresses;
      for (const auto& note : part) addresses.push_back(note.address);
      std::mutex mutex;
      GL_CHECK(judge_bundles(ledger_, addresses, [&](const ledger::Bundle& bundle) {
        const auto note = std::find_if(part.begin(), part.end(), [&](const home::Outgoing& candidate) {
          return candidate.address == bundle.transactions.front().address();
        });
        if (note == part.end() || bundle.payload() == payload_of(note->bundle)) return false;
        const std::lock_guard lock(mutex);
        collided.insert(note->id);
        return true;
      }));
    }
    if (collided.empty()) return {};
    return home_.database().transaction([&]() -> Result<void> {
      for (const auto id : collided) GL_CHECK(home::seal_again(home_, id));
      return {};
    });
  }

  Result<std::uint64_t> first_free_number(const keys::Thread& thread, std::uint64_t from) {
    for (std::uint64_t number = from;; number += kNoteLookAhead) {
      std::vector<crypto::Hash> addresses;
      for (std::uint64_t i = 0; i < kNoteLookAhead; ++i) {
        addresses.push_back(thread.note_address(keys::Direction::kPatientToRecipient, number + i));
      }
      UseSink sink;
      GL_TRY(end, ledger_.read_into(addresses, sink));
      const auto& pruned = end.pruned_addresses;
      for (std::uint64_t i = 0; i < kNoteLookAhead; ++i) {
        const bool used =
            !sink.wants(addresses[i]) || std::find(pruned.begin(), pruned.end(), addresses[i]) != pruned.end();
        if (!used) return number + i;
      }
    }
  }

  Result<home::Outgoing> seal(const home::WaitingNote& note, const keys::Thread& thread, std::uint64_t number) {
    constexpr auto kDirection = keys::Direction::kPatientToRecipient;
    const auto address = thread.note_address(kDirection, number);
    const auto payload = keys::seal_note(note.note, thread, kDirection, number, home_.signing_key());
    GL_TRY(bundle, ledger::prepare(payload, address, kNoTag, world_.clock.now_ms() / 1000));
    const auto hash = ledger::bundle_hash_of(bundle);
    GL_CHECK(
        home_.database().transaction([&] { return home::store_sealed(home_, note, number, address, hash, bundle); }));
    return home::Outgoing{home::Outgoing::Kind::kNote, note.id, address, hash, std::move(bundle)};
  }

  // Signers of all epochs with waiting messages, whose next addresses are free.
  Result<std::vector<Signer>> safe_signers() {
    while (true) {
      GL_TRY(signers, all_signers());
      GL_TRY(used, in_use(signers));
      if (!report_.doubt.empty()) return new_signers(signers);
      if (used.empty()) return signers;
      report_.epochs_replaced += used.size();
      GL_CHECK(home_.database().transaction([&]() -> Result<void> {
        for (const auto epoch_id : used) GL_CHECK(home::stop_signing(home_, epoch_id));
        return replace_dead_epochs(home_).map([](std::size_t) {});
      }));
      GL_CHECK(send_notes());
    }
  }

  // Of new epochs, in whose names nobody else can have signed, in place of these.
  Result<std::vector<Signer>> new_signers(const std::vector<Signer>& signers) {
    std::vector<home::Epoch> epochs;
    epochs.reserve(signers.size());
    for (const auto& signer : signers) epochs.push_back(signer.epoch());
    GL_CHECK(home_.database().transaction([&] { return move_to_new_epochs(home_, epochs); }));
    GL_CHECK(send_notes());
    return all_signers();
  }

  Result<std::vector<Signer>> all_signers() {
    GL_TRY(epochs, home::epochs_with_waiting_messages(home_));
    std::vector<Signer> signers;
    for (const auto& epoch : epochs) {
      GL_TRY(signer, Signer::open(home_, epoch));
      signers.push_back(std::move(signer));
    }
    return signers;
  }

  // Epochs at whose next address a message of their next key stands, or once stood something. Too few nodes may have
  // answered to be sure of the others: report_.doubt.
  Result<std::vector<std::int64_t>> in_use(const std::vector<Signer>& signers) {
    std::vector<std::int64_t> used;
    for (std::size_t next = 0; next < signers.size(); next += kAddressesPerRead) {
      const auto part = std::span(signers).subspan(next, std::min(kAddressesPerRead, signers.size() - next));
      std::vector<crypto::Hash> addresses;
      std::unordered_map<crypto::Hash, const Signer*> by_address;
      for (const auto& signer : part) {
        addresses.push_back(signer.next_address());
        by_address.emplace(addresses.back(), &signer);
      }
      std::mutex mutex;
      std::set<crypto::Hash> taken;
      GL_TRY(end, judge_bundles(ledger_, addresses, [&](const ledger::Bundle& bundle) {
               const auto address = bundle.transactions.front().address();
               const auto signer = by_address.find(address);
               if (signer == by_address.end() || !signer->second->signed_by_next_key(bundle)) return false;
               const std::lock_guard lock(mutex);
               taken.insert(address);
               return true;
             }));
      if (!end.doubt.empty()) report_.doubt = end.doubt;
      taken.insert(end.pruned_addresses.begin(), end.pruned_addresses.end());
      for (const auto& signer : part) {
        if (taken.contains(signer.next_address())) used.push_back(signer.epoch().id);
      }
    }
    return used;
  }

  // Signs as fast as the ledger takes it, epoch after epoch.
  Result<void> send_messages(std::vector<Signer>& signers) {
    GL_TRY(counts, home::outbox_counts(home_));
    auto signer = signers.begin();
    const auto sign_next = [&]() -> Result<std::vector<home::Outgoing>> {
      for (; signer != signers.end(); ++signer) {
        GL_TRY(rows, signer->sign_next(home_, world_, options_.transform, kMessagesPerCommit));
        if (!rows.empty()) return rows;
      }
      return std::vector<home::Outgoing>();
    };
    return delivery_.send_all(sign_next, static_cast<std::size_t>(counts.messages_waiting));
  }

  // A day's epoch stays open while its day is the newest; a file's epoch holds one message. Where another copy of this
  // home signed too, how many messages an epoch holds cannot be known. Where that is in doubt, a later run ends it.
  Result<void> end_epochs_at_rest() {
    GL_TRY(epochs, home::epochs_at_rest(home_));
    GL_TRY(newest, home::newest_day(home_));
    std::erase_if(epochs, [&](const home::Epoch& epoch) {
      return epoch.may_sign && epoch.design == keys::Design::kTangle && epoch.last_day >= newest.value_or("");
    });
    std::vector<Signer> signers;
    for (const auto& epoch : epochs) {
      if (!epoch.may_sign) continue;
      GL_TRY(signer, Signer::open(home_, epoch));
      signers.push_back(std::move(signer));
    }
    GL_TRY(used, in_use(signers));
    if (!report_.doubt.empty()) return {};
    return home_.database().transaction([&]() -> Result<void> {
      for (const auto& epoch : epochs) {
        const bool alone = epoch.may_sign && std::find(used.begin(), used.end(), epoch.id) == used.end();
        GL_CHECK(home::end_epoch(home_, epoch.id, alone ? std::optional(epoch.next_index) : std::nullopt));
      }
      return home::queue_ends(home_);
    });
  }

  home::Home& home_;
  const World& world_;
  const OutboxOptions& options_;
  ports::Ledger& ledger_;
  Delivery delivery_;
  OutboxReport report_;
};

}  // namespace

Result<OpenedLedger> open_home_ledger(home::Home& home, const World& world) {
  OpenedLedger opened;
  GL_TRY(known, home.meta("network_id"));
  // Reading makes nothing: where a known ledger's folder is gone for now, no new one shall stand in its place.
  if (known) {
    auto present = world.open_ledger(home.ledger_spec(), Use::kRead);
    if (!present) {
      if (present.error().code == ErrorCode::kNotFound) present.error().code = ErrorCode::kUnreachable;
      return tl::unexpected(present.error());
    }
  }
  GL_ASSIGN(opened.ledger, world.open_ledger(home.ledger_spec(), Use::kWrite));
  GL_ASSIGN(opened.info, opened.ledger->info());
  if (!known) {
    GL_CHECK(home.database().transaction([&] { return home.set_meta("network_id", opened.info.network_id); }));
  } else if (*known != opened.info.network_id) {
    return fail(ErrorCode::kUnreachable, "this is another ledger than the one that this home publishes to",
                "bring the home's ledger back and publish again: nothing is lost");
  }
  return opened;
}

Result<std::size_t> replace_dead_epochs(home::Home& home) {
  GL_TRY(epochs, home::epochs_with_waiting_messages(home));
  std::erase_if(epochs, [](const home::Epoch& epoch) { return epoch.open && epoch.may_sign; });
  GL_CHECK(move_to_new_epochs(home, epochs));
  return epochs.size();
}

Result<int> min_weight_magnitude_for(const ports::LedgerInfo& info, const OutboxOptions& options) {
  return ledger::weight_to_attach(info.min_weight_magnitude, options.min_weight_magnitude);
}

Result<OutboxReport> run_outbox(home::Home& home, const World& world, const OutboxOptions& options) {
  GL_TRY(opened, open_home_ledger(home, world));
  GL_TRY(mwm, min_weight_magnitude_for(opened.info, options));
  auto report = OutboxRun(home, world, options, *opened.ledger, opened.info, mwm).run();
  if (!report && report.error().code == ErrorCode::kInterrupted) return tl::unexpected(delivery_stopped());
  return report;
}

}  // namespace glucoledger::usecases
