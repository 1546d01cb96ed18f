#include "readers/history/detail/sample_picker.hpp"

namespace perigee::readers::history::detail {

bool sample_picker::wants(timestamp first, timestamp last) const {
  if (!what_.windows) return true;
  if (!what_.windows->touch(ms_of(first), ms_of(last))) return false;
  if (!newest_alone()) return true;
  const auto window = what_.windows->first_with(ms_of(first));
  if (!window || window != what_.windows->first_with(ms_of(last))) return true;
  const auto known = newest_.find(*window);
  return known == newest_.end() || known->second.time_ms <= ms_of(last);
}

/// From the row that was stored last, as chunks come: what is there then wins over one of the same time.
bool sample_picker::take(const model::number_columns& rows) {
  for (auto i = rows.values.size(); i-- > 0;) {
    const bool bad = !rows.qualities.empty() && rows.qualities[i] == static_cast<int>(model::quality::bad);
    const promql::sample one{ms_of({rows.times_ns[i]}), rows.values[i]};
    if (bad || one.time_ms <= what_.after_ms || one.time_ms > what_.until_ms) continue;
    if (!keep(one)) return false;
  }
  return true;
}

bool sample_picker::keep(const promql::sample& one) {
  if (newest_alone()) {
    const auto window = what_.windows->first_with(one.time_ms);
    if (!window) return true;
    const auto [kept, fresh] = newest_.try_emplace(*window, one);
    if (!fresh && one.time_ms > kept->second.time_ms) kept->second = one;
    full_ = newest_.size() > room_;
  } else {
    if (what_.windows && !what_.windows->first_with(one.time_ms)) return true;
    all_.push_back(one);
    full_ = all_.size() > room_;
  }
  return !full_;
}

std::vector<promql::sample> sample_picker::samples() && {
  for (const auto& [window, one] : newest_) all_.push_back(one);
  std::ranges::stable_sort(all_, {}, &promql::sample::time_ms);
  const auto repeated = std::ranges::unique(all_, {}, &promql::sample::time_ms);
  all_.erase(repeated.begin(), repeated.end());
  return std::move(all_);
}

}  // namespace perigee::readers::history::detail
