#include "readers/uplink/budget.hpp"

#include <algorithm>
#include <cmath>

#include "base/crc32c.hpp"

namespace perigee::readers::uplink {
namespace {

constexpr std::uint8_t version = 1;
constexpr std::size_t crc_bytes = 4;

double seconds(nanoseconds d) { return static_cast<double>(d.count()) * 1e-9; }

}  // namespace

void budget::bucket::fill(double seconds) { left = std::min(whole, left + whole * seconds / period); }

std::optional<std::int64_t> budget::bucket::left_bytes() const {
  if (whole == 0) return std::nullopt;
  return static_cast<std::int64_t>(left);
}

void budget::refill(clock::time_point now) {
  for (auto& each : buckets_) each.fill(filled_ ? seconds(now - *filled_) : 0);
  filled_ = now;
}

void budget::spend(std::uint64_t bytes) {
  for (auto& each : buckets_) each.left -= static_cast<double>(bytes);
}

bool budget::any_left() const {
  return std::ranges::all_of(buckets_, [](const bucket& each) { return each.whole == 0 || each.left > 0; });
}

byte_buffer budget::save(timestamp wall) const {
  byte_buffer out;
  byte_writer w(out);
  w.u8(version);
  w.u64(static_cast<std::uint64_t>(wall.ns));
  for (const auto& each : buckets_) w.f64(each.left);
  w.u32(crc32c(out));
  return out;
}

result<> budget::restore(byte_view saved, timestamp wall) {
  if (saved.size() <= crc_bytes) return fail(errc::corrupt, "the budget's file is cut short");
  byte_reader tail(saved.last(crc_bytes));
  const auto body = saved.first(saved.size() - crc_bytes);
  if (tail.u32() != crc32c(body)) return fail(errc::corrupt, "the budget's file does not match its checksum");
  byte_reader r(body);
  if (r.u8() > version) return fail(errc::unsupported, "a newer version wrote the budget's file");
  const timestamp then{static_cast<std::int64_t>(r.u64())};
  const std::array<double, 2> left{r.f64(), r.f64()};
  if (!r.ok() || !std::ranges::all_of(left, [](double x) { return std::isfinite(x); })) {
    return fail(errc::corrupt, "the budget's file does not parse");
  }
  const auto away = std::max(0.0, seconds(wall - then));  // a clock that went back gives nothing
  for (std::size_t i = 0; i < buckets_.size(); ++i) {
    buckets_[i].left = std::min(left[i], buckets_[i].whole);
    buckets_[i].fill(away);
  }
  return {};
}

}  // namespace perigee::readers::uplink
