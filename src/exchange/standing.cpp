#include "exchange/standing.h"

#include <map>
#include <optional>
#include <sstream>
#include <vector>

#include "exchange/mailbox.h"
#include "exchange/read_judged.h"
#include "exchange/signer.h"
#include "home/grants.h"
#include "home/published.h"

namespace glucoledger::exchange {
namespace {

using home::PublishedMessage;
using home::PublishedNote;

constexpr std::size_t kAtOnce = 1'024;
constexpr std::string_view kMark = "lost_by_ledger";  // set: a search found something gone and is not through
constexpr std::string_view kSeen = "seen_on_ledger";  // up to which message and note, in the order of confirmation

struct Seen {
  std::int64_t message = 0;
  std::int64_t note = 0;
};

Seen seen_from(const std::string& text) {
  Seen seen;
  std::istringstream(text) >> seen.message >> seen.note;
  return seen;
}

template <typename Row>
struct LookedAt {
  std::vector<Row> gone;
  std::size_t pruned = 0;
};

class Search {
 public:
  Search(home::Home& home, ports::Ledger& ledger, const ports::World& world, LookFor what)
      : home_(home), ledger_(ledger), world_(world), what_(what) {}

  Result<Standing> run() {
    GL_TRY(mark, home_.meta(kMark));
    is_marked_ = mark && !mark->empty();
    GL_TRY(seen, home_.meta(kSeen));
    seen_ = seen_from(seen.value_or(""));
    if (what_ != LookFor::kAll && !is_marked_) {
      GL_TRY(is_gone, is_newest_gone());
      if (!is_gone) return standing_;
      GL_CHECK(set_mark());
    }
    standing_.more_may_be_gone = true;
    if (what_ == LookFor::kNewestAlone) return standing_;
    GL_TRY(all_messages, look_for<PublishedMessage>(home::published_messages, seen_.message, standing_.messages,
                                                    standing_.messages_gone, standing_.messages_pruned));
    GL_TRY(all_notes, look_for<PublishedNote>(home::published_notes, seen_.note, standing_.notes, standing_.notes_gone,
                                              standing_.notes_pruned));
    standing_.more_may_be_gone = standing_.doubt.empty() ? !all_messages || !all_notes : is_marked_;
    if (standing_.doubt.empty()) GL_CHECK(clear_mark());
    if (standing_.doubt.empty() && cut_ != 0) {
      standing_.doubt = "only a part is handed out of what stands at the addresses of " + std::to_string(cut_) +
                        " of them, and they are not in it";
    }
    return standing_;
  }
  bool found_something() const { return is_marked_; }

 private:
  // Of the newest, and of all that was confirmed since an earlier run saw the newest stand: a ledger may be put back
  // amid a run, which goes on.
  Result<bool> is_newest_gone() {
    Seen seen = seen_;
    GL_TRY(message_gone, is_any_gone<PublishedMessage>(home::published_messages, home::messages_published_since,
                                                       seen.message, standing_.messages));
    if (message_gone || !standing_.doubt.empty()) return message_gone;
    GL_TRY(note_gone,
           is_any_gone<PublishedNote>(home::published_notes, home::notes_published_since, seen.note, standing_.notes));
    if (note_gone || !standing_.doubt.empty() || what_ == LookFor::kNewestAlone) return note_gone;
    if (seen.message == seen_.message && seen.note == seen_.note) return false;
    const std::string now = std::to_string(seen.message) + " " + std::to_string(seen.note);
    GL_CHECK(home_.write([&](home::Transaction& transaction) { return home_.set_meta(transaction, kSeen, now); }));
    return false;
  }

