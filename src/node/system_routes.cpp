#include "node/system_routes.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <format>

#include "api/json_answer.hpp"
#include "base/limits.hpp"
#include "doors/mqtt/broker_view.hpp"
#include "node/process.hpp"
#include "node/value_json.hpp"

namespace perigee::node {
namespace {

using namespace std::chrono_literals;
namespace json = boost::json;
using api::answer;

constexpr auto expires_soon = std::chrono::days(14);

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
    json::object row{{"name", each.stats.name},      {"file", each.stats.file},       {"state", "running"},
                     {"evaluated", each.stats.seen}, {"matched", each.stats.matched}, {"actions", each.stats.actions},
                     {"errors", each.stats.errors},  {"dropped", each.stats.dropped}, {"last_output", nullptr},
                     {"last_error", nullptr}};
    if (each.last) {
      row["last_output"] = json::object{
          {"at", api::time_or_null(each.last->at)}, {"topic", each.last->topic}, {"payload", each.last->payload}};
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

/// Of every lane together: the slower one counts.
json::object commits_of(const system_sources& from) {
  double p50 = 0;
  double p99 = 0;
  for (std::size_t i = 0; i < model::lane_count; ++i) {
    const auto& seconds =
        from.metrics.make_histogram("perigee_journal_sync_seconds", "Duration of a sync",
                                    std::format("lane=\"{}\"", model::name_of(static_cast<model::lane>(i))));
    p50 = std::max(p50, seconds.quantile(0.5));
    p99 = std::max(p99, seconds.quantile(0.99));
  }
  return {{"p50_us", p50 * 1e6}, {"p99_us", p99 * 1e6}};
}

answer show_journal(const system_sources& from) {
  json::array lanes;
  for (std::size_t i = 0; i < model::lane_count; ++i) lanes.push_back(to_json(from, static_cast<model::lane>(i)));
  return api::json_answer(json::object{{"lanes", std::move(lanes)}, {"commit", commits_of(from)}});
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

json::object check(std::string_view name, std::string_view state, std::string text, std::string_view help) {
  return {{"name", name}, {"state", state}, {"text", std::move(text)}, {"help", help}};
}

json::array certificates_of(const system_sources& from, json::array& checks) {
  json::array out;
  if (from.tls == nullptr) return out;
  for (const auto& each : from.tls->states()) {
    const auto left = each.not_after - clock::wall();
    const auto days = std::chrono::duration<double>(left).count() / 86'400;
    out.push_back({{"name", each.file.substr(each.file.rfind('/') + 1)},
                   {"subject", nullptr},
                   {"not_after", api::time_or_null(each.not_after)},
                   {"days_left", days}});
    if (left < expires_soon) {
      checks.push_back(check("certificate", left.count() < 0 ? "bad" : "warning",
                             std::format("{} ends at {}", each.file, to_iso8601(each.not_after)),
                             "replace the file; the node takes it over while it runs"));
    }
  }
  return out;
}

/// The journal's lanes may still grow to their bounds: is there room for that?
json::object disk_of(const system_sources& from, json::array& checks) {
  const auto free = from.disk.free_bytes(from.chosen.data);
  std::uint64_t wanted = 0;
  for (std::size_t i = 0; i < model::lane_count; ++i) {
    const auto l = static_cast<model::lane>(i);
    const auto bound = from.chosen.journal.of(l).bytes_max;
    wanted += bound - std::min(bound, from.log[l].bytes());
  }
  if (free && *free < wanted) {
    checks.push_back(check("disk", "warning",
                           std::format("the journal may grow by {} bytes, and {} are free", wanted, *free),
                           "make room, or lower bytes_max of [journal.lane.*]"));
  }
  json::object out{{"free_bytes", nullptr}, {"total_bytes", nullptr}, {"days_left", nullptr}};
  if (free) out["free_bytes"] = *free;
  return out;
}

void check_records(const system_sources& from, json::array& checks) {
  if (from.aside.size() == 0) return;
  checks.push_back(check("quarantine", "warning",
                         std::format("{} records could not be read and are set aside", from.aside.size()),
                         "perigee quarantine ls"));
}

answer show_system(const system_sources& from) {
  json::array checks;
  auto disk = disk_of(from, checks);
  auto certificates = certificates_of(from, checks);
  check_records(from, checks);
  if (checks.empty()) checks.push_back(check("all", "ok", "nothing is amiss", ""));
  const auto up = clock::wall() - from.started;
  return api::json_answer(json::object{{"node", from.chosen.node_id},
                                       {"tier", from.chosen.tier},
                                       {"version", PERIGEE_VERSION},
                                       {"started", api::time_or_null(from.started)},
                                       {"uptime_s", std::chrono::duration<double>(up).count()},
                                       {"resident_bytes", resident_bytes()},
                                       {"disk", std::move(disk)},
                                       {"certificates", std::move(certificates)},
                                       {"limits", limits_of(from)},
                                       {"checks", std::move(checks)}});
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
        "dropped:whole,last_output:{at:time,topic:text,payload:text}?,last_error:{at:time,text:text}?}],next:text?}"}},
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
        "state:ok|warning|bad,text:text,help:text}]}"}},
  };
}

}  // namespace perigee::node
