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
constexpr std::int64_t points_max = limits::history_points_max;

std::int64_t ms_of(timestamp t) { return t.ns / 1'000'000; }

/// What is asked of the store; found wrong before it is asked.
struct question {
  history::series_id series;
  std::string_view unit;  // of the node's, which outlasts its questions
  timestamp from;
  timestamp to;
  nanoseconds step{};  // of buckets
  std::size_t most = 0;
  bool raw = false;
  std::vector<std::string> columns;  // of buckets: min, max, mean, last
};

/// Waits for the store's answer, which may come when nobody waits any more.
struct pending {
  pending(io::shard& on, question q) : there(on), asked(std::move(q)) {}

  void run(history::store& in) {
    if (asked.raw) {
      page = in.page(asked.series, asked.from, asked.to, asked.most);
    } else {
      buckets = in.by_step(asked.series, asked.from, asked.to, asked.step);
    }
  }

  io::event there;
  question asked;
  result<history::raw_page> page;
  result<history::step_answer> buckets;
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
  question out{.series = series->id,
               .unit = series->unit,
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

json::array rows_of(const pending& done) {
  json::array out;
  if (done.asked.raw) {
    for (const auto& p : done.page->points)
      out.push_back(json::array{ms_of(p.time), to_json(p.value), model::name_of(p.quality)});
    return out;
  }
  for (const auto& b : done.buckets->buckets) {
    json::array row{ms_of(b.start)};
    for (const auto& column : done.asked.columns) row.push_back(number_or_null(cell_of(b, column)));
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
json::array gaps_of(const history::history_reader& in, std::string_view node, const question& asked) {
  json::array out;
  for (const auto& each : in.gaps()) {
    const auto g = each.node == node ? model::decode_gap(each.body) : fail(errc::not_found, "another node's");
    if (!g || g->newest < asked.from || g->oldest >= asked.to) continue;
    out.push_back({{"from", ms_of(g->oldest)},
                   {"to", ms_of(g->newest)},
                   {"readings", g->messages()},
                   {"reason", model::name_of(g->reason)}});
  }
  return out;
}

io::task<answer> show(io::shard& on, history::history_reader& from, const live_values& values, request asked) {
  auto read = read_question(asked, values);
  if (!read) co_return std::move(read.error());
  const auto waiting = std::make_shared<pending>(on, *std::move(read));
  from.ask([waiting](history::store& in) { waiting->run(in); }, [waiting] { waiting->there.notify(); });
  PG_CO_TRY_VOID(co_await waiting->there.wait());
  const auto& q = waiting->asked;
  if (q.raw && !waiting->page) co_return std::unexpected(waiting->page.error());
  if (!q.raw && !waiting->buckets) co_return std::unexpected(waiting->buckets.error());
  json::object out{{"node", *asked.given.text("node")},
                   {"device", *asked.given.text("device")},
                   {"metric", *asked.given.text("metric")},
                   {"unit", api::text_or_null(q.unit)},
                   {"from", ms_of(q.from)},
                   {"to", ms_of(q.to)},
                   {"step_ms", nullptr},
                   {"columns", columns_of(q)},
                   {"rows", rows_of(*waiting)},
                   {"gaps", gaps_of(from, *asked.given.text("node"), q)},
                   {"next", nullptr}};
  if (!q.raw) out["step_ms"] = static_cast<double>(waiting->buckets->step.count()) / 1e6;
  if (q.raw && waiting->page->next) out["next"] = to_iso8601(*waiting->page->next);
  co_return api::json_answer(out);
}

/// The series of the file, on their way to whoever asked.
struct pending_series {
  explicit pending_series(io::shard& on) : there(on) {}
  io::event there;
  result<std::vector<history::series_info>> all;
};

json::object to_json(const history::series_info& s, const live_values& values) {
  const auto* live = values.find(s.node, s.device, s.metric);
  return {{"node", s.node},
          {"device", s.device},
          {"metric", s.metric},
          {"unit", api::text_or_null(live == nullptr ? "" : live->unit)},
          {"readings", s.readings},
          {"first", api::time_or_null(s.first)},
          {"last", api::time_or_null(s.last)}};
}

io::task<answer> list_metrics(io::shard& on, history::history_reader& from, const live_values& values, request asked) {
  const auto waiting = std::make_shared<pending_series>(on);
  from.ask([waiting](history::store& in) { waiting->all = in.series(); }, [waiting] { waiting->there.notify(); });
  PG_CO_TRY_VOID(co_await waiting->there.wait());
  if (!waiting->all) co_return std::unexpected(waiting->all.error());
  auto& all = *waiting->all;
  std::ranges::sort(all, {}, [](const auto& s) { return std::tie(s.node, s.device, s.metric); });
  const live_values::filter which{asked.given.text("node"), asked.given.text("device"), asked.given.text("metric")};
  const auto part = asked.given.text("q");
  api::name_page out("metrics", asked);
  for (const auto& each : all) {
    if (each.node.empty()) continue;  // the node's own, which /metrics and PromQL have
    const bool named = !part || each.device.contains(*part) || each.metric.contains(*part);
    if (!named || !which.fits({each.node, each.device, each.metric})) continue;
    if (!out.add({each.node, each.device, each.metric}, [&] { return to_json(each, values); })) break;
  }
  co_return out.finish();
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
