#include "node/mqtt_routes.hpp"

#include <boost/json.hpp>

#include "api/json_answer.hpp"
#include "base/limits.hpp"
#include "base/log.hpp"
#include "node/mqtt_json.hpp"
#include "node/mqtt_trace.hpp"
#include "wire/mqtt/topic.hpp"

namespace perigee::node {
namespace {

namespace json = boost::json;
namespace mqtt = doors::mqtt;
using api::answer;
using api::request;

answer no_such_client() { return api::problem(404, "No client of this id has a session."); }

/// A list as it grows into an answer that the command line reads whole. What has no room starts the next page: all rows
/// of one cursor, for they are not parted. Those of the first always have room.
class listing {
 public:
  explicit listing(std::string_view name) : name_(name) {}

  /// False where the page ends before it.
  bool add(const json::object& row, const std::string& cursor) {
    constexpr std::size_t room = limits::http_body_bytes_max - 4096;  // for the head, and a cursor
    const auto text = json::serialize(row);
    if (rows_.empty() || cursor != last_) {
      before_ = last_;
      begin_ = rows_.size();
    }
    last_ = cursor;
    if (begin_ != 0 && rows_.size() + text.size() + 1 > room) {
      rows_.resize(begin_);
      last_ = before_;
      return false;
    }
    rows_ += (rows_.empty() ? "" : ",") + text;
    return true;
  }
  [[nodiscard]] const std::string& last() const { return last_; }
  [[nodiscard]] answer finish(const std::optional<std::string>& next) const {
    const auto tail = next ? json::serialize(json::string(*next)) : "null";
    return {200, "application/json", "{\"" + std::string(name_) + "\":[" + rows_ + "],\"next\":" + tail + "}\n"};
  }

