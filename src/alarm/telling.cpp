#include "alarm/telling.hpp"

#include <array>
#include <boost/json.hpp>

#include "base/limits.hpp"
#include "base/rules_limits.hpp"

namespace perigee::alarm {
namespace {

namespace json = boost::json;

constexpr std::array severities{severity::info, severity::warning, severity::critical};
constexpr std::array<std::pair<std::string_view, telling::event>, 3> events{
    {{"raised", telling::event::raised},
     {"cleared", telling::event::cleared},
     {"acknowledged", telling::event::acknowledged}}};
constexpr std::int64_t ns_per_us = 1000;

/// False where it is there and is no text, or a longer one than `bytes_max`.
bool take_text(const json::object& from, std::string_view key, std::size_t bytes_max, std::string& into) {
  const auto* found = from.if_contains(key);
  if (found == nullptr) return true;
  const auto* text = found->if_string();
  if (text == nullptr || text->size() > bytes_max) return false;
  into = std::string_view(*text);
  return true;
}

/// Microseconds since 1970.
std::optional<timestamp> time_in(const json::object& from, std::string_view key) {
  const auto* found = from.if_contains(key);
  const auto* us = found == nullptr ? nullptr : found->if_int64();
  if (us == nullptr || *us < 0 || *us > INT64_MAX / ns_per_us) return std::nullopt;
  return timestamp{*us * ns_per_us};
}

std::optional<telling::event> event_in(const json::object& from) {
  const auto* found = from.if_contains("state");
  if (found == nullptr || !found->is_string()) return std::nullopt;
  for (const auto& [name, event] : events) {
    if (found->get_string() == name) return event;
  }
  return std::nullopt;
}

severity severity_in(const json::object& from) {
  const auto* found = from.if_contains("severity");
  for (const auto each : severities) {
    if (found != nullptr && found->is_string() && found->get_string() == name_of(each)) return each;
  }
  return severity::warning;
}

/// What is longer than is kept is left out: the record itself is in the journal.
std::string values_in(const json::object& from) {
  const auto* found = from.if_contains("values");
  if (found == nullptr || !found->is_object()) return {};
  auto text = json::serialize(*found);
  return text.size() <= limits::alarm_values_bytes_max ? text : std::string();
}

}  // namespace

std::string_view name_of(severity s) {
  constexpr std::array<std::string_view, 3> names{"info", "warning", "critical"};
  return names[static_cast<std::size_t>(s)];
}

std::optional<telling> parse_telling(byte_view payload) {
  if (payload.size() > limits::alarm_payload_bytes_max) return std::nullopt;
  boost::system::error_code failed;
  const auto parsed = json::parse(as_text(payload), failed, {}, {.max_depth = limits::payload_depth_max});
  const auto* in = failed ? nullptr : parsed.if_object();
  if (in == nullptr) return std::nullopt;
  telling out;
  const auto event = event_in(*in);
  const auto at = time_in(*in, "ts");
  const bool fits = take_text(*in, "alarm", limits::rule_name_bytes_max, out.name) &&
                    take_text(*in, "key", limits::alarm_key_bytes_max, out.key) &&
                    take_text(*in, "node", limits::node_name_bytes_max, out.node) &&
                    take_text(*in, "by", limits::alarm_by_bytes_max, out.by) &&
                    take_text(*in, "comment", limits::alarm_comment_bytes_max, out.comment);
  if (!event || !at || !fits || out.name.empty()) return std::nullopt;
  out.what = *event;
  out.at = *at;
  out.since = time_in(*in, "since").value_or(*at);
  out.severity = severity_in(*in);
  out.values = values_in(*in);
  return out;
}

std::string to_payload(const telling& t) {
  json::object out{{"alarm", t.name},
                   {"key", t.key},
                   {"severity", name_of(t.severity)},
                   {"state", events[static_cast<std::size_t>(t.what)].first},
                   {"ts", t.at.ns / ns_per_us},
                   {"since", t.since.ns / ns_per_us}};
  if (!t.node.empty()) out["node"] = t.node;
  if (!t.by.empty()) out["by"] = t.by;
  if (!t.comment.empty()) out["comment"] = t.comment;
  boost::system::error_code failed;
  auto values = t.values.empty() ? json::value() : json::parse(t.values, failed);
  if (!failed && values.is_object()) out["values"] = std::move(values);
  return json::serialize(out);
}

}  // namespace perigee::alarm
