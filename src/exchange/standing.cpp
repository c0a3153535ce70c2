#include "exchange/standing.h"

#include <map>
#include <optional>
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

const Bytes* digest_of(const PublishedMessage& message) {
  return message.payload_digest.empty() ? nullptr : &message.payload_digest;
}
const Bytes* digest_of(const PublishedNote& /*note*/) {
  return nullptr;
}

class Search {
 public:
  Search(home::Home& home, ports::Ledger& ledger, const ports::World& world, LookFor what)
      : home_(home), ledger_(ledger), world_(world), what_(what) {}

  Result<Standing> run() {
    GL_CHECK((look_for<PublishedMessage>(home::published_messages, standing_.messages, standing_.messages_gone)));
    if (standing_.doubt.empty()) {
      GL_CHECK((look_for<PublishedNote>(home::published_notes, standing_.notes, standing_.notes_gone)));
    }
    return standing_;
  }

 private:
  template <typename Row, typename Published>
  Result<void> look_for(const Published& published, std::size_t& looked_for, std::size_t& gone_count) {
    if (what_ == LookFor::kNewest) {
      GL_TRY(newest, published(home_, std::nullopt, 1));
      GL_TRY(gone, gone_of(newest));
      looked_for = newest.size();
      if (gone.empty()) return {};
      looked_for = 0;
    }
    std::optional<Row> before;
    while (true) {
      GL_TRY(rows, published(home_, before, kAtOnce));
      if (rows.empty()) return {};
      before = rows.back();
      looked_for += rows.size();
      base::report(world_.progress, "looking for what was published", looked_for, 0);
      GL_TRY(gone, gone_of(rows));
      GL_CHECK(send_again(gone));
      gone_count += gone.size();
      if (!standing_.doubt.empty() || (gone.empty() && what_ == LookFor::kNewest)) return {};
      if (what_ == LookFor::kNewest && looked_for >= kLookedForMax) {
        standing_.more_may_be_gone = true;
        return {};
      }
    }
  }

  template <typename Row>
  Result<std::vector<Row>> gone_of(const std::vector<Row>& rows) {
    std::vector<crypto::Hash> addresses;
    addresses.reserve(rows.size());
    for (const auto& row : rows) addresses.push_back(row.address);
    std::vector<bool> stands(rows.size());
    const auto judge = [&](std::size_t which, const ledger::Bundle& bundle) -> std::optional<bool> {
      if (bundle.hash != rows[which].bundle_hash) return std::nullopt;
      const Bytes* digest = digest_of(rows[which]);
      if (digest != nullptr && home::payload_digest(bundle.payload()) != *digest) return std::nullopt;
      return true;
    };
    const auto take = [&](std::size_t which, bool is_here) { return stands[which] = is_here; };
    GL_TRY(end, read_judged(ledger_, addresses, judge, take, world_.cancel));
    std::vector<Row> gone;
    standing_.doubt = end.doubt;
    if (!end.doubt.empty()) return gone;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (!stands[i] && !end.pruned[i] && !end.cut[i]) gone.push_back(rows[i]);
    }
    return gone;
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
      GL_ASSIGN(waits_again, home::send_message_again(transaction, message.id, *bundle));
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
        return home::send_note_again(transaction, note.id, ledger::bundle_hash_of(bundle), bundle).map([](bool) {});
      }));
    }
    return {};
  }

  home::Home& home_;
  ports::Ledger& ledger_;
  const ports::World& world_;
  LookFor what_;
  Standing standing_;
};

}  // namespace

Result<Standing> check_standing(home::Home& home, ports::Ledger& ledger, const ports::World& world, LookFor what) {
  return Search(home, ledger, world, what).run();
}

}  // namespace glucoledger::exchange
