#include "node/live_stream.hpp"

#include <boost/json.hpp>
#include <format>

#include "api/json_answer.hpp"
#include "base/limits.hpp"
#include "io/timer.hpp"
#include "node/alarm_routes.hpp"
#include "node/value_json.hpp"

namespace perigee::node {
namespace {

using namespace std::chrono_literals;
namespace json = boost::json;
using entry = live_values::entry;

constexpr auto step = 100ms;
constexpr auto links_every = 1s;
constexpr std::size_t values_in_event_max = 2000;

/// One client's stream. What changes faster than it is told is told once, with its newest value.
class live_stream final : public api::body_source {
 public:
  live_stream(live_sources from, const api::request& asked, std::shared_ptr<int> count)
      : from_(std::move(from)),
        node_(asked.given.text("node")),
        device_(asked.given.text("device")),
        alarms_told_(from_.alarms.version()),
        count_(std::move(count)) {
    ++*count_;
  }
  ~live_stream() override { --*count_; }

  io::task<std::string> next() override {
    for (;;) {
      auto events = values() + alarms() + links();
      if (!events.empty()) co_return events;
      PG_CO_TRY_VOID(co_await io::sleep_for(from_.on, step));
    }
  }

 private:
  static std::string event(std::string_view name, std::string_view data) {
    return std::format("event: {}\ndata: {}\n\n", name, data);
  }

  std::string values() {
    const auto now = clock::now();
    if (now < values_due_ || from_.values.version() == values_told_) return {};
    values_due_ = now + step;
    json::array rows;
    const live_values::filter which{node_, device_, {}};
    from_.values.for_each_since(values_told_, which, [&rows](const entry& e) {
      if (rows.size() == values_in_event_max) return;
      rows.push_back({{"node", e.of->node},
                      {"device", e.of->device},
                      {"metric", e.of->metric},
                      {"unit", api::text_or_null(e.unit)},
                      {"time_ms", e.time.ns / 1'000'000},
                      {"value", to_json(e.value)},
                      {"quality", model::name_of(e.quality)}});
    });
    values_told_ = from_.values.version();
    if (rows.empty()) return {};
    return event("values", json::serialize(json::object{{"values", std::move(rows)}}));
  }

  std::string alarms() {
    if (from_.alarms.version() == alarms_told_) return {};
    std::string rows;
    for (const auto* each : from_.alarms.in_order()) {
      if (each->version > alarms_told_) rows += (rows.empty() ? "" : ",") + to_json_text(from_.alarms, *each);
    }
    alarms_told_ = from_.alarms.version();
    return event("alarms", std::format("{{\"alarms\":[{}]}}", rows));
  }

  /// Once a second, without a link too: by it a client knows that the stream lives.
  std::string links() {
    const auto now = clock::now();
    if (now < links_due_) return {};
    links_due_ = now + links_every;
    return event("links", std::format("{{\"links\":{}}}", from_.links()));
  }

  live_sources from_;
  std::optional<std::string> node_;
  std::optional<std::string> device_;
  std::uint64_t values_told_ = 0;  // versions
  std::uint64_t alarms_told_;
  clock::time_point values_due_{};
  clock::time_point links_due_{};
  std::shared_ptr<int> count_;
};

}  // namespace

api::routes live_routes(live_sources from) {
  const auto start = [from, count = std::make_shared<int>(0)](const api::request& asked) {
    if (*count >= static_cast<int>(limits::http_live_max)) {
      return api::problem(409, "As many streams of live values are open as can be at once.");
    }
    api::answer out{.status = 200, .type = "text/event-stream"};
    out.goes_on = std::make_unique<live_stream>(from, asked, count);
    return out;
  };
  return {{"GET",
           "/api/v1/live",
           api::at_once(start),
           api::access::known_peer,
           {"Values, alarms and links as they change, as Server-Sent Events",
            {api::text_parameter("node", "values of this node alone"),
             api::text_parameter("device", "values of this device alone")},
            "text/event-stream"}}};
}

}  // namespace perigee::node
