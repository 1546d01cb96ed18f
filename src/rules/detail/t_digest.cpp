#include "rules/detail/t_digest.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace perigee::rules::detail {
namespace {

constexpr double compression = 100;
constexpr std::size_t pending_max = 128;
constexpr std::size_t centroids_max = 512;  // in a snapshot; compressing leaves far fewer

/// The paper's k1: small steps at both ends.
double scale(double q) { return compression / (2 * std::numbers::pi) * std::asin(2 * q - 1); }
double unscaled(double k) { return (std::sin(k * 2 * std::numbers::pi / compression) + 1) / 2; }

}  // namespace

void t_digest::take(centroid one) {
  pending_.push_back(one);
  if (pending_.size() >= pending_max) compress();
}

void t_digest::merge(const t_digest& other) {
  for (const auto& one : other.centroids_) take(one);
  for (const auto& one : other.pending_) take(one);
}

void t_digest::compress() {
  if (pending_.empty()) return;
  pending_.insert(pending_.end(), centroids_.begin(), centroids_.end());
  std::ranges::stable_sort(pending_, {}, &centroid::mean);
  double total = 0;
  for (const auto& one : pending_) total += one.weight;
  centroids_.clear();
  double before = 0;
  double limit = total * unscaled(scale(0) + 1);
  for (const auto& one : pending_) {
    if (!centroids_.empty() && before + centroids_.back().weight + one.weight <= limit) {
      auto& last = centroids_.back();
      last.weight += one.weight;
      last.mean += (one.mean - last.mean) * one.weight / last.weight;
      continue;
    }
    if (!centroids_.empty()) {
      before += centroids_.back().weight;
      limit = total * unscaled(std::min(scale(before / total) + 1, scale(1)));
    }
    centroids_.push_back(one);
  }
  pending_.clear();
}

double t_digest::count() const {
  double out = 0;
  for (const auto& one : centroids_) out += one.weight;
  for (const auto& one : pending_) out += one.weight;
  return out;
}

/// Between the middles of two centroids by straight line; a centroid of one value is that value.
double t_digest::quantile(double q) const {
  if (!pending_.empty()) {
    auto all = *this;
    all.compress();
    return all.quantile(q);
  }
  if (centroids_.empty()) return std::numeric_limits<double>::quiet_NaN();
  const double rank = q * (count() - 1);
  double before = 0;  // the rank of the middle of the centroid at hand
  for (std::size_t i = 0; i + 1 < centroids_.size(); ++i) {
    const auto& here = centroids_[i];
    const auto& next = centroids_[i + 1];
    const double middle = before + (here.weight - 1) / 2;
    const double next_middle = before + here.weight + (next.weight - 1) / 2;
    if (rank <= middle) return here.mean;
    if (rank < next_middle) return here.mean + (next.mean - here.mean) * (rank - middle) / (next_middle - middle);
    before += here.weight;
  }
  return centroids_.back().mean;
}

void t_digest::encode(byte_writer& to) const {
  for (const auto* list : {&centroids_, &pending_}) {
    to.varint(list->size());
    for (const auto& [mean, weight] : *list) {
      to.f64(mean);
      to.f64(weight);
    }
  }
}

t_digest t_digest::decode(byte_reader& from) {
  t_digest out;
  for (auto* list : {&out.centroids_, &out.pending_}) {
    const auto count = from.varint();
    if (count > centroids_max) from.fail();
    for (std::uint64_t i = 0; i < count && from.ok(); ++i) {
      const double mean = from.f64();
      const double weight = from.f64();
      if (!std::isfinite(mean) || !(weight > 0) || !std::isfinite(weight)) from.fail();
      list->push_back({mean, weight});
    }
  }
  if (!std::ranges::is_sorted(out.centroids_, {}, &centroid::mean)) from.fail();
  return out;
}

}  // namespace perigee::rules::detail
