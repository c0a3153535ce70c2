// Every bound on what comes from outside, in one place. Sizes in bytes unless the name says otherwise.
#pragma once

#include <cstddef>
#include <cstdint>

namespace glucoledger::base::limits {

// Device files
inline constexpr std::size_t kDeviceFileSizeMax = std::size_t{512} << 20;
inline constexpr std::size_t kLineSizeMax = std::size_t{64} << 10;
inline constexpr std::size_t kReadingsPerFileMax = 5'000'000;

// FHIR
inline constexpr std::size_t kResourceSizeMax = std::size_t{1} << 20;
inline constexpr std::size_t kJsonDepthMax = 64;

// Tangle. The largest bundle carries 64 x 2,187 trytes.
inline constexpr std::size_t kBundleTransactionsMax = 64;
inline constexpr std::size_t kMamMessageTrytesMax = 100'000;
inline constexpr std::size_t kTransactionsPerAddressMax = 10'000;
inline constexpr int kMinWeightMagnitudeMax = 22;
inline constexpr std::int64_t kTimestampFutureMaxMs = 10 * 60 * 1000;

// Content store and sealed files
inline constexpr std::size_t kContentSizeMax = std::size_t{1} << 30;
inline constexpr std::size_t kBlockSizeMax = std::size_t{2} << 20;

// Exchange
inline constexpr std::size_t kUriLengthMax = 600;
inline constexpr std::size_t kUriLocatorsMax = 3;
inline constexpr std::size_t kImageSizeMax = std::size_t{32} << 20;
inline constexpr std::size_t kNameLengthMax = 64;
inline constexpr std::size_t kMessagesPerEpochMax = 100'000;

// HTTP, what a server takes
inline constexpr std::uint32_t kHttpRequestHeaderSizeMax = 8 << 10;
inline constexpr std::size_t kHttpConnectionsMax = 16'384;
inline constexpr std::size_t kHttpMemorySizeMax = std::size_t{128} << 20;    // bodies and answers held together
inline constexpr std::size_t kHttpDiscardedSizeMax = std::size_t{64} << 20;  // read and thrown away before closing
inline constexpr std::size_t kTokenSizeMin = 16;
inline constexpr std::size_t kTokenSizeMax = 4'096;

// HTTP, what a client takes
inline constexpr std::size_t kHttpResponseMax = std::size_t{64} << 20;
inline constexpr std::size_t kHttpResponseHeaderSizeMax = 16 << 10;
inline constexpr std::size_t kUrlLengthMax = 2'048;
inline constexpr std::size_t kHostLengthMax = 253;

// Nodes
inline constexpr std::size_t kEndpointsMax = 16;                         // of one ledger
inline constexpr std::size_t kNodeReasonLengthMax = 160;                 // shown of a node's own words
inline constexpr std::size_t kNodeListLengthMax = std::size_t{1} << 30;  // that a node may claim to answer
inline constexpr std::size_t kNetworkIdLengthMax = 32;
inline constexpr std::size_t kProofsOfWorkWaitingMax = 64;
inline constexpr std::size_t kEventStreamsMax = 64;
inline constexpr std::size_t kTransactionRequestSizeMax = 8 << 10;  // is always taken, and judged at once

}  // namespace glucoledger::base::limits
