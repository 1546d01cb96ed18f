#pragma once
// Strong types: an offset is not a size, an epoch is not a sequence.

#include <compare>
#include <cstdint>
#include <functional>

namespace perigee {

/// A whole number with a meaning. `Tag` keeps two kinds from mixing; the raw value is behind `.value()`.
template <class Rep, class Tag>
class id {
 public:
  using rep = Rep;

  constexpr id() = default;
  constexpr explicit id(Rep value) : value_(value) {}

  [[nodiscard]] constexpr Rep value() const { return value_; }
  constexpr auto operator<=>(const id&) const = default;
  [[nodiscard]] constexpr id next(Rep steps = 1) const { return id(static_cast<Rep>(value_ + steps)); }

 private:
  Rep value_{};
};

/// Position of a record in one lane of one journal: 0, 1, 2 ... without holes.
using log_offset = id<std::uint64_t, struct log_offset_tag>;
/// Which life of a journal or a device a sequence belongs to: a random number drawn when it is created. 0 = not
/// stamped.
using epoch = id<std::uint64_t, struct epoch_tag>;
/// A device's own count of what it sent in one epoch, from 1. 0 = not stamped.
using sequence = id<std::uint64_t, struct sequence_tag>;

}  // namespace perigee

template <class Rep, class Tag>
struct std::hash<perigee::id<Rep, Tag>> {
  std::size_t operator()(const perigee::id<Rep, Tag>& x) const noexcept { return std::hash<Rep>{}(x.value()); }
};
