#include "node/mqtt_operations.hpp"

#include "doors/mqtt/door.hpp"
#include "io/timer.hpp"
#include "node/mqtt_routes.hpp"
#include "node/process.hpp"

namespace perigee::node {

mqtt_operations::mqtt_operations(io::shard& on, doors::mqtt::broker& broker, const mqtt_sys_config& sys)
    : on_(on), broker_(broker), view_(broker), interval_(sys.interval) {}

api::routes mqtt_operations::routes() { return mqtt_routes(on_, view_); }

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
