// The physician's side, as two processes of the clinic's see it.
#include "home/contacts.h"

#include "home/records.h"
#include "home/test_home.h"

namespace glucoledger::home {
namespace {

class ContactsTest : public HomeTest {
 protected:
  ContactsTest() {
    create();
    home_ = open();
    other_ = open();
    thread_ = keys::Thread::random().secret().clone();
  }
  Home& home() { return *home_; }
  Home& other() { return *other_; }  // another process's

  keys::Invitation invitation(std::uint8_t patient = 1) const {
    keys::Invitation made{"net",
                          {{keys::Place::Kind::kStore, locator::Locator::of_folder("/store")}},
                          thread(),
                          {},
                          keys::Design::kTangle,
                          {}};
    made.patient_key[0] = patient;
    return made;
  }
  keys::Thread thread() const { return keys::Thread::from_secret(thread_.clone()).value(); }
  static keys::EpochRelease epoch(char root = 'A') {
    keys::EpochRelease release;
    release.root = crypto::Hash::from_trytes(std::string(crypto::kHashTrytes, root)).value();
    release.first_day = release.last_day = "2025-01-01";
    release.side_key = SecretBytes(base::to_bytes(std::string(crypto::kHashTrytes, 'S')));
    return release;
  }
  Contact add(const keys::Invitation& invitation, const std::string& name = "anna") {
    return write(home(), [&](Transaction& t) { return add_received_grant(t, invitation, name); });
  }
  ErrorCode refusal(const keys::Invitation& invitation, const std::string& name = "anna") {
    const auto done = home().write([&](Transaction& t) -> Result<void> {
      return add_received_grant(t, invitation, name).map([](const Contact&) {});
    });
    return done ? ErrorCode::kFailed : done.error().code;
  }
  ReceivedGrant grant() { return grants_of(home(), contact_named(home(), "anna")->value())->front(); }

  SecretBytes thread_;

