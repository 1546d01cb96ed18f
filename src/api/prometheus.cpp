#include "api/prometheus.hpp"

#include <algorithm>
#include <format>
#include <memory>

#include "api/prometheus_answer.hpp"
#include "base/limits.hpp"
#include "io/timer.hpp"

namespace perigee::api {
namespace {

// Clients choose what they ask by it: this is the API that is answered.
constexpr std::string_view api_version = "3.0.0";

using inquiry = std::function<prometheus_reply(const request&, const prometheus_arguments&, promql::catalog&)>;

prometheus_arguments arguments_of(const request& asked) {
  const auto given = asked.given.pairs();
  return {given.begin(), given.end()};
}

answer in_http(prometheus_reply from) { return {.status = from.status, .body = std::move(from.body)}; }

/// What a call waits for; the answer may come when nobody waits any more.
struct pending {
  explicit pending(io::shard& on) : there(on) {}
  io::event there;
  request asked;
  prometheus_arguments given;
  prometheus_reply reply;
};

/// `timeout` may shorten the time that there is, never lengthen it.
promql::outcome<std::chrono::milliseconds> time_for(const prometheus_arguments& given) {
  constexpr std::chrono::milliseconds most = std::chrono::seconds(limits::promql_seconds_max);
  const auto found = given.find("timeout");
  if (found == given.end()) return most;
  PG_TRY(const auto wanted, read_prometheus_duration(found->second));
  return std::min(most, std::chrono::milliseconds(wanted));
}

io::task<answer> put(io::shard& on, prometheus_port& to, inquiry what, request asked) {
  const auto waiting = std::make_shared<pending>(on);
  waiting->given = arguments_of(asked);
  waiting->asked = std::move(asked);
  const auto within = time_for(waiting->given);
  if (!within) co_return in_http(prometheus_failure(within.error()));
  to.ask(
      *within, [waiting, what](promql::catalog& from) { waiting->reply = what(waiting->asked, waiting->given, from); },
      [waiting] { waiting->there.notify(); });
  PG_CO_TRY_VOID(co_await waiting->there.wait());
  co_return in_http(std::move(waiting->reply));
}

std::string build_info(std::string_view version) {
  return std::format(R"({{"version":"{}","application":"perigee","revision":"{}","branch":"","buildUser":"",)"
                     R"("buildDate":"","goVersion":""}})",
                     api_version, version);
}

}  // namespace

routes prometheus_routes(io::shard& on, prometheus_port& from, std::string version) {
  const std::string base = "/prometheus/api/v1/";
  const auto asked_of = [&on, &from](inquiry what) -> handler {
    return [&on, &from, what](request asked) { return put(on, from, what, std::move(asked)); };
  };
  const auto query = asked_of([](const request&, const prometheus_arguments& given, promql::catalog& in) {
    return answer_query(given, clock::wall(), in);
  });
  const auto query_range = asked_of([](const request&, const prometheus_arguments& given, promql::catalog& in) {
    return answer_query_range(given, in);
  });
  const auto names = asked_of(
      [](const request&, const prometheus_arguments& given, promql::catalog& in) { return answer_labels(given, in); });
  const auto values = asked_of([](const request& asked, const prometheus_arguments& given, promql::catalog& in) {
    return answer_label_values(asked.captured.front(), given, in);
  });
  const auto series = asked_of(
      [](const request&, const prometheus_arguments& given, promql::catalog& in) { return answer_series(given, in); });
  const auto metadata = at_once(
      [&from](const request& asked) { return in_http(answer_metadata(arguments_of(asked), from.metrics_text())); });
  const auto build = at_once([version](const request&) { return in_http(prometheus_success(build_info(version))); });
  routes out{{"GET", base + "label/{name}/values", values},
             {"GET", base + "metadata", metadata},
             {"GET", base + "status/buildinfo", build}};
  for (const auto* method : {"GET", "POST"}) {
    out.push_back({method, base + "query", query});
    out.push_back({method, base + "query_range", query_range});
    out.push_back({method, base + "labels", names});
    out.push_back({method, base + "series", series});
  }
  return out;
}

}  // namespace perigee::api
