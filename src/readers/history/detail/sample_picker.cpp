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
  if (what_.windows && !window_.has(one.time_ms)) {
    const auto window = what_.windows->first_with(one.time_ms);
    if (!window) return true;
    window_ = what_.windows->first_in(*window);
    if (newest_alone()) newest_there_ = &newest_.try_emplace(*window, one).first->second;
  }
  if (newest_alone()) {
    if (one.time_ms > newest_there_->time_ms) *newest_there_ = one;
  } else {
    all_.push_back(one);
  }
  full_ = all_.size() + newest_.size() > room_;
  return !full_;
}

std::vector<promql::sample> sample_picker::samples() && {
  for (const auto& [window, one] : newest_) all_.push_back(one);
  if (!newest_alone()) std::ranges::reverse(all_);
  if (!std::ranges::is_sorted(all_, {}, &promql::sample::time_ms)) {
    std::ranges::stable_sort(all_, {}, &promql::sample::time_ms);
  }
  const auto same = [](const promql::sample& a, const promql::sample& b) { return a.time_ms == b.time_ms; };
  const auto repeated = std::unique(all_.rbegin(), all_.rend(), same);
  all_.erase(all_.begin(), repeated.base());
  return std::move(all_);
}

}  // namespace perigee::readers::history::detail
