#include "alarm/telling.hpp"

#include <algorithm>
#include <array>
#include <boost/json.hpp>

#include "base/limits.hpp"
#include "base/rules_limits.hpp"

namespace perigee::alarm {
namespace {

namespace json = boost::json;

constexpr std::array severities{severity::info, severity::warning, severity::critical};
/// By `event`. Who clears tells a person's deed from the end of the condition.
constexpr std::array<std::string_view, event_count> words{
    "raised",  "cleared",   "",           "acknowledged", "confirmed",      "reset",      "cleared",
    "shelved", "unshelved", "suppressed", "unsuppressed", "out_of_service", "in_service", "commented",
};
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
  if (us == nullptr || *us <= 0 || *us > latest_time.ns / ns_per_us) return std::nullopt;
  return timestamp{*us * ns_per_us};
}

std::optional<event> event_in(const json::object& from, bool by_a_person) {
  const auto* found = from.if_contains("state");
  if (found == nullptr || !found->is_string() || found->get_string().empty()) return std::nullopt;
  const auto place = std::ranges::find(words, std::string_view(found->get_string()));
  if (place == words.end()) return std::nullopt;
  const auto what = static_cast<event>(place - words.begin());
  return what == event::normalize && by_a_person ? event::clear : what;
}

severity severity_in(const json::object& from) {
  const auto* found = from.if_contains("severity");
  for (const auto each : severities) {
    if (found != nullptr && found->is_string() && found->get_string() == name_of(each)) return each;
  }
  return severity::warning;
}

bool truth_in(const json::object& from, std::string_view key) {
  const auto* found = from.if_contains(key);
  return found != nullptr && found->is_bool() && found->get_bool();
}

/// Whole seconds; `otherwise` where there are none that may be.
nanoseconds seconds_in(const json::object& from, std::string_view key, nanoseconds otherwise) {
  const auto* found = from.if_contains(key);
  const auto* s = found == nullptr ? nullptr : found->if_int64();
  if (s == nullptr || *s < 0 || *s > limits::alarm_seconds_max) return otherwise;
  return std::chrono::seconds(*s);
}

bool take_attributes(const json::object& from, attributes& into) {
  into.latch = truth_in(from, "latch");
  into.confirm = truth_in(from, "confirm");
  into.realarm = seconds_in(from, "realarm_s", {});
  into.shelve_max = seconds_in(from, "shelve_max_s", into.shelve_max);
  return take_text(from, "group", limits::alarm_group_bytes_max, into.group) &&
         take_text(from, "suppresses", limits::alarm_group_bytes_max, into.suppresses);
}

void put_attributes(const attributes& from, json::object& into) {
  constexpr auto whole_seconds = [](nanoseconds d) {
    return std::chrono::duration_cast<std::chrono::seconds>(d).count();
  };
  if (from.latch) into["latch"] = true;
  if (from.confirm) into["confirm"] = true;
  if (from.realarm > nanoseconds::zero()) into["realarm_s"] = whole_seconds(from.realarm);
  if (from.shelve_max != attributes{}.shelve_max) into["shelve_max_s"] = whole_seconds(from.shelve_max);
  if (!from.group.empty()) into["group"] = from.group;
  if (!from.suppresses.empty()) into["suppresses"] = from.suppresses;
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
  const auto at = time_in(*in, "ts");
  const bool fits = take_text(*in, "alarm", limits::rule_name_bytes_max, out.name) &&
                    take_text(*in, "key", limits::alarm_key_bytes_max, out.key) &&
                    take_text(*in, "node", limits::node_name_bytes_max, out.node) &&
                    take_text(*in, "by", limits::alarm_by_bytes_max, out.by) &&
                    take_text(*in, "comment", limits::alarm_comment_bytes_max, out.comment) &&
                    take_attributes(*in, out.with);
  const auto what = event_in(*in, !out.by.empty());
  if (!what || !at || !fits) return std::nullopt;
  const bool of_a_group = *what == event::suppress || *what == event::unsuppress;
  if (out.name.empty() && (!of_a_group || out.with.group.empty())) return std::nullopt;
  out.what = *what;
  out.at = *at;
  out.since = time_in(*in, "since").value_or(*at);
  out.severity = severity_in(*in);
  out.values = values_in(*in);
  if (out.what == event::shelve) {
    out.kind = truth_in(*in, "one_shot") ? shelving::one_shot : shelving::timed;
    const auto until = time_in(*in, "until");
    constexpr auto longest = std::chrono::seconds(limits::alarm_seconds_max);
    if (!until || *until <= *at || *until - *at > longest) return std::nullopt;  // a shelving always ends
    out.until = *until;
  }
  return out;
}

std::string_view word_of(event what) { return words[static_cast<std::size_t>(what)]; }

std::string to_payload(const telling& t) {
  json::object out;
  if (!t.name.empty()) out = {{"alarm", t.name}, {"key", t.key}, {"severity", name_of(t.severity)}};
  out["state"] = word_of(t.what);
  out["ts"] = t.at.ns / ns_per_us;
  if (!t.name.empty()) out["since"] = t.since.ns / ns_per_us;
  if (!t.node.empty()) out["node"] = t.node;
  if (!t.by.empty()) out["by"] = t.by;
  if (!t.comment.empty()) out["comment"] = t.comment;
  if (t.what == event::shelve) out["until"] = t.until.ns / ns_per_us;
  if (t.kind == shelving::one_shot) out["one_shot"] = true;
  if (t.what == event::activate || t.name.empty()) put_attributes(t.with, out);
  boost::system::error_code failed;
  auto values = t.values.empty() ? json::value() : json::parse(t.values, failed);
  if (!failed && values.is_object()) out["values"] = std::move(values);
  return json::serialize(out);
}

}  // namespace perigee::alarm
