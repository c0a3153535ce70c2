#include "node/dispatcher.h"

namespace glucoledger::node {

Dispatcher::Dispatcher(Service& service, Threads threads, std::size_t proofs_of_work_waiting_max, std::size_t peer_max)
    : service_(service), threads_(std::move(threads)), proof_of_work_(proofs_of_work_waiting_max, peer_max) {}

Dispatcher::Outcome Dispatcher::dispatch(const std::shared_ptr<Connection>& connection, std::string body,
                                         bool may_do_everything) {
  const auto received = std::chrono::steady_clock::now();
  const std::size_t body_size = body.size();
  auto request = IriRequest::parse(std::exchange(body, {}));
  if (!request) return {service_.refuse(400, request.error().message), nullptr};
  if (auto refusal = service_.refusal(*request, may_do_everything)) return {std::move(refusal), nullptr};
  const IriWork work = work_of(request->command());
  if (request->command() == IriCommand::kInterruptAttachingToTangle) proof_of_work_.cancel_all();
  if (work == IriWork::kReading || work == IriWork::kManaging) return {service_.handle(*request, received), nullptr};
  auto kept = std::make_shared<IriRequest>(std::move(*request));
  if (work == IriWork::kProofOfWork) return queue_proof_of_work(connection, std::move(kept), received);
  if (body_size <= kSmallSize) {
    store(connection, *kept, received);
  } else {
    threads_.judging([this, connection, kept, received] { store(connection, *kept, received); });
  }
  return {};
}

void Dispatcher::store(const std::shared_ptr<Connection>& connection, const IriRequest& request, Time received) {
  expect_reply();
  service_.store(request, received, [this, connection](Reply reply) { add_reply(connection, std::move(reply)); });
}

Dispatcher::Outcome Dispatcher::queue_proof_of_work(const std::shared_ptr<Connection>& connection,
                                                    std::shared_ptr<IriRequest> request, Time received) {
  auto cancel = std::make_shared<std::atomic<bool>>(false);
  ++service_.metrics().proofs_of_work;
  const auto work = [this, connection, request = std::move(request), received, cancel] {
    Reply reply = service_.handle(*request, received, cancel.get());
    --service_.metrics().proofs_of_work;
    expect_reply();
    add_reply(connection, std::move(reply));
  };
  if (proof_of_work_.add(connection->peer(), {cancel, work})) return {std::nullopt, cancel};
  --service_.metrics().proofs_of_work;
  return {service_.refuse(503, "too many proofs of work are waiting: repeat later, or do it yourself"), nullptr};
}

void Dispatcher::expect_reply() {
  const std::lock_guard lock(mutex_);
  ++expected_;
}

void Dispatcher::add_reply(std::shared_ptr<Connection> connection, Reply reply) {
  const std::lock_guard lock(mutex_);
  added_.emplace_back(std::move(connection), std::move(reply));
  if (added_.size() == 1) threads_.writing([this] { deliver(); });
  if (--expected_ == 0) none_expected_.notify_all();
}

void Dispatcher::deliver() {
  decltype(added_) taken;
  {
    const std::lock_guard lock(mutex_);
    taken.swap(added_);
  }
  for (auto& [connection, reply] : taken) connection->reply(std::move(reply));
}

void Dispatcher::wait() {
  std::unique_lock lock(mutex_);
  none_expected_.wait(lock, [this] { return expected_ == 0; });
}

}  // namespace glucoledger::node
