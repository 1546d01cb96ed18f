#include "node/alarm_routes.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <format>
#include <ranges>
#include <span>

#include "api/awaited.hpp"
#include "api/json_answer.hpp"
#include "base/limits.hpp"
#include "base/log.hpp"
#include "node/alarm_json.hpp"

namespace perigee::node {
namespace {

namespace json = boost::json;
using alarm::entry;
using alarm::event;
using readers::alarms::alarms_reader;
using readers::alarms::deed_request;

const std::string root = "/api/v1/alarms";

api::answer refusal_of(const error& e) {
  if (is(e, errc::not_found)) return api::problem({.status = 404, .title = e.what, .type = "/problems/not-found"});
  if (is(e, errc::refused)) return api::problem({.status = 409, .title = e.what, .type = "/problems/state"});
  return api::problem(503, "The journal takes no record now.");
}

bool is_in(const entry& e, std::string_view state) {
  if (state == "all") return true;
  if (state == "raised") return e.now.active;
  if (state == "cleared") return !e.now.active;
  if (state == "standing") return is_annunciated(e.now);
  if (state == "aside") return state_of(e.now) >= alarm::state::shelved;
  return state == name_of(state_of(e.now));
}

/// 1 to 4, as the answer has it.
bool is_of_severity(const entry& e, std::optional<std::int64_t> number) {
  constexpr std::array<std::int64_t, 3> numbers{4, 2, 1};
  return !number || numbers.at(static_cast<std::size_t>(e.severity)) == *number;
}

/// As many as are asked for and as the command line reads at once.
api::answer page_of(std::span<const entry* const> rows, std::size_t most, const alarm::board& board) {
  constexpr std::size_t room = limits::http_body_bytes_max - 1024;
  std::string out;
  std::size_t shown = 0;
  for (; shown < std::min(most, rows.size()); ++shown) {
    const auto one = to_json_text(board, *rows[shown]);
    if (out.size() + one.size() > room) break;
    out += (shown == 0 ? "" : ",") + one;
  }
  const bool more = shown != 0 && shown < rows.size();
  const auto next = more ? std::format("\"{}\"", rows[shown - 1]->id) : "null";
  return {200, "application/json", std::format("{{\"alarms\":[{}],\"next\":{}}}\n", out, next)};
}

api::answer list(const alarm::board& board, const api::request& asked) {
  const auto state = *asked.given.text("state");
  const auto node = asked.given.text("node");
  const auto group = asked.given.text("group");
  const auto severity = asked.given.whole("severity");
  auto rows = board.in_order();
  std::erase_if(rows, [&](const entry* e) {
    return !is_in(*e, state) || (node && *node != e->node) || (group && *group != e->with.group) ||
           !is_of_severity(*e, severity);
  });
  const auto after = asked.given.whole("after").value_or(0);
  auto begin = std::ranges::find(rows, static_cast<std::uint64_t>(after), &entry::id);
  begin = begin == rows.end() ? rows.begin() : begin + 1;
  return page_of({begin, rows.end()}, static_cast<std::size_t>(*asked.given.whole("limit")), board);
}

const entry* find(const alarm::board& board, const api::request& asked) {
  return board.find(static_cast<std::uint64_t>(*asked.given.whole("id")));
}

api::answer show(const alarm::board& board, const api::request& asked) {
  const auto* found = find(board, asked);
  return found == nullptr ? refusal_of({errc::not_found, "there is no such alarm"})
                          : api::json_answer(to_json(board, *found));
}

api::answer history(alarms_reader& alarms, const api::request& asked) {
  const auto* found = find(alarms.board(), asked);
  if (found == nullptr) return refusal_of({errc::not_found, "there is no such alarm"});
  json::array lines;
  for (const auto& each : alarms.history_of(*found)) lines.push_back(to_json(each));
  std::ranges::reverse(lines);
  return api::json_answer(json::object{{"history", std::move(lines)}});
}

api::answer list_groups(const alarm::board& board) {
  json::array out;
  const auto all = board.groups();
  for (const auto& each : all | std::views::take(limits::alarm_groups_max)) out.push_back(to_json(each));
  const bool more = out.size() < all.size();
  return api::json_answer(json::object{{"groups", std::move(out)}, {"more", more}});
}

bool is_nodes_token(const api::request& asked) { return asked.who.by == api::caller::proof::node_token; }

/// Who it is, as the record says it. The node's own token is no person: whoever has it says who they are.
std::string name_of(const api::request& asked) {
  auto out = asked.who.title();
  if (const auto said = asked.given.text("as"); said && is_nodes_token(asked)) out = std::format("{} ({})", *said, out);
  return out.substr(0, limits::alarm_by_bytes_max);
}

/// Nobody else may take another name.
std::optional<api::answer> refuse_name(const api::request& asked) {
  if (!asked.given.text("as") || is_nodes_token(asked)) return std::nullopt;
  return api::problem({.status = 403,
                       .title = "You are known by the name that you signed in with.",
                       .type = "/problems/name",
                       .field = "as"});
}

deed_request deed_of(const api::request& asked, event what) {
  return {.what = what,
          .by = name_of(asked),
          .comment = std::string(asked.given.text("comment").value_or("")),
          .one_shot = asked.given.text("until").value_or("") == "over",
          .how_long = asked.given.duration("for").value_or(nanoseconds::zero()),
          .at = clock::wall()};
}

io::task<api::answer> act(io::shard& on, alarms_reader& alarms, api::request asked, event what) {
  if (auto refused = refuse_name(asked)) co_return *std::move(refused);
  const auto id = static_cast<std::uint64_t>(*asked.given.whole("id"));
  const auto how =
      co_await api::ask<void>(on, [&](auto done) { alarms.act(id, deed_of(asked, what), std::move(done)); });
  if (!how && is(how.error(), errc::cancelled)) co_return std::unexpected(how.error());
  if (!how) co_return refusal_of(how.error());
  log::info("api", "alarm {}: {} by {}", id, verb_of(what), asked.who.text());
  const auto* now = alarms.board().find(id);
  co_return now == nullptr ? api::answer{.status = 204} : api::json_answer(to_json(alarms.board(), *now));
}

io::task<api::answer> act_on_group(io::shard& on, alarms_reader& alarms, api::request asked, event what) {
  if (auto refused = refuse_name(asked)) co_return *std::move(refused);
  const std::string node(*asked.given.text("node"));
  const std::string group(*asked.given.text("group"));
  const auto how = co_await api::ask<void>(
      on, [&](auto done) { alarms.act_on_group(node, group, deed_of(asked, what), std::move(done)); });
  if (!how && is(how.error(), errc::cancelled)) co_return std::unexpected(how.error());
  if (!how) co_return refusal_of(how.error());
  log::info("api", "alarms of group {} of {}: {} by {}", group, node, verb_of(what), asked.who.text());
  co_return list_groups(alarms.board());
}

struct verb {
  event what;
  std::string_view summary;
  std::string_view comment;  // what that is for
};
constexpr std::array verbs{
    verb{event::acknowledge, "Acknowledge an alarm", "what is done about it"},
    verb{event::confirm, "Confirm that what an alarm asked for is done", "what was done"},
    verb{event::reset, "Reset a latched alarm", "why it may be"},
    verb{event::clear, "Clear an alarm", "why its condition cannot"},
    verb{event::shelve, "Shelve an alarm", "why it may be out of sight"},
    verb{event::unshelve, "Unshelve an alarm", "why"},
    verb{event::suppress, "Suppress an alarm by design", "why"},
    verb{event::unsuppress, "Suppress an alarm no more", "why"},
    verb{event::remove, "Take an alarm out of service", "why"},
    verb{event::reinstate, "Return an alarm to service", "why"},
    verb{event::comment, "Comment on an alarm", "what there is to say"},
};

api::parameter comment_parameter(const verb& of) {
  auto comment =
      api::text_parameter("comment", of.comment, limits::alarm_comment_bytes_max).within(api::parameter::place::body);
  return of.what == event::comment ? comment.needed() : comment;
}

/// Who has no name here but the node's token.
api::parameter name_parameter() {
  constexpr std::int64_t bytes_max = 64;
  return api::text_parameter("as", "who it is, with the node's own token", bytes_max)
      .within(api::parameter::place::body);
}

api::routes routes_of_deeds(io::shard& on, alarms_reader& alarms, const api::parameter& id) {
  using place = api::parameter::place;
  api::routes out;
  for (const auto& each : verbs) {
    std::vector<api::parameter> takes{id, comment_parameter(each), name_parameter()};
    if (each.what == event::shelve) {
      takes.push_back(api::duration_parameter("for", "as long as it may be unless this says less").within(place::body));
      takes.push_back(
          api::choice_parameter("until", "`over`: not beyond this activation", {"over"}).within(place::body));
    }
    out.push_back(
        {"POST",
         std::format("{}/{{id}}/{}", root, verb_of(each.what)),
         [&on, &alarms, what = each.what](api::request asked) { return act(on, alarms, std::move(asked), what); },
         api::access::operators,
         {each.summary, std::move(takes), alarm_notation()}});
  }
  return out;
}

api::routes routes_of_groups(io::shard& on, alarms_reader& alarms) {
  using place = api::parameter::place;
  api::routes out{{"GET",
                   root + "/groups",
                   api::at_once([&alarms](const auto&) { return list_groups(alarms.board()); }),
                   api::access::known_peer,
                   {"Groups of alarms, and which of each was first", {}, alarm_groups_notation}}};
  for (const auto& each : verbs) {
    if (each.what != event::suppress && each.what != event::unsuppress) continue;
    out.push_back(
        {"POST",
         std::format("{}/groups/{}", root, verb_of(each.what)),
         [&on, &alarms, what = each.what](api::request asked) {
           return act_on_group(on, alarms, std::move(asked), what);
         },
         api::access::operators,
         {each.what == event::suppress ? "Suppress a group of alarms by design" : "Suppress a group of alarms no more",
          {api::text_parameter("node", "whose alarms", limits::node_name_bytes_max).within(place::body).needed(),
           api::text_parameter("group", "of them", limits::alarm_group_bytes_max).within(place::body).needed(),
           comment_parameter(each)},
          alarm_groups_notation}});
  }
  return out;
}

}  // namespace

std::string to_json_text(const alarm::board& on, const entry& one) { return json::serialize(to_json(on, one)); }

api::routes alarm_routes(io::shard& on, alarms_reader& alarms) {
  static const std::string page = "{alarms:[" + alarm_notation() + "],next:text?}";
  const auto id = api::whole_parameter("id", "of the alarm", 1, INT64_MAX).within(api::parameter::place::path);
  auto out = routes_of_groups(on, alarms);
  const auto add = [&](std::string path, api::handler answer, api::description about) {
    out.push_back({"GET", std::move(path), std::move(answer), api::access::known_peer, std::move(about)});
  };
  add(root, api::at_once([&alarms](const auto& asked) { return list(alarms.board(), asked); }),
      {"Alarms, the worst first",
       {api::choice_parameter("state", "which",
                              {"raised", "cleared", "all", "standing", "aside", "normal", "unacknowledged",
                               "acknowledged", "returned", "latched_unacknowledged", "latched_acknowledged",
                               "unconfirmed", "shelved", "suppressed", "out_of_service"},
                              "all"),
        api::text_parameter("node", "of this node alone"), api::text_parameter("group", "of this group alone"),
        api::whole_parameter("severity", "1, the worst, to 4", 1, 4),
        api::whole_parameter("limit", "rows at most", 1, 1000, "1000"),
        api::whole_parameter("after", "the `next` of the page before", 1, INT64_MAX)},
       page});
  add(root + "/kpi", api::at_once([&alarms](const auto&) { return api::json_answer(kpi_to_json(alarms.board())); }),
      {"How many alarms operators are told of, and of which too often", {}, alarm_kpi_notation});
  add(root + "/{id}", api::at_once([&alarms](const auto& asked) { return show(alarms.board(), asked); }),
      {"One alarm", {id}, alarm_notation()});
  add(root + "/{id}/history", api::at_once([&alarms](const auto& asked) { return history(alarms, asked); }),
      {"What happened to one alarm, the newest first", {id}, alarm_history_notation});
  std::ranges::move(routes_of_deeds(on, alarms, id), std::back_inserter(out));
  return out;
}

}  // namespace perigee::node
