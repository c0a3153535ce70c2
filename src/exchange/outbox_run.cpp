#include "exchange/outbox_run.h"

#include <algorithm>
#include <deque>
#include <set>

#include "base/limits.h"
#include "exchange/home_ledger.h"
#include "exchange/mailbox.h"
#include "exchange/read_judged.h"
#include "exchange/signer.h"
#include "exchange/standing.h"
#include "home/grants.h"
#include "home/messages.h"
#include "home/readings.h"
#include "home/stored_files.h"
#include "ledger/min_weight_magnitude.h"

namespace glucoledger::exchange {
namespace {

using home::Outgoing;
using Payloads = std::set<std::string, std::less<>>;

constexpr std::size_t kMessagesPerCommit = 128;
constexpr std::size_t kRowsAtOnce = 256;
constexpr std::size_t kMovedAtOnce = 500;  // messages, from one epoch to another
constexpr int kFruitlessRoundsMax = 20;    // in which every epoch was changed by another process before it signed
// Who shares or revokes waits no longer for a milestone that confirms the notes: they are on the ledger.
constexpr std::int64_t kNotesWaitMs = 1'500;
constexpr int kRenumberingsMax = 20;         // of notes whose numbers another copy of this home took at the same moment
constexpr std::int64_t kHoldWaitMs = 1'000;  // of who shares or revokes, which holds all the same
constexpr int kRunsMax = 100;                // one after the other, for what other processes add at the end of each

// Inside a transaction.
Result<home::Epoch> create_like(home::Transaction& transaction, const home::Epoch& epoch) {
  return home::create_epoch(transaction, epoch.design, epoch.first_day, epoch.last_day);
}

// What never was there is gone, too.
bool is_gone(const Result<void>& removed) {
  return removed || removed.error().code == ErrorCode::kNotFound;
}

class OutboxRun {
 public:
  OutboxRun(home::Home& home, const home::SigningLease& lease, const ports::World& world, const OutboxOptions& options,
            const OpenedLedger& opened, int mwm)
      : home_(home),
        lease_(lease),
        world_(world),
        options_(options),
        ledger_(*opened.ledger),
        delivery_(home, *opened.ledger, world, mwm, opened.info.confirms_data,
                  options.notes_only ? kHoldWaitMs : home::Departure::kWaitMs) {
    report_.nodes = opened.info.nodes;
    report_.must_agree = opened.info.must_agree;
    report_.confirms_data = opened.info.confirms_data;
  }

  Result<OutboxReport> run() {
    GL_CHECK(look_for_what_is_gone());
    GL_CHECK(resume());
    GL_CHECK(send_all());
    if (options_.notes_only) {
      GL_CHECK(delivery_.settle(kNotesWaitMs, Delivery::Rest::kIsLookedFor));
    } else {
      GL_CHECK(delivery_.settle());
      GL_CHECK(end_epochs_at_rest());
      GL_CHECK(send_all());
      GL_CHECK(delivery_.settle());
      remove_orphans();
    }
    report_.delivery = delivery_.counts();
    GL_ASSIGN(report_.waiting, home::outbox_counts(home_));
    return report_;
  }

 private:
  // ---- what goes out, and in which order

  Result<void> look_for_what_is_gone() {
    const auto what = options_.notes_only ? LookFor::kNewestAlone : LookFor::kNewest;
    GL_TRY(standing, check_standing(home_, ledger_, world_, what));
    report_.sent_again = standing.messages_gone + standing.notes_gone;
    report_.more_may_be_gone = standing.more_may_be_gone;
    return {};
  }

  Result<void> resume() {
    GL_TRY(old_notes, home::unfinished(home_, Outgoing::Kind::kNote));
    GL_TRY(old_messages, home::unfinished(home_, Outgoing::Kind::kMessage));
    if (!old_notes.empty() || !old_messages.empty()) GL_CHECK(look_for_lost_notes());
    GL_CHECK(renumber_collided(old_notes));
    GL_TRY(notes, home::unfinished(home_, Outgoing::Kind::kNote));
    GL_ASSIGN(again_, delivery_.resume(notes, options_.notes_only ? kNotesWaitMs : Delivery::kResumeWaitMs));
    if (options_.notes_only) return {};
    GL_TRY(messages, home::unfinished(home_, Outgoing::Kind::kMessage));
    GL_TRY(unsent, delivery_.resume(messages));
    std::move(unsent.begin(), unsent.end(), std::back_inserter(again_));
    return {};
  }

