#include "node/sensor_feed.hpp"

#include <algorithm>

#include "base/limits.hpp"
#include "base/log.hpp"

namespace perigee::node {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t ns_per_ms = 1'000'000;
constexpr nanoseconds retry_every = 100ms;
constexpr nanoseconds look_again_every = 1s;  // a pause or a changed wall clock shows by then

}  // namespace

sensor_feed::sensor_feed(io::shard& on, journal::journal& log, sensor from, acked_listener on_acked)
    : on_(on), log_(log), sensor_(std::move(from)), on_acked_(std::move(on_acked)) {}

io::task<> sensor_feed::run() {
  while (!paused_) {
    blocked_ = false;
    (void)sensor_.produce(clock::wall(), [this](const model::record_view& r) { return append(r); });
    const auto due = sensor_.next_due();
    if (!due) break;
    auto wait = std::clamp<nanoseconds>(*due - clock::wall(), nanoseconds(0), look_again_every);
    if (blocked_) wait = retry_every;
    PG_CO_TRY_VOID(co_await io::sleep_for(on_, wait));
  }
  co_return result<>();
}

bool sensor_feed::append(const model::record_view& r) {
  if (waiting_.size() >= limits::sensor_unacked_max) {
    blocked_ = true;
    return false;
  }
  // The readings have a time of their own: when they came in needs no more than milliseconds, which pack well.
  auto stored = r;
  stored.arrival.ns -= stored.arrival.ns % ns_per_ms;
  const auto at = log_.append(stored);
  if (!at) {
    if (is(at.error(), errc::duplicate)) return true;
    if (!is(at.error(), errc::full) && !is(at.error(), errc::no_space)) {
      log::warn("node.sensor", "{}: {}", sensor_.name, at.error().text());
    }
    blocked_ = true;
    return false;
  }
  acked_reading record{r.epoch, r.sequence, r.arrival, 0};
  const auto counted = decoder_.decode(model::payload_format::automatic, r, [&](const model::reading_view& reading) {
    record.time = reading.time;
    ++record.readings;
  });
  if (!counted) log::warn("node.sensor", "{}: {}", sensor_.name, counted.error().text());
  waiting_.push_back({*at, record});
  on_commit();
  return true;
}

void sensor_feed::on_commit() {
  // Sensors append to the lane `bulk`, whose offsets ascend.
  const auto acknowledged = log_[model::lane::bulk].acknowledged();
  while (!waiting_.empty() && waiting_.front().at < acknowledged) {
    if (on_acked_) on_acked_(waiting_.front().record);
    waiting_.pop_front();
  }
}

}  // namespace perigee::node
