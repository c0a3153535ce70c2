// A node that answers with whatever it likes: what the client hands over was asked for, and the rest is an error.
//
// The input is what the node answers to one request after the other, parted by 0x1e; the last one goes on. "$H0" and
// "$T0" to "$T2" in it become hashes and trytes of the transactions that are asked for, "$A" their address, so that
// what is mutated gets past the first checks. An answer that begins with "HTTP/" is sent as it stands, and ends the
// connection.
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <thread>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "ledger_client/iri_node.h"

namespace {

using namespace glucoledger;
using crypto::Hash;

constexpr char kBetween = '\x1e';
constexpr int kWeight = 1;

void require(bool holds) {
  if (!holds) std::abort();
}

// A bundle of three.
const std::vector<ledger::Transaction>& bundle() {
  static const auto kBundle = [] {
    crypto::ProofOfWorkOptions work;
    work.min_weight_magnitude = kWeight;
    work.threads = 1;
    const auto prepared = ledger::prepare(std::string(3 * ledger::kFragmentTrytes, 'P'), Hash(), "", 1'542'883'200);
    return *ledger::attach(*prepared, {{}, {}, 1'542'883'200'000}, work);
  }();
  return kBundle;
}

std::string with_real_parts(std::string_view answer) {
  std::string text;
  for (std::size_t i = 0; i < answer.size(); ++i) {
    const auto name = answer.substr(i, 3);
    const std::size_t which = name.size() == 3 ? static_cast<std::size_t>(name[2] - '0') : bundle().size();
    if (name.starts_with("$A")) {
      text += bundle()[0].address().trytes();
      i += 1;
    } else if (name.starts_with("$H") && which < bundle().size()) {
      text += bundle()[which].hash().trytes();
      i += 2;
    } else if (name.starts_with("$T") && which < bundle().size()) {
      text += bundle()[which].trytes();
      i += 2;
    } else {
      text += answer[i];
    }
  }
  return text;
}

class Node {
 public:
  Node() : listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    require(::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) == 0 && ::listen(listener_, 16) == 0 &&
            ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    port_ = ntohs(address.sin_port);
    std::thread([this] { serve(); }).detach();  // as long as the process
  }

  std::uint16_t port() const { return port_; }
  void answer_with(std::string_view input) {
    const base::MutexLock lock(mutex_);
    answers_.clear();
    next_ = 0;
    for (std::size_t begin = 0; begin <= input.size();) {
      const auto end = std::min(input.find(kBetween, begin), input.size());
      answers_.push_back(with_real_parts(input.substr(begin, end - begin)));
      begin = end + 1;
    }
  }

 private:
  [[noreturn]] void serve() {
    while (true) {
      const int connection = ::accept(listener_, nullptr, nullptr);
      if (connection < 0) continue;
      while (take_request(connection) && answer(connection)) continue;
      ::close(connection);
    }
  }

  static bool take_request(int connection) {
    constexpr std::string_view kLength = "Content-Length: ";
    std::string got;
    while (true) {
      const auto head_end = got.find("\r\n\r\n");
      const auto length_at = got.find(kLength);
      if (head_end != got.npos && length_at != got.npos &&
          got.size() >= head_end + 4 + std::strtoul(got.c_str() + length_at + kLength.size(), nullptr, 10)) {
        return true;
      }
      char buffer[16'384];
      const auto count = ::recv(connection, buffer, sizeof(buffer), 0);
      if (count <= 0) return false;
      got.append(buffer, static_cast<std::size_t>(count));
    }
  }

  std::string next_answer() {
    const base::MutexLock lock(mutex_);
    return answers_[std::min(next_++, answers_.size() - 1)];
  }

  // False: the connection ends.
  bool answer(int connection) {
    const std::string body = next_answer();
    const bool as_it_stands = body.starts_with("HTTP/");
    const auto reply =
        as_it_stands ? body : "HTTP/1.1 200 X\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
    for (std::size_t sent = 0; sent < reply.size();) {
      const auto count = ::send(connection, reply.data() + sent, reply.size() - sent, MSG_NOSIGNAL);
      if (count <= 0) return false;
      sent += static_cast<std::size_t>(count);
    }
    return !as_it_stands;
  }

  int listener_;
  std::uint16_t port_ = 0;
  base::Mutex mutex_;
  std::vector<std::string> answers_ GUARDED_BY(mutex_);
  std::size_t next_ GUARDED_BY(mutex_) = 0;
};

// Takes a few dozen, each of which stands where was asked.
class Sink final : public ports::Sink {
 public:
  void take(std::vector<ledger::Transaction> some) override {
    taken_ += some.size();
    for (const auto& transaction : some) require(transaction.address() == bundle()[0].address());
  }
  bool wants(const Hash&) const override { return taken_ < 64; }

 private:
  std::size_t taken_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static auto* const kNode = new Node;
  static const base::SystemClock kClock;
  kNode->answer_with(base::as_text({data, size}));
  http::ClientOptions options;
  options.request_ms = 2'000;
  ledger_client::IriNode node({"127.0.0.1", kNode->port(), false}, options, kClock);
  const Hash address = bundle()[0].address();
  const std::vector<Hash> hashes = {bundle()[0].hash(), bundle()[1].hash()};
  Sink sink;
  std::unordered_set<Hash> known;
  (void)node.tips({});
  if (const auto facts = node.facts({})) {
    require(facts->list_max > 0 && facts->trytes_max > 0 && facts->found_max > 0 && facts->body_max > 0);
  }
  (void)node.read_into(std::span(&address, 1), sink, &known, {});
  if (const auto confirmed = node.confirmed(hashes, {})) require(confirmed->size() == hashes.size());
  (void)node.submit(bundle(), {});
  const ledger::PreparedBundle prepared = {bundle()[0].trytes(), bundle()[1].trytes(), bundle()[2].trytes()};
  (void)node.attach(prepared, {}, {}, kWeight, {});
  return 0;
}
