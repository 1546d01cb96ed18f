#include "node/operator_api.hpp"

#include <algorithm>
#include <iterator>

#include "api/page.hpp"
#include "node/alarm_routes.hpp"
#include "node/demo_routes.hpp"
#include "node/history_routes.hpp"
#include "node/links.hpp"
#include "node/live_stream.hpp"
#include "node/rule_tap.hpp"
#include "node/site_routes.hpp"
#include "node/system_routes.hpp"

namespace perigee::node {

using namespace std::chrono_literals;

operator_api::operator_api(ground on, const config& chosen, operated of)
    : on_(on),
      chosen_(chosen),
      of_(std::move(of)),
      broker_(of_.broker),
      values_(units(chosen)),
      started_(clock::wall()),
      files_(on.shard.make_worker("api-files")) {
  if (of_.history == nullptr) return;
  of_.history->tell_newest_to([this](std::span<readers::history::newest_value> all) { values_.take(all); });
}

result<std::unique_ptr<operator_api>> operator_api::open(ground on, const config& chosen, operated of) {
  // tidy: new — the constructor is private
  auto made = std::unique_ptr<operator_api>(new operator_api(on, chosen, std::move(of)));
  PG_TRY(made->audit_, audit_log::open(on.disk, *made->files_, chosen.data + "/audit"));
  PG_TRY(made->operators_,
         operators::open(on.shard, on.disk, *made->files_, chosen.data + "/state", chosen.node_id, made->of_.users));
  return made;
}

api::routes operator_api::routes() {
  api::routes out = operators_->routes();
  const auto add = [&out](api::routes more) { std::ranges::move(more, std::back_inserter(out)); };
  add(site_routes({values_, broker_, of_.children, chosen_.node_id, chosen_.tier, started_}));
  if (of_.history != nullptr) add(history_routes(on_.shard, *of_.history, values_));
  add(alarm_routes(on_.shard, of_.alarms));
  add(live_routes({on_.shard, values_, of_.alarms.board(), [this] { return to_json(of_.links()); }}));
  add(system_routes({of_.log, of_.broker, of_.aside, of_.metrics, chosen_, on_.disk, disk_, of_.tls, of_.rules,
                     started_, [this] { return values_.size(); }, [this] { return of_.alarms.board().size(); },
                     of_.links}));
  if (of_.rules != nullptr) add(rule_tap_routes(on_.shard, *of_.rules));
  if (of_.rule_folder != nullptr) add(rule_folder_routes(on_.shard, *of_.rule_folder));
  add(audit_routes(*audit_));
  if (chosen_.demo_socket) add(demo_routes(on_.shard, on_.network, *chosen_.demo_socket));
  add(api::page_routes(api::page_assets()));
  return out;
}

api::server_options operator_api::options() const {
  return {.signed_in = &operators_->sessions(), .audit = audit_.get(), .people = &operators_->people()};
}

io::task<> operator_api::count() {
  for (;;) {
    PG_CO_TRY_VOID(co_await io::sleep_for(on_.shard, 1s));
    values_.tick();
    if (const auto room = on_.disk.space(chosen_.data)) disk_.note(clock::wall(), room->free_bytes);
  }
}

void operator_api::start(io::scope& services) {
  services.spawn("node.operators", operators_->run());
  services.spawn("node.values", count());
}

}  // namespace perigee::node
