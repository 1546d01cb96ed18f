#include "cli/node_status.hpp"

#include <boost/json.hpp>

#include "client/http_client.hpp"

namespace perigee::cli {
namespace {

namespace json = boost::json;

double number_in(const json::object& in, std::string_view key) {
  const auto* found = in.if_contains(key);
  boost::system::error_code ec;
  const auto number = found == nullptr ? 0 : found->to_number<double>(ec);
  return ec ? 0 : number;
}

std::optional<double> number_if_any(const json::object& in, std::string_view key) {
  const auto* found = in.if_contains(key);
  return found == nullptr || !found->is_number() ? std::nullopt : std::optional(number_in(in, key));
}

std::string text_in(const json::object& in, std::string_view key) {
  const auto* found = in.if_contains(key);
  return found != nullptr && found->is_string() ? std::string(found->get_string()) : std::string();
}

bool truth_in(const json::object& in, std::string_view key) {
  const auto* found = in.if_contains(key);
  return found != nullptr && found->is_bool() && found->get_bool();
}

const json::object* object_in(const json::object& in, std::string_view key) {
  const auto* found = in.if_contains(key);
  return found == nullptr ? nullptr : found->if_object();
}

link_status link_in(const json::object& link) {
  return {truth_in(link, "connected"),
          number_in(link, "rtt_ms"),
          number_in(link, "records_waiting"),
          number_in(link, "oldest_age_ms"),
          number_in(link, "drain_records_per_s"),
          number_in(link, "bytes_sent"),
          number_if_any(link, "budget_left_hour_bytes"),
          number_if_any(link, "budget_left_day_bytes"),
          text_in(link, "window_opens"),
          text_in(link, "name"),
          number_in(link, "records_refused")};
}

}  // namespace

result<node_status> parse_status(const std::string& body) {
  boost::system::error_code ec;
  const auto parsed = json::parse(body, ec);
  if (ec || !parsed.is_object()) return fail(errc::malformed, "the node's status is not a JSON object");
  const auto& in = parsed.get_object();
  node_status out;
  out.id = text_in(in, "id");
  out.tier = text_in(in, "tier");
  out.decisions = number_in(in, "decisions");
  out.quarantined = number_in(in, "quarantined");
  out.rss_bytes = number_in(in, "rss_bytes");
  out.start_ms = number_in(in, "start_ms");
  if (const auto* link = object_in(in, "link")) {
    out.link = link_in(*link);
  }
  if (const auto* bridges = in.if_contains("bridges"); bridges != nullptr && bridges->is_array()) {
    for (const auto& each : bridges->get_array()) {
      if (each.is_object()) out.bridges.push_back(link_in(each.get_object()));
    }
  }
  if (const auto* history = object_in(in, "history")) {
    out.history = truth_in(*history, "enabled");
    out.readings = number_in(*history, "readings");
    out.missing = number_in(*history, "missing");
    out.doubled = number_in(*history, "doubled");
    out.gaps = number_in(*history, "gaps");
    out.behind = number_in(*history, "behind_records");
  }
  out.raw = body;
  return out;
}

io::task<node_status> ask_status(io::shard& on, io::network& network, const node::run_info& info,
                                 std::shared_ptr<io::tls_context> tls, clock::time_point deadline) {
  if (!info.api) co_return fail(errc::unsupported, "the node has no [api] to ask");
  io::endpoint at{info.api->address, info.api->port, info.api->transport == "tls" ? std::move(tls) : nullptr};
  PG_CO_TRY(const auto answer, co_await client::http_get(on, network, std::move(at), "/api/v1/status", deadline));
  if (answer.status != 200) co_return fail(errc::refused, "the node does not tell its status");
  co_return parse_status(answer.body);
}

}  // namespace perigee::cli