 private:
  std::optional<Home> home_;
  std::optional<Home> other_;
};

TEST_F(ContactsTest, AnInvitationMakesAContactWithAThread) {
  auto invited = invitation();
  invited.newest_epoch = epoch();
  const auto contact = add(invited);
  EXPECT_EQ(all_contacts(home())->front().id, contact.id);
  const auto received = grant();
  EXPECT_EQ(received.network_id, "net");
  EXPECT_EQ(received.places.front().where.text(), "/store");
  EXPECT_EQ(received.places.front().kind, keys::Place::Kind::kStore);
  EXPECT_EQ(received.patient_key, invited.patient_key);
  EXPECT_EQ(epochs_to_read(home(), received)->size(), 1U);
  const auto stored = thread_by_id(home(), received.thread_id).value();
  EXPECT_EQ(stored.out, keys::Direction::kRecipientToPatient);
  EXPECT_TRUE(
      std::equal(thread_.view().begin(), thread_.view().end(), keys_of(home(), stored)->secret().view().begin()));
}

TEST_F(ContactsTest, TheSameInvitationGivesItsContactAgain) {
  const auto contact = add(invitation());
  auto again = invitation();
  again.newest_epoch = epoch();
  EXPECT_EQ(add(again, "another name").id, contact.id);
  add(again);
  EXPECT_EQ(all_contacts(home())->size(), 1U);
  EXPECT_EQ(epochs_to_read(home(), grant())->size(), 1U);
}

TEST_F(ContactsTest, AFurtherInvitationOfAThreadAddsItsDesign) {
  add(invitation());
  EXPECT_EQ(grant().designs, std::vector{keys::Design::kTangle});
  auto files = invitation();
  files.design = keys::Design::kTangleIpfs;
  for (const auto& again : {std::cref(files), std::cref(files)}) add(again);
  add(invitation());
  EXPECT_EQ(grant().designs, (std::vector{keys::Design::kTangle, keys::Design::kTangleIpfs}));
  EXPECT_EQ(grants_of(other(), contact_named(other(), "anna")->value())->size(), 1U);
}

TEST_F(ContactsTest, DesignsThatNoInvitationHasAreDamage) {
  const auto contact = add(invitation());
  for (const char* designs : {"", "tangle,", ",tangle", "tangle;tangle-ipfs"}) {
    ASSERT_TRUE(home().database().execute("UPDATE received_grant SET design = '" + std::string(designs) + "'"));
    EXPECT_EQ(grants_of(home(), contact).error().code, ErrorCode::kCorrupt) << designs;
  }
}

TEST_F(ContactsTest, AKnownThreadWithAnotherKeyOrLedgerIsRefused) {
  add(invitation());
  auto other_key = invitation(2);
  other_key.newest_epoch = epoch();
  EXPECT_EQ(refusal(other_key), ErrorCode::kNotAllowed);
  auto other_network = invitation();
  other_network.network_id = "elsewhere";
  EXPECT_EQ(refusal(other_network), ErrorCode::kNotAllowed);
  EXPECT_TRUE(epochs_to_read(home(), grant())->empty());
  EXPECT_EQ(grant().patient_key, invitation().patient_key);
}

TEST_F(ContactsTest, APatientMayGiveSeveralGrants) {
  const auto contact = add(invitation());
  thread_ = keys::Thread::random().secret().clone();
  EXPECT_EQ(refusal(invitation(2)), ErrorCode::kUsage) << "this name is another person's";
  EXPECT_EQ(add(invitation()).id, contact.id);
  EXPECT_EQ(grants_of(home(), contact)->size(), 2U);
  thread_ = keys::Thread::random().secret().clone();
  EXPECT_NE(add(invitation(), "anna again").id, contact.id);
}

TEST_F(ContactsTest, ANoteReleasesEndsAndCloses) {
  add(invitation());
  keys::Note note;
  note.releases.push_back(epoch());
  note.ended.push_back({epoch().root, 3});
  for (auto* process : {&home(), &other()}) {  // read twice, does no harm
    write(*process, [&](Transaction& t) { return apply_note(t, grant(), 2, note); });
  }
  EXPECT_EQ(thread_by_id(home(), grant().thread_id)->next_in, 3U);
  EXPECT_EQ(missing_notes(home(), grant().thread_id), (std::vector<std::uint64_t>{0, 1}));
  ASSERT_EQ(epochs_to_read(home(), grant())->size(), 1U);
  EXPECT_EQ(epochs_to_read(home(), grant())->front().messages, 3U);
  keys::Note closing;
  closing.ended.push_back({epoch().root, 2});
  closing.closed_ms = 77;
  write(home(), [&](Transaction& t) { return apply_note(t, grant(), 1, closing); });
  EXPECT_EQ(thread_by_id(home(), grant().thread_id)->next_in, 3U) << "never back";
  EXPECT_EQ(missing_notes(home(), grant().thread_id), std::vector<std::uint64_t>{0});
  EXPECT_EQ(epochs_to_read(home(), grant())->front().messages, 3U);
  EXPECT_FALSE(thread_by_id(home(), grant().thread_id)->open);
  EXPECT_EQ(grant().closed_ms, 77);
  write(home(), [&](Transaction& t) { return set_fetched(t, grant(), 88); });
  EXPECT_EQ(grant().fetched_ms, 88);
}

TEST_F(ContactsTest, OfTwoReadersEachGoesOnWhereTheOtherIs) {
  auto invited = invitation();
  invited.newest_epoch = epoch();
  add(invited);
  const auto next = epoch('B').root;
  auto here = std::move(epochs_to_read(home(), grant())->front());
  auto there = std::move(epochs_to_read(other(), grant())->front());
  write(other(), [&](Transaction& t) { return advance(t, there, next); });
  EXPECT_EQ(there.next_index, 1U);
  EXPECT_EQ(there.next_root, next);
  write(other(), [&](Transaction& t) { return advance(t, there, epoch('C').root); });
  write(home(), [&](Transaction& t) { return advance(t, here, next); });
  EXPECT_EQ(here.next_index, 2U) << "as far as the other has read";
  EXPECT_EQ(here.next_root, epoch('C').root);
  EXPECT_EQ(epochs_to_read(home(), grant())->front().next_index, 2U);
}

TEST_F(ContactsTest, ARecordIsKeptOnceAPatient) {
  auto invited = invitation();
  invited.newest_epoch = epoch();
  const auto contact = add(invited);
  const auto epoch_id = epochs_to_read(home(), grant())->front().id;
  const auto keep = [&](const Record& record) {
    return write(home(), [&](Transaction& t) { return add_record(t, contact.id, epoch_id, record); });
  };
  EXPECT_TRUE(keep({"a", "{}"}));
  EXPECT_FALSE(keep({"a", "{1}"}));
  EXPECT_TRUE(keep({"b", "{}"}));
  EXPECT_EQ(count_records(home(), contact), 2);
  EXPECT_EQ(records_of(home(), contact)->front().resource, "{}");
  EXPECT_FALSE(home().write([&](Transaction& t) -> Result<void> {
    return add_record(t, contact.id, 77, {"c", "{}"}).map([](bool) {});
  })) << "of an epoch that is not there";
}

TEST_F(ContactsTest, DamagedRowsAreCorrupt) {
  auto invited = invitation();
  invited.newest_epoch = epoch();
  const auto contact = add(invited);
  const auto received = grant();
  for (const char* change :
       {"patient_key = x'00'", "locators = '['", "locators = '{}'", "locators = '[1]'", "locators = '[[]]'",
        "locators = '[[0,1]]'", "locators = '[[\"0\",\"x\"]]'", "locators = '[[9,\"x\"]]'", "locators = '[[-1,\"x\"]]'",
        "locators = '[[0,\"x\",1]]'", "design = 'none'"}) {
    SCOPED_TRACE(change);
    ASSERT_TRUE(home().database().execute(std::string("SAVEPOINT before; UPDATE received_grant SET ") + change));
    EXPECT_EQ(grants_of(home(), contact).error().code, ErrorCode::kCorrupt);
    ASSERT_TRUE(home().database().execute("ROLLBACK TO before; RELEASE before"));
  }
  for (const char* change : {"side_key = x''", "root = ''", "next_root = 'a'", "next_index = -1", "messages = 'x'"}) {
    SCOPED_TRACE(change);
    ASSERT_TRUE(home().database().execute("SAVEPOINT before"));
    if (home().database().execute(std::string("UPDATE released_epoch SET ") + change)) {
      EXPECT_EQ(epochs_to_read(home(), received).error().code, ErrorCode::kCorrupt);
    }
    ASSERT_TRUE(home().database().execute("ROLLBACK TO before; RELEASE before"));
  }
}

}  // namespace
}  // namespace glucoledger::home
