#include "io/shard.hpp"

#include <pthread.h>

#include <boost/asio.hpp>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "io/detail/shard_state.hpp"

namespace perigee::io {
namespace {

namespace asio = boost::asio;

class real_source final : public time_source {
 public:
  nanoseconds monotonic() const noexcept override {
    return std::chrono::steady_clock::now().time_since_epoch();  // tidy: clock — the one place that asks the machine
  }
  timestamp wall() const noexcept override {
    return {nanoseconds(std::chrono::system_clock::now().time_since_epoch()).count()};  // tidy: clock — likewise
  }
  bool simulated() const noexcept override { return false; }
};

/// A thread with a queue of jobs. Owned by whoever blocks on it; the shard outlives it.
class thread_worker final : public worker {
 public:
  thread_worker(asio::io_context& to, std::string name)
      : to_(to), thread_([this, name = std::move(name)] { run(name); }) {}

  ~thread_worker() override {
    {
      const std::lock_guard hold(lock_);
      stopping_ = true;
    }
    wake_.notify_one();
    thread_.join();
  }

  void submit(work job, work done) override {
    {
      const std::lock_guard hold(lock_);
      queue_.push_back({std::move(job), std::move(done)});
    }
    wake_.notify_one();
  }

 private:
  struct item {
    work job;
    work done;
  };

  void run(const std::string& name) {
    ::pthread_setname_np(::pthread_self(), name.substr(0, 15).c_str());
    std::unique_lock hold(lock_);
    for (;;) {
      wake_.wait(hold, [this] { return stopping_ || !queue_.empty(); });
      if (queue_.empty()) return;
      auto next = std::move(queue_.front());
      queue_.pop_front();
      hold.unlock();
      next.job();
      if (!stopping_) asio::post(to_, std::move(next.done));
      hold.lock();
    }
  }

  asio::io_context& to_;
  std::mutex lock_;  // guards queue_
  std::condition_variable wake_;
  std::deque<item> queue_;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

/// Virtual time: the job runs on the shard, `done` a disk's delay later.
class simulated_worker final : public worker {
 public:
  explicit simulated_worker(asio::io_context& to) : to_(to) {}

  void submit(work job, work done) override {
    asio::post(to_, [job = std::move(job), done = std::move(done), &to = to_]() mutable {
      job();
      asio::post(to, std::move(done));
    });
  }

 private:
  asio::io_context& to_;
};

}  // namespace

void install_real_clock() {
  static const real_source machine;
  clock::install(machine);
}

shard::shard() : state_(std::make_unique<state>()) {}
shard::~shard() = default;

void shard::run() {
  const auto keep = asio::make_work_guard(state_->context);
  state_->context.run();
}
void shard::stop() { state_->context.stop(); }
void shard::post(std::move_only_function<void()> what) { asio::post(state_->context, std::move(what)); }

std::unique_ptr<worker> shard::make_worker(std::string name) {
  if (clock::simulated()) return std::make_unique<simulated_worker>(state_->context);
  return std::make_unique<thread_worker>(state_->context, std::move(name));
}

bool shard::poll() {
  state_->context.restart();
  return state_->context.poll() != 0;
}

clock::time_point shard::next_expiry() const {
  return state_->expiries.empty() ? clock::time_point::max() : *state_->expiries.begin();
}

asio::io_context& shard::context() { return state_->context; }

detail::poller& shard::poller() {
  if (!state_->poller) state_->poller = std::make_unique<detail::poller>(state_->context);
  return *state_->poller;
}

detail::poller* shard::existing_poller() { return state_->poller.get(); }

virtual_time::virtual_time(timestamp start) : start_(start) {}

void virtual_time::advance_to(clock::time_point t) { now_ = std::max(now_, t.time_since_epoch()); }

void virtual_time::run(shard& on, nanoseconds for_at_most) {
  const auto end = clock::time_point(now_ + for_at_most);
  for (;;) {
    while (on.poll()) {
    }
    const auto next = on.next_expiry();
    if (next > end) break;
    advance_to(next);
  }
}

}  // namespace perigee::io
