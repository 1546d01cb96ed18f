#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/time.hpp"

namespace perigee::readers::uplink {

/// The bytes that may go up a metered link in an hour and in a day. Each is a bucket that is full at first and fills
/// evenly; what is never held back may take more than it holds, and the next wait longer for it. Owned by the sender.
class budget {
 public:
  /// 0 = none.
  budget(std::uint64_t per_hour_bytes, std::uint64_t per_day_bytes)
      : buckets_{{{per_hour_bytes, 3600}, {per_day_bytes, 86'400}}} {}

  void refill(clock::time_point now);
  void spend(std::uint64_t bytes);
  [[nodiscard]] bool any_left() const;
  /// Nothing where there is no such budget; below 0 when more than it was taken.
  [[nodiscard]] std::optional<std::int64_t> left_in_hour() const { return buckets_[0].left_bytes(); }
  [[nodiscard]] std::optional<std::int64_t> left_in_day() const { return buckets_[1].left_bytes(); }

  /// For keeping it over a restart: docs/formats/uplink.md. `wall`: now.
  [[nodiscard]] byte_buffer save(timestamp wall) const;
  /// As saved, and what has come in since. errc::corrupt, errc::unsupported, and nothing is changed.
  [[nodiscard]] result<> restore(byte_view saved, timestamp wall);

 private:
  struct bucket {
    bucket(std::uint64_t whole_bytes, double period_s)
        : whole(static_cast<double>(whole_bytes)), period(period_s), left(whole) {}
    void fill(double seconds);
    [[nodiscard]] std::optional<std::int64_t> left_bytes() const;

    double whole;
    double period;  // s
    double left;
  };

  std::array<bucket, 2> buckets_;
  std::optional<clock::time_point> filled_;
};

}  // namespace perigee::readers::uplink
