#include "node/alarm_desk.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <format>

#include "api/json_answer.hpp"
#include "base/limits.hpp"
#include "base/log.hpp"

namespace perigee::node {
namespace {

using namespace std::chrono_literals;
namespace json = boost::json;

constexpr auto save_every = 1s;
constexpr std::uint64_t records_heard_again = 10'000;  // of the alarm lane, after a start
constexpr std::uint64_t file_bytes_max = 64ULL << 20;
constexpr std::size_t slice_bytes = 64U << 10;

json::object to_json(const alarm::alarm& a) {
  json::object out{{"id", a.id},
                   {"name", a.name},
                   {"key", a.key},
                   {"node", a.node},
                   {"device", api::text_or_null(a.key)},
                   {"severity", a.severity},
                   {"state", a.state()},
                   {"raised", api::time_or_null(a.raised)},
                   {"cleared", api::time_or_null(a.cleared.value_or(timestamp{}))},
                   {"acknowledged", nullptr},
                   {"message", a.message},
                   {"value", nullptr}};
  if (a.value) out["value"] = *a.value;
  if (a.acknowledged) {
    out["acknowledged"] = json::object{{"by", a.acknowledged->by},
                                       {"at", api::time_or_null(a.acknowledged->at)},
                                       {"comment", a.acknowledged->comment}};
  }
  return out;
}

api::answer refusal_of(const error& e) {
  const bool absent = is(e, errc::not_found);
  return api::problem(
      {.status = absent ? 404U : 409U, .title = e.what, .type = absent ? "/problems/not-found" : "/problems/state"});
}

log_offset some_before(log_offset end) { return log_offset(end.value() - std::min(end.value(), records_heard_again)); }

}  // namespace

std::string to_json_text(const alarm::alarm& one) { return json::serialize(to_json(one)); }

alarm_desk::alarm_desk(io::shard& on, io::disk& disk, io::worker& by, journal::journal& log, std::string file)
    : disk_(disk),
      worker_(by),
      log_(log),
      file_(std::move(file)),
      reader_(log[model::lane::alarm], some_before(log[model::lane::alarm].committed())),
      work_(std::make_shared<io::event>(on)) {}

result<std::unique_ptr<alarm_desk>> alarm_desk::open(io::shard& on, io::disk& disk, io::worker& by,
                                                     journal::journal& log, std::string file) {
  // tidy: new — the constructor is private
  auto made = std::unique_ptr<alarm_desk>(new alarm_desk(on, disk, by, log, std::move(file)));
  const auto kept = io::read_whole(disk, made->file_, file_bytes_max);
  if (!kept && !is(kept.error(), errc::not_found)) return std::unexpected(kept.error());
  if (kept) {
    // Who has seen what is not worth a node that does not start: the alarms themselves are in the journal.
    if (const auto read = made->book_.restore(as_text(*kept)); !read) {
      log::warn("node.alarms", "{}: {}; acknowledgements are forgotten", made->file_, read.error().text());
    }
  }
  made->saved_ = made->book_.version();
  log.on_commit([work = std::weak_ptr(made->work_)] {
    if (const auto there = work.lock()) there->notify();
  });
  return made;
}

io::task<> alarm_desk::run() {
  auto save_at = clock::now();
  for (;;) {
    follow();
    if (book_.version() != saved_ && clock::now() >= save_at) {
      save();
      save_at = clock::now() + save_every;
    }
    const auto woken = co_await work_->wait_until(clock::now() + save_every);
    if (!woken && !is(woken.error(), errc::timed_out)) co_return woken;
  }
}

void alarm_desk::follow() {
  for (;;) {
    const auto read = reader_.read(slice_bytes, [this](log_offset at, const model::record_view& r) {
      const model::origin here{log_.node(), log_.life_at(model::lane::alarm, at), at};
      // What cannot be opened is the history's and the rules' to set aside.
      (void)opener_.for_each_message(here, r, [this](const model::origin& from, const model::record_view& m) {
        if (m.kind != model::record_kind::message || !m.topic.starts_with("alarm/")) return;
        if (const auto what = alarm::read_alarm(as_text(m.payload))) book_.hear(from.node, *what);
      });
    });
    if (!read || *read == 0) return;
  }
}

void alarm_desk::save() {
  if (std::exchange(saving_, true)) return;
  saved_ = book_.version();
  worker_.submit(
      [&disk = disk_, file = file_, text = book_.to_json()] {
        if (const auto kept = io::write_whole(disk, file, as_bytes(text)); !kept) {
          log::warn("node.alarms", "the book of alarms was not written: {}", kept.error().text());
        }
      },
      [this, work = std::weak_ptr(work_)] {
        if (!work.expired()) saving_ = false;
      });
}

void alarm_desk::tell_cleared(const alarm::alarm& one) {
  if (one.node != log_.node()) return;
  const auto text = json::serialize(json::object{{"alarm", one.name},
                                                 {"key", one.key},
                                                 {"severity", one.severity == 1   ? "critical"
                                                              : one.severity == 2 ? "warning"
                                                                                  : "info"},
                                                 {"state", "cleared"},
                                                 {"ts", one.cleared->ns / 1000},
                                                 {"since", one.raised.ns / 1000},
                                                 {"values", json::object{}}});
  const auto topic = one.key.empty() ? "alarm/" + one.name : std::format("alarm/{}/{}", one.name, one.key);
  model::record_view r;
  r.lane = model::lane::alarm;
  r.topic = topic;
  r.payload = as_bytes(text);
  r.qos = 1;
  r.retain = true;
  r.source = "operator";
  r.arrival = *one.cleared;
  if (const auto stored = log_.append(r); !stored) {
    log::warn("node.alarms", "that an alarm is cleared goes nowhere: {}", stored.error().text());
  }
}

api::answer alarm_desk::list(const api::request& asked) const {
  const auto state = *asked.given.text("state");
  const auto node = asked.given.text("node");
  std::vector<const alarm::alarm*> rows;
  for (const auto& [id, each] : book_.all()) {
    const bool wanted = state == "all" || (state == "cleared") == each.cleared.has_value();
    if (wanted && (!node || *node == each.node)) rows.push_back(&each);
  }
  // The worst first, of those the newest.
  std::ranges::sort(rows, {}, [](const auto* a) {
    return std::tuple(a->cleared.has_value(), a->severity, -a->raised.ns, std::string_view(a->id));
  });
  const auto most = static_cast<std::size_t>(*asked.given.whole("limit"));
  auto begin = rows.begin();
  if (const auto after = asked.given.text("after")) {
    begin = std::ranges::find(rows, *after, [](const auto* a) { return std::string_view(a->id); });
    if (begin != rows.end()) ++begin;
  }
  json::array out;
  for (; begin != rows.end() && out.size() < most; ++begin) out.push_back(to_json(**begin));
  json::value next;
  if (begin != rows.end() && !out.empty()) next = out.back().at("id");
  return api::json_answer(json::object{{"alarms", std::move(out)}, {"next", next}});
}

api::answer alarm_desk::acknowledge(const api::request& asked) {
  const auto by = asked.who.by == api::caller::proof::token ? "the node's token" : asked.who.name;
  const auto done = book_.acknowledge(*asked.given.text("id"),
                                      {by, clock::wall(), std::string(asked.given.text("comment").value_or(""))});
  if (!done) return refusal_of(done.error());
  work_->notify();
  return api::json_answer(to_json(**done));
}

api::answer alarm_desk::clear(const api::request& asked) {
  const auto done = book_.clear(*asked.given.text("id"), clock::wall());
  if (!done) return refusal_of(done.error());
  tell_cleared(**done);
  work_->notify();
  return api::json_answer(to_json(**done));
}

api::routes alarm_desk::routes() {
  static constexpr std::string_view one =
      "{id:text,name:text,key:text,node:text,device:text?,severity:whole,state:raised|acknowledged|cleared,raised:time,"
      "cleared:time?,acknowledged:{by:text,at:time,comment:text}?,message:text,value:number?}";
  static constexpr std::string_view all =
      "{alarms:[{id:text,name:text,key:text,node:text,device:text?,severity:whole,state:raised|acknowledged|cleared,"
      "raised:time,cleared:time?,acknowledged:{by:text,at:time,comment:text}?,message:text,value:number?}],next:text?}";
  const auto id = api::text_parameter("id", "of the alarm", 64).within(api::parameter::place::path);
  const std::string path = "/api/v1/alarms";
  return {
      {"GET",
       path,
       api::at_once([this](const auto& asked) { return list(asked); }),
       api::access::known_peer,
       {"Alarms, the worst first",
        api::with_page({api::choice_parameter("state", "which", {"raised", "cleared", "all"}, "all"),
                        api::text_parameter("node", "of this node alone")}),
        all}},
      {"POST",
       path + "/{id}/acknowledge",
       api::at_once([this](const auto& asked) { return acknowledge(asked); }),
       api::access::operators,
       {"Acknowledge an alarm",
        {id, api::text_parameter("comment", "what is done about it", 1000).within(api::parameter::place::body)},
        one}},
      {"POST",
       path + "/{id}/clear",
       api::at_once([this](const auto& asked) { return clear(asked); }),
       api::access::operators,
       {"Clear an alarm", {id}, one}},
  };
}

}  // namespace perigee::node
