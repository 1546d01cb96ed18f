// Where things are on the earth, in degrees of WGS 84.

#include <charconv>
#include <cmath>
#include <numbers>

#include "rules/detail/functions.hpp"

namespace perigee::rules::detail {
namespace {

using namespace types;
using arguments = function::arguments;

constexpr double earth_radius_m = 6'371'008.8;  // the mean one of the IUGG
constexpr double radians_per_degree = std::numbers::pi / 180;

struct point {
  double latitude = 0;
  double longitude = 0;
};

bool on_earth(point p) { return std::abs(p.latitude) <= 90 && std::abs(p.longitude) <= 180; }

/// By the haversine formula: off by up to 0.5 %, for the earth is no sphere.
double metres_between(point a, point b) {
  const double north = std::sin((b.latitude - a.latitude) * radians_per_degree / 2);
  const double east = std::sin((b.longitude - a.longitude) * radians_per_degree / 2);
  const double h = north * north +
                   std::cos(a.latitude * radians_per_degree) * std::cos(b.latitude * radians_per_degree) * east * east;
  return 2 * earth_radius_m * std::asin(std::min(1.0, std::sqrt(h)));
}

value distance(const evaluation& with, arguments args) {
  const point a{args[0].number, args[1].number};
  const point b{args[2].number, args[3].number};
  return on_earth(a) && on_earth(b) ? of_number(metres_between(a, b)) : with.wrong();
}

/// Reads [[latitude, longitude], ...] point by point.
class polygon_text {
 public:
  explicit polygon_text(std::string_view json) : rest_(json) { good_ = take('['); }

  /// False at the end, and where the text is no polygon.
  bool next(point& out) {
    if (!good_ || take(']')) return false;
    if (std::exchange(behind_first_, true)) good_ = take(',');
    good_ = good_ && take('[') && number(out.latitude) && take(',') && number(out.longitude) && take(']');
    return good_;
  }
  [[nodiscard]] bool good() const { return good_; }

 private:
  void skip_blank() { rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t\r\n"), rest_.size())); }
  bool take(char c) {
    skip_blank();
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool number(double& out) {
    skip_blank();
    const auto [end, ec] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), out);
    if (ec != std::errc() || !std::isfinite(out)) return false;
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
    return true;
  }

  std::string_view rest_;
  bool good_ = false;
  bool behind_first_ = false;
};

/// Whether a ray from `p` to the east crosses the edge.
bool crosses(point p, point a, point b) {
  if ((a.latitude > p.latitude) == (b.latitude > p.latitude)) return false;
  const double along = (p.latitude - a.latitude) / (b.latitude - a.latitude);
  return p.longitude < a.longitude + along * (b.longitude - a.longitude);
}

/// By the even-odd rule; the last point is joined to the first. Not for what reaches over the 180th meridian.
value in_polygon(const evaluation& with, arguments args) {
  const point p{args[0].number, args[1].number};
  if (args[2].kind != value_kind::json || !on_earth(p)) return with.wrong();
  polygon_text corners(args[2].text);
  point first;
  point at;
  int count = 0;
  bool inside = false;
  for (point next; corners.next(next); at = next, ++count) {
    if (count == 0) {
      first = next;
    } else {
      inside ^= crosses(p, at, next);
    }
  }
  if (!corners.good() || count < 3) return with.wrong();
  return of_boolean(inside != crosses(p, at, first));
}

constexpr std::array<value_type, 3> point_and_array{number, number, any};

constexpr auto table = std::to_array<function>({
    {"distance", "distance(latitude, longitude, latitude, longitude)", "metres along the surface (haversine)", 4, 4,
     numbers, number, distance},
    {"in_polygon", "in_polygon(latitude, longitude, [[latitude, longitude], ...])",
     "whether the place is within; the last corner is joined to the first", 3, 3, point_and_array, boolean, in_polygon},
});

}  // namespace

std::span<const function> place_functions() { return table; }

}  // namespace perigee::rules::detail
