#include "node/mqtt_operations.hpp"

#include "api/json_answer.hpp"
#include "doors/mqtt/door.hpp"
#include "io/timer.hpp"
#include "node/mqtt_routes.hpp"
#include "node/process.hpp"

namespace perigee::node {

namespace {

api::answer list(const std::vector<run_info::listener>& listeners) {
  boost::json::array rows;
  for (const auto& each : listeners) {
    rows.push_back({{"transport", each.transport}, {"address", each.address}, {"port", each.port}});
  }
  return api::json_answer(boost::json::object{{"listeners", std::move(rows)}});
}

}  // namespace

mqtt_operations::mqtt_operations(io::shard& on, doors::mqtt::broker& broker, const mqtt_sys_config& sys,
                                 const std::vector<run_info::listener>& listeners)
    : on_(on), broker_(broker), view_(broker), interval_(sys.interval), listeners_(listeners) {}

api::routes mqtt_operations::routes() {
  auto out = mqtt_routes(on_, view_);
  out.push_back({"GET",
                 "/api/v1/mqtt/listeners",
                 api::at_once([this](const auto&) { return list(listeners_); }),
                 api::access::viewers,
                 {"Where MQTT clients connect", {}, "{listeners:[{transport:text,address:text,port:whole}]}"}});
  return out;
}

io::task<> mqtt_operations::run() {
  if (interval_.count() == 0) co_return result<>();
  using doors::mqtt::door;
  doors::mqtt::sys_topics topics(broker_, {"perigee version " PERIGEE_VERSION, interval_, heap_bytes}, door::now());
  for (;;) {
    topics.on_tick(door::now());
    PG_CO_TRY_VOID(co_await io::sleep_for(on_, interval_));
  }
}

}  // namespace perigee::node
