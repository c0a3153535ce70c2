// The bounds on what comes from outside, for who reviews them: how large, how many, how deep. Sizes in bytes unless the
// name says otherwise. Elsewhere stand, beside what they belong to: how the program is tuned (batches, pauses), what is
// told from what by its size (a unit, a sensor's gap), and what a format fixes (a hash's or a key's length, the most
// that a QR code or a value field holds, the levels of a signature).
#pragma once

#include <cstddef>
#include <cstdint>

namespace glucoledger::base::limits {

// Device files
inline constexpr std::size_t kDeviceFileSizeMax = std::size_t{512} << 20;
inline constexpr std::size_t kLineSizeMax = std::size_t{64} << 10;
inline constexpr std::size_t kReadingsPerFileMax = 5'000'000;
inline constexpr int kDeviceYearMin = 1900;
inline constexpr int kDeviceYearMax = 2200;
inline constexpr double kDeviceTimestampMaxMs = 1e14;                   // the year 5138
inline constexpr std::int64_t kDeviceTickMaxS = std::int64_t{1} << 40;  // a transmitter's own clock
inline constexpr std::size_t kUploadersComparedMax = 64;                // devices of one file: of more, none
inline constexpr std::size_t kReadingsComparedMax = 16;                 // around a reading that came twice
inline constexpr std::size_t kSkippedListedMax = 100;                   // of each reason; all are counted

// Numbers and times, in device files and records
inline constexpr std::size_t kDecimalLengthMax = 24;  // longer than any device writes; exact enough in a double
inline constexpr double kGlucoseMaxMgDl = 1000.5;     // no sensor measures more; half for what was converted
inline constexpr int kUtcOffsetMaxMinutes = 14 * 60;
inline constexpr std::int64_t kDayMin = -719'528;   // 0000-01-01, as days since 1970: years have four digits
inline constexpr std::int64_t kDayMax = 2'932'896;  // 9999-12-31

// FHIR
inline constexpr std::size_t kResourceSizeMax = std::size_t{1} << 20;
inline constexpr std::size_t kJsonDepthMax = 64;
inline constexpr std::size_t kJsonMembersMax = 1'000;   // of one object
inline constexpr std::size_t kFhirTextSizeMax = 1'000;  // of one string that is kept
inline constexpr std::size_t kPatientEntriesMax = 5;    // addresses, telephone numbers

// Tangle. The largest bundle that is made here, and that a ledger of ours takes, carries 64 x 2,187 trytes; other
// clients publish longer ones on other ledgers, and these are read.
inline constexpr std::size_t kBundleTransactionsMax = 64;
inline constexpr std::size_t kReadBundleTransactionsMax = 256;
inline constexpr std::size_t kMamPayloadTrytesMax = kReadBundleTransactionsMax * 2'187;
inline constexpr std::size_t kMamMessageTrytesMax = 100'000;    // of one that is made here
inline constexpr std::size_t kMamTreeDepthMax = 20;             // of the messages under one root
inline constexpr std::size_t kMamNumberGroupsMax = 6;           // of a coded number: up to 193,710,244
inline constexpr std::uint64_t kMamIndexesSkippedMax = 10'000;  // a state file that is older is not caught up
inline constexpr std::size_t kTransactionsPerAddressMax = 10'000;
inline constexpr std::size_t kLoosePartsMax = 4'096;  // kept of what was read and is no whole bundle yet
inline constexpr int kMinWeightMagnitudeMax = 22;
inline constexpr std::int64_t kTimestampFutureMaxMs = 10 * 60 * 1000;

// The ledger and its IRI API
inline constexpr std::size_t kCommandTransactionsMax = 10'000;  // of one submission
// How often parts of bundles may be looked at in one submission beyond once for each transaction of it: for tails that
// share parts, and for parts that came before. More nobody needs who sends whole bundles, or all but whole ones.
inline constexpr std::size_t kSharedPartsMax = 4'096;
inline constexpr std::int64_t kLedgerTimeMaxMs = std::int64_t{1} << 60;                            // of a command
inline constexpr std::int64_t kLedgerDurationMaxMs = std::int64_t{1000} * 366 * 24 * 3600 * 1000;  // of a parameter
inline constexpr std::uint32_t kHousekeepingMax = 100'000;  // transactions, a milestone
inline constexpr int kFindLooksMax = 4;                     // of one request that does not know of pages
inline constexpr std::size_t kFindKeysMax = 40'000;         // that one search goes through, about
inline constexpr std::size_t kIriResultsMax = 10'000;       // a page of them
inline constexpr std::size_t kIriListMax = 1'000;  // entries in one list of a request, and of tips in an answer
inline constexpr std::size_t kIriTrytesMax = 1'000;
inline constexpr std::size_t kIriBodySizeMax = std::size_t{4} << 20;
inline constexpr std::size_t kIriJsonDepthMax = 8;    // a request, or an answer, is an object of lists of strings
inline constexpr int kAttachWeightMagnitudeMax = 14;  // of a proof of work that a node does for others
inline constexpr std::size_t kSnapshotKeySizeMax = 1'024;
inline constexpr std::size_t kSnapshotValueSizeMax = std::size_t{1} << 20;
inline constexpr std::size_t kNodeAddressSizeMax = 512;

// Content store and sealed files. Trees made by others: far above what a file of kContentSizeMax needs.
inline constexpr std::size_t kContentSizeMax = std::size_t{1} << 30;
inline constexpr std::size_t kRecordFileSizeMax = std::size_t{256} << 20;  // a quarter by the minute: 170 MB
inline constexpr std::size_t kRecordFileExpansionMax = 1'000;              // times as large as sealed
inline constexpr std::size_t kBlockSizeMax = std::size_t{2} << 20;
inline constexpr std::size_t kTreeDepthMax = 8;
inline constexpr std::size_t kLinksPerNodeMax = 8'192;
inline constexpr std::size_t kTreeNodesMax = 200'000;
inline constexpr int kCompressionWindowMaxLog2 = 23;  // 8 MiB

// Locators
inline constexpr std::size_t kLocatorLengthMax = 8'192;
inline constexpr std::size_t kEndpointsMax = 16;
inline constexpr std::size_t kHostLengthMax = 253;

// Exchange
inline constexpr std::size_t kUriLengthMax = 600;
inline constexpr std::size_t kUriLocatorsMax = 3;
inline constexpr std::size_t kPlacesPerContactMax = 2 * kUriLocatorsMax;
inline constexpr std::size_t kNetworkIdSizeMax = 16;
inline constexpr std::size_t kImageSizeMax = std::size_t{32} << 20;
inline constexpr std::uint32_t kImageSideMaxPixels = 8'192;
inline constexpr std::int64_t kPictureTimeMaxMs = 20'000;
inline constexpr std::uint64_t kPictureMemoryMax = std::uint64_t{512} << 20;
inline constexpr std::size_t kPictureTextMax = 8'192;
inline constexpr std::size_t kNameLengthMax = 64;
inline constexpr std::size_t kMessagesPerEpochMax = 100'000;
inline constexpr int kCborDepthMax = 8;                 // of notes and URIs
inline constexpr std::size_t kMissingNotesMax = 4'096;  // of one thread
inline constexpr std::uint64_t kPrunedNotesMax =
    1'024;  // that a ledger says it dropped, one after the other: behind them nothing is looked for

inline constexpr int kLooksForNotesMax = 1'000;  // what stands behind that is found when it is in the way

// Files of a home and of secrets
inline constexpr std::size_t kInstanceSizeMax = 4'096;  // the machine's id, too
inline constexpr std::size_t kSecretFileSizeMax = std::size_t{64} << 10;
inline constexpr std::size_t kMamStateSizeMax = std::size_t{2} << 20;

// HTTP, what a server takes
inline constexpr std::uint32_t kHttpRequestHeaderSizeMax = 8 << 10;
inline constexpr std::size_t kHttpHeaderLinesMax = 100;
inline constexpr std::size_t kHttpConnectionsMax = 16'384;
inline constexpr std::size_t kHttpMemorySizeMax = std::size_t{128} << 20;    // bodies and answers held together
inline constexpr std::size_t kHttpDiscardedSizeMax = std::size_t{64} << 20;  // read and thrown away before closing
inline constexpr std::size_t kTokenSizeMin = 16;
inline constexpr std::size_t kTokenSizeMax = 4'096;  // a client's, too

// HTTP, what a client takes
inline constexpr std::size_t kHttpResponseMax = std::size_t{64} << 20;
inline constexpr std::size_t kHttpResponseHeaderSizeMax = 16 << 10;
inline constexpr std::size_t kUrlLengthMax = 2'048;

// Nodes
inline constexpr std::size_t kIriAnswerSizeMax = std::size_t{16} << 20;  // some 1,000 transactions have 3
inline constexpr std::size_t kIriShortAnswerSizeMax = 64 << 10;  // of what gives neither transactions nor their hashes
inline constexpr std::size_t kNodeReasonLengthMax = 160;         // shown of a node's own words
inline constexpr std::size_t kNodeListLengthMax = std::size_t{1} << 30;  // that a node may claim to answer
inline constexpr std::size_t kNetworkIdLengthMax = 32;
inline constexpr std::size_t kFoundPagesMax = 1'000;  // of one search
inline constexpr std::size_t kProofsOfWorkWaitingMax = 64;
inline constexpr std::size_t kEventStreamsMax = 256;
inline constexpr std::size_t kTransactionRequestSizeMax = 8 << 10;  // is always taken, and judged at once
inline constexpr std::size_t kReadRequestSizeMax = 16 << 10;        // is answered at once: some 190 hashes

}  // namespace glucoledger::base::limits
