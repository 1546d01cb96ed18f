// `perigee token`: what lets nodes and devices in, over a running node's API.

#include <boost/json.hpp>
#include <format>

#include "base/percent.hpp"
#include "cli/api_list.hpp"
#include "cli/command.hpp"
#include "cli/console.hpp"
#include "cli/join_text.hpp"
#include "cli/node_api.hpp"
#include "cli/qr_text.hpp"
#include "identity/names.hpp"

namespace perigee::cli {
namespace {

namespace json = boost::json;

constexpr std::string_view place = "token";
constexpr std::string_view root = "/api/v1/tokens";

std::vector<std::string> token_row(const json::object& t) {
  return {text_of(t, "id"),
          text_of(t, "purpose"),
          text_of(t, "for"),
          text_of(t, "state"),
          std::format("{} of {}", text_of(t, "uses_left"), text_of(t, "uses")),
          to_second(text_of(t, "expires")),
          text_of(t, "by")};
}

/// Where the node enrols: a listener for that, or the API.
const node::run_info::listener& enrolling(const node::run_info& running) {
  return running.enrolment ? *running.enrolment : *running.api;
}

std::string url_of(const node::run_info& running) {
  const auto& at = enrolling(running);
  const auto host = at.address.contains(':') ? std::format("[{}]", at.address) : at.address;
  return std::format("https://{}:{}", host, at.port);
}

bool listens_everywhere(const node::run_info& running) {
  const auto& address = enrolling(running).address;
  return address == "0.0.0.0" || address == "::";
}

/// All that `perigee join` has to know in one line, as a QR code where it can be shown.
exit_code show_join_line(const invocation& called, const node_api& node, const json::object& made) {
  const auto said = called.text("--url");
  if (!said && listens_everywhere(node.running())) {
    complain("perigee token: --url says how others reach this node: https://HOST:PORT\n");
    return exit_code::usage;
  }
  const auto identity = node.ask("GET", "/api/v1/identity");
  if (!identity) return identity.error();
  const auto pattern = text_of(made, "for");
  const auto line = to_line({.url = said.value_or(url_of(node.running())),
                             .token = text_of(made, "secret"),
                             .name = identity::is_name(pattern) ? pattern : "",
                             .fingerprint = text_of(*identity, "root")});
  if (const auto code = stdout_is_terminal() ? qr_text(line) : std::nullopt) print(*code);
  print(line + "\n");
  return exit_code::ok;
}

}  // namespace

exit_code run_token(const invocation&) {
  complain("perigee token: which? `perigee token create`, `ls` or `revoke`\n");
  return exit_code::usage;
}

exit_code run_token_create(const invocation& called) {
  const auto uses = called.whole_number("--uses", 1);
  if (!uses || *uses == 0) {
    complain("perigee token: --uses takes a whole number over 0\n");
    return exit_code::usage;
  }
  json::object body{{"uses", *uses}};
  for (const auto* name : {"for", "purpose", "expires", "why"}) {
    if (const auto given = called.text(std::format("--{}", name))) body[name] = *given;
  }
  const auto node = node_api::find(called, place);
  if (!node) return node.error();
  const auto made = node->ask("POST", std::string(root), body);
  if (!made) return made.error();
  if (called.json()) return print_json(*made), exit_code::ok;
  complain(std::format("token {} for '{}', good until {}; it is not shown again:\n", text_of(*made, "id"),
                       printable(text_of(*made, "for")), to_second(text_of(*made, "expires"))));
  if (called.has("--qr")) return show_join_line(called, *node, *made);
  print(text_of(*made, "secret") + "\n");
  return exit_code::ok;
}

exit_code run_token_ls(const invocation& called) {
  const auto most = limit_of(called, place);
  if (!most) return most.error();
  const auto node = node_api::find(called, place);
  if (!node) return node.error();
  const auto list = ask_list(*node, std::string(root), "tokens", *most);
  if (!list) return list.error();
  if (called.json()) return print_json(*list), exit_code::ok;
  print(to_text(*list, "tokens",
                text_table({{"id"}, {"purpose"}, {"for"}, {"state"}, {"uses left"}, {"expires"}, {"made by"}}),
                token_row, "there is no token"));
  return exit_code::ok;
}

exit_code run_token_revoke(const invocation& called) {
  const auto node = node_api::find(called, place);
  if (!node) return node.error();
  const auto why = called.text("--why");
  const auto path =
      std::format("{}/{}{}", root, percent_encode(*called.text("id")), why ? "?why=" + percent_encode(*why) : "");
  const auto done = node->ask("DELETE", path);
  if (!done) return done.error();
  if (called.json()) return print_json(*done), exit_code::ok;
  print(std::format("token {} is revoked\n", text_of(*done, "id")));
  return exit_code::ok;
}

}  // namespace perigee::cli