 private:
  std::string_view name_;
  std::string rows_;
  std::string last_;       // cursor
  std::string before_;     // the one before that
  std::size_t begin_ = 0;  // of the rows of `last_`
};

template <class Row, class To_json, class Cursor>
answer list(std::string_view name, const mqtt::page<Row>& page, To_json to_object, Cursor cursor_of) {
  listing out(name);
  for (const auto& row : page.rows) {
    if (!out.add(to_object(row), cursor_of(row))) return out.finish(out.last());
  }
  return out.finish(page.next);
}

std::size_t limit_of(const request& asked) { return static_cast<std::size_t>(*asked.given.whole("limit")); }

answer wrong_topic(std::string_view field, std::string_view right) {
  return api::problem({.status = 400,
                       .title = "A parameter is wrong.",
                       .type = "/problems/parameter",
                       .field = std::string(field),
                       .right = std::string(right)});
}

answer list_clients(const mqtt::broker_view& view, const request& asked) {
  const auto most = limit_of(asked);
  return list(
      "clients", view.clients(asked.parameter("after").value_or(""), most), [](const auto& c) { return to_json(c); },
      [](const auto& c) { return c.client_id; });
}

answer show_client(const mqtt::broker_view& view, const request& asked) {
  const auto& id = asked.captured.front();
  const auto found = view.client(id);
  if (!found) return no_such_client();
  auto out = to_json(*found);
  json::array filters;
  for (const auto& each : view.subscriptions(id)) {
    auto row = to_json(each);
    row.erase("client_id");
    filters.push_back(std::move(row));
  }
  out["filters"] = std::move(filters);
  return api::json_answer(out);
}

answer kick(mqtt::broker_view& view, const request& asked) {
  const auto& id = asked.captured.front();
  const auto how = *asked.given.text("session");
  using enum mqtt::broker_view::kick_session;
  const auto before = view.client(id);
  if (!before || !view.kick(id, how == "end" ? end : keep, {clock::now(), clock::wall()})) return no_such_client();
  log::info("api", "'{}' is kicked by {}{}", id, asked.who.text(), how == "end" ? ", its session ended" : "");
  return api::json_answer(json::object{
      {"client_id", id}, {"was_connected", before->connected}, {"has_session", view.client(id).has_value()}});
}

answer trace(io::shard& on, mqtt::broker_view& view, const request& asked) {
  auto started = mqtt_trace::start(on, view, asked.captured.front());
  if (!started) return api::problem(409, "As many clients are traced as can be at once.");
  log::info("api", "'{}' is traced by {}", asked.captured.front(), asked.who.text());
  answer out{.status = 200, .type = "application/x-ndjson"};
  out.goes_on = *std::move(started);
  return out;
}

answer list_subscribers(const mqtt::broker_view& view, const request& asked) {
  const auto most = limit_of(asked);
  const auto topic = *asked.given.text("topic");
  if (!wire::mqtt::is_topic_name(topic)) return wrong_topic("topic", "the name of a topic, without + and #");
  return list(
      "subscriptions", view.subscribers_of(topic, asked.parameter("after").value_or(""), most),
      [](const auto& s) { return to_json(s); }, [](const auto& s) { return s.client_id; });
}

answer list_retained(const mqtt::broker_view& view, const request& asked) {
  const auto most = limit_of(asked);
  const auto filter = *asked.given.text("filter");
  if (!wire::mqtt::is_topic_filter(filter)) return wrong_topic("filter", "a topic filter: site/#, site/+/motor");
  const auto payload = *asked.given.text("payload");
  mqtt::broker_view::retained_question question{filter, asked.parameter("after").value_or(""), most};
  if (payload == "yes") question.payload_bytes_max = limits::quarantine_shown_bytes_max;
  question.bytes_max = limits::http_body_bytes_max;
  const auto shown = payload == "yes" ? show_payload::yes : show_payload::no;
  return list(
      "retained", view.retained(question), [shown](const auto& r) { return to_json(r, shown); },
      [](const auto& r) { return r.topic; });
}

api::parameter parameter_filter() {
  auto out = api::text_parameter("filter", "a topic filter", 65'535);
  out.initial = "#";
  return out;
}

}  // namespace

api::routes mqtt_routes(io::shard& on, mqtt::broker_view& view) {
  using api::at_once;
  using enum api::access;
  const std::string all = "/api/v1/mqtt/clients";
  const auto one = all + "/{client}";
  const auto client = api::text_parameter("client", "its id", 65'535).within(api::parameter::place::path);
  const auto page = [](std::vector<api::parameter> others) { return api::with_page(std::move(others)); };
  return {
      {"GET",
       all,
       at_once([&view](const request& asked) { return list_clients(view, asked); }),
       viewers,
       {"MQTT clients that have a session", page({}), "{clients:[any],next:text?}"}},
      {"GET",
       one,
       at_once([&view](const request& asked) { return show_client(view, asked); }),
       viewers,
       {"One client, with its filters", {client}, "{*:any}"}},
      {"DELETE",
       one,
       at_once([&view](const request& asked) { return kick(view, asked); }),
       operators,
       {"Disconnect a client",
        {client, api::choice_parameter("session", "whether its session stays", {"keep", "end"}, "keep")},
        "{client_id:text,was_connected:bool,has_session:bool}"}},
      {"GET",
       one + "/trace",
       at_once([&on, &view](const request& asked) { return trace(on, view, asked); }),
       operators,
       {"Its packets as they pass, a line of JSON each", {client}, "application/x-ndjson"}},
      {"GET",
       "/api/v1/mqtt/subscriptions",
       at_once([&view](const request& asked) { return list_subscribers(view, asked); }),
       viewers,
       {"Whose filters cover a topic", page({api::text_parameter("topic", "its name", 65'535).needed()}),
        "{subscriptions:[any],next:text?}"}},
      {"GET",
       "/api/v1/mqtt/retained",
       at_once([&view](const request& asked) { return list_retained(view, asked); }),
       viewers,
       {"Retained messages",
        page({parameter_filter(), api::choice_parameter("payload", "with the beginning of each", {"yes", "no"}, "no")}),
        "{retained:[any],next:text?}"}},
  };
}

}  // namespace perigee::node
