// `perigee alarm`: what operators see of a running node's alarms and do about them, over its API.

#include <boost/json.hpp>
#include <cstdlib>
#include <format>

#include "base/percent.hpp"
#include "cli/alarm_command.hpp"
#include "cli/api_list.hpp"
#include "cli/console.hpp"
#include "cli/node_api.hpp"

namespace perigee::cli {
namespace {

namespace json = boost::json;

constexpr std::string_view place = "alarm";
constexpr std::string_view root = "/api/v1/alarms";

exit_code refuse(exit_code code, std::string_view sentence) {
  complain(std::format("perigee {}: {}\n", place, sentence));
  return code;
}

/// "/api/v1/alarms/17"; every character of ID is a digit.
std::expected<std::string, exit_code> path_of(const invocation& called, std::string_view below = "") {
  if (const auto id = called.whole_number("id", 0); id) return std::format("{}/{}{}", root, *id, below);
  return std::unexpected(refuse(exit_code::usage, "ID is a whole number: `perigee alarm ls` shows them"));
}

/// "B unacknowledged", "F shelved until 12:00".
std::string state_text(const json::object& a) {
  auto out = std::format("{} {}", text_of(a, "isa_state"), text_of(a, "state"));
  for (auto& c : out) c = c == '_' ? ' ' : c;
  const auto* shelved = a.if_contains("shelved");
  if (shelved != nullptr && shelved->is_object()) {
    out += std::format(" until {}", to_second(text_of(shelved->get_object(), "until")));
  }
  return out;
}

std::string source_text(const json::object& a) {
  const auto key = text_of(a, "key");
  return text_of(a, "node") + (key.empty() ? "" : " / " + key);
}

std::vector<std::string> alarm_row(const json::object& a) {
  const bool first = text_of(a, "first_out") == "true";
  return {text_of(a, "id"),
          state_text(a),
          text_of(a, "severity"),
          text_of(a, "name"),
          source_text(a),
          or_dash(text_of(a, "group") + (first ? " (first)" : "")),
          to_second(text_of(a, "raised")),
          or_dash(text_of(a, "message"))};
}

/// "ada, 2026-11-23T12:00:00Z: on my way"; empty where nobody did it.
std::string deed_text(const json::object& a, std::string_view key) {
  const auto* found = a.if_contains(key);
  if (found == nullptr || !found->is_object()) return "";
  const auto& d = found->get_object();
  const auto comment = text_of(d, "comment");
  return std::format("{}, {}{}{}", text_of(d, "by"), to_second(text_of(d, "at")), comment.empty() ? "" : ": ", comment);
}

std::string joined(const json::object& in, std::string_view key) {
  std::string out;
  const auto* found = in.if_contains(key);
  if (found == nullptr || !found->is_array()) return out;
  for (const auto& each : found->get_array()) {
    if (each.is_string()) out += (out.empty() ? "" : ", ") + std::string(each.get_string());
  }
  return out;
}

std::string describe(const json::object& a) {
  std::string out;
  const auto line = [&](std::string_view title, std::string text) {
    if (!text.empty()) out += std::format("  {:<15} {}\n", title, printable(text));
  };
  out += printable(text_of(a, "name")) + "\n";
  line("state", state_text(a));
  line("of", source_text(a));
  line("severity", text_of(a, "severity"));
  line("what", text_of(a, "message"));
  line("raised", to_second(text_of(a, "raised")));
  line("over", to_second(text_of(a, "cleared")));
  line("cleared by", text_of(a, "cleared_by"));
  line("acknowledged", deed_text(a, "acknowledged"));
  line("confirmed", deed_text(a, "confirmation"));
  line("reset", deed_text(a, "reset"));
  line("shelved", deed_text(a, "shelved"));
  line("suppressed", deed_text(a, "suppressed"));
  line("out of service", deed_text(a, "out_of_service"));
  line("comment", deed_text(a, "comment"));
  line("group", text_of(a, "group") + (text_of(a, "first_out") == "true" ? " (it was the first)" : ""));
  line("may be", joined(a, "may"));
  return out;
}

exit_code post(const invocation& called, const std::string& path, const json::object& body) {
  const auto node = node_api::find(called, place);
  if (!node) return node.error();
  const auto done = node->ask("POST", path, body);
  if (!done) return done.error();
  if (called.json()) return print_json(*done), exit_code::ok;
  if (done->contains("name")) {
    print(std::format("{} of {} is {}\n", printable(text_of(*done, "name")), printable(source_text(*done)),
                      printable(state_text(*done))));
  }
  return exit_code::ok;
}

/// Whose shell it is, behind sudo too.
std::string user_of_shell() {
  for (const auto* variable : {"SUDO_USER", "USER", "LOGNAME"}) {
    const char* name = std::getenv(variable);
    if (name != nullptr && *name != '\0') return name;
  }
  return "";
}

json::object with_comment(const invocation& called) {
  json::object out;
  const auto name = called.text("--as").value_or(user_of_shell());
  if (!name.empty()) out["as"] = name;
  if (const auto comment = called.text("--comment")) out["comment"] = *comment;
  return out;
}

exit_code act(const invocation& called, std::string_view verb, const json::object& body) {
  const auto path = path_of(called, std::format("/{}", verb));
  return path ? post(called, *path, body) : path.error();
}

exit_code act(const invocation& called, std::string_view verb) { return act(called, verb, with_comment(called)); }

/// An alarm by its ID, or all of a group of the node that --of names.
exit_code act_on_one_or_group(const invocation& called, std::string_view verb) {
  const auto group = called.text("--group");
  if (group.has_value() == called.has("id")) {
    return refuse(exit_code::usage, "which? an ID, or --group GROUP with --of NODE");
  }
  if (!group) return act(called, verb);
  auto body = with_comment(called);
  body["group"] = *group;
  const auto node = called.text("--of");
  if (!node) return refuse(exit_code::usage, "--group GROUP needs --of NODE: whose alarms they are");
  body["node"] = *node;
  const auto done = post(called, std::format("{}/groups/{}", root, verb), body);
  if (done == exit_code::ok && !called.json()) print(std::format("{} of {}: {}ed\n", *group, *node, verb));
  return done;
}

std::vector<std::string> history_row(const json::object& h) {
  auto what = text_of(h, "what");
  for (auto& c : what) c = c == '_' ? ' ' : c;
  if (const auto until = text_of(h, "until"); !until.empty()) what += " until " + to_second(until);
  const auto comment = text_of(h, "comment");
  return {text_of(h, "at"),       std::move(what),       or_dash(text_of(h, "by")),
          text_of(h, "severity"), text_of(h, "told_by"), or_dash(comment.empty() ? text_of(h, "message") : comment)};
}

std::vector<std::string> group_row(const json::object& g) {
  return {text_of(g, "node"),
          text_of(g, "group"),
          text_of(g, "members"),
          text_of(g, "standing"),
          text_of(g, "suppressed") == "true" ? "suppressed" : "-",
          or_dash(text_of(g, "first_out"))};
}

/// A list that comes whole.
exit_code show_whole(const invocation& called, const std::string& path, std::string_view name, text_table table,
                     std::vector<std::string> (*row_of)(const json::object&), std::string_view none) {
  const auto node = node_api::find(called, place);
  if (!node) return node.error();
  auto list = node->ask("GET", path);
  if (!list) return list.error();
  if (called.json()) return print_json(*list), exit_code::ok;
  (*list)["next"] = nullptr;
  print(to_text(*list, name, std::move(table), row_of, none));
  return exit_code::ok;
}

std::string describe_kpi(const json::object& k) {
  std::string out = text_of(k, "flood") == "true"
                        ? std::format("a flood of alarms since {}\n", to_second(text_of(k, "flood_since")))
                        : "no flood of alarms\n";
  const auto line = [&](std::string_view title, std::string_view key) {
    out += std::format("  {:<28} {}\n", title, text_of(k, key));
  };
  line("told in the last 10 minutes", "last_10_minutes");
  line("most in 10 minutes (24 h)", "peak_10_minutes");
  line("told in the last 24 hours", "last_24_hours");
  line("active", "active");
  line("standing", "standing");
  line("unacknowledged", "unacknowledged");
  line("stale (over 24 h)", "stale");
  line("shelved", "shelved");
  line("suppressed", "suppressed");
  line("out of service", "out_of_service");
  if (const auto chattering = joined(k, "chattering"); !chattering.empty()) {
    out += std::format("  {:<28} {}\n", "chattering", chattering);
  }
  const auto* worst = k.if_contains("bad_actors");
  if (worst == nullptr || !worst->is_array()) return out;
  text_table table({{"  told"}, {"id"}, {"alarm"}, {"of"}});
  for (const auto& each : worst->get_array()) {
    if (!each.is_object()) continue;
    const auto& a = each.get_object();
    table.add({"  " + text_of(a, "annunciated"), text_of(a, "id"), text_of(a, "name"), source_text(a)});
  }
  return table.empty() ? out : out + table.render(stdout_has_colour());
}

}  // namespace

exit_code run_alarm(const invocation&) {
  return refuse(exit_code::usage,
                "which? `perigee alarm ls`, `show`, `history`, `ack`, `confirm`, `reset`, `clear`, `shelve`, "
                "`unshelve`, `suppress`, `unsuppress`, `out-of-service`, `return-to-service`, `comment`, `groups` or "
                "`kpi`");
}

exit_code run_alarm_ls(const invocation& called) {
  const auto most = limit_of(called, place);
  if (!most) return most.error();
  const auto node = node_api::find(called, place);
  if (!node) return node.error();
  auto path = std::format("{}?state={}", root, percent_encode(called.text("--state").value_or("standing")));
  if (const auto of = called.text("--of")) path += "&node=" + percent_encode(*of);
  if (const auto group = called.text("--group")) path += "&group=" + percent_encode(*group);
  if (const auto severity = called.text("--severity")) path += "&severity=" + percent_encode(*severity);
  const auto list = ask_list(*node, path, "alarms", *most);
  if (!list) return list.error();
  if (called.json()) return print_json(*list), exit_code::ok;
  using enum text_column::align;
  print(to_text(
      *list, "alarms",
      text_table({{"id", right}, {"state"}, {"severity", right}, {"alarm"}, {"of"}, {"group"}, {"raised"}, {"what"}}),
      alarm_row, "no alarm is in this state"));
  return exit_code::ok;
}

exit_code run_alarm_show(const invocation& called) {
  const auto path = path_of(called);
  if (!path) return path.error();
  const auto node = node_api::find(called, place);
  if (!node) return node.error();
  const auto found = node->ask("GET", *path);
  if (!found) return found.error();
  if (called.json()) return print_json(*found), exit_code::ok;
  print(describe(*found));
  return exit_code::ok;
}

exit_code run_alarm_history(const invocation& called) {
  const auto path = path_of(called, "/history");
  if (!path) return path.error();
  return show_whole(called, *path, "history",
                    text_table({{"when"}, {"what"}, {"by"}, {"severity"}, {"told by"}, {"why"}}), history_row,
                    "the journal does not have its records any more");
}

exit_code run_alarm_groups(const invocation& called) {
  return show_whole(called, std::format("{}/groups", root), "groups",
                    text_table({{"node"}, {"group"}, {"alarms"}, {"not normal"}, {"suppressed"}, {"first"}}), group_row,
                    "no alarm is in a group");
}

exit_code run_alarm_kpi(const invocation& called) {
  const auto node = node_api::find(called, place);
  if (!node) return node.error();
  const auto found = node->ask("GET", std::format("{}/kpi", root));
  if (!found) return found.error();
  if (called.json()) return print_json(*found), exit_code::ok;
  print(describe_kpi(*found));
  return exit_code::ok;
}

exit_code run_alarm_ack(const invocation& called) { return act(called, "acknowledge"); }
exit_code run_alarm_confirm(const invocation& called) { return act(called, "confirm"); }
exit_code run_alarm_reset(const invocation& called) { return act(called, "reset"); }
exit_code run_alarm_clear(const invocation& called) { return act(called, "clear"); }

exit_code run_alarm_shelve(const invocation& called) {
  auto body = with_comment(called);
  if (const auto how_long = called.text("--for")) body["for"] = *how_long;
  if (called.has("--once")) body["until"] = "over";
  return act(called, "shelve", body);
}

exit_code run_alarm_unshelve(const invocation& called) { return act(called, "unshelve"); }
exit_code run_alarm_suppress(const invocation& called) { return act_on_one_or_group(called, "suppress"); }
exit_code run_alarm_unsuppress(const invocation& called) { return act_on_one_or_group(called, "unsuppress"); }
exit_code run_alarm_out_of_service(const invocation& called) { return act(called, "out-of-service"); }
exit_code run_alarm_return_to_service(const invocation& called) { return act(called, "return-to-service"); }

exit_code run_alarm_comment(const invocation& called) {
  auto body = with_comment(called);
  body["comment"] = *called.text("text");
  return act(called, "comment", body);
}

}  // namespace perigee::cli
