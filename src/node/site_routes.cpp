#include "node/site_routes.hpp"

#include <boost/json.hpp>

#include "api/json_answer.hpp"
#include "api/name_page.hpp"
#include "node/value_json.hpp"

namespace perigee::node {
namespace {

namespace json = boost::json;
using api::answer;
using api::request;
using entry = live_values::entry;

live_values::filter filter_of(const request& asked) {
  return {asked.given.text("node"), asked.given.text("device"), asked.given.text("metric")};
}

/// Several series taken together.
struct sum {
  timestamp last_seen{};
  double per_s = 0;
  std::uint64_t metrics = 0;

  void add(const entry& e) {
    last_seen = std::max(last_seen, e.time);
    per_s += e.per_s;
    ++metrics;
  }
};

double rounded(double per_s) { return static_cast<double>(static_cast<std::int64_t>(per_s * 1000 + 0.5)) / 1000; }

json::value session_of(const site_sources& from, const std::string& device) {
  const auto found = from.broker.client(device);
  if (!found) return nullptr;
  return json::object{
      {"client_id", found->client_id}, {"connected", found->connected}, {"address", api::text_or_null(found->address)}};
}

answer list_nodes(const site_sources& from, const request& asked) {
  std::map<std::string, sum, std::less<>> all{{from.node, {}}};
  from.values.for_each({}, [&](const entry& e) {
    all[e.of->node].add(e);
    return true;
  });
  api::name_page out("nodes", asked);
  for (const auto& [name, seen] : all) {
    const bool self = name == from.node;
    const auto link = from.broker.client("uplink:" + name);
    const bool up = self || (link && link->connected);
    const bool goes_on = out.add({name}, [&] {
      return json::object{{"node", name},
                          {"self", self},
                          {"tier", self ? std::string_view(from.tier) : std::string_view()},
                          {"version", self ? PERIGEE_VERSION : ""},
                          {"state", up ? "up" : "away"},
                          {"last_seen", api::time_or_null(seen.last_seen)},
                          {"metrics", seen.metrics},
                          {"readings_per_s", rounded(seen.per_s)}};
    });
    if (!goes_on) break;
  }
  return out.finish();
}

answer list_devices(const site_sources& from, const request& asked) {
  std::map<std::pair<std::string, std::string>, sum> all;
  from.values.for_each({asked.given.text("node"), {}, {}}, [&](const entry& e) {
    all[{e.of->node, e.of->device}].add(e);
    return true;
  });
  api::name_page out("devices", asked);
  for (const auto& [name, seen] : all) {
    const bool goes_on = out.add({name.first, name.second}, [&] {
      return json::object{{"node", name.first},
                          {"device", name.second},
                          {"last_seen", api::time_or_null(seen.last_seen)},
                          {"metrics", seen.metrics},
                          {"readings_per_s", rounded(seen.per_s)},
                          {"firmware", nullptr},
                          {"session", session_of(from, name.second)}};
    });
    if (!goes_on) break;
  }
  return out.finish();
}

json::object names_of(const entry& e) {
  return {{"node", e.of->node}, {"device", e.of->device}, {"metric", e.of->metric}, {"unit", nullptr}};
}

answer list_latest(const site_sources& from, const request& asked) {
  const auto now = clock::wall();
  api::name_page out("values", asked);
  from.values.for_each(filter_of(asked), [&](const entry& e) {
    return out.add({e.of->node, e.of->device, e.of->metric}, [&] {
      auto row = names_of(e);
      row["time"] = api::time_or_null(e.time);
      row["value"] = to_json(e.value);
      row["quality"] = model::name_of(e.quality);
      row["stale"] = e.is_stale(now);
      return row;
    });
  });
  return out.finish();
}

}  // namespace

api::routes site_routes(site_sources from) {
  using api::at_once;
  constexpr auto to = api::access::known_peer;
  const auto node = api::text_parameter("node", "of this node alone");
  const auto device = api::text_parameter("device", "of this device alone");
  const auto metric = api::text_parameter("metric", "this metric alone");
  return {
      {"GET",
       "/api/v1/nodes",
       at_once([from](const auto& asked) { return list_nodes(from, asked); }),
       to,
       {"This node and those below it", api::with_page({}),
        "{nodes:[{node:text,self:bool,tier:text,version:text,state:up|away,last_seen:time?,metrics:whole,"
        "readings_per_s:number}],next:text?}"}},
      {"GET",
       "/api/v1/devices",
       at_once([from](const auto& asked) { return list_devices(from, asked); }),
       to,
       {"Devices that readings came from", api::with_page({node}),
        "{devices:[{node:text,device:text,last_seen:time?,metrics:whole,readings_per_s:number,firmware:text?,"
        "session:{client_id:text,connected:bool,address:text?}?}],next:text?}"}},
      {"GET",
       "/api/v1/latest",
       at_once([from](const auto& asked) { return list_latest(from, asked); }),
       to,
       {"The newest value of each metric", api::with_page({node, device, metric}),
        "{values:[{node:text,device:text,metric:text,unit:text?,time:time?,value:any,quality:good|uncertain|bad,"
        "stale:bool}],next:text?}"}},
  };
}

}  // namespace perigee::node
