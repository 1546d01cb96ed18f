#pragma once
// What the journal's tests share: a worker that waits to be told, and a lane on a disk in memory.

#include <deque>
#include <format>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "io/memory_disk.hpp"
#include "journal/journal.hpp"

namespace perigee::journal {

/// Runs its jobs when the test says so.
class queued_worker final : public io::worker {
 public:
  void submit(work job, work done) override { jobs_.emplace_back(std::move(job), std::move(done)); }
  bool run_one() {
    if (jobs_.empty()) return false;
    auto [job, done] = std::move(jobs_.front());
    jobs_.pop_front();
    job();
    done();
    return true;
  }
  void run_all() {
    while (run_one()) {
    }
  }
  void forget_all() { jobs_.clear(); }

 private:
  std::deque<std::pair<work, work>> jobs_;
};

inline constexpr perigee::epoch test_epoch{77};

/// A record whose payload tells it from every other.
inline model::record numbered(std::uint64_t n, std::size_t payload_bytes = 24) {
  model::record r;
  r.topic = "plant/press/temperature";
  r.payload = to_buffer(as_bytes(std::format("{:0{}}", n, payload_bytes)));
  r.arrival = timestamp{1'000'000'000} + std::chrono::seconds(n);
  return r;
}
inline model::record stamped(std::uint64_t n, std::string source, std::uint64_t epoch, std::uint64_t sequence) {
  auto r = numbered(n);
  r.source = std::move(source);
  r.epoch = perigee::epoch(epoch);
  r.sequence = perigee::sequence(sequence);
  return r;
}

struct seen {
  log_offset at;
  model::record record;
};
/// All that is committed from `from` on.
inline std::vector<seen> read_all(lane_log& log, log_offset from = {}) {
  std::vector<seen> out;
  reader r(log, from);
  for (;;) {
    const auto n =
        r.read(4096, [&](log_offset at, const model::record_view& v) { out.push_back({at, model::record(v)}); });
    if (!n || *n == 0) return out;
  }
}

/// One lane on one disk, opened and lost as often as a test likes.
struct lane_bench {
  io::memory_disk memory;
  io::disk* disk = &memory;
  queued_worker worker;
  lane_options options{};
  metrics::registry metrics;
  keyring keys;
  std::uint64_t openings = 0;
  log_offset at_least{};  // where a cursor stands
  lane_recovery found;
  std::unique_ptr<lane_log> log;

  result<> open() {
    log.reset();
    worker.forget_all();
    found = {};
    lane_site site{.disk = *disk,
                   .worker = worker,
                   .folder = "bulk",
                   .lane = model::lane::bulk,
                   .epoch = test_epoch,
                   .disk_free_min = 0,
                   .metrics = metrics,
                   .keys = keys,
                   .salt_seed = ++openings,
                   .at_least = at_least};
    PG_TRY(log, lane_log::open(std::move(site), options, found));
    return {};
  }
  result<log_offset> append(const model::record& r) { return log->append(r.view()); }
  void fill(std::uint64_t from, std::uint64_t to) {
    for (auto n = from; n < to; ++n) static_cast<void>(append(numbered(n)));
  }
  /// Everything appended becomes durable, each record in a write of its own where `apart`.
  void fill_durably(std::uint64_t from, std::uint64_t to, bool apart = false) {
    for (auto n = from; n < to; ++n) {
      static_cast<void>(append(numbered(n)));
      if (apart) worker.run_all();
    }
    worker.run_all();
  }
  void close() {
    log->close([](result<>) {});
    worker.run_all();
  }
  std::vector<std::string> files() { return *memory.list("bulk"); }
  void flip(const std::string& path, std::size_t at) {
    auto bytes = *memory.contents(path);
    bytes[at] ^= 0x10;
    static_cast<void>(memory.overwrite(path, bytes));
  }
};

/// A journal of three lanes on one disk, opened and lost as often as a test likes.
struct node_bench {
  io::memory_disk disk;
  queued_worker worker;
  metrics::registry metrics;
  recovery_report found;
  std::unique_ptr<journal> log;
  std::string node = "fog-1";
  std::uint64_t bytes_max = 1U << 20;
  std::uint64_t lives = 100;
  std::uint64_t segment_bytes = 16U << 20;

  result<> open() {
    log.reset();
    worker.forget_all();
    found = {};
    options chosen{.folder = "data",
                   .node = node,
                   .new_epoch = perigee::epoch(9),
                   .new_life = perigee::epoch(++lives),
                   .disk_free_min = 0,
                   .metrics = metrics};
    for (auto& lane : chosen.lanes) {
      lane.bytes_max = bytes_max;
      lane.segment_bytes = segment_bytes;
    }
    PG_TRY(log, journal::open(disk, worker, chosen, found));
    return {};
  }
  result<log_offset> append(model::lane l, std::uint64_t n) {
    auto r = numbered(n);
    r.lane = l;
    return log->append(r.view());
  }
};

}  // namespace perigee::journal
