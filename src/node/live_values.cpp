#include "node/live_values.hpp"

#include <algorithm>

namespace perigee::node {
namespace {

using namespace std::chrono_literals;

constexpr auto stale_after = 10s;
constexpr auto stale_intervals = 5;
constexpr double share_of_new = 0.2;  // in a moving mean

}  // namespace

bool live_values::entry::is_stale(timestamp now) const {
  return now - time > std::max<nanoseconds>(stale_after, stale_intervals * interval);
}

bool live_values::filter::fits(const readers::history::series_names& of) const {
  return (!node || *node == of.node) && (!device || *device == of.device) && (!metric || *metric == of.metric);
}

live_values::entry& live_values::at(const readers::history::newest_value& one) {
  const auto [found, is_new] = by_id_.try_emplace(one.id.value());
  auto& place = found->second;
  if (is_new) {
    place = by_change_.insert(by_change_.begin(), entry{.of = one.of, .id = one.id, .time = {}, .value = {}});
    const auto& names = *place->of;
    place->unit = units_.of(names);
    by_name_.insert_or_assign(key(names.node, names.device, names.metric), place);
  }
  return *place;
}

void live_values::take(std::span<readers::history::newest_value> all) {
  for (auto& one : all) {
    auto& known = at(one);
    known.fresh += one.readings;
    const bool first = known.version == 0;
    if (!first && one.time < known.time) continue;  // a late one
    if (!first && one.readings != 0 && one.time > known.time) {
      const auto each = (one.time - known.time) / static_cast<std::int64_t>(one.readings);
      const auto part = [](nanoseconds d, double share) {
        return nanoseconds(static_cast<std::int64_t>(static_cast<double>(d.count()) * share));
      };
      known.interval = known.interval == 0ns ? each : part(known.interval, 1 - share_of_new) + part(each, share_of_new);
    }
    known.time = one.time;
    known.value = std::move(one.value);
    known.quality = one.quality;
    if (one.source) known.source = std::move(one.source);
    known.version = ++version_;
    by_change_.splice(by_change_.begin(), by_change_, by_id_.at(one.id.value()));
  }
}

void live_values::tick() {
  for (auto& each : by_change_) {
    const auto now = static_cast<double>(std::exchange(each.fresh, 0));
    each.per_s += share_of_new * (now - each.per_s);
    if (each.per_s < 0.001) each.per_s = 0;
  }
}

void live_values::for_each(const filter& which, function_ref<bool(const entry&)> visit) const {
  for (const auto& [name, each] : by_name_) {
    if (which.fits(*each->of) && !visit(*each)) return;
  }
}

const live_values::entry* live_values::find(std::string_view node, std::string_view device,
                                            std::string_view metric) const {
  const auto found = by_name_.find(key(node, device, metric));
  return found == by_name_.end() ? nullptr : &*found->second;
}

void live_values::for_each_since(std::uint64_t version, const filter& which,
                                 function_ref<void(const entry&)> visit) const {
  for (const auto& each : by_change_) {
    if (each.version <= version) return;
    if (which.fits(*each.of)) visit(each);
  }
}

}  // namespace perigee::node
