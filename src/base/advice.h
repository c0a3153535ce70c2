// What a person has to decide or give where work was refused, for the errors whose answer is a command or an option.
//
// Nothing below apps knows those: an Error carries an Advice, and apps has the words (apps/advice_words.h). A server or
// a page has its own. Facts that the words need, such as the number of a column, are plain words in Error::next_step.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "base/result.h"

namespace glucoledger::base {

enum class Advice : std::uint8_t {
  kNone,  // next_step says all
  // Device files.
  kSayUnit,         // mg/dL or mmol/L
  kSayUnitMgDl,     // mg/dL after all, against the file's own word
  kSayUnitMmolL,    // mmol/L, likewise
  kLeaveUnitOut,    // the file's own is right
  kLeaveFormatOut,  // let the format be recognised
  kSayDateOrder,    // day or month first
  kSayWhichDates,   // those with the day first, or those with the month first
  kSaySubject,      // which of several people; the facts: where their labels stand in the file
  // Homes and channels.
  kMakeHome,             // make one, or name another
  kChooseHomeFolder,     // another one, or go on with the home that is there
  kChoosePatientHome,    // this one is a clinic's
  kChooseClinicHome,     // this one is a patient's
  kGivePassphrase,       // the home's
  kGiveKeyFile,          // the home's
  kLeavePassphraseOut,   // the home has a key file
  kChooseKeySource,      // a key file or a passphrase
  kListPatients,         // whose names a clinic's home knows
  kListGrants,           // whose names a patient's home knows
  kShareAgainOrRevoke,   // a grant whose code nobody holds: give the code anew, or take the grant back
  kGiveWholeInvitation,  // all that sharing wrote
  kChooseModeOrChannel,  // the channel's own mode, or a new channel
  kBeginChannel,         // a new one, as what is kept of this one is damaged
  kImportAgain,          // what was taken before is known
  kConfirmPerson,        // whose readings these are
  kPublishAgain,         // nothing is lost
  // What a physician did not get.
  kAskWhoHoldsIt,      // it was dropped here
  kFetchLater,         // nothing is lost
  kFetchAgain,         // likewise, at once
  kAskWhetherToTrust,  // the ledger, which handed out what is not genuine
  // Reaching servers.
  kChooseNode,                 // another one: this one answers wrongly
  kChooseProofOfWork,          // another place for it: this one does it wrongly
  kNameToken,                  // the server lets in only who has one
  kNameTokenForHome,           // likewise, to be kept for the home's own ledger
  kTrustCertificate,           // whose the server's is, or check the address
  kTrustCertificateForHome,    // likewise, to be kept for the home's own ledger
  kNameCertificates,           // a file that holds some
  kNameNodesForNewHome,        // this one's ledger is a folder, which asks for neither
  kKeepToTrustedLedger,        // one that the system trusts: the home's certificates are for its own ledger
  kChooseServiceWithoutToken,  // the home's token is for its own ledger
  kChooseTrustedService,       // likewise its certificates
  // Being a server.
  kMakeToken,            // before others than this machine can reach it
  kNameTlsFiles,         // likewise
  kGiveTlsCertificate,   // a file that holds one
  kGiveTlsKey,           // a file that holds one, unlocked
  kChoosePort,           // a free one
  kChoosePortOfUser,     // one that needs no rights of the system
  kChooseListenAddress,  // one of this machine
};

// In place of what the error advised before.
inline void advise(Error& error, Advice advice, std::string facts = {}) {
  error.advice = advice;
  error.next_step = std::move(facts);
}

}  // namespace glucoledger::base
