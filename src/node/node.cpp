#include "node/node.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <format>
#include <iterator>

#include "api/openapi.hpp"
#include "api/quarantine.hpp"
#include "api/server.hpp"
#include "base/limits.hpp"
#include "base/log.hpp"
#include "doors/mqtt/door.hpp"
#include "doors/mqtt/journal_log.hpp"
#include "node/alarm_links.hpp"
#include "node/at_rest.hpp"
#include "node/bridges.hpp"
#include "node/certificates.hpp"
#include "node/children.hpp"
#include "node/deliveries.hpp"
#include "node/first_identity.hpp"
#include "node/gap_json.hpp"
#include "node/gap_log.hpp"
#include "node/gate.hpp"
#include "node/interlocks.hpp"
#include "node/internal_topics.hpp"
#include "node/journal_alarms.hpp"
#include "node/lane_options.hpp"
#include "node/links.hpp"
#include "node/machine_listener.hpp"
#include "node/mqtt_operations.hpp"
#include "node/operator_api.hpp"
#include "node/own_identity.hpp"
#include "node/process.hpp"
#include "node/prometheus.hpp"
#include "node/quantity.hpp"
#include "node/rule_folder.hpp"
#include "node/run_file.hpp"
#include "node/sensors.hpp"
#include "node/site_identity.hpp"
#include "quarantine/keeper.hpp"
#include "readers/alarms/alarms_reader.hpp"
#include "readers/history/history_reader.hpp"
#include "readers/rules/rules_reader.hpp"
#include "readers/uplink/uplink.hpp"

namespace perigee::node {
namespace {

using namespace std::chrono_literals;

constexpr auto journal_tick = 100ms;
constexpr auto settled_after = 5s;  // the first handshakes are made by then

/// Starting touches much that running never does.
io::task<> settle(io::shard& on) {
  PG_CO_TRY_VOID(co_await io::sleep_for(on, settled_after));
  give_back_startup_pages();
  co_return result<>();
}

std::string_view name_of(transport t) {
  switch (t) {
    case transport::tcp: return "tcp";
    case transport::tls: return "tls";
    case transport::ws: return "ws";
    case transport::unix_socket: return "unix";
    case transport::wss: break;
  }
  return "wss";
}

std::unexpected<error> refuse_listener(const std::string& address, std::uint16_t port, const error& why) {
  log::fault("node", "{}:{} {}", address, port,
             is(why, errc::exists)
                 ? "is in use: stop the other program, or choose another port (0 takes any free one)"
                 : "cannot be listened on: is the address one of this machine's, the port over 1023?");
  return std::unexpected(why);
}

doors::mqtt::listener_options listener_of(const mqtt_config& from, io::endpoint at) {
  const bool far = !is_loopback(from.address);
  if (far && from.anonymous) {
    log::warn("node", "{}:{} lets in anybody who reaches it: anonymous = true off loopback", from.address, from.port);
  }
  return {.at = std::move(at), .anonymous = from.anonymous, .anonymous_from_afar = far, .by = from.identity};
}

}  // namespace

struct instance::parts {
  parts(ground g, config c)
      : on(g), chosen(std::move(c)), random(g.seed), disk_worker(on.shard.make_worker("disk")), services(on.shard) {}

  result<> open(prepared files);
  result<> open_journal();
  result<> open_quarantine();
  result<> open_broker(std::shared_ptr<const access_lists> who);
  result<> open_readers(rules::rule_set set);
  result<> open_uplink();
  result<> open_api();
  result<> listen();
  void start();
  void on_commit();
  io::task<> keep_time();
  [[nodiscard]] api::routes routes();
  [[nodiscard]] std::vector<client::link_state> all_links();
  [[nodiscard]] api::answer links();
  [[nodiscard]] api::answer status();
  void measure();