  Result<void> send_all() {
    for (int round = 0; round < kRenumberingsMax; ++round) {
      sealed_.clear();
      GL_CHECK(delivery_.send_all({.next = [this] { return next_rows(); },
                                   .urgent = [this] { return seal_notes(); },
                                   .look_again = [this](auto rows) { return look_again(rows); },
                                   .waiting = [this] { return waiting(); },
                                   .meanwhile = options_.meanwhile}));
      if (sealed_.empty()) return {};
      GL_TRY(lost, find_lost_notes(home_, ledger_, world_, sealed_));
      GL_CHECK(take_up(lost));
      GL_TRY(renumbered, renumber_collided(sealed_));
      if (lost.empty() && renumbered == 0) return {};
    }
    return fail(ErrorCode::kUnreachable, "whatever number a note takes, another one of this home stands there already",
                "see whether a copy of this home publishes too; nothing is lost");
  }

  Result<std::size_t> waiting() {
    GL_TRY(counts, home::outbox_counts(home_));
    return static_cast<std::size_t>(counts.notes_waiting + (options_.notes_only ? 0 : counts.messages_waiting));
  }

  DeliverySource::Rows next_rows() {
    if (!again_.empty()) {
      const auto end = again_.begin() + static_cast<std::ptrdiff_t>(std::min(kRowsAtOnce, again_.size()));
      std::vector<Outgoing> rows(std::make_move_iterator(again_.begin()), std::make_move_iterator(end));
      again_.erase(again_.begin(), end);
      return rows;
    }
    GL_TRY(notes, seal_notes());
    if (!notes.empty() || options_.notes_only) return notes;
    return sign_messages();
  }

  // ---- notes

  DeliverySource::Rows seal_notes() {
    std::vector<Outgoing> rows;
    GL_TRY(waiting, home::threads_with_waiting_notes(home_));
    if (waiting.empty()) return rows;
    GL_CHECK(look_for_lost_notes());
    GL_TRY(thread_ids, home::threads_with_waiting_notes(home_));
    for (const auto thread_id : thread_ids) {
      GL_TRY(mailbox, Mailbox::open(home_, thread_id, ledger_, world_));
      GL_TRY(sealed, mailbox.seal_waiting());
      if (!mailbox.doubt().empty()) report_.doubt = mailbox.doubt();
      sealed_.insert(sealed_.end(), sealed.begin(), sealed.end());
      std::move(sealed.begin(), sealed.end(), std::back_inserter(rows));
    }
    return rows;
  }

  Result<std::size_t> renumber_collided(const std::vector<Outgoing>& notes) {
    std::set<std::int64_t> thread_ids;
    for (const auto& note : notes) thread_ids.insert(note.thread_id);
    std::size_t renumbered = 0;
    for (const auto thread_id : thread_ids) {
      GL_TRY(mailbox, Mailbox::open(home_, thread_id, ledger_, world_));
      GL_TRY(count, mailbox.renumber_collided(notes));
      renumbered += count;
    }
    return renumbered;
  }

  // ---- messages

  // As fast as the ledger takes them, epoch after epoch.
  DeliverySource::Rows sign_messages() {
    for (int fruitless = 0; fruitless < kFruitlessRoundsMax; ++fruitless) {
      while (!signers_.empty()) {
        GL_CHECK(world_.cancel.check());
        GL_TRY(rows, signers_.front().sign_next(home_, lease_, world_, options_.transform, kMessagesPerCommit));
        if (!rows.empty()) return rows;
        signers_.pop_front();
      }
      GL_CHECK(find_signers());
      if (signers_.empty()) return std::vector<Outgoing>();
    }
    return fail(ErrorCode::kBusy, "another process changes what this one is about to publish", "repeat in a moment");
  }

