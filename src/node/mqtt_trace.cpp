#include "node/mqtt_trace.hpp"

#include <boost/json.hpp>

#include "base/limits.hpp"
#include "node/mqtt_json.hpp"

namespace perigee::node {
namespace {

namespace json = boost::json;

std::string line_of(const json::object& what) { return json::serialize(what) + "\n"; }

}  // namespace

result<std::unique_ptr<mqtt_trace>> mqtt_trace::start(io::shard& on, doors::mqtt::broker_view& of,
                                                      std::string_view client_id) {
  auto made = std::make_unique<mqtt_trace>(on);
  PG_TRY(made->trace_, of.start_trace(client_id, [to = made.get()](const auto& event) { to->take(event); }));
  const auto now = of.client(client_id);
  made->add(line_of({{"at", to_iso8601(clock::wall())},
                     {"event", "started"},
                     {"client_id", client_id},
                     {"connected", now && now->connected}}));
  return made;
}

io::task<std::string> mqtt_trace::next() {
  if (lines_.empty()) {
    const auto woken = co_await there_.wait_until(clock::now() + silence_max);
    if (!woken && !is(woken.error(), errc::timed_out)) co_return std::unexpected(woken.error());
  }
  auto out = std::exchange(lines_, {});
  if (missed_ != 0) {
    out += line_of({{"at", to_iso8601(clock::wall())}, {"event", "missed"}, {"lines", std::exchange(missed_, 0)}});
  }
  co_return out.empty() ? "\n" : std::move(out);
}

void mqtt_trace::take(const doors::mqtt::traced_event& event) {
  if (missed_ != 0) {
    ++missed_;
  } else {
    add(line_of(to_json(event)));
  }
}

void mqtt_trace::add(std::string line) {
  if (lines_.size() + line.size() > limits::mqtt_output_bytes_max) {
    ++missed_;
  } else {
    lines_ += line;
  }
  there_.notify();
}

}  // namespace perigee::node
