#include "node/alarm_routes.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <format>

#include "api/awaited.hpp"
#include "api/json_answer.hpp"
#include "base/limits.hpp"
#include "base/log.hpp"

namespace perigee::node {
namespace {

namespace json = boost::json;
using alarm::entry;
using readers::alarms::alarms_reader;

const std::string one_alarm =
    "{id:text,name:text,key:text,node:text,device:text?,severity:whole,state:raised|acknowledged|cleared,raised:time,"
    "cleared:time?,cleared_by:text?,acknowledged:{by:text,at:time,comment:text}?,message:text,value:number?}";
const std::string alarm_page = "{alarms:[" + one_alarm + "],next:text?}";

/// 1 is the worst, 4 the least.
int number_of(alarm::severity s) {
  switch (s) {
    case alarm::severity::critical: return 1;
    case alarm::severity::warning: return 2;
    case alarm::severity::info: return 4;
  }
  return 4;
}

std::string_view state_of(const entry& e) {
  if (!e.raised) return "cleared";
  return e.acknowledged ? "acknowledged" : "raised";
}

json::object values_of(const entry& e) {
  boost::system::error_code failed;
  auto parsed = json::parse(e.values.empty() ? "{}" : e.values, failed);
  return failed || !parsed.is_object() ? json::object() : std::move(parsed.get_object());
}

/// "temperature 93.2, speed 1480": what the rule had selected.
std::string describe(const json::object& values) {
  std::string out;
  for (const auto& [name, value] : values) {
    if (value.is_structured()) continue;
    out += std::format("{}{} {}", out.empty() ? "" : ", ", std::string_view(name),
                       value.is_string() ? std::string(value.get_string()) : json::serialize(value));
  }
  return out;
}

json::value first_number(const json::object& values) {
  const auto found = std::ranges::find_if(values, [](const auto& each) { return each.value().is_number(); });
  return found == values.end() ? json::value() : found->value();
}

json::object to_json(const entry& e) {
  const auto values = values_of(e);
  json::object out{{"id", std::to_string(e.id)},
                   {"name", e.name},
                   {"key", e.key},
                   {"node", e.node},
                   {"device", api::text_or_null(e.key)},
                   {"severity", number_of(e.severity)},
                   {"state", state_of(e)},
                   {"raised", api::time_or_null(e.since)},
                   {"cleared", api::time_or_null(e.cleared.value_or(timestamp{}))},
                   {"cleared_by", api::text_or_null(e.cleared_by)},
                   {"acknowledged", nullptr},
                   {"message", describe(values)},
                   {"value", first_number(values)}};
  if (e.acknowledged) {
    out["acknowledged"] = json::object{{"by", e.acknowledged->by},
                                       {"at", api::time_or_null(e.acknowledged->at)},
                                       {"comment", e.acknowledged->comment}};
  }
  return out;
}

api::answer refusal_of(const error& e) {
  if (is(e, errc::not_found)) return api::problem({.status = 404, .title = e.what, .type = "/problems/not-found"});
  if (is(e, errc::refused)) return api::problem({.status = 409, .title = e.what, .type = "/problems/state"});
  return api::problem(503, "The journal takes no record now.");
}

bool is_wanted(const entry& e, std::string_view state, const std::optional<std::string_view>& node) {
  return (state == "all" || (state == "raised") == e.raised) && (!node || *node == e.node);
}

api::answer list(const alarm::board& board, const api::request& asked) {
  const auto state = *asked.given.text("state");
  const auto node = asked.given.text("node");
  auto rows = board.in_order();
  std::erase_if(rows, [&](const entry* e) { return !is_wanted(*e, state, node); });
  const auto after = asked.given.whole("after").value_or(0);
  auto begin = std::ranges::find(rows, static_cast<std::uint64_t>(after), &entry::id);
  begin = begin == rows.end() ? rows.begin() : begin + 1;
  const auto most = static_cast<std::ptrdiff_t>(*asked.given.whole("limit"));
  json::array out;
  for (; begin != rows.end() && std::ssize(out) < most; ++begin) out.push_back(to_json(**begin));
  const bool more = begin != rows.end() && !out.empty();
  return api::json_answer(json::object{{"alarms", out}, {"next", more ? out.back().at("id") : json::value()}});
}

/// Who it is, as the record says it.
std::string name_of(const api::caller& who) { return who.title().substr(0, limits::alarm_by_bytes_max); }

enum class doing { acknowledge, clear };

io::task<api::answer> change(io::shard& on, alarms_reader& alarms, api::request asked, doing what) {
  const auto id = static_cast<std::uint64_t>(*asked.given.whole("id"));
  const auto by = name_of(asked.who);
  const auto how = co_await api::ask<void>(on, [&](auto done) {
    if (what == doing::clear) return alarms.clear(id, by, clock::wall(), std::move(done));
    const std::string comment(asked.given.text("comment").value_or(""));
    alarms.acknowledge(id, {by, comment, clock::wall()}, std::move(done));
  });
  if (!how && is(how.error(), errc::cancelled)) co_return std::unexpected(how.error());
  if (!how) co_return refusal_of(how.error());
  log::info("api", "alarm {} is {} by {}", id, what == doing::clear ? "cleared" : "acknowledged", asked.who.text());
  const auto* now = alarms.board().find(id);
  co_return now == nullptr ? api::answer{.status = 204} : api::json_answer(to_json(*now));
}

}  // namespace

std::string to_json_text(const entry& one) { return json::serialize(to_json(one)); }

api::routes alarm_routes(io::shard& on, alarms_reader& alarms) {
  const std::string path = "/api/v1/alarms";
  const auto id = api::whole_parameter("id", "of the alarm", 1, INT64_MAX).within(api::parameter::place::path);
  const auto comment = api::text_parameter("comment", "what is done about it", limits::alarm_comment_bytes_max)
                           .within(api::parameter::place::body);
  return {
      {"GET",
       path,
       api::at_once([&alarms](const auto& asked) { return list(alarms.board(), asked); }),
       api::access::known_peer,
       {"Alarms, the worst first",
        {api::choice_parameter("state", "which", {"raised", "cleared", "all"}, "all"),
         api::text_parameter("node", "of this node alone"),
         api::whole_parameter("limit", "rows at most", 1, 1000, "1000"),
         api::whole_parameter("after", "the `next` of the page before", 1, INT64_MAX)},
        alarm_page}},
      {"POST",
       path + "/{id}/acknowledge",
       [&on, &alarms](api::request asked) { return change(on, alarms, std::move(asked), doing::acknowledge); },
       api::access::operators,
       {"Acknowledge an alarm", {id, comment}, one_alarm}},
      {"POST",
       path + "/{id}/clear",
       [&on, &alarms](api::request asked) { return change(on, alarms, std::move(asked), doing::clear); },
       api::access::operators,
       {"Clear an alarm", {id}, one_alarm}},
  };
}

}  // namespace perigee::node