  // Of all epochs with waiting messages, whose next addresses are free.
  Result<void> find_signers() {
    GL_TRY(waiting, home::epochs_with_waiting_messages(home_));
    if (!waiting.empty()) GL_CHECK(look_for_lost_notes());
    while (true) {
      GL_CHECK(world_.cancel.check());
      GL_CHECK(empty_dead_epochs());
      GL_TRY(signers, all_signers());
      if (signers.empty()) return {};
      GL_TRY(uses, find_uses(signers, {}, AskFor::kFirstMessagesToo));
      const auto used = uses.all();
      if (!uses.doubt.empty()) {
        report_.doubt = uses.doubt;
        GL_ASSIGN(signers, new_signers(signers));
      } else if (!used.empty() || !uses.without_beginning.empty()) {
        report_.epochs_replaced += used.size();
        GL_CHECK(stop_signing(used));
        GL_CHECK(stop_signing(uses.without_beginning));
        continue;
      }
      std::move(signers.begin(), signers.end(), std::back_inserter(signers_));
      return {};
    }
  }

  Result<void> stop_signing(const std::set<std::int64_t>& epoch_ids) {
    return home_.write([&](home::Transaction& transaction) -> Result<void> {
      for (const auto epoch_id : epoch_ids) GL_CHECK(home::stop_signing(transaction, epoch_id));
      return {};
    });
  }

  // What this home told before it was put back may have been that an epoch is complete, so that nobody reads on there,
  // or that someone was let out: then they stay out, and nothing more leaves under the keys of that state.
  Result<void> look_for_lost_notes() {
    if (has_looked_for_notes_) return {};
    for (int look = 0; look < base::limits::kLooksForNotesMax; ++look) {
      GL_TRY(own, home::unfinished(home_, Outgoing::Kind::kNote));
      GL_TRY(lost, find_lost_notes(home_, ledger_, world_, own));
      if (lost.empty()) break;
      GL_CHECK(take_up(lost));
    }
    has_looked_for_notes_ = true;
    return {};
  }

  Result<void> take_up(const std::vector<LostNotes>& lost) {
    if (lost.empty()) return {};
    return make_epochs([&](home::Transaction& transaction, std::vector<home::Epoch>& made) -> Result<void> {
      for (const auto& found : lost) GL_CHECK(take_up(transaction, found));
      GL_TRY(stopped, home::stop_signing_in_all(transaction));
      report_.epochs_replaced += stopped;
      for (const auto design : {keys::Design::kTangle, keys::Design::kTangleIpfs}) {
        GL_TRY(epochs, home::all_epochs(home_, design));
        for (const auto& epoch : epochs) GL_CHECK(remake_signed(transaction, epoch, made));
      }
      return {};
    });
  }

  Result<void> take_up(home::Transaction& transaction, const LostNotes& found) {
    GL_CHECK(home::note_lost_notes(transaction, found.thread_id, found.until()));
    for (const auto& [number, note] : found.notes) {
      if (note.own_id) GL_CHECK(home::seal_again(transaction, *note.own_id));
      GL_CHECK(home::take_up_note(transaction, found.thread_id, number, note.address, note.closed_ms));
    }
    if (found.gaps() == 0) GL_CHECK(home::skip_notes(transaction, found.thread_id, found.first, found.until()));
    if (!found.closed_ms) return home::queue_fillers(transaction, found.thread_id, found.gaps());
    GL_TRY(names, home::close_grants_of_thread(transaction, found.thread_id, *found.closed_ms));
    report_.closed_again.insert(report_.closed_again.end(), names.begin(), names.end());
    return {};
  }

  Result<void> remake_signed(home::Transaction& transaction, const home::Epoch& epoch,
                             std::vector<home::Epoch>& made) const {
    GL_TRY(has_signed, home::has_signed_messages(home_, epoch.id));
    if (!epoch.open || !has_signed) return {};
    GL_TRY(confirmed, home::count_confirmed(home_, epoch.id));
    GL_TRY(to, create_like(transaction, epoch));
    GL_CHECK(home::remake_messages_from(transaction, epoch.id, confirmed, to, home::Files::kStay));
    made.push_back(std::move(to));
    return {};
  }