  ground on;
  config chosen;
  prng random;
  metrics::registry metrics;
  run_info info;
  std::unique_ptr<io::worker> disk_worker;
  std::unique_ptr<site_identity> identity;
  std::unique_ptr<node::certificates> certificates;
  std::unique_ptr<io::worker> history_worker;
  std::unique_ptr<journal::journal> log;
  std::unique_ptr<node::journal_alarms> journal_alarms;
  std::unique_ptr<gap_log> gaps_of_quarantine;
  std::unique_ptr<quarantine::keeper> aside;
  std::unique_ptr<doors::mqtt::journal_log> broker_log;
  std::unique_ptr<node::children> children;
  std::unique_ptr<node::gate> gate;
  internal_topics internal;
  std::unique_ptr<doors::mqtt::door> door;
  std::unique_ptr<mqtt_operations> operations;
  std::unique_ptr<readers::rules::rules_reader> rules_reader;
  std::unique_ptr<node::rule_folder> rule_folder;
  std::unique_ptr<node::interlocks> interlocks;
  std::unique_ptr<readers::alarms::alarms_reader> alarms;
  std::unique_ptr<readers::history::history_reader> history;
  std::unique_ptr<node::prometheus> prometheus;
  std::unique_ptr<readers::uplink::uplink> uplink;
  std::unique_ptr<node::bridges> bridges;
  std::unique_ptr<node::deliveries> deliveries;
  std::unique_ptr<node::operator_api> operator_api;
  std::unique_ptr<api::server> api;
  std::unique_ptr<api::server> for_machines;
  std::unique_ptr<node::sensors> sensors;
  std::unique_ptr<node::own_identity> own_identity;
  io::scope services;
};

instance::instance(std::unique_ptr<parts> made) : parts_(std::move(made)) {}
instance::~instance() = default;

result<std::unique_ptr<instance>> instance::open(ground on, config chosen, prepared files) {
  auto made = std::make_unique<parts>(on, std::move(chosen));
  PG_TRY_VOID(made->open(std::move(files)));
  return std::unique_ptr<instance>(new instance(std::move(made)));  // tidy: new — the constructor is private
}

result<> instance::parts::open(prepared files) {
  identity = std::make_unique<site_identity>(site_identity::ground{on.shard, on.disk, *disk_worker, chosen, metrics});
  PG_TRY_VOID(make_first_identity(on.disk, chosen));
  PG_TRY(certificates, node::certificates::open(chosen, identity->rules(), on.shard, *disk_worker, metrics));
  PG_TRY_VOID(on.disk.make_folder(chosen.data));
  PG_TRY_VOID(on.disk.make_folder(chosen.data + "/state"));
  PG_TRY_VOID(open_journal());
  PG_TRY_VOID(open_quarantine());
  PG_TRY_VOID(open_broker(std::move(files.access)));
  PG_TRY_VOID(open_readers(std::move(files.rules)));
  PG_TRY_VOID(open_uplink());
  PG_TRY(bridges,
         node::bridges::open({on.shard, on.network, on.disk, *disk_worker, *log, *aside, metrics}, chosen, random));
  PG_TRY(deliveries, node::deliveries::open(on.shard, *log, *aside, chosen, random));
  PG_TRY(sensors,
         node::sensors::open(on.shard, on.disk, *log, door->broker(), chosen, std::move(files.replays), random));
  const auto issues = identity->authority();
  rotation::means to_rotate{on.shard, on.network, on.disk, *disk_worker, *certificates, metrics, issues, random.next()};
  PG_TRY(own_identity, node::own_identity::open(chosen, {std::move(to_rotate), *log, alarms->board()}));
  log->on_commit([this] { on_commit(); });
  return {};
}

result<> instance::parts::open_journal() {
  journal::options options{.folder = chosen.data + "/journal",
                           .node = chosen.node_id,
                           .new_epoch = epoch(random.next() | 1),
                           .new_life = epoch(random.next() | 1),
                           .metrics = metrics,
                           .time = clock::source()};
  PG_TRY(options.keys, read_keys(chosen.journal.keys));
  if (options.keys.seals()) options.salt_seed = random.next();
  for (std::size_t i = 0; i < model::lane_count; ++i) {
    options.lanes[i] = lane_options_of(chosen.journal.lanes[i], chosen.journal.segment_bytes);
  }
  journal::recovery_report found;
  PG_TRY(log, journal::journal::open(on.disk, *disk_worker, options, found));
  journal_alarms = std::make_unique<node::journal_alarms>(*log);
  return {};
}

result<> instance::parts::open_quarantine() {
  PG_TRY(aside, quarantine::keeper::open(on.disk, *disk_worker,
                                         {chosen.data + "/quarantine/records", epoch(random.next() | 1), metrics}));
  gaps_of_quarantine = std::make_unique<gap_log>(*log);
  aside->tell_gaps_to(*gaps_of_quarantine);
  return {};
}

result<> instance::parts::open_broker(std::shared_ptr<const access_lists> who) {
  doors::mqtt::broker_options options;
  for (const auto& rule : chosen.lanes) options.lanes.push_back({rule.filter, rule.lane});
  options.seed = random.next();
  const auto& protocol = chosen.mqtt_protocol;
  options.protocol = {protocol.connect_timeout, protocol.keep_alive_s_max, protocol.receive_maximum,
                      protocol.topic_alias_maximum, protocol.packet_bytes_max};
  const auto expiry = std::chrono::duration_cast<std::chrono::seconds>(chosen.mqtt_sessions.expiry_max);
  options.session_expiry_s_max = static_cast<std::uint32_t>(expiry.count());
  options.queue = chosen.mqtt_sessions.queue;
  options.node = chosen.node_id;
  options.response_information = protocol.response_information;
  options.acknowledges_forbidden = chosen.access && chosen.access->acknowledge_forbidden;
  broker_log = std::make_unique<doors::mqtt::journal_log>(*log);
  const bool by_client_id = std::ranges::none_of(chosen.mqtt, [](const auto& l) { return is_tls(l.transport); });
  children = std::make_unique<node::children>(*log, metrics, by_client_id);
  door = std::make_unique<doors::mqtt::door>(
      on.shard, on.network, *broker_log, metrics, std::move(options),
      doors::mqtt::state_options{disk_worker.get(), chosen.data + "/state/mqtt.db"});
  internal.add(*children);
  door->broker().set_internal(internal);
  children->serve_through(door->broker());
  operations = std::make_unique<mqtt_operations>(on.shard, door->broker(), chosen.mqtt_sys, info.mqtt);
  PG_TRY_VOID(identity->open({door->broker(), *children, internal, *log, services}));
  if (!chosen.access) return {};
  PG_TRY(auto secret, random_token());
  gate = std::make_unique<node::gate>(on.shard, on.disk, *chosen.access, std::move(who), std::move(secret), metrics);
  gate->serve(door->broker());
  door->broker().set_access(*gate);
  return {};
}

result<> instance::parts::open_readers(rules::rule_set set) {
  if (chosen.rules_folder) {
    PG_TRY(
        rules_reader,
        readers::rules::rules_reader::open(
            on.shard, on.disk, *disk_worker, *log, std::move(set),
            {.node = chosen.node_id, .state_file = chosen.data + "/state/rules", .aside = *aside, .metrics = metrics}));
    rule_folder = std::make_unique<node::rule_folder>(*chosen.rules_folder, destinations_of(chosen), on.disk,
                                                      *rules_reader, on.shard.make_worker("rules"), metrics);
    interlocks = std::make_unique<node::interlocks>(on.shard, *log, *rules_reader, door->broker(), metrics);
  }
  PG_TRY(alarms, open_alarms(on, *disk_worker, *log, *children,
                             {chosen.node_id, chosen.data + "/state/alarms", *aside, metrics}));
  if (chosen.history.enabled) {
    history_worker = on.shard.make_worker("history");
    PG_TRY(history, readers::history::history_reader::open(
                        on.shard, *history_worker, *log,
                        {chosen.data + "/history.db", chosen.history.retention, *aside, metrics}));
  }
  prometheus =
      std::make_unique<node::prometheus>(on.shard, prometheus_options{chosen.node_id, chosen.history.own_metrics_every},
                                         metrics, history.get(), [this] { measure(); });
  return {};
}

result<> instance::parts::open_uplink() {
  if (!chosen.uplink) return {};
  const auto& up = *chosen.uplink;
  const bool secure = up.transport == uplink_transport::tls;
  readers::uplink::sender_options options;
  options.node = chosen.node_id;
  options.version = PERIGEE_VERSION;
  options.tier = chosen.tier;
  options.peer = std::format("{}://{}:{}", secure ? "mqtts" : "mqtt", up.host, up.port);
  options.linger = up.linger;
  options.batch_records = up.batch_records;
  options.in_flight = up.in_flight;
  options.budget_per_hour_bytes = up.budget_per_hour_bytes;
  options.budget_per_day_bytes = up.budget_per_day_bytes;
  options.schedule = readers::uplink::schedule(up.schedule);
  options.aside = aside.get();
  PG_TRY(auto sender, readers::uplink::sender::open(*log, std::move(options)));
  io::endpoint parent{up.host, up.port, secure ? certificates->client() : nullptr, false};
  uplink = std::make_unique<readers::uplink::uplink>(on.shard, on.network, *log, std::move(sender), std::move(parent),
                                                     chosen.node_id, random.next());
  uplink->on_downlink([this](std::string_view topic, byte_view payload) {
    hear_of_alarms(*alarms, topic, payload);
    identity->hear(topic, payload);
  });
  if (up.budget_per_hour_bytes != 0 || up.budget_per_day_bytes != 0) {
    uplink->keep_budget(on.disk, *disk_worker, chosen.data + "/state/uplink-budget");
  }
  return {};
}

result<> instance::parts::open_api() {
  if (!chosen.api) return {};
  io::endpoint at{chosen.api->address, chosen.api->port, chosen.api->tls.value_or(true) ? certificates->api() : nullptr,
                  false};
  auto acceptor = on.network.listen(at);
  if (!acceptor) return refuse_listener(chosen.api->address, chosen.api->port, acceptor.error());
  PG_TRY(info.token, random_token());
  operated shown{.log = *log,
                 .broker = door->broker(),
                 .children = *children,
                 .aside = *aside,
                 .alarms = *alarms,
                 .metrics = metrics,
                 .tls = certificates.get(),
                 .users = gate.get(),
                 .history = history.get(),
                 .rules = rules_reader.get(),
                 .rule_folder = rule_folder.get(),
                 .links = [this] { return all_links(); }};
  PG_TRY(operator_api, node::operator_api::open(on, chosen, std::move(shown)));
  auto options = operator_api->options();
  options.token = info.token;
  options.secure = at.tls != nullptr;
  options.whose = [this](const io::peer_info& peer) { return identity->whose(peer); };
  const auto served = api::with_openapi(routes(), PERIGEE_VERSION);
  PG_TRY(for_machines, listen_for_machines(on, chosen, *certificates, served, options, metrics));
  if (for_machines) info.enrolment = {chosen.identity->address, for_machines->port(), "tls"};
  api = std::make_unique<api::server>(on.shard, std::move(*acceptor), served, std::move(options), metrics);
  info.api = run_info::listener{chosen.api->address, api->port(), at.tls ? "tls" : "tcp"};
  return {};
}

/// What the API serves. A node listens when it is ready, and not before: so ready is as alive.
api::routes instance::parts::routes() {
  const auto alive = api::at_once([](const auto&) { return api::answer{200, "text/plain", "ok\n"}; });
  api::routes served{
      {"GET", "/livez", alive, api::access::anybody},
      {"GET", "/readyz", alive, api::access::anybody},
      {"GET",
       "/api/v1/links",
       api::at_once([this](const auto&) { return links(); }),
       api::access::known_peer,
       {"This node's links", {}, links_page}},
      {"GET",
       "/api/v1/gaps",
       api::at_once([this](const auto&) { return list_gaps(history.get()); }),
       api::access::known_peer,
       {"The newest gaps known here", {}, gaps_page}},
      {"GET",
       "/api/v1/status",
       api::at_once([this](const auto&) { return status(); }),
       api::access::known_peer,
       {"What `perigee status` shows", {}, "{*:any}"}},
  };
  std::ranges::move(api::quarantine_routes(on.shard, *aside), std::back_inserter(served));
  std::ranges::move(operations->routes(), std::back_inserter(served));
  std::ranges::move(prometheus->routes(), std::back_inserter(served));
  std::ranges::move(operator_api->routes(), std::back_inserter(served));
  std::ranges::move(own_identity->routes(identity->known(), info), std::back_inserter(served));
  std::ranges::move(identity->routes(), std::back_inserter(served));
  return served;
}

result<> instance::parts::listen() {
  PG_TRY_VOID(open_api());
  for (const auto& each : chosen.mqtt) {
    const auto where = each.path.empty() ? each.address : each.path;
    const auto port = door->listen(listener_of(each, certificates->endpoint_of(each)));
    if (!port) return refuse_listener(where, each.port, port.error());
    info.mqtt.push_back({where, *port, std::string(name_of(each.transport))});
  }
  return {};
}

void instance::parts::on_commit() {
  door->on_commit();
  children->on_commit();
  aside->on_commit();
  sensors->on_commit();
}

io::task<> instance::parts::keep_time() {
  for (;;) {
    PG_CO_TRY_VOID(co_await io::sleep_for(on.shard, journal_tick));
    log->tick(clock::wall());
    aside->tick(clock::wall());
    journal_alarms->tick(clock::wall());
  }
}

std::vector<client::link_state> instance::parts::all_links() {
  auto out = bridges->states();
  std::ranges::move(deliveries->states(), std::back_inserter(out));
  if (uplink) out.insert(out.begin(), uplink->state());
  return out;
}

api::answer instance::parts::links() {
  return {200, "application/json", std::format(R"({{"links":{}}})", to_json(all_links())) + "\n"};
}

/// What `perigee status` and the demo's table show of a node.
api::answer instance::parts::status() {
  const auto link = uplink ? to_json(uplink->state()) : "null";
  const auto totals = history ? history->totals() : readers::history::history_totals{};
  auto& decisions = metrics.make_counter("perigee_rule_decisions_total", "Commands, alarms and records decided");
  return {200, "application/json",
          std::format(R"({{"id":"{}","tier":{},"link":{},"bridges":{},"decisions":{},"quarantined":{},"rss_bytes":{},)"
                      R"("start_ms":{:.1f},"history":{{"enabled":{},"readings":{},"missing":{},"doubled":{},"gaps":{},)"
                      R"("behind_records":{}}},"lanes":{{"alarm":{},"event":{},"bulk":{}}}}})"
                      "\n",
                      chosen.node_id, boost::json::serialize(boost::json::string(chosen.tier)), link,
                      to_json(bridges->states()), decisions.value(), aside->size(), resident_bytes(), info.start_ms,
                      history != nullptr, totals.readings, totals.missing, totals.doubled, totals.gap_records,
                      history ? history->behind() : 0, (*log)[model::lane::alarm].committed().value(),
                      (*log)[model::lane::event].committed().value(), (*log)[model::lane::bulk].committed().value())};
}

/// Gauges that are asked for rather than kept.
void instance::parts::measure() {
  metrics.make_gauge("process_resident_memory_bytes", "Resident memory").set(static_cast<double>(resident_bytes()));
  metrics.make_foreign_counter("process_cpu_seconds_total", "User and system time used").set(cpu_seconds());
  for (const auto& link : all_links()) node::measure(metrics, link);
  identity->measure();
}

/// From here on only `stop` ends what runs.
void instance::parts::start() {
  door->start();
  services.spawn("node", keep_time());
  services.spawn("node", settle(on.shard));
  services.spawn("node.mqtt", operations->run());
  services.spawn("node.tls", certificates->watch());
  own_identity->start(services);
  if (rules_reader) services.spawn("readers.rules", rules_reader->run());
  services.spawn("readers.alarms", alarms->run());
  if (history) services.spawn("readers.history", history->run());
  services.spawn("node.metrics", prometheus->run());
  if (gate) services.spawn("node.access", gate->watch());
  identity->start(services, *certificates);
  if (uplink) services.spawn("readers.uplink", uplink->run());
  bridges->start(services);
  deliveries->start(services);
  if (api) {
    services.spawn("api", api->run());
    operator_api->start(services);
  }
  if (for_machines) services.spawn("api", for_machines->run());
  sensors->start(services);
}

io::task<> instance::run() {
  auto& p = *parts_;
  PG_CO_TRY_VOID(p.listen());
  p.info.pid = process_id();
  p.info.id = p.chosen.node_id;
  p.info.tier = p.chosen.tier;
  p.info.started = to_iso8601(clock::wall());
  p.info.start_ms = milliseconds_since_exec();
  PG_CO_TRY_VOID(write_run_file(p.on.disk, p.chosen.data, p.info));
  p.start();
  log::info("node", "{} is up after {:.0f} ms", p.chosen.node_id, p.info.start_ms);
  (void)co_await io::sleep_for(p.on.shard, std::chrono::years(100));  // until cancelled
  // To stop takes waits of its own, and a second signal cuts none of them short.
  co_await boost::asio::this_coro::reset_cancellation_state(boost::asio::disable_cancellation());
  co_await boost::asio::this_coro::throw_if_cancelled(false);
  co_return co_await stop();
}

/// In reverse: nothing new comes in, what is here becomes durable, then the readers stop.
io::task<> instance::stop() {
  auto& p = *parts_;
  p.sensors->pause();
  const auto door_stopped = co_await p.door->stop();
  if (p.rules_reader) p.rules_reader->save();
  p.alarms->save();
  p.bridges->save();
  p.own_identity->save();
  const auto services_stopped = co_await p.services.close();
  io::event closed(p.on.shard);
  result<> journal_closed;
  p.log->close([&](result<> how) {
    journal_closed = how;
    closed.notify();
  });
  PG_CO_TRY_VOID(co_await closed.wait());
  if (const auto removed = p.on.disk.remove(run_file_of(p.chosen.data)); !removed) {
    log::warn("node", "run.json stays behind: {}", removed.error().text());
  }
  for (const auto& each : {door_stopped, services_stopped, journal_closed}) {
    if (!each && !is(each.error(), errc::cancelled)) co_return each;
  }
  co_return result<>();
}

void instance::reload() {
  parts_->certificates->reload();
  if (parts_->gate) parts_->gate->reload();
  if (parts_->rule_folder) parts_->rule_folder->reload();
}

void instance::pause_sensors() { parts_->sensors->pause(); }

}  // namespace perigee::node
