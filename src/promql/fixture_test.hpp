#pragma once

#include <algorithm>
#include <format>
#include <string>
#include <vector>

#include "promql/query.hpp"

namespace perigee::promql {

/// Series in memory. Times are in seconds.
class memory_source : public source {
 public:
  /// One value every `step` seconds from 0 on.
  memory_source& add(labels of, std::vector<double> values, std::int64_t step = 60) {
    auto& made = all_.emplace_back(std::move(of), std::vector<sample>());
    for (std::size_t i = 0; i < values.size(); ++i) {
      made.samples.push_back({static_cast<std::int64_t>(i) * step * 1000, values[i]});
    }
    return *this;
  }
  outcome<std::vector<series>> select(const selection& what) override {
    ++selections;
    std::vector<series> out;
    for (const auto& each : all_) {
      const bool all = std::ranges::all_of(what.matchers,
                                           [&each](const matcher& m) { return m.matches(each.labels.get(m.name())); });
      if (!all) continue;
      auto& copy = out.emplace_back(each.labels, std::vector<sample>());
      for (const auto& s : each.samples) {
        if (s.time_ms > what.after_ms && s.time_ms <= what.until_ms) copy.samples.push_back(s);
      }
      if (what.windows) leave_out_others(*what.windows, copy.samples);
    }
    return out;
  }
  bool out_of_time() override { return spent; }

  bool spent = false;
  int selections = 0;

 private:
  /// All that a source may leave out, so that every test shows that the rest is enough.
  static void leave_out_others(const sample_windows& windows, std::vector<sample>& samples) {
    std::vector<sample> kept;
    for (const auto& s : samples) {
      const auto in = windows.first_with(s.time_ms);
      if (!in) continue;
      const bool replaces = windows.newest_alone && !kept.empty() && windows.first_with(kept.back().time_ms) == in;
      if (replaces) kept.pop_back();
      kept.push_back(s);
    }
    samples = std::move(kept);
  }

  std::vector<series> all_;
};

inline std::string to_text(const outcome<answer>& a) {
  if (!a) return "error: " + a.error().message;
  if (a->type == value_type::scalar) return to_text(a->scalar.value);
  if (a->type == value_type::string) return a->text;
  std::string out;
  for (const auto& each : a->series) {
    if (!out.empty()) out += "; ";
    out += each.labels.text();
    for (const auto& s : each.samples) {
      out += a->type == value_type::matrix ? std::format(" {}@{}", to_text(s.value), s.time_ms / 1000)
                                           : " " + to_text(s.value);
    }
  }
  return out;
}

/// The query's answer, or its fault, as one line.
inline std::string ask(source& from, std::string_view text, std::int64_t at_seconds) {
  const auto asked = query::parse(text);
  if (!asked) return "error: " + asked.error().message;
  return to_text(asked->at(from, at_seconds * 1000));
}
inline std::string ask_range(source& from, std::string_view text, std::int64_t start, std::int64_t end,
                             std::int64_t step) {
  const auto asked = query::parse(text);
  if (!asked) return "error: " + asked.error().message;
  return to_text(asked->over(from, {start * 1000, end * 1000, step * 1000}));
}

}  // namespace perigee::promql