  // Where a key that signed for one of these rows has signed something else on the ledger, what its epoch has from
  // there on waits in a new one. What is only in doubt stays: it may stand there already, signed and sent by an earlier
  // run.
  Result<bool> look_again(std::span<const Outgoing> rows) {
    std::vector<Signer> signers;
    Payloads own_payloads;
    for (const auto& row : rows) {
      if (made_.contains(row.epoch_id)) continue;
      GL_TRY(epoch, home::epoch_by_id(home_, row.epoch_id));
      GL_TRY(signer, Signer::open(home_, epoch, row.number));
      signers.push_back(std::move(signer));
      own_payloads.emplace(without_padding(ledger::payload_of(row.bundle)));
    }
    GL_TRY(uses, find_uses(signers, own_payloads));
    const auto used = uses.all();  // what is pruned may have been a copy's
    std::erase_if(signers, [&](const Signer& signer) { return !used.contains(signer.epoch().id); });
    if (signers.empty()) return false;
    report_.epochs_replaced += signers.size();
    GL_CHECK(make_epochs([&](home::Transaction& transaction, std::vector<home::Epoch>& made) -> Result<void> {
      for (const auto& signer : signers) {
        const auto& epoch = signer.epoch();
        GL_CHECK(home::stop_signing(transaction, epoch.id));
        GL_TRY(to, create_like(transaction, epoch));
        GL_CHECK(home::remake_messages_from(transaction, epoch.id, epoch.next_index, to));
        made.push_back(std::move(to));
      }
      return {};
    }));
    return true;
  }

  // What waits in epochs that may sign no more goes into others of the same days. In parts, here and below: who revokes
  // does not wait for it.
  Result<void> empty_dead_epochs() {
    bool is_through = false;
    while (!is_through) {
      GL_CHECK(world_.cancel.check());
      GL_CHECK(make_epochs([&](home::Transaction& transaction, std::vector<home::Epoch>& made) -> Result<void> {
        GL_TRY(dead, home::epochs_with_waiting_messages(home_));
        std::erase_if(dead, [](const home::Epoch& epoch) { return epoch.open && epoch.may_sign; });
        std::size_t moved = 0;
        for (auto epoch = dead.begin(); epoch != dead.end() && moved < kMovedAtOnce; ++epoch) {
          std::optional<home::Epoch> to;
          if (epoch->design == keys::Design::kTangle) {
            GL_ASSIGN(to, home::signing_epoch(home_, epoch->first_day));
          }
          if (!to) {
            GL_ASSIGN(to, create_like(transaction, *epoch));
            made.push_back(*to);
          }
          GL_TRY(count, home::move_waiting_messages(transaction, epoch->id, *to, kMovedAtOnce - moved));
          moved += count;
        }
        is_through = moved < kMovedAtOnce;
        return {};
      }));
    }
    return {};
  }

  // Of new epochs, in whose names nobody else can have signed, in place of these.
  Result<std::vector<Signer>> new_signers(const std::vector<Signer>& signers) {
    for (const auto& signer : signers) {
      std::optional<home::Epoch> to;
      for (std::size_t moved = kMovedAtOnce; moved == kMovedAtOnce;) {
        GL_CHECK(make_epochs([&](home::Transaction& transaction, std::vector<home::Epoch>& made) -> Result<void> {
          if (!to) {
            GL_ASSIGN(to, create_like(transaction, signer.epoch()));
            made.push_back(*to);
          }
          GL_ASSIGN(moved, home::move_waiting_messages(transaction, signer.epoch().id, *to, kMovedAtOnce));
          return {};
        }));
      }
    }
    return all_signers();
  }

