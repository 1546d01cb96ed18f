#include "sim/slow_worker.hpp"

#include <algorithm>

namespace perigee::sim {

void slow_worker::submit(work job, work done) {
  jobs_.emplace_back(std::move(job), std::move(done));
  if (!busy_) start_next();
}

void slow_worker::start_next() {
  busy_ = !jobs_.empty();
  if (!busy_) return;
  const auto wait = std::max(nanoseconds(0), paused_until_ - world_.now());
  world_.after(wait + world_.around(job_mean_), [this, life = life_] {
    if (life == life_) run_next();
  });
}

void slow_worker::run_next() {
  auto [job, done] = std::move(jobs_.front());
  jobs_.pop_front();
  job();
  world_.after(world_.around(job_mean_ / 4), [this, life = life_, done = std::move(done)] mutable {
    if (life != life_) return;
    report_(done);
    if (life == life_) start_next();
  });
}

void slow_worker::forget() {
  ++life_;
  jobs_.clear();
  busy_ = false;
}

}  // namespace perigee::sim
