#include "node/history_service.hpp"

#include "base/log.hpp"

namespace perigee::node {
namespace {

using namespace std::chrono_literals;
using readers::history::applied;
using readers::history::store;

constexpr std::array all_lanes{model::lane::alarm, model::lane::event, model::lane::bulk};
constexpr std::size_t block_bytes = 256U << 10;
constexpr nanoseconds look_every = 1s;
constexpr nanoseconds retry_after = 1s;

}  // namespace

result<std::unique_ptr<history_service>> history_service::open(io::shard& on, std::unique_ptr<io::worker> worker,
                                                               journal::journal& log, history_options options,
                                                               metrics::registry& registry) {
  PG_TRY(auto opened, store::open({.path = options.file, .node = log.node(), .journal = log.epoch()}));
  // tidy: new — the constructor is private
  auto made = std::unique_ptr<history_service>(
      new history_service(on, std::move(worker), std::move(options), std::move(opened), registry));
  for (const auto l : all_lanes) {
    PG_TRY(auto kept, log.open_cursor("history", l, true));
    PG_TRY(const auto stored, made->store_->position(l));
    made->ends_[static_cast<std::size_t>(l)] =
        std::make_unique<lane_end>(std::move(kept), journal::reader(log[l], stored));
  }
  return made;
}

history_service::history_service(io::shard& on, std::unique_ptr<io::worker> worker, history_options options,
                                 std::unique_ptr<store> opened, metrics::registry& registry)
    : options_(std::move(options)),
      store_(std::move(opened)),
      work_(on),
      done_(std::make_shared<io::event>(on)),
      readings_(registry.make_gauge("perigee_history_readings", "Readings stored")),
      missing_(registry.make_gauge("perigee_history_missing", "Messages of stamped devices that never came")),
      doubled_(registry.make_gauge("perigee_history_doubled", "Messages of stamped devices that came again")),
      quarantined_(registry.make_gauge("perigee_history_quarantined", "Records set aside")),
      behind_(registry.make_gauge("perigee_history_behind_records", "Records not stored yet")),
      gaps_(registry.make_gauge("perigee_history_gap_records", "Records that a gap record stands for")),
      worker_(std::move(worker)) {}

io::task<> history_service::run() {
  auto next_look = clock::now();
  for (;;) {
    const auto woken = co_await work_.wait_until(next_look);
    if (!woken && !is(woken.error(), errc::timed_out)) co_return woken;
    for (bool more = true; more;) {
      PG_CO_TRY(more, co_await store_some());
    }
    if (clock::now() < next_look) continue;
    PG_CO_TRY_VOID(co_await look_after());
    next_look = clock::now() + look_every;
  }
}

/// Stores the next block of the first lane that has one; false when all are stored or the store fails for now.
io::task<bool> history_service::store_some() {
  for (const auto l : all_lanes) {
    auto& end = *ends_[static_cast<std::size_t>(l)];
    block_.clear();
    const auto from = end.reader.position();
    const auto read =
        end.reader.read(block_bytes, [this](log_offset at, const model::record_view& r) { block_.add(at, r); });
    if (!read) log::warn("node.history", "the journal cannot be read: {}", read.error().text());
    if (block_.empty()) continue;
    result<applied> outcome;
    PG_CO_TRY_VOID(co_await on_worker([&outcome, this] { outcome = store_->apply(block_); }));
    if (!outcome) {
      log::warn("node.history", "a block cannot be stored: {}", outcome.error().text());
      end.reader.seek(from);
      co_return false;
    }
    end.kept->advance(block_.next());
    co_return true;
  }
  co_return false;
}

/// Waits even when cancelled: the job uses what its caller owns.
io::task<> history_service::on_worker(std::move_only_function<void()> job) {
  auto finished = std::make_shared<bool>(false);
  worker_->submit(std::move(job), [finished, done = done_] {
    *finished = true;
    done->notify();
  });
  result<> outcome;
  while (!*finished) {
    const auto waited = co_await done_->wait();
    if (waited || *finished) continue;
    outcome = waited;
    co_await boost::asio::this_coro::reset_cancellation_state();
    co_await boost::asio::this_coro::throw_if_cancelled(false);
  }
  co_return outcome;
}

/// Forgets what is older than the retention, and counts what is there.
io::task<> history_service::look_after() {
  const auto oldest = clock::wall() - options_.retention;
  result<readers::history::history_totals> counted;
  PG_CO_TRY_VOID(co_await on_worker([&counted, this, oldest] {
    const auto more = store_->retain(oldest);
    if (!more) log::warn("node.history", "old readings cannot be forgotten: {}", more.error().text());
    counted = store_->totals();
  }));
  if (counted) totals_ = *counted;
  show();
  co_return result<>();
}

std::uint64_t history_service::behind() const {
  std::uint64_t sum = 0;
  for (const auto& end : ends_) sum += end->reader.behind();
  return sum;
}

void history_service::show() {
  readings_.set(static_cast<double>(totals_.readings));
  missing_.set(static_cast<double>(totals_.missing));
  doubled_.set(static_cast<double>(totals_.doubled));
  quarantined_.set(static_cast<double>(totals_.quarantined));
  gaps_.set(static_cast<double>(totals_.gap_records));
  behind_.set(static_cast<double>(behind()));
}

}  // namespace perigee::node