  // `make(transaction, made)` adds them; whoever may read them is told.
  template <typename Make>
  Result<void> make_epochs(const Make& make) {
    std::vector<home::Epoch> made;
    GL_CHECK(home_.write([&](home::Transaction& transaction) -> Result<void> {
      GL_CHECK(make(transaction, made));
      return home::release_to_holders(transaction, made);
    }));
    for (const auto& epoch : made) made_.insert(epoch.id);
    return {};
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

  // Epochs, by their ids.
  struct Uses {
    std::set<std::int64_t> signed_elsewhere;  // a message of the next key stands at the next address
    std::set<std::int64_t> pruned;            // once something stood there, or not all of it is handed out
    // The ledger dropped the first message: who is let in later could never read what came behind it.
    std::set<std::int64_t> without_beginning;
    std::string doubt;  // too few nodes answered to be sure of the others

    std::set<std::int64_t> all() const {
      auto all = signed_elsewhere;
      all.insert(pruned.begin(), pruned.end());
      return all;
    }
  };
  // Epochs of this run are known to be in nobody else's hands: a ledger that says otherwise is not believed, or new
  // ones were made without end. What this home signed itself is no use by others.
  enum class AskFor { kNextMessages, kFirstMessagesToo };
  Result<Uses> find_uses(const std::vector<Signer>& signers, const Payloads& own_payloads,
                         AskFor ask_for = AskFor::kNextMessages) {
    struct Question {
      const Signer* signer = nullptr;  // at the number that is asked about
      bool of_first_message = false;   // else of the next one
    };
    std::deque<Signer> beginnings;
    std::vector<Question> asked;
    for (const auto& signer : signers) {
      if (made_.contains(signer.epoch().id)) continue;
      asked.push_back({&signer, false});
      if (ask_for == AskFor::kNextMessages || signer.epoch().next_index == 0) continue;
      GL_TRY(beginning, Signer::open(home_, signer.epoch(), 0));
      beginnings.push_back(std::move(beginning));
      asked.push_back({&beginnings.back(), true});
    }
    std::vector<crypto::Hash> addresses;
    addresses.reserve(asked.size());
    for (const auto& question : asked) addresses.push_back(question.signer->next_address());
    const auto judge = [&](std::size_t which, const ledger::Bundle& bundle) -> std::optional<bool> {
      if (own_payloads.contains(without_padding(bundle.payload()))) return std::nullopt;
      if (!asked[which].signer->signed_by_next_key(bundle)) return std::nullopt;
      return true;
    };
    std::vector<bool> stands(asked.size());
    const auto take = [&](std::size_t which, bool is_here) { return stands[which] = is_here; };
    GL_TRY(end, read_judged(ledger_, addresses, judge, take, world_.cancel));
    Uses uses;
    uses.doubt = end.doubt;
    for (std::size_t i = 0; i < asked.size(); ++i) {
      const auto id = asked[i].signer->epoch().id;
      if (asked[i].of_first_message) {
        if (end.pruned[i] && !stands[i]) uses.without_beginning.insert(id);
        continue;
      }
      if (stands[i]) uses.signed_elsewhere.insert(id);
      if (end.pruned[i] || end.cut[i]) uses.pruned.insert(id);
    }
    return uses;
  }

  // ---- afterwards

  // A day's epoch stays open while its day is the newest; a file's epoch holds one message. Where another copy of this
  // home signed too, how many messages an epoch holds cannot be known. Where that is in doubt, a later run ends it.
  Result<void> end_epochs_at_rest() {
    GL_TRY(epochs, home::epochs_at_rest(home_));
    GL_TRY(newest, home::newest_day(home_));
    std::erase_if(epochs, [&](const home::Epoch& epoch) {
      return epoch.may_sign && epoch.design == keys::Design::kTangle && epoch.last_day >= newest.value_or("");
    });
    if (epochs.empty()) return {};
    std::vector<Signer> signers;
    for (const auto& epoch : epochs) {
      if (!epoch.may_sign) continue;
      GL_TRY(signer, Signer::open(home_, epoch));
      signers.push_back(std::move(signer));
    }
    GL_TRY(uses, find_uses(signers, {}));
    if (!uses.doubt.empty()) report_.doubt = uses.doubt;
    if (!report_.doubt.empty()) return {};
    const auto used = uses.all();
    return home_.write([&](home::Transaction& transaction) -> Result<void> {
      for (const auto& epoch : epochs) {
        const bool alone = epoch.may_sign && !used.contains(epoch.id);
        GL_CHECK(home::end_epoch_at_rest(transaction, epoch, alone ? std::optional(epoch.next_index) : std::nullopt));
      }
      return home::queue_ends(transaction);
    });
  }

  // A store that cannot be reached is asked again by the next run.
  void remove_orphans() {
    const auto files = home::orphaned_files(home_);
    if (!files) return;
    for (const auto& file : *files) {
      if (world_.cancel.cancelled()) return;
      const auto store = world_.open_store(file.store, ports::Use::kWrite, world_.cancel);
      if (!store || !is_gone((*store)->remove(file.cid, world_.cancel))) continue;
      (void)home_.write([&](home::Transaction& transaction) { return home::mark_removed(transaction, file); });
    }
  }

  home::Home& home_;
  const home::SigningLease& lease_;
  const ports::World& world_;
  const OutboxOptions& options_;
  ports::Ledger& ledger_;
  Delivery delivery_;
  std::vector<Outgoing> again_;   // of an earlier run
  std::vector<Outgoing> sealed_;  // notes of this run
  std::deque<Signer> signers_;
  std::set<std::int64_t> made_;  // epochs that this run made
  bool has_looked_for_notes_ = false;
  OutboxReport report_;
};

Result<std::optional<OutboxReport>> run_once(home::Home& home, const ports::World& world,
                                             const OutboxOptions& options) {
  GL_TRY(lease, home::SigningLease::take(home.folder()));
  if (!lease) return std::nullopt;
  GL_CHECK(home.catch_up_instance(*lease));
  GL_TRY(opened, options.notes_only ? open_home_ledger_soon(home, world) : open_home_ledger(home, world));
  GL_TRY(mwm, ledger::weight_to_attach(opened.info.min_weight_magnitude, options.min_weight_magnitude));
  return OutboxRun(home, *lease, world, options, opened, mwm).run();
}

// Whether something has not been begun.
Result<bool> has_new_work(home::Home& home, const OutboxOptions& options) {
  GL_TRY(threads, home::threads_with_waiting_notes(home));
  if (!threads.empty() || options.notes_only) return !threads.empty();
  GL_TRY(epochs, home::epochs_with_waiting_messages(home));
  return !epochs.empty();
}

void add(OutboxReport& sum, const OutboxReport& report) {
  sum.delivery.closed += report.delivery.closed;
  sum.delivery.read_back += report.delivery.read_back;
  sum.nodes = report.nodes;
  sum.must_agree = report.must_agree;
  sum.confirms_data = report.confirms_data;
  sum.delivery.unconfirmed = report.delivery.unconfirmed;
  sum.delivery.held = report.delivery.held;
  sum.epochs_replaced += report.epochs_replaced;
  sum.sent_again += report.sent_again;
  sum.more_may_be_gone = sum.more_may_be_gone || report.more_may_be_gone;
  sum.closed_again.insert(sum.closed_again.end(), report.closed_again.begin(), report.closed_again.end());
  if (!report.doubt.empty()) sum.doubt = report.doubt;
  sum.waiting = report.waiting;
}

}  // namespace

// Another process may add something when this one has just looked for the last time, and rely on it: so this one looks
// again after it gave the lease back.
Result<std::optional<OutboxReport>> run_outbox(home::Home& home, const ports::World& world,
                                               const OutboxOptions& options) {
  OutboxReport sum;
  for (int run = 0; run < kRunsMax; ++run) {
    auto report = run_once(home, world, options);
    if (!report && report.error().code == ErrorCode::kInterrupted) return tl::unexpected(delivery_stopped());
    if (!report) return tl::unexpected(std::move(report.error()));
    if (!*report && run == 0) return std::nullopt;
    if (!*report) break;  // who has it now goes on
    add(sum, **report);
    GL_TRY(has_more, has_new_work(home, options));
    if (!has_more || (*report)->delivery.unconfirmed > 0 || !(*report)->doubt.empty()) break;
  }
  return sum;
}

}  // namespace glucoledger::exchange
