#include "node/history_routes.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <tuple>

#include "api/json_answer.hpp"
#include "api/name_page.hpp"
#include "base/limits.hpp"
#include "io/timer.hpp"
#include "model/gap.hpp"
#include "node/value_json.hpp"

namespace perigee::node {
namespace {

using namespace std::chrono_literals;
namespace json = boost::json;
namespace history = readers::history;
using api::answer;
using api::request;

constexpr auto usual_range = 1h;
constexpr auto answered_within = 10s;  // its wait for other questions included
constexpr std::int64_t points_max = limits::history_points_max;

std::int64_t ms_of(timestamp t) { return t.ns / 1'000'000; }

/// What is asked of the store; found wrong before it is asked. Its own copy of all that the answer says.
struct question {
  std::shared_ptr<const history::series_names> of;
  history::series_id series;
  std::string unit;
  timestamp from;
  timestamp to;
  nanoseconds step{};  // of buckets
  std::size_t most = 0;
  bool raw = false;
  std::vector<std::string> columns;  // of buckets: min, max, mean, last
  json::array gaps{};
};

/// Waits for what is made of the store's answer, where the store is asked: it may come when nobody waits any more.
template <class Made>
struct pending {
  explicit pending(io::shard& on) : there(on) {}
  io::event there;
  result<Made> made;
};

answer wrong(std::string field, std::string detail, std::string right) {
  return api::problem({.status = 400,
                       .title = "A parameter is wrong.",
                       .type = "/problems/parameter",
                       .detail = field + ": " + detail,
                       .field = std::move(field),
                       .right = std::move(right)});
}

/// Of the step that is asked for, or of so many points over the range.
std::expected<nanoseconds, answer> step_of(const request& asked, nanoseconds range) {
  const auto points = *asked.given.whole("points");
  const auto step =
      asked.given.duration("step").value_or(std::max<nanoseconds>((range + nanoseconds(points - 1)) / points, 1ms));
  if (range / step > points_max) return std::unexpected(wrong("step", "it makes over 10,000 points", "a wider one"));
  return step;
}

std::expected<question, answer> read_question(const request& asked, const live_values& values) {
  const auto* series = values.find(*asked.given.text("node"), *asked.given.text("device"), *asked.given.text("metric"));
  if (series == nullptr) {
    return std::unexpected(api::problem({.status = 404,
                                         .title = "The history has no such metric.",
                                         .type = "/problems/not-found",
                                         .right = "one of GET /api/v1/metrics"}));
  }
  question out{.of = series->of,
               .series = series->id,
               .unit = std::string(series->unit),
               .from = {},
               .to = asked.given.time("to").value_or(clock::wall()),
               .columns = {}};
  out.from = asked.given.time("from").value_or(out.to - usual_range);
  if (out.from >= out.to) return std::unexpected(wrong("from", "it is not before `to`", "an earlier time"));
  for (const auto each : asked.given.texts("as")) out.columns.emplace_back(each);
  out.raw = std::ranges::contains(out.columns, "raw");
  if (out.raw && out.columns.size() > 1) return std::unexpected(wrong("as", "raw stands alone", "raw, or the others"));
  if (out.columns.empty()) out.columns = {"min", "max", "mean"};
  if (const auto after = asked.given.time("after")) out.from = std::max(out.from, *after);
  out.most = static_cast<std::size_t>(*asked.given.whole("points"));
  const auto step = step_of(asked, out.to - out.from);
  if (!step) return std::unexpected(std::move(const_cast<answer&>(step.error())));
  out.step = *step;
  return out;
}

double cell_of(const history::bucket& b, std::string_view column) {
  if (column == "min") return b.min;
  if (column == "max") return b.max;
  return column == "mean" ? b.mean : b.last;
}

json::array rows_of(const history::raw_page& page) {
  json::array out;
  for (const auto& p : page.points)
    out.push_back(json::array{ms_of(p.time), to_json(p.value), model::name_of(p.quality)});
  return out;
}

json::array rows_of(const history::step_answer& steps, const question& asked) {
  json::array out;
  for (const auto& b : steps.buckets) {
    json::array row{ms_of(b.start)};
    for (const auto& column : asked.columns) row.push_back(number_or_null(cell_of(b, column)));
    out.push_back(std::move(row));
  }
  return out;
}

json::array columns_of(const question& asked) {
  json::array out{"time"};
  if (asked.raw) return {"time", "value", "quality"};
  for (const auto& each : asked.columns) out.emplace_back(each);
  return out;
}

/// The newest gaps of the node that touch the range.
json::array gaps_of(const history::history_reader& in, const question& asked) {
  json::array out;
  for (const auto& each : in.gaps()) {
    const auto g = each.node == asked.of->node ? model::decode_gap(each.body) : fail(errc::not_found, "another node's");
    if (!g || g->newest < asked.from || g->oldest >= asked.to) continue;
    out.push_back({{"from", ms_of(g->oldest)},
                   {"to", ms_of(g->newest)},
                   {"readings", g->messages()},
                   {"reason", model::name_of(g->reason)}});
  }
  return out;
}

result<answer> answer_from(history::store& in, question q) {
  json::object out{{"node", q.of->node},        {"device", q.of->device},   {"metric", q.of->metric},
                   {"unit", nullptr},           {"from", ms_of(q.from)},    {"to", ms_of(q.to)},
                   {"step_ms", nullptr},        {"columns", columns_of(q)}, {"rows", nullptr},
                   {"gaps", std::move(q.gaps)}, {"next", nullptr}};
  if (q.raw) {
    PG_TRY(const auto page, in.page(q.series, q.from, q.to, q.most));
    out["rows"] = rows_of(page);
    if (page.next) out["next"] = to_iso8601(*page.next);
  } else {
    PG_TRY(const auto steps, in.by_step(q.series, q.from, q.to, q.step));
    out["rows"] = rows_of(steps, q);
    out["step_ms"] = static_cast<double>(steps.step.count()) / 1e6;
  }
  return api::json_answer(out);
}

/// Of a question that the time was too short for, or the file too damaged.
result<answer> told(const error& why) {
  if (!is(why, errc::timed_out)) return std::unexpected(why);
  return api::problem({.status = 503,
                       .title = "The history was not read in time.",
                       .type = "/problems/too-long",
                       .right = "a shorter range, or asking again when others ask less"});
}

io::task<answer> show(io::shard& on, history::history_reader& from, const live_values& values, request asked) {
  auto read = read_question(asked, values);
  if (!read) co_return std::move(read.error());
  read->gaps = gaps_of(from, *read);
  const auto waiting = std::make_shared<pending<answer>>(on);
  from.ask(
      answered_within,
      [waiting, q = *std::move(read)](history::store& in) mutable { waiting->made = answer_from(in, std::move(q)); },
      [waiting] { waiting->there.notify(); });
  PG_CO_TRY_VOID(co_await waiting->there.wait());
  if (!waiting->made) co_return told(waiting->made.error());
  co_return std::move(*waiting->made);
}

json::object to_json(const history::series_info& s) {
  return {{"node", s.node},
          {"device", s.device},
          {"metric", s.metric},
          {"unit", nullptr},
          {"readings", s.readings},
          {"first", api::time_or_null(s.first)},
          {"last", api::time_or_null(s.last)}};
}

/// One page, for whose rows the shard knows the units.
result<json::object> metrics_in(history::store& in, const request& asked) {
  PG_TRY(auto all, in.series());
  std::ranges::sort(all, {}, [](const auto& s) { return std::tie(s.node, s.device, s.metric); });
  const live_values::filter which{asked.given.text("node"), asked.given.text("device"), asked.given.text("metric")};
  const auto part = asked.given.text("q");
  api::name_page out("metrics", asked);
  for (const auto& each : all) {
    const bool named = !part || each.device.contains(*part) || each.metric.contains(*part);
    if (!named || !which.fits({each.node, each.device, each.metric})) continue;
    if (!out.add({each.node, each.device, each.metric}, [&each] { return to_json(each); })) break;
  }
  return out.take();
}

void say_units(json::object& page, const live_values& values) {
  for (auto& each : page["metrics"].as_array()) {
    auto& row = each.as_object();
    const auto* live = values.find(row["node"].as_string(), row["device"].as_string(), row["metric"].as_string());
    if (live != nullptr) row["unit"] = api::text_or_null(live->unit);
  }
}

io::task<answer> list_metrics(io::shard& on, history::history_reader& from, const live_values& values, request asked) {
  const auto waiting = std::make_shared<pending<json::object>>(on);
  from.ask(
      answered_within,
      [waiting, asked = std::move(asked)](history::store& in) { waiting->made = metrics_in(in, asked); },
      [waiting] { waiting->there.notify(); });
  PG_CO_TRY_VOID(co_await waiting->there.wait());
  if (!waiting->made) co_return told(waiting->made.error());
  say_units(*waiting->made, values);
  co_return api::json_answer(*waiting->made);
}

}  // namespace

api::routes history_routes(io::shard& on, history::history_reader& history, const live_values& values) {
  return {{"GET",
           "/api/v1/metrics",
           [&on, &history, &values](request asked) { return list_metrics(on, history, values, std::move(asked)); },
           api::access::known_peer,
           {"What is measured, and since when",
            api::with_page({api::text_parameter("node", "of this node alone"),
                            api::text_parameter("device", "of this device alone"),
                            api::text_parameter("metric", "this metric alone"),
                            api::text_parameter("q", "a part of the device's or the metric's name")}),
            "{metrics:[{node:text,device:text,metric:text,unit:text?,readings:whole,first:time?,last:time?}],"
            "next:text?}"}},
          {"GET",
           "/api/v1/history",
           [&on, &history, &values](request asked) { return show(on, history, values, std::move(asked)); },
           api::access::known_peer,
           {"Readings of one metric: as they came, or by step",
            {api::text_parameter("node", "whose journal first had them").needed(),
             api::text_parameter("device", "of this device").needed(),
             api::text_parameter("metric", "this metric").needed(),
             api::time_parameter("from", "the first (default an hour before `to`)"),
             api::time_parameter("to", "behind the last (default now)"),
             api::whole_parameter("points", "at most so many rows", 1, points_max, "1000"),
             api::duration_parameter("step", "the width of a row, in place of `points`"),
             api::choice_parameter("as", "what a row has (default min, max and mean)",
                                   {"raw", "min", "max", "mean", "last"})
                 .many(),
             api::time_parameter("after", "for raw: the `next` of the page before")},
            "{node:text,device:text,metric:text,unit:text?,from:whole,to:whole,step_ms:number?,columns:[text],"
            "rows:[[any]],gaps:[{from:whole,to:whole,readings:whole,reason:text}],next:text?}"}}};
}

}  // namespace perigee::node
