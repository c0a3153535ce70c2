#include "apps/advice_words.h"

#include <string_view>

#include "base/advice.h"

namespace glucoledger::apps {
namespace {

// A table, however long. No default: the compiler refuses an Advice without words.
// NOLINTNEXTLINE(readability-function-size)
std::string_view words_of(Advice advice) {
  switch (advice) {
    case Advice::kNone:
      return "";
    case Advice::kSayUnit:
      return "say it: --unit mg/dL or --unit mmol/L";
    case Advice::kSayUnitMgDl:
      return "if they are in mg/dL, say so: --unit mg/dL";
    case Advice::kSayUnitMmolL:
      return "if they are in mmol/L, say so: --unit mmol/L";
    case Advice::kLeaveUnitOut:
      return "repeat without --unit";
    case Advice::kLeaveFormatOut:
      return "repeat without --format";
    case Advice::kSayDateOrder:
      return "say it: --date-order DMY or --date-order MDY";
    case Advice::kSayWhichDates:
      return "say which rows to read: --date-order DMY or --date-order MDY";
    case Advice::kSaySubject:
      return "say whose to read: --subject with";
    case Advice::kMakeHome:
      return "make one with `glucoledger init`, or name another with --home";
    case Advice::kChooseHomeFolder:
      return "name another folder with --home, or go on using this one";
    case Advice::kChoosePatientHome:
      return "name a patient's with --home";
    case Advice::kChooseClinicHome:
      return "name a clinic's with --home";
    case Advice::kGivePassphrase:
      return "give it with --passphrase-file";
    case Advice::kGiveKeyFile:
      return "name the home's, where it is now, with --key-file; without it the one that the home was made with is "
             "taken";
    case Advice::kLeavePassphraseOut:
      return "repeat without --passphrase-file";
    case Advice::kChooseKeySource:
      return "give --key-file or --passphrase-file";
    case Advice::kListPatients:
      return "`glucoledger patients` lists them";
    case Advice::kListGrants:
      return "`glucoledger status` lists them";
    case Advice::kShareAgainOrRevoke:
      return "repeat `glucoledger share` for its code, or take it back with `glucoledger revoke`";
    case Advice::kGiveWholeInvitation:
      return "give what `share` wrote, whole";
    case Advice::kChooseModeOrChannel:
      return "give its --mode, or another --state file for a new channel";
    case Advice::kBeginChannel:
      return "do not repair it by hand: a wrong index signs twice; begin a new channel with a new --state file";
    case Advice::kImportAgain:
      return "import it again: what is here already is known";
    case Advice::kConfirmPerson:
      return "if the readings are yours, repeat with --confirm-person; another person needs a home of their own";
    case Advice::kPublishAgain:
      return "nothing is lost: publish again";
    case Advice::kAskWhoHoldsIt:
      return "what else there was, was read; whether another node or store still holds it, the patient or its operator "
             "can tell";
    case Advice::kFetchLater:
      return "nothing is lost: fetch again later";
    case Advice::kFetchAgain:
      return "nothing is lost: fetch again to go on";
    case Advice::kAskWhetherToTrust:
      return "it was left out; ask the patient whether this ledger can be trusted";
    case Advice::kChooseNode:
      return "use another node (--node, --ledger)";
    case Advice::kChooseProofOfWork:
      return "name another one with --pow, or leave --pow away";
    case Advice::kNameToken:
      return "ask its operator for a token and name its file with --ledger-token-file";
    case Advice::kNameTokenForHome:
      return "ask its operator for a token and name its file: glucoledger access --ledger-token-file FILE";
    case Advice::kTrustCertificate:
      return "name its certificate's file with --ledger-ca, or check the address";
    case Advice::kTrustCertificateForHome:
      return "name its certificate's file: glucoledger access --ledger-ca FILE; or check the address";
    case Advice::kNameNodesForNewHome:
      return "nodes that ask for them are named when a home is made: init --ledger URL --ledger-ca FILE";
    case Advice::kNameCertificates:
      return "name a file of PEM certificates with --ledger-ca";
    case Advice::kKeepToTrustedLedger:
      return "certificates of one's own are trusted for the home's own ledger alone: make a home with "
             "`glucoledger init --ledger URL --ledger-ca FILE`, a clinic with --role clinic";
    case Advice::kChooseServiceWithoutToken:
      return "the token of a home goes to its own ledger alone: name another service, or do the work here";
    case Advice::kChooseTrustedService:
      return "name a service whose certificate this machine trusts, or do the work here";
    case Advice::kMakeToken:
      return "make one: openssl rand -hex 32 > FILE; chmod 600 FILE; then --token-file FILE";
    case Advice::kNameTlsFiles:
      return "--tls-certificate FILE --tls-key FILE; or, behind a proxy that has them, --insecure-plain-http";
    case Advice::kGiveTlsCertificate:
      return "--tls-certificate takes a PEM file: the certificate, then those that lead to its root";
    case Advice::kGiveTlsKey:
      return "--tls-key takes the certificate's key as a PEM file without a passphrase";
    case Advice::kChoosePort:
      return "end what uses the port, or choose another (--listen HOST:PORT; port 0 takes a free one)";
    case Advice::kChoosePortOfUser:
      return "ports below 1024 are the system's: choose another (--listen HOST:PORT)";
    case Advice::kChooseListenAddress:
      return "name an address of this machine (--listen HOST:PORT)";
  }
  return "";
}

}  // namespace

std::string next_step_of(const Error& error) {
  std::string text(words_of(error.advice));
  if (!text.empty() && !error.next_step.empty()) text += ' ';
  return text + error.next_step;
}

}  // namespace glucoledger::apps
