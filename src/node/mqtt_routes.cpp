#include "node/mqtt_routes.hpp"

#include <boost/json.hpp>
#include <charconv>

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

answer in_json(const json::value& body) { return {200, "application/json", json::serialize(body) + "\n"}; }

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

/// How many rows are asked for; nothing where that is no such number.
std::optional<std::size_t> limit_of(const request& asked) {
  const auto given = asked.parameter("limit");
  if (!given) return limits::mqtt_listed_max;
  std::size_t out = 0;
  const auto [rest, failed] = std::from_chars(given->data(), given->data() + given->size(), out);
  if (failed != std::errc() || rest != given->data() + given->size()) return std::nullopt;
  if (out == 0 || out > limits::mqtt_listed_max) return std::nullopt;
  return out;
}

answer bad_limit() { return api::problem(400, "limit is a whole number, 1 to 1000."); }

answer list_clients(const mqtt::broker_view& view, const request& asked) {
  const auto most = limit_of(asked);
  if (!most) return bad_limit();
  return list(
      "clients", view.clients(asked.parameter("after").value_or(""), *most), [](const auto& c) { return to_json(c); },
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
  return in_json(out);
}

answer kick(mqtt::broker_view& view, const request& asked) {
  const auto& id = asked.captured.front();
  const auto how = asked.parameter("session").value_or("keep");
  if (how != "keep" && how != "end") return api::problem(400, "session is keep or end.");
  using enum mqtt::broker_view::kick_session;
  const auto before = view.client(id);
  if (!before || !view.kick(id, how == "end" ? end : keep, {clock::now(), clock::wall()})) return no_such_client();
  log::info("api", "'{}' is kicked by {}{}", id, asked.from, how == "end" ? ", its session ended" : "");
  return in_json(json::object{
      {"client_id", id}, {"was_connected", before->connected}, {"has_session", view.client(id).has_value()}});
}

answer trace(io::shard& on, mqtt::broker_view& view, const request& asked) {
  auto started = mqtt_trace::start(on, view, asked.captured.front());
  if (!started) return api::problem(409, "As many clients are traced as can be at once.");
  log::info("api", "'{}' is traced by {}", asked.captured.front(), asked.from);
  answer out{.status = 200, .type = "application/x-ndjson"};
  out.goes_on = *std::move(started);
  return out;
}

answer list_subscribers(const mqtt::broker_view& view, const request& asked) {
  const auto most = limit_of(asked);
  if (!most) return bad_limit();
  const auto topic = asked.parameter("topic").value_or("");
  if (!wire::mqtt::is_topic_name(topic)) return api::problem(400, "topic is the name of a topic, without + and #.");
  return list(
      "subscriptions", view.subscribers_of(topic, asked.parameter("after").value_or(""), *most),
      [](const auto& s) { return to_json(s); }, [](const auto& s) { return s.client_id; });
}

answer list_retained(const mqtt::broker_view& view, const request& asked) {
  const auto most = limit_of(asked);
  if (!most) return bad_limit();
  const auto filter = asked.parameter("filter").value_or("#");
  if (!wire::mqtt::is_topic_filter(filter)) return api::problem(400, "filter is a topic filter: site/#, site/+/motor.");
  const auto payload = asked.parameter("payload").value_or("no");
  if (payload != "yes" && payload != "no") return api::problem(400, "payload is yes or no.");
  mqtt::broker_view::retained_question question{filter, asked.parameter("after").value_or(""), *most};
  if (payload == "yes") question.payload_bytes_max = limits::quarantine_shown_bytes_max;
  question.bytes_max = limits::http_body_bytes_max;
  const auto shown = payload == "yes" ? show_payload::yes : show_payload::no;
  return list(
      "retained", view.retained(question), [shown](const auto& r) { return to_json(r, shown); },
      [](const auto& r) { return r.topic; });
}

}  // namespace

api::routes mqtt_routes(io::shard& on, mqtt::broker_view& view) {
  using api::at_once;
  constexpr auto to = api::access::token_bearer;
  const std::string all = "/api/v1/mqtt/clients";
  const auto one = all + "/{client}";
  return {
      {"GET", all, at_once([&view](const request& asked) { return list_clients(view, asked); }), to},
      {"GET", one, at_once([&view](const request& asked) { return show_client(view, asked); }), to},
      {"DELETE", one, at_once([&view](const request& asked) { return kick(view, asked); }), to},
      {"GET", one + "/trace", at_once([&on, &view](const request& asked) { return trace(on, view, asked); }), to},
      {"GET", "/api/v1/mqtt/subscriptions",
       at_once([&view](const request& asked) { return list_subscribers(view, asked); }), to},
      {"GET", "/api/v1/mqtt/retained", at_once([&view](const request& asked) { return list_retained(view, asked); }),
       to},
  };
}

}  // namespace perigee::node
