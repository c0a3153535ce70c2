#include "node/command_handler.h"

#include <utility>

#include "base/limits.h"

namespace glucoledger::node {
namespace {

constexpr const char* kInternalError = "out of memory, or an internal error";

}  // namespace

CommandHandler::CommandHandler(IriApi& api, NodeMetrics& metrics, const http::Log& log, std::size_t waiting_max,
                               std::size_t peer_max)
    : api_(api), metrics_(metrics), log_(log), proof_of_work_(waiting_max, peer_max) {}

void CommandHandler::answer(const std::shared_ptr<http::Responder>& responder) {
  const auto received = std::chrono::steady_clock::now();
  const std::size_t body_size = responder->request().body.size();
  auto request = IriRequest::parse(std::exchange(responder->request().body, {}));
  if (!request) return responder->refuse(400, request.error().message);
  const IriWork work = work_of(request->command());
  if (work != IriWork::kReading && !responder->request().is_authenticated) {
    return responder->refuse(401, "Unauthorized: this command needs the header Authorization: Bearer TOKEN");
  }
  if (work != IriWork::kReading && responder->request().is_foreign_page) {
    return responder->refuse(403, "Forbidden: a page of another origin may only read here");
  }
  if (request->command() == IriCommand::kInterruptAttachingToTangle) proof_of_work_.cancel_all();
  const bool is_read_at_once = work == IriWork::kReading && body_size <= base::limits::kReadRequestSizeMax;
  if (work == IriWork::kManaging || is_read_at_once) return responder->reply(reply_to(*request, received));
  if (work == IriWork::kStoring && body_size <= base::limits::kTransactionRequestSizeMax) {
    return store(responder, *request, received);
  }
  auto kept = std::make_shared<IriRequest>(std::move(*request));
  if (work == IriWork::kProofOfWork) return queue_proof_of_work(responder, std::move(kept), received);
  responder->run_aside([this, responder, kept, work, received] {
    if (work == IriWork::kStoring) return store(responder, *kept, received);
    responder->reply(reply_to(*kept, received));
  });
}

http::Reply CommandHandler::reply_to(const IriRequest& request, Time received, const base::CancelToken& cancel) {
  IriReply answer;
  try {
    answer = api_.handle(request, cancel);
  } catch (const std::exception&) {
    answer = error_reply(500, kInternalError);
  }
  return account(request.command(), received, std::move(answer));
}

void CommandHandler::store(const std::shared_ptr<http::Responder>& responder, const IriRequest& request,
                           Time received) {
  const IriCommand command = request.command();
  try {
    api_.store(request, [this, command, received, responder](IriReply answer) {
      responder->reply(account(command, received, std::move(answer)));
    });
  } catch (const std::exception&) {
    responder->reply(account(command, received, error_reply(500, kInternalError)));
  }
}

void CommandHandler::queue_proof_of_work(const std::shared_ptr<http::Responder>& responder,
                                         std::shared_ptr<IriRequest> request, Time received) {
  base::CancelSource cancel;
  const std::string peer(responder->request().peer);
  ++metrics_.proofs_of_work;
  const auto work = [this, responder, request = std::move(request), received, cancel] {
    http::Reply reply = reply_to(*request, received, cancel.token());
    --metrics_.proofs_of_work;  // before somebody sees the answer
    responder->reply(std::move(reply));
  };
  if (proof_of_work_.add(peer, {cancel, work})) return responder->when_gone([cancel]() mutable { cancel.trip(); });
  --metrics_.proofs_of_work;
  responder->refuse(503, "too many proofs of work are waiting: repeat later, or do it yourself");
}

http::Reply CommandHandler::account(IriCommand command, Time received, IriReply answer) {
  const auto elapsed = std::chrono::steady_clock::now() - received;
  metrics_.count_request(command, answer.status, elapsed);
  if (log_.writes(http::LogLevel::kDebug)) {
    log_.debug("request", {{"command", name_of(command)},
                           {"status", answer.status},
                           {"duration_us", std::chrono::duration_cast<std::chrono::microseconds>(elapsed).count()},
                           {"answer_size", answer.body.size()}});
  }
  if (answer.status >= 500) log_.warning("request failed", {{"command", name_of(command)}});
  return {answer.status, std::move(answer.body)};
}

}  // namespace glucoledger::node
