#include "node/alarm_json.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <format>

#include "api/json_answer.hpp"

namespace perigee::node {
namespace {

namespace json = boost::json;
using alarm::entry;
using alarm::event;

constexpr std::size_t bad_actors_shown = 10;

/// By `event`.
constexpr std::array<std::string_view, alarm::event_count> verbs{
    "",         "",         "",           "acknowledge",    "confirm",           "reset",   "clear", "shelve",
    "unshelve", "suppress", "unsuppress", "out-of-service", "return-to-service", "comment",
};

/// 1 is the worst, 4 the least.
int number_of(alarm::severity s) {
  switch (s) {
    case alarm::severity::critical: return 1;
    case alarm::severity::warning: return 2;
    case alarm::severity::info: return 4;
  }
  return 4;
}

json::object values_of(const std::string& values) {
  boost::system::error_code failed;
  auto parsed = json::parse(values.empty() ? "{}" : values, failed);
  return failed || !parsed.is_object() ? json::object() : std::move(parsed.get_object());
}

/// As people write it: Boost would say 9.32E1.
std::string plain(const json::value& value) {
  if (value.is_string()) return std::string(value.get_string());
  return value.is_double() ? std::format("{}", value.get_double()) : json::serialize(value);
}

/// "temperature 93.2, speed 1480": what the rule had selected.
std::string describe(const json::object& values) {
  std::string out;
  for (const auto& [name, value] : values) {
    if (value.is_structured()) continue;
    out += std::format("{}{} {}", out.empty() ? "" : ", ", std::string_view(name), plain(value));
  }
  return out;
}

json::value first_number(const json::object& values) {
  const auto found = std::ranges::find_if(values, [](const auto& each) { return each.value().is_number(); });
  return found == values.end() ? json::value() : found->value();
}

json::value to_json(const alarm::deed* how) {
  if (how == nullptr) return nullptr;
  return json::object{{"by", how->by}, {"at", api::time_or_null(how->at)}, {"comment", how->comment}};
}

json::value shelving_of(const entry& e) {
  if (e.now.shelving == alarm::shelving::unshelved) return nullptr;
  const auto& s = e.shelved;
  return json::object{{"until", api::time_or_null(s.until)},
                      {"one_shot", s.kind == alarm::shelving::one_shot},
                      {"by", s.how.by},
                      {"at", api::time_or_null(s.how.at)},
                      {"comment", s.how.comment}};
}

json::value setting_of(const alarm::setting& s) { return s.on ? to_json(&s.how) : json::value(); }

json::array what_may_be_done(const alarm::board& on, const entry& e) {
  json::array out;
  for (std::size_t i = 0; i < alarm::event_count; ++i) {
    const auto what = static_cast<event>(i);
    if (is_deed(what) && on.refusal(e, what, e.with.shelve_max) == nullptr) out.emplace_back(verbs[i]);
  }
  return out;
}

json::value seconds_or_null(nanoseconds d) {
  return d == nanoseconds::zero() ? json::value() : json::value(d.count() / 1'000'000'000);
}

}  // namespace

std::string_view verb_of(event what) { return verbs[static_cast<std::size_t>(what)]; }

const std::string& alarm_notation() {
  static const std::string deed = "{by:text,at:time,comment:text}?";
  static const std::string notation =
      "{id:text,name:text,key:text,node:text,device:text?,severity:whole,"
      "state:normal|unacknowledged|acknowledged|returned|latched_unacknowledged|latched_acknowledged|unconfirmed|"
      "shelved|suppressed|out_of_service,isa_state:A|B|C|D|E|F|G|H,standing:bool,"
      "active:bool,acked:bool,confirmed:bool,latched:bool,suppressed_by_group:bool,raised:time,cleared:time?,"
      "cleared_by:text?,acknowledged:" +
      deed + ",confirmation:" + deed + ",reset:" + deed +
      ",shelved:{until:time,one_shot:bool,by:text,at:time,comment:text}?,suppressed:" + deed +
      ",out_of_service:" + deed + ",comment:" + deed +
      ",group:text?,first_out:bool,chattering:bool,latches:bool,realarm_s:whole?,shelve_max_s:whole?,"
      "message:text,value:number?,may:[text]}";
  return notation;
}

json::object to_json(const alarm::board& on, const entry& e) {
  const auto values = values_of(e.values);
  const auto now = state_of(e.now);
  const auto* cleared = e.answer(e.answered.cleared);
  const auto of = [&](const std::optional<alarm::deed>& how) { return to_json(e.answer(how)); };
  return {{"id", std::to_string(e.id)},
          {"name", e.name},
          {"key", e.key},
          {"node", e.node},
          {"device", api::text_or_null(e.key)},
          {"severity", number_of(e.severity)},
          {"state", name_of(now)},
          {"isa_state", std::string(1, letter_of(now))},
          {"standing", is_annunciated(e.now)},
          {"active", e.now.active},
          {"acked", e.now.acked},
          {"confirmed", e.now.confirmed},
          {"latched", e.now.latched},
          {"suppressed_by_group", e.now.suppressed && !e.suppressed.on},
          {"raised", api::time_or_null(e.since)},
          {"cleared", api::time_or_null(e.over_at())},
          {"cleared_by", cleared == nullptr ? json::value() : api::text_or_null(cleared->by)},
          {"acknowledged", e.now.acked ? of(e.answered.acknowledged) : json::value()},
          {"confirmation", of(e.answered.confirmed)},
          {"reset", of(e.answered.reset)},
          {"shelved", shelving_of(e)},
          {"suppressed", setting_of(e.suppressed)},
          {"out_of_service", setting_of(e.out_of_service)},
          {"comment", to_json(e.remark ? &*e.remark : nullptr)},
          {"group", api::text_or_null(e.with.group)},
          {"first_out", on.is_first_out(e)},
          {"chattering", on.rate().is_chattering(e.id)},
          {"latches", e.with.latch},
          {"realarm_s", seconds_or_null(e.with.realarm)},
          {"shelve_max_s", seconds_or_null(e.with.shelve_max)},
          {"message", describe(values)},
          {"value", first_number(values)},
          {"may", what_may_be_done(on, e)}};
}

json::object to_json(const readers::alarms::history_line& line) {
  const auto& t = line.what;
  return {{"at", api::time_or_null(t.at)},           {"what", word_of(t.what)},
          {"by", api::text_or_null(t.by)},           {"comment", api::text_or_null(t.comment)},
          {"severity", number_of(t.severity)},       {"told_by", line.told_by},
          {"until", api::time_or_null(t.until)},     {"one_shot", t.kind == alarm::shelving::one_shot},
          {"message", describe(values_of(t.values))}};
}

json::object to_json(const alarm::board::group_view& one) {
  return {{"node", one.node},
          {"group", one.name},
          {"members", one.members},
          {"standing", one.standing},
          {"suppressed", one.suppressed},
          {"first_out", one.first_out == 0 ? json::value() : json::value(std::to_string(one.first_out))}};
}

json::object kpi_to_json(const alarm::board& of) {
  const auto& rate = of.rate();
  const auto all = of.count();
  json::array worst;
  for (const auto& each : rate.worst(bad_actors_shown)) {
    const auto* e = of.find(each.alarm);
    if (e == nullptr) continue;
    worst.emplace_back(json::object{{"id", std::to_string(e->id)},
                                    {"name", e->name},
                                    {"key", e->key},
                                    {"node", e->node},
                                    {"annunciated", each.annunciations}});
  }
  json::array chattering;
  for (const auto each : rate.chattering()) chattering.emplace_back(std::to_string(each));
  return {{"flood", rate.is_flood()},
          {"flood_since", api::time_or_null(rate.flood_since())},
          {"last_10_minutes", rate.last_ten_minutes()},
          {"peak_10_minutes", rate.peak()},
          {"last_24_hours", rate.last_day()},
          {"active", all.active},
          {"standing", all.standing},
          {"unacknowledged", all.unacknowledged},
          {"stale", all.stale},
          {"shelved", all.shelved},
          {"suppressed", all.suppressed},
          {"out_of_service", all.out_of_service},
          {"chattering", std::move(chattering)},
          {"bad_actors", std::move(worst)}};
}

}  // namespace perigee::node
