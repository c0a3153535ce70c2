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
  std::list<std::string> turn{peer};
  bool added = false;
  {
    const base::MutexLock lock(mutex_);
    if (!has_room_for(peer)) take_out_cancelled(cancelled);
    if (!stopping_ && has_room_for(peer)) {
      std::deque<Job>& mine = waiting_[peer];
      mine.push_back(std::move(job));
      if (mine.size() == 1) turns_.splice(turns_.end(), turn);
      ++count_;
      added = true;
    }
  }
  changed_.notify_one();
  for (const Job& one : cancelled) one.work();
  return added;
}

bool ProofOfWorkQueue::has_room_for(const std::string& peer) const {
  const auto mine = waiting_.find(peer);
  return count_ < waiting_max_ && (mine == waiting_.end() || mine->second.size() < peer_max_);
}

void ProofOfWorkQueue::take_out_cancelled(std::deque<Job>& cancelled) {
  for (auto& [peer, jobs] : waiting_) {
    const auto gone =
        std::stable_partition(jobs.begin(), jobs.end(), [](const Job& job) { return !job.cancel.token().cancelled(); });
    std::move(gone, jobs.end(), std::back_inserter(cancelled));
    jobs.erase(gone, jobs.end());
  }
  std::erase_if(waiting_, [](const auto& entry) { return entry.second.empty(); });
  for (auto turn = turns_.begin(); turn != turns_.end();)
    turn = waiting_.contains(*turn) ? std::next(turn) : turns_.erase(turn);
  count_ -= cancelled.size();
}

void ProofOfWorkQueue::cancel_all() {
  const base::MutexLock lock(mutex_);
  if (running_) running_->trip();
  for (auto& [peer, jobs] : waiting_) {
    for (Job& job : jobs) job.cancel.trip();
  }
}

void ProofOfWorkQueue::run() {
  base::MutexLock lock(mutex_);
  while (true) {
    while (!stopping_ && count_ == 0) changed_.wait(lock);
    if (count_ == 0) return;
    const auto next = waiting_.find(turns_.front());
    Job job = std::move(next->second.front());
    next->second.pop_front();
    --count_;
    if (next->second.empty()) {
      waiting_.erase(next);
      turns_.pop_front();
    } else {
      turns_.splice(turns_.end(), turns_, turns_.begin());  // takes no memory: nothing here can fail
    }
    running_ = job.cancel;
    lock.unlock();
    try {
      job.work();
    } catch (const std::exception&) {  // out of memory: its requester hears nothing, the others go on
    }
    job = {};
    lock.lock();
    running_.reset();
  }
}

void ProofOfWorkQueue::stop() {
  {
    const base::MutexLock lock(mutex_);
    stopping_ = true;
  }
  cancel_all();
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

}  // namespace glucoledger::node
