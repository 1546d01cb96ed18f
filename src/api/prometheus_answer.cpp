#include "api/prometheus_answer.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <format>
#include <set>

#include "api/prometheus_json.hpp"
#include "promql/query.hpp"

namespace perigee::api {
namespace {

// Where a call names no time: before and behind everything that is stored.
constexpr std::int64_t always_ms = 1LL << 52;

std::optional<std::string_view> first(const prometheus_arguments& given, std::string_view name) {
  const auto found = given.find(name);
  return found == given.end() ? std::nullopt : std::optional<std::string_view>(found->second);
}

std::unexpected<promql::fault> wrong(std::string_view parameter, std::string_view why) {
  return promql::bad_data(std::format("invalid parameter \"{}\": {}", parameter, why));
}

promql::outcome<std::int64_t> time_of(const prometheus_arguments& given, std::string_view name, std::int64_t absent) {
  const auto text = first(given, name);
  if (!text) return absent;
  const auto read = read_prometheus_time(*text);
  if (!read) return wrong(name, read.error().message);
  return *read;
}

promql::outcome<std::int64_t> needed_time_of(const prometheus_arguments& given, std::string_view name) {
  if (!first(given, name)) return wrong(name, "cannot parse \"\" to a valid timestamp");
  return time_of(given, name, 0);
}

promql::outcome<promql::query> query_of(const prometheus_arguments& given) {
  auto read = promql::query::parse(first(given, "query").value_or(""));
  if (!read) return wrong("query", read.error().message);
  return read;
}

prometheus_reply reply_of(const promql::outcome<std::string>& data) {
  return data ? prometheus_success(*data) : prometheus_failure(data.error());
}

promql::outcome<std::string> query_at(const prometheus_arguments& given, timestamp now, promql::catalog& from) {
  PG_TRY(const auto time, time_of(given, "time", now.ns / 1'000'000));
  PG_TRY(const auto asked, query_of(given));
  PG_TRY(const auto found, asked.at(from, time));
  return to_prometheus_json(found);
}

promql::outcome<std::string> query_over(const prometheus_arguments& given, promql::catalog& from) {
  promql::evaluation_range when;
  PG_TRY(when.start_ms, needed_time_of(given, "start"));
  PG_TRY(when.end_ms, needed_time_of(given, "end"));
  if (when.end_ms < when.start_ms) return wrong("end", "end timestamp must not be before start time");
  const auto step = read_prometheus_duration(first(given, "step").value_or(""));
  if (!step) return wrong("step", step.error().message);
  when.step_ms = *step;
  PG_TRY(const auto asked, query_of(given));
  PG_TRY(const auto found, asked.over(from, when));
  return to_prometheus_json(found);
}

/// The series that `match[]` selects between `start` and `end`; all where there is none.
promql::outcome<std::vector<promql::labels>> selected(const prometheus_arguments& given, promql::catalog& from) {
  PG_TRY(const auto start, time_of(given, "start", -always_ms));
  PG_TRY(const auto end, time_of(given, "end", always_ms));
  const auto [begin, behind] = given.equal_range("match[]");
  if (begin == behind) return from.list({.matchers = {}, .after_ms = start - 1, .until_ms = end, .samples_max = 0});
  std::set<promql::labels> out;
  for (auto each = begin; each != behind; ++each) {
    const auto matchers = promql::parse_selector(each->second);
    if (!matchers) return wrong("match[]", matchers.error().message);
    PG_TRY(auto found, from.list({.matchers = *matchers, .after_ms = start - 1, .until_ms = end, .samples_max = 0}));
    out.insert(std::make_move_iterator(found.begin()), std::make_move_iterator(found.end()));
  }
  return std::vector<promql::labels>(out.begin(), out.end());
}

promql::outcome<std::size_t> limit_of(const prometheus_arguments& given, std::string_view name = "limit") {
  const auto text = first(given, name);
  if (!text) return SIZE_MAX;
  std::size_t out = 0;
  const auto [end, failed] = std::from_chars(text->data(), text->data() + text->size(), out);
  if (failed != std::errc() || end != text->data() + text->size()) return wrong(name, "limit must be non-negative");
  return out == 0 ? SIZE_MAX : out;
}

/// A list of what is JSON already, as far as `limit` allows.
template <class Items>
prometheus_reply list_of(const prometheus_arguments& given, const Items& items) {
  const auto limit = limit_of(given);
  if (!limit) return prometheus_failure(limit.error());
  std::string out = "[";
  std::size_t count = 0;
  for (const auto& each : items) {
    if (count++ == *limit) break;
    if (out.size() > 1) out += ',';
    out += each;
  }
  return prometheus_success(out + "]", count > *limit ? "results truncated due to limit" : "");
}

bool is_label_name(std::string_view text) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  const auto part = [&letter](char c) { return letter(c) || (c >= '0' && c <= '9'); };
  return !text.empty() && letter(text.front()) && std::ranges::all_of(text, part);
}

std::optional<double> number_in(std::string_view text) {
  double out = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (failed != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return out;
}

struct kind_text {
  unsigned status;
  std::string_view name;
};
kind_text text_of(promql::fault::kind k) {
  switch (k) {
    case promql::fault::kind::bad_data: return {400, "bad_data"};
    case promql::fault::kind::execution: return {422, "execution"};
    case promql::fault::kind::timeout: return {503, "timeout"};
    case promql::fault::kind::internal: break;
  }
  return {500, "internal"};
}

}  // namespace

promql::outcome<std::int64_t> read_prometheus_time(std::string_view text) {
  if (const auto seconds = number_in(text)) {
    const auto ms = std::round(*seconds * 1000);
    if (std::abs(ms) < static_cast<double>(always_ms)) return static_cast<std::int64_t>(ms);
  } else if (const auto time = from_iso8601(text)) {
    return time->ns / 1'000'000;
  }
  return promql::bad_data(std::format("cannot parse \"{}\" to a valid timestamp", text));
}

promql::outcome<std::int64_t> read_prometheus_duration(std::string_view text) {
  if (const auto seconds = number_in(text)) {
    const auto ms = std::round(*seconds * 1000);
    if (ms >= 1 && ms < static_cast<double>(always_ms)) return static_cast<std::int64_t>(ms);
    return promql::bad_data(
        "zero or negative query resolution step widths are not accepted. Try a positive number of seconds");
  }
  return promql::parse_duration(text);
}

prometheus_reply prometheus_failure(const promql::fault& why) {
  const auto [status, name] = text_of(why.what);
  return {status, std::format(R"({{"status":"error","errorType":"{}","error":{}}})", name, quoted_json(why.message))};
}

prometheus_reply prometheus_success(std::string_view data, std::string_view warning) {
  const auto more = warning.empty() ? std::string() : std::format(R"(,"warnings":[{}])", quoted_json(warning));
  return {200, std::format(R"({{"status":"success","data":{}{}}})", data, more)};
}

prometheus_reply answer_query(const prometheus_arguments& given, timestamp now, promql::catalog& from) {
  return reply_of(query_at(given, now, from));
}

prometheus_reply answer_query_range(const prometheus_arguments& given, promql::catalog& from) {
  return reply_of(query_over(given, from));
}

prometheus_reply answer_labels(const prometheus_arguments& given, promql::catalog& from) {
  const auto found = selected(given, from);
  if (!found) return prometheus_failure(found.error());
  std::set<std::string> names;
  for (const auto& series : *found) {
    for (const auto& each : series) names.insert(quoted_json(each.name));
  }
  return list_of(given, names);
}

prometheus_reply answer_label_values(std::string_view name, const prometheus_arguments& given, promql::catalog& from) {
  if (!is_label_name(name))
    return prometheus_failure(promql::bad_data(std::format("invalid label name: \"{}\"", name)).error());
  const auto found = selected(given, from);
  if (!found) return prometheus_failure(found.error());
  std::set<std::string> values;
  for (const auto& series : *found) {
    if (const auto value = series.get(name); !value.empty()) values.insert(quoted_json(value));
  }
  return list_of(given, values);
}

prometheus_reply answer_series(const prometheus_arguments& given, promql::catalog& from) {
  if (!given.contains("match[]")) {
    return prometheus_failure(promql::bad_data("no match[] parameter provided").error());
  }
  const auto found = selected(given, from);
  if (!found) return prometheus_failure(found.error());
  std::vector<std::string> rows;
  for (const auto& each : *found) rows.push_back(to_prometheus_json(each));
  return list_of(given, rows);
}

prometheus_reply answer_metadata(const prometheus_arguments& given, std::string_view metrics_text) {
  const auto limit = limit_of(given);
  if (!limit) return prometheus_failure(limit.error());
  const auto wanted = first(given, "metric");
  const auto take_word = [](std::string_view& line) {
    const auto word = line.substr(0, line.find(' '));
    line.remove_prefix(std::min(word.size() + 1, line.size()));
    return word;
  };
  std::string out = "{";
  std::string_view help;
  std::size_t count = 0;
  while (!metrics_text.empty() && count < *limit) {
    auto line = metrics_text.substr(0, metrics_text.find('\n'));
    metrics_text.remove_prefix(std::min(line.size() + 1, metrics_text.size()));
    if (take_word(line) != "#") continue;
    const auto what = take_word(line);
    const auto name = take_word(line);
    if (what == "HELP") help = line;
    if (what != "TYPE" || (wanted && !wanted->empty() && name != *wanted)) continue;
    out += std::format(R"({}"{}":[{{"type":"{}","help":{},"unit":""}}])", count++ == 0 ? "" : ",", name, line,
                       quoted_json(help));
  }
  return prometheus_success(out + "}");
}

}  // namespace perigee::api
