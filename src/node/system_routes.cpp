#include "node/system_routes.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <format>

#include "api/json_answer.hpp"
#include "base/limits.hpp"
#include "base/rules_limits.hpp"
#include "doors/mqtt/broker_view.hpp"
#include "node/health.hpp"
#include "node/process.hpp"
#include "node/value_json.hpp"

namespace perigee::node {
namespace {

namespace json = boost::json;
using api::answer;

std::string_view name_of(durability d) {
  switch (d) {
    case durability::fsync: return "fsync";
    case durability::os: return "os";
    case durability::memory: break;
  }
  return "memory";
}

answer list_rules(const system_sources& from) {
  json::array rows;
  const auto all = from.rules == nullptr ? std::vector<readers::rules::rule_figures>() : from.rules->figures();
  for (const auto& each : all) {
    json::object row{
        {"name", each.stats.name},         {"file", each.stats.file},       {"state", "running"},
        {"evaluated", each.stats.seen},    {"matched", each.stats.matched}, {"actions", each.stats.actions},
        {"errors", each.stats.errors},     {"dropped", each.stats.dropped}, {"late", each.stats.late},
        {"forgotten", each.stats.evicted}, {"keys", each.stats.groups},     {"state_bytes", each.stats.state_bytes},
        {"last_output", nullptr},          {"last_error", nullptr}};
    if (each.last) {
      row["last_output"] = json::object{
          {"at", api::time_or_null(each.last->at)}, {"topic", each.last->topic}, {"payload", each.last->payload}};
    }
    if (const auto& failed = each.stats.last_error) {
      row["last_error"] = json::object{{"at", api::time_or_null(failed->at)},
                                       {"text", std::format("{} (topic {})", failed->what, failed->topic)}};
    }
    rows.push_back(std::move(row));
  }
  return api::json_answer(json::object{{"rules", std::move(rows)}, {"next", nullptr}});
}

json::object to_json(const system_sources& from, model::lane l) {
  const auto& lane = from.log[l];
  const auto& of = from.chosen.journal.of(l);
  return {{"lane", model::name_of(l)},
          {"records", lane.committed().value() - lane.start().value()},
          {"bytes", lane.bytes()},
          {"bytes_max", of.bytes_max},
          {"first_offset", lane.start().value()},
          {"next_offset", lane.committed().value()},
          {"durability", name_of(of.durability)},
          {"when_full", of.when_full == when_full::refuse ? "refuse" : "drop_oldest"}};
}

/// Seconds until a commit is durable; of every lane together: the slowest counts.
double commit_quantile(const system_sources& from, double q) {
  double out = 0;
  for (std::size_t i = 0; i < model::lane_count; ++i) {
    const auto& seconds =
        from.metrics.make_histogram("perigee_journal_sync_seconds", "Duration of a sync",
                                    std::format("lane=\"{}\"", model::name_of(static_cast<model::lane>(i))));
    out = std::max(out, seconds.quantile(q));
  }
  return out;
}

answer show_journal(const system_sources& from) {
  json::array lanes;
  for (std::size_t i = 0; i < model::lane_count; ++i) lanes.push_back(to_json(from, static_cast<model::lane>(i)));
  return api::json_answer(json::object{{"lanes", std::move(lanes)},
                                       {"commit", json::object{{"p50_us", commit_quantile(from, 0.5) * 1e6},
                                                               {"p99_us", commit_quantile(from, 0.99) * 1e6}}}});
}

json::object limit(std::string_view name, std::uint64_t value, std::uint64_t used, std::string_view unit,
                   std::string_view text) {
  return {{"name", name}, {"value", value}, {"used", used}, {"unit", unit}, {"text", text}};
}

json::array limits_of(const system_sources& from) {
  const auto broker = doors::mqtt::broker_view(from.broker).totals();
  json::array out{
      limit("mqtt_connections_max", limits::mqtt_connections_max, broker.clients_connected, "", "MQTT connections"),
      limit("mqtt_sessions_max", limits::mqtt_sessions_max, broker.sessions, "", "MQTT sessions"),
      limit("mqtt_subscriptions_max", limits::mqtt_subscriptions_max, broker.subscriptions, "", "subscriptions"),
      limit("mqtt_retained_max", limits::mqtt_retained_max, broker.retained, "", "retained messages"),
      limit("mqtt_retained_bytes_max", limits::mqtt_retained_bytes_max, broker.retained_bytes, "bytes",
            "retained payloads"),
      limit("history_series_max", limits::history_series_max, from.series(), "", "metrics in the history"),
      limit("alarms_max", limits::alarms_max, from.alarms(), "", "alarms"),
      limit("quarantine_records_max", limits::quarantine_records_max, from.aside.size(), "", "records set aside"),
  };
  for (std::size_t i = 0; i < model::lane_count; ++i) {
    const auto l = static_cast<model::lane>(i);
    out.push_back(limit(std::format("journal.lane.{}.bytes_max", model::name_of(l)),
                        from.chosen.journal.of(l).bytes_max, from.log[l].bytes(), "bytes",
                        std::format("the journal's lane {}", model::name_of(l))));
  }
  return out;
}

json::array certificates_of(const system_sources& from) {
  json::array out;
  if (from.tls == nullptr) return out;
  for (const auto& each : from.tls->states()) {
    const std::chrono::duration<double, std::ratio<86'400>> left = each.not_after - clock::wall();
    out.push_back({{"name", each.file.substr(each.file.rfind('/') + 1)},
                   {"subject", api::text_or_null(each.subject)},
                   {"not_after", api::time_or_null(each.not_after)},
                   {"days_left", left.count()}});
  }
  return out;
}

json::object to_json(const result<io::disk_space>& room, const disk_forecast& forecast) {
  json::object out{{"free_bytes", nullptr}, {"total_bytes", nullptr}, {"days_left", nullptr}};
  if (room) out["free_bytes"] = room->free_bytes;
  if (room) out["total_bytes"] = room->total_bytes;
  if (const auto days = forecast.days_left()) out["days_left"] = *days;
  return out;
}

/// What the journal's lanes may still grow by.
std::uint64_t room_wanted(const system_sources& from) {
  std::uint64_t wanted = 0;
  for (std::size_t i = 0; i < model::lane_count; ++i) {
    const auto l = static_cast<model::lane>(i);
    const auto bound = from.chosen.journal.of(l).bytes_max;
    wanted += bound - std::min(bound, from.log[l].bytes());
  }
  return wanted;
}

finding check_quarantine(const system_sources& from) {
  if (from.aside.size() == 0) return {"quarantine", verdict::good, "empty"};
  return {"quarantine", verdict::note,
          std::format("{} records could not be read and are set aside: perigee quarantine ls", from.aside.size())};
}

finding check_link(const client::link_state& link) {
  if (link.connected) return {"link", verdict::good, std::format("{} answers", link.peer)};
  return {"link", verdict::note, std::format("{} is away; the node works alone until it is back", link.peer)};
}

/// As `perigee doctor` sees it, from within.
std::vector<finding> examine(const system_sources& from, const result<io::disk_space>& room) {
  std::vector<finding> out = {check_open_files(), check_clock(), check_disk_space(room, room_wanted(from)),
                              check_quarantine(from)};
  const auto slowest = std::chrono::duration<double>(commit_quantile(from, 0.99));
  out.push_back(check_data_folder(std::chrono::duration_cast<nanoseconds>(slowest)));
  if (from.tls != nullptr) {
    for (const auto& each : from.tls->states()) {
      using control::enrolment::upkeep;
      const auto& identity = from.chosen.identity;
      const bool renewed = identity && identity->renew && each.file == from.chosen.tls->certificate;
      out.push_back(check_end({timestamp{}, each.not_after}, renewed ? upkeep::itself : upkeep::person,
                              each.file.substr(each.file.rfind('/') + 1)));
    }
  }
  for (const auto& link : from.links()) out.push_back(check_link(link));
  return out;
}

json::array to_json(const std::vector<finding>& all) {
  constexpr std::string_view states[] = {"ok", "warning", "bad"};
  json::array out;
  for (const auto& each : all) {
    out.push_back({{"name", each.check}, {"state", states[static_cast<int>(each.how)]}, {"text", each.text}});
  }
  return out;
}

answer show_system(const system_sources& from) {
  const auto room = from.disk.space(from.chosen.data);
  const auto up = clock::wall() - from.started;
  return api::json_answer(json::object{{"node", from.chosen.node_id},
                                       {"tier", from.chosen.tier},
                                       {"version", PERIGEE_VERSION},
                                       {"started", api::time_or_null(from.started)},
                                       {"uptime_s", std::chrono::duration<double>(up).count()},
                                       {"resident_bytes", resident_bytes()},
                                       {"disk", to_json(room, from.forecast)},
                                       {"certificates", certificates_of(from)},
                                       {"limits", limits_of(from)},
                                       {"checks", to_json(examine(from, room))}});
}

}  // namespace

api::routes system_routes(system_sources from) {
  using api::at_once;
  constexpr auto to = api::access::known_peer;
  return {
      {"GET",
       "/api/v1/rules",
       at_once([from](const auto&) { return list_rules(from); }),
       to,
       {"Rules, and what they did since the start",
        {},
        "{rules:[{name:text,file:text,state:running|failed,evaluated:whole,matched:whole,actions:whole,errors:whole,"
        "dropped:whole,late:whole,forgotten:whole,keys:whole,state_bytes:whole,"
        "last_output:{at:time,topic:text,payload:text}?,last_error:{at:time,text:text}?}],next:text?}"}},
      {"GET",
       "/api/v1/journal",
       at_once([from](const auto&) { return show_journal(from); }),
       to,
       {"The journal's lanes, and how long commits take",
        {},
        "{lanes:[{lane:text,records:whole,bytes:whole,bytes_max:whole,first_offset:whole,next_offset:whole,"
        "durability:text,when_full:text}],commit:{p50_us:number,p99_us:number}}"}},
      {"GET",
       "/api/v1/system",
       at_once([from](const auto&) { return show_system(from); }),
       to,
       {"The node: disk, certificates, limits, and what is amiss",
        {},
        "{node:text,tier:text,version:text,started:time,uptime_s:number,resident_bytes:whole,disk:{free_bytes:whole?,"
        "total_bytes:whole?,days_left:number?},certificates:[{name:text,subject:text?,not_after:time?,"
        "days_left:number}],limits:[{name:text,value:whole,used:whole?,unit:text,text:text}],checks:[{name:text,"
        "state:ok|warning|bad,text:text}]}"}},
  };
}

}  // namespace perigee::node
