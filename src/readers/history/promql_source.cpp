#include "readers/history/promql_source.hpp"

#include <algorithm>
#include <format>

#include "base/printable.hpp"
#include "readers/history/detail/own_labels.hpp"
#include "readers/history/detail/sample_picker.hpp"

namespace perigee::readers::history {
namespace {

using detail::ns_per_ms;

/// Of a time that a query names, which may be any: a millisecond more can still be added.
timestamp at_ms(std::int64_t ms) {
  constexpr auto most = INT64_MAX / ns_per_ms - 1;
  return {std::clamp(ms, -most, most) * ns_per_ms};
}

std::string metric_name(std::string_view metric) {
  std::string out(metric);
  for (auto& c : out) {
    const bool fits =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == ':';
    if (!fits) c = '_';
  }
  if (!out.empty() && out.front() >= '0' && out.front() <= '9') out.insert(0, 1, '_');
  return out;
}

promql::labels labels_of(const series_name& s, std::string_view own_node) {
  promql::labels out;
  if (s.node.empty()) {
    out = detail::own_labels(s.device);
    out.set(promql::metric_name_label, s.metric);
    if (out.get("node").empty()) out.set("node", own_node);
    return out;
  }
  out.set(promql::metric_name_label, metric_name(s.metric));
  out.set("node", printable(s.node));
  out.set("device", printable(s.device));
  out.set("metric", printable(s.metric));
  return out;
}

std::unexpected<promql::fault> read_failure(const error& why) {
  return std::unexpected(promql::fault{promql::fault::kind::internal, "the history cannot be read: " + why.text()});
}
std::unexpected<promql::fault> timed_out() {
  return std::unexpected(promql::fault{promql::fault::kind::timeout, "query timed out while series were read"});
}

}  // namespace

promql::outcome<std::vector<promql_source::found>> promql_source::find(const promql::selection& what) {
  std::vector<found> out;
  const auto listed = from_.for_each_name(
      at_ms(what.after_ms), at_ms(what.until_ms) + nanoseconds(ns_per_ms), [&](const series_name& each) {
        auto labels = labels_of(each, node_);
        const auto fits = [&labels](const promql::matcher& m) { return m.matches(labels.get(m.name())); };
        if (std::ranges::all_of(what.matchers, fits)) out.push_back({each.id, std::move(labels)});
      });
  if (!listed) return read_failure(listed.error());
  // Series of one name to PromQL ("a.b" and "a-b") differ in the label `metric`; own ones are what `/metrics` has.
  std::ranges::stable_sort(out, {}, &found::labels);
  return out;
}

promql::outcome<std::vector<promql::series>> promql_source::select(const promql::selection& what) {
  PG_TRY(const auto all, find(what));
  std::vector<promql::series> out;
  auto room = what.samples_max;
  for (const auto& each : all) {
    if (out_of_time()) return timed_out();
    PG_TRY(auto samples, read(each.id, what, room));
    if (!samples.empty()) out.push_back({each.labels, std::move(samples)});
  }
  return out;
}

promql::outcome<std::vector<promql::sample>> promql_source::read(series_id of, const promql::selection& what,
                                                                 std::size_t& room) {
  detail::sample_picker picked(what, room);
  const auto read = from_.numbers(
      of, at_ms(what.after_ms), at_ms(what.until_ms) + nanoseconds(ns_per_ms),
      [&picked](timestamp first, timestamp last) { return picked.wants(first, last); },
      [&picked](const model::number_columns& rows) { return picked.take(rows); });
  if (picked.full()) {
    return promql::cannot_execute("the query would read too many samples: ask for a shorter range or fewer series");
  }
  if (!read && is(read.error(), errc::timed_out)) return timed_out();
  if (!read) return read_failure(read.error());
  auto out = std::move(picked).samples();
  room -= out.size();
  return out;
}

promql::outcome<std::vector<promql::labels>> promql_source::list(const promql::selection& what) {
  PG_TRY(auto all, find(what));
  std::vector<promql::labels> out;
  out.reserve(all.size());
  for (auto& each : all) out.push_back(std::move(each.labels));
  return out;
}

}  // namespace perigee::readers::history
