// `perigee device`: the things that a running node knows, over its API.

#include <boost/json.hpp>
#include <format>
#include <fstream>
#include <iterator>

#include "base/identity_limits.hpp"
#include "base/percent.hpp"
#include "cli/api_list.hpp"
#include "cli/command.hpp"
#include "cli/console.hpp"
#include "cli/node_api.hpp"

namespace perigee::cli {
namespace {

namespace json = boost::json;

constexpr std::string_view place = "device";
constexpr std::string_view root = "/api/v1/things";

exit_code refuse(exit_code code, std::string_view sentence) {
  complain(std::format("perigee {}: {}\n", place, sentence));
  return code;
}

std::string path_of(const invocation& called, std::string_view below = "") {
  return std::format("{}/{}{}", root, percent_encode(*called.text("name")), below);
}

/// "?why=...", where one is given.
std::string why_query(const invocation& called) {
  const auto why = called.text("--why");
  return why ? "?why=" + percent_encode(*why) : "";
}

json::object with_why(const invocation& called) {
  json::object out;
  if (const auto why = called.text("--why")) out["why"] = *why;
  return out;
}

/// --group and --attr; "NAME" alone takes an attribute away.
void add_members(const invocation& called, json::object& to) {
  if (const auto all = called.all("--group"); !all.empty()) to["groups"] = json::array(all.begin(), all.end());
  json::object attributes;
  for (const auto& each : called.all("--attr")) {
    const auto sign = each.find('=');
    attributes[each.substr(0, sign)] = sign == std::string::npos ? json::value() : json::value(each.substr(sign + 1));
  }
  if (!attributes.empty()) to["attributes"] = std::move(attributes);
}

std::string joined(const json::object& in, std::string_view key) {
  const auto* found = in.if_contains(key);
  std::string out;
  if (found == nullptr || !found->is_array()) return out;
  for (const auto& each : found->get_array()) {
    if (each.is_string()) out += (out.empty() ? "" : ",") + std::string(each.get_string());
  }
  return out;
}

std::vector<std::string> thing_row(const json::object& t) {
  return {text_of(t, "name"),
          text_of(t, "kind"),
          text_of(t, "lifecycle"),
          or_dash(joined(t, "groups")),
          or_dash(text_of(t, "serial_number")),
          to_second(or_dash(text_of(t, "last_seen")))};
}

std::string describe(const json::object& t) {
  std::string out;
  const auto line = [&](std::string_view title, std::string text) {
    out += std::format("  {:<14} {}\n", title, printable(or_dash(std::move(text))));
  };
  out += printable(text_of(t, "name")) + "\n";
  line("kind", text_of(t, "kind"));
  line("lifecycle", text_of(t, "lifecycle"));
  line("groups", joined(t, "groups"));
  line("serial number", text_of(t, "serial_number"));
  line("created", to_second(text_of(t, "created")));
  line("last seen", to_second(text_of(t, "last_seen")));
  if (const auto* all = t.if_contains("attributes"); all != nullptr && all->is_object()) {
    for (const auto& [name, value] : all->get_object())
      line("attribute", std::format("{} = {}", std::string_view(name), text_of(all->get_object(), name)));
  }
  return out;
}

std::string describe_history(const json::object& t) {
  const auto* rows = t.if_contains("history");
  if (rows == nullptr || !rows->is_array()) return "";
  text_table table({{"  when"}, {"what"}, {"who"}, {"from"}, {"why"}});
  for (const auto& each : rows->get_array()) {
    if (!each.is_object()) continue;
    const auto& row = each.get_object();
    const auto refused = text_of(row, "refused") == "true" ? "refused: " : "";
    table.add({"  " + to_second(text_of(row, "at")), refused + text_of(row, "what"), text_of(row, "who"),
               or_dash(text_of(row, "from")), or_dash(text_of(row, "why"))});
  }
  return table.empty() ? "" : table.render(stdout_has_colour());
}

/// What the node answers to one change, for a script or in a sentence.
exit_code change(const invocation& called, std::string method, const std::string& path, const json::object& body) {
  const auto node = node_api::find(called, place);
  if (!node) return node.error();
  const auto done = node->ask(std::move(method), path, body);
  if (!done) return done.error();
  if (called.json()) return print_json(*done), exit_code::ok;
  print(std::format("{} is {}\n", printable(text_of(*done, "name")), text_of(*done, "lifecycle")));
  return exit_code::ok;
}

/// "importing  [#########           ]  45 %" on a terminal, and nothing elsewhere.
void show_progress(std::size_t sent, std::size_t all) {
  if (!stderr_is_terminal() || all == 0) return;
  constexpr std::size_t width = 40;
  const auto done = sent * width / all;
  complain(std::format("\rimporting  [{}{}] {:>3} %{}", std::string(done, '#'), std::string(width - done, ' '),
                       sent * 100 / all, sent == all ? "  checking and adding ..." : ""));
}

void end_progress() {
  if (stderr_is_terminal()) complain("\r\x1b[K");
}

exit_code tell_faults(const node_api& node, const std::string& file, const json::object& problem) {
  const auto* errors = problem.if_contains("errors");
  if (errors == nullptr || !errors->is_array()) return node.tell_problem(problem);
  std::string out;
  for (const auto& each : errors->get_array()) {
    if (!each.is_object()) continue;
    const auto& e = each.get_object();
    const auto field = text_of(e, "field");
    out += std::format("{}:{}:{}: {}{}{} ({})\n", file, text_of(e, "line"), text_of(e, "column"), printable(field),
                       field.empty() ? "" : ": ", printable(text_of(e, "detail")), printable(text_of(e, "right")));
  }
  const auto count = text_of(problem, "count");
  const auto shown = errors->get_array().size();
  if (count != std::to_string(shown)) out += std::format("... {} are shown\n", shown);
  complain(out + std::format("perigee {}: nothing is added, for the file has {} error{}\n", place, count,
                             count == "1" ? "" : "s"));
  return exit_code::failed;
}

}  // namespace

exit_code run_device(const invocation&) {
  return refuse(
      exit_code::usage,
      "which? `perigee device add`, `ls`, `show`, `set`, `suspend`, `resume`, `retire`, `delete` or `import`");
}

exit_code run_device_add(const invocation& called) {
  auto body = with_why(called);
  body["name"] = *called.text("name");
  if (const auto kind = called.text("--kind")) body["kind"] = *kind;
  if (const auto number = called.text("--serial-number")) body["serial_number"] = *number;
  add_members(called, body);
  return change(called, "POST", std::string(root), body);
}

exit_code run_device_ls(const invocation& called) {
  const auto most = limit_of(called, place);
  if (!most) return most.error();
  const auto node = node_api::find(called, place);
  if (!node) return node.error();
  auto path = std::string(root);
  for (const auto* name : {"group", "lifecycle", "kind"}) {
    const auto given = called.text(std::format("--{}", name));
    if (given) path += std::format("{}{}={}", path.contains('?') ? '&' : '?', name, percent_encode(*given));
  }
  const auto list = ask_list(*node, path, "things", *most);
  if (!list) return list.error();
  if (called.json()) return print_json(*list), exit_code::ok;
  print(to_text(*list, "things",
                text_table({{"name"}, {"kind"}, {"lifecycle"}, {"groups"}, {"serial number"}, {"last seen"}}),
                thing_row, "no thing is known"));
  return exit_code::ok;
}

exit_code run_device_show(const invocation& called) {
  const auto node = node_api::find(called, place);
  if (!node) return node.error();
  const auto thing = node->ask("GET", path_of(called));
  if (!thing) return thing.error();
  if (called.json()) return print_json(*thing), exit_code::ok;
  print(describe(*thing) + describe_history(*thing));
  return exit_code::ok;
}

exit_code run_device_set(const invocation& called) {
  auto body = with_why(called);
  add_members(called, body);
  if (called.has("--no-groups")) body["groups"] = json::array();
  return change(called, "PATCH", path_of(called), body);
}

exit_code run_device_suspend(const invocation& called) {
  return change(called, "POST", path_of(called, "/suspend"), with_why(called));
}

exit_code run_device_resume(const invocation& called) {
  return change(called, "POST", path_of(called, "/resume"), with_why(called));
}

exit_code run_device_retire(const invocation& called) {
  return change(called, "POST", path_of(called, "/retire"), with_why(called));
}

exit_code run_device_delete(const invocation& called) {
  const auto node = node_api::find(called, place);
  if (!node) return node.error();
  const auto done = node->ask("DELETE", path_of(called) + why_query(called));
  if (!done) return done.error();
  const auto name = *called.text("name");
  if (called.json()) return print_json({{"name", name}, {"deleted", true}}), exit_code::ok;
  print(std::format("{} is forgotten\n", printable(name)));
  return exit_code::ok;
}

exit_code run_device_import(const invocation& called) {
  const auto file = *called.text("file");
  std::ifstream from(file, std::ios::binary);
  if (!from) return refuse(exit_code::usage, std::format("{} cannot be read", file));
  std::string csv{std::istreambuf_iterator<char>(from), {}};
  if (csv.size() > limits::registry_import_bytes_max) {
    return refuse(exit_code::failed, std::format("{} has {} bytes; at most {} are taken at once: split it", file,
                                                 csv.size(), limits::registry_import_bytes_max));
  }
  const auto node = node_api::find(called, place);
  if (!node) return node.error();
  const auto all = csv.size();
  const auto got = node->upload(std::format("{}:import{}", root, why_query(called)), "text/csv", std::move(csv),
                                [all](std::size_t sent) { show_progress(sent, all); });
  end_progress();
  if (!got) return got.error();
  if (called.json()) {
    print_json(got->said);
    return got->good ? exit_code::ok : exit_code::failed;
  }
  if (!got->good) return tell_faults(*node, file, got->said);
  print(std::format("{} things are added\n", text_of(got->said, "added")));
  return exit_code::ok;
}

}  // namespace perigee::cli
