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
  bool fresh = false;  // one of them at least is not stale
  const entry* newest = nullptr;
  const std::string* firmware = nullptr;

  void add(const entry& e, timestamp now) {
    if (e.time >= last_seen) newest = &e;
    last_seen = std::max(last_seen, e.time);
    per_s += e.per_s;
    ++metrics;
    fresh = fresh || !e.is_stale(now);
    const bool names_firmware = e.of->metric == "firmware" || e.of->metric == "firmware_version";
    if (names_firmware && std::holds_alternative<std::string>(e.value)) firmware = &std::get<std::string>(e.value);
  }
};

double rounded(double per_s) { return static_cast<double>(static_cast<std::int64_t>(per_s * 1000 + 0.5)) / 1000; }

/// The client that sent a device's readings to this node: by its identifier, which a user's name may stand before
/// ("user:NAME/CLIENT").
std::optional<doors::mqtt::client_info> client_of(const site_sources& from, const entry& newest) {
  if (!newest.source || newest.of->node != from.node) return std::nullopt;
  const std::string_view source = *newest.source;
  if (auto found = from.broker.client(source)) return found;
  return source.starts_with("user:") ? from.broker.client(source.substr(source.find('/') + 1)) : std::nullopt;
}

json::value session_of(const site_sources& from, const entry& newest) {
  const auto found = client_of(from, newest);
  if (!found) return nullptr;
  return json::object{
      {"client_id", found->client_id}, {"connected", found->connected}, {"address", api::text_or_null(found->address)}};
}

/// Of a child its connection says so; a node further down is there while readings of it come.
bool is_up(const site_sources& from, const std::string& node, const sum& seen) {
  if (node == from.node) return true;
  const auto link = from.broker.client("uplink:" + node);
  return link ? link->connected : seen.fresh;
}

/// What this node knows of itself or was told by a child; nothing of a node further down.
node::children::introduction introduction_of(const site_sources& from, const std::string& node) {
  if (node == from.node) return {PERIGEE_VERSION, from.tier};
  const auto found = from.children.introduced().find(node);
  return found == from.children.introduced().end() ? node::children::introduction{} : found->second;
}

answer list_nodes(const site_sources& from, const request& asked) {
  const auto now = clock::wall();
  std::map<std::string, sum, std::less<>> all{{from.node, {}}};
  for (const auto& [child, said] : from.children.introduced()) all[child];
  from.values.for_each({}, [&](const entry& e) {
    all[e.of->node].add(e, now);
    return true;
  });
  api::name_page out("nodes", asked);
  for (const auto& [name, seen] : all) {
    const bool goes_on = out.add({name}, [&] {
      const auto said = introduction_of(from, name);
      return json::object{{"node", name},
                          {"self", name == from.node},
                          {"tier", api::text_or_null(said.tier)},
                          {"version", api::text_or_null(said.version)},
                          {"state", is_up(from, name, seen) ? "up" : "away"},
                          {"last_seen", api::time_or_null(seen.last_seen)},
                          {"metrics", seen.metrics},
                          {"readings_per_s", rounded(seen.per_s)}};
    });
    if (!goes_on) break;
  }
  return out.finish();
}

answer list_devices(const site_sources& from, const request& asked) {
  const auto now = clock::wall();
  std::map<std::pair<std::string, std::string>, sum> all;
  from.values.for_each({asked.given.text("node"), {}, {}}, [&](const entry& e) {
    all[{e.of->node, e.of->device}].add(e, now);
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
                          {"firmware", seen.firmware == nullptr ? json::value(nullptr) : json::value(*seen.firmware)},
                          {"session", session_of(from, *seen.newest)}};
    });
    if (!goes_on) break;
  }
  return out.finish();
}

json::object names_of(const entry& e) {
  return {
      {"node", e.of->node}, {"device", e.of->device}, {"metric", e.of->metric}, {"unit", api::text_or_null(e.unit)}};
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
        "{nodes:[{node:text,self:bool,tier:text?,version:text?,state:up|away,last_seen:time?,metrics:whole,"
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
