#include "node/proof_of_work_queue.h"

#include <algorithm>
#include <utility>

namespace glucoledger::node {

ProofOfWorkQueue::ProofOfWorkQueue(std::size_t waiting_max, std::size_t peer_max)
    : waiting_max_(waiting_max), peer_max_(peer_max), thread_([this] { run(); }) {}

ProofOfWorkQueue::~ProofOfWorkQueue() {
  stop();
}

bool ProofOfWorkQueue::add(const std::string& peer, Job job) {
  std::deque<Job> cancelled;
  bool added = false;
  {
    const std::lock_guard lock(mutex_);
    const auto has_room = [&] {
      const auto mine = waiting_.find(peer);
      return count_ < waiting_max_ && (mine == waiting_.end() || mine->second.size() < peer_max_);
    };
    if (!has_room()) take_out_cancelled(cancelled);
    if (!stopping_ && has_room()) {
      std::deque<Job>& mine = waiting_[peer];
      if (mine.empty()) turns_.push_back(peer);
      mine.push_back(std::move(job));
      ++count_;
      added = true;
    }
  }
  changed_.notify_one();
  for (const Job& one : cancelled) one.work();
  return added;
}

void ProofOfWorkQueue::take_out_cancelled(std::deque<Job>& cancelled) {
  for (auto& [peer, jobs] : waiting_) {
    const auto gone = std::stable_partition(jobs.begin(), jobs.end(), [](const Job& job) { return !*job.cancel; });
    std::move(gone, jobs.end(), std::back_inserter(cancelled));
    jobs.erase(gone, jobs.end());
  }
  std::erase_if(waiting_, [](const auto& entry) { return entry.second.empty(); });
  std::erase_if(turns_, [this](const std::string& peer) { return !waiting_.contains(peer); });
  count_ -= cancelled.size();
}

void ProofOfWorkQueue::cancel_all() {
  const std::lock_guard lock(mutex_);
  if (running_) *running_ = true;
  for (auto& [peer, jobs] : waiting_) {
    for (const Job& job : jobs) *job.cancel = true;
  }
}

void ProofOfWorkQueue::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stopping_ || count_ > 0; });
    if (count_ == 0) return;
    const auto next = waiting_.find(turns_.front());
    turns_.pop_front();
    Job job = std::move(next->second.front());
    next->second.pop_front();
    --count_;
    if (next->second.empty()) {
      waiting_.erase(next);
    } else {
      turns_.push_back(next->first);
    }
    running_ = job.cancel;
    lock.unlock();
    job.work();
    job = {};
    lock.lock();
    running_.reset();
  }
}

void ProofOfWorkQueue::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  cancel_all();
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

}  // namespace glucoledger::node