  // `seen`: up to which one they were seen to stand; goes on by kLookedForMax at most.
  template <typename Row, typename Newest, typename Since>
  Result<bool> is_any_gone(const Newest& newest, const Since& since, std::int64_t& seen, std::size_t& looked_for) {
    GL_TRY(rows, newest(home_, std::nullopt, 1));
    while (!rows.empty()) {
      looked_for += rows.size();
      GL_TRY(looked_at, look_at(rows));
      if (!looked_at.gone.empty()) return true;
      const bool goes_on = standing_.doubt.empty() && cut_ == 0 && what_ != LookFor::kNewestAlone;
      if (!goes_on) break;
      if (looked_for > 1) seen = rows.back().closed_order;  // not of the newest alone
      if (looked_for > kLookedForMax) break;
      GL_ASSIGN(rows, since(home_, seen, kAtOnce));
    }
    return false;
  }

  // False: further back, more may be gone.
  template <typename Row, typename Published>
  Result<bool> look_for(const Published& published, std::int64_t seen, std::size_t& looked_for, std::size_t& gone_count,
                        std::size_t& pruned_count) {
    looked_for = 0;
    std::optional<Row> before;
    while (standing_.doubt.empty()) {
      GL_TRY(rows, published(home_, before, kAtOnce));
      if (rows.empty()) return true;
      before = rows.back();
      looked_for += rows.size();
      base::report(world_.progress, "looking for what was published", looked_for, 0);
      GL_TRY(looked_at, look_at(rows));
      const auto& gone = looked_at.gone;
      if (!gone.empty()) GL_CHECK(set_mark());
      GL_CHECK(send_again(gone));
      gone_count += gone.size();
      pruned_count += looked_at.pruned;
      const bool is_enough = looked_for >= kLookedForMax && before->closed_order <= seen;
      if (what_ == LookFor::kNewest && is_enough) return gone.empty();
    }
    return false;
  }

  Result<void> set_mark() {
    if (is_marked_) return {};
    is_marked_ = true;
    return home_.write([&](home::Transaction& transaction) { return home_.set_meta(transaction, kMark, "1"); });
  }
  Result<void> clear_mark() {
    if (!is_marked_) return {};
    is_marked_ = false;
    return home_.write([&](home::Transaction& transaction) { return home_.set_meta(transaction, kMark, ""); });
  }

  // Anyone may post what looks like one of them to all but the keys.
  Result<LookedAt<PublishedMessage>> look_at(const std::vector<PublishedMessage>& messages) {
    std::vector<std::optional<Signer>> signers(messages.size());  // of those that no digest tells
    for (std::size_t i = 0; i < messages.size(); ++i) {
      if (!messages[i].payload_digest.empty()) continue;
      GL_TRY(epoch, home::epoch_by_id(home_, messages[i].epoch_id));
      GL_TRY(signer, Signer::open(home_, std::move(epoch), messages[i].index));
      signers[i] = std::move(signer);
    }
    return look_at(messages, [&](std::size_t which, const ledger::Bundle& bundle) {
      return signers[which] ? signers[which]->signed_by_next_key(bundle)
                            : home::payload_digest(bundle.payload()) == messages[which].payload_digest;
    });
  }
  Result<LookedAt<PublishedNote>> look_at(const std::vector<PublishedNote>& notes) {
    std::map<std::int64_t, Mailbox> mailboxes;
    for (const auto& note : notes) {
      if (mailboxes.contains(note.thread_id)) continue;
      GL_TRY(mailbox, Mailbox::open(home_, note.thread_id, ledger_, world_));
      mailboxes.emplace(note.thread_id, std::move(mailbox));
    }
    return look_at(notes, [&](std::size_t which, const ledger::Bundle& bundle) {
      return mailboxes.at(notes[which].thread_id).is_own_note(bundle, notes[which].number);
    });
  }

  // `is_it(which, bundle)`: thread-safe.
  template <typename Row, typename IsIt>
  Result<LookedAt<Row>> look_at(const std::vector<Row>& rows, const IsIt& is_it) {
    std::vector<crypto::Hash> addresses;
    addresses.reserve(rows.size());
    for (const auto& row : rows) addresses.push_back(row.address);
    std::vector<bool> stands(rows.size());
    const auto judge = [&](std::size_t which, const ledger::Bundle& bundle) -> std::optional<bool> {
      if (!is_it(which, bundle)) return std::nullopt;
      return true;
    };
    const auto take = [&](std::size_t which, bool is_here) { return stands[which] = is_here; };
    GL_TRY(end, read_judged(ledger_, addresses, judge, take, world_.cancel));
    LookedAt<Row> looked_at;
    standing_.doubt = end.doubt;
    if (!end.doubt.empty()) return looked_at;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (stands[i]) continue;
      if (end.pruned[i]) {
        ++looked_at.pruned;
      } else if (end.cut[i]) {
        ++cut_;
      } else {
        looked_at.gone.push_back(rows[i]);
      }
    }
    return looked_at;
  }

  Result<void> send_again(const std::vector<PublishedMessage>& gone) {
    std::map<std::int64_t, PublishedMessage> to_publish_anew;  // by epoch, the first one
    for (const auto& message : gone) {
      GL_CHECK(world_.cancel.check());
      GL_TRY(waits_again, send_same(message));
      if (waits_again) continue;
      auto& first = to_publish_anew.try_emplace(message.epoch_id, message).first->second;
      if (message.index < first.index) first = message;
    }
    for (const auto& [epoch_id, first] : to_publish_anew) GL_CHECK(publish_anew(first));
    return {};
  }

  Result<bool> send_same(const PublishedMessage& message) {
    GL_TRY(epoch, home::epoch_by_id(home_, message.epoch_id));
    GL_TRY(signer, Signer::open(home_, epoch, message.index));
    GL_TRY(bundle, signer.make_again(home_, message));
    bool waits_again = false;
    if (!bundle) return waits_again;
    GL_CHECK(home_.write([&](home::Transaction& transaction) -> Result<void> {
      GL_ASSIGN(waits_again, home::send_message_again(transaction, message, *bundle));
      return {};
    }));
    return waits_again;
  }

  // Behind a message that is gone nobody can read.
  Result<void> publish_anew(const PublishedMessage& first) {
    return home_.write([&](home::Transaction& transaction) -> Result<void> {
      GL_TRY(is_gone_yet, home::is_published(home_, first));
      if (!is_gone_yet) return {};
      GL_TRY(epoch, home::epoch_by_id(home_, first.epoch_id));
      GL_CHECK(home::stop_signing(transaction, epoch.id));
      GL_TRY(fresh, home::create_epoch(transaction, epoch.design, epoch.first_day, epoch.last_day));
      GL_CHECK(home::remake_messages_from(transaction, epoch.id, first.index, fresh));
      return home::release_to_holders(transaction, std::span(&fresh, 1));
    });
  }

  Result<void> send_again(const std::vector<PublishedNote>& gone) {
    for (const auto& note : gone) {
      GL_CHECK(world_.cancel.check());
      GL_TRY(content, home::content_of_note(home_, note.id));
      GL_TRY(mailbox, Mailbox::open(home_, note.thread_id, ledger_, world_));
      GL_TRY(bundle, mailbox.seal(content, note.number));
      GL_CHECK(home_.write([&](home::Transaction& transaction) {
        return home::send_note_again(transaction, note, ledger::bundle_hash_of(bundle), bundle).map([](bool) {});
      }));
    }
    return {};
  }

  home::Home& home_;
  ports::Ledger& ledger_;
  const ports::World& world_;
  LookFor what_;
  bool is_marked_ = false;
  Seen seen_;
  std::size_t cut_ = 0;  // of which it cannot be told
  Standing standing_;
};

}  // namespace

Result<Standing> check_standing(home::Home& home, ports::Ledger& ledger, const ports::World& world, LookFor what) {
  Search search(home, ledger, world, what);
  auto standing = search.run();
  // BUSY would say that nothing was changed.
  if (!standing && standing.error().code == ErrorCode::kBusy && search.found_something()) {
    standing.error().code = ErrorCode::kFailed;
  }
  return standing;
}

}  // namespace glucoledger::exchange
