// `perigee enrolment`: enrolments that wait for an operator, over a running node's API.

#include <boost/json.hpp>
#include <format>

#include "base/percent.hpp"
#include "cli/api_list.hpp"
#include "cli/command.hpp"
#include "cli/console.hpp"
#include "cli/node_api.hpp"

namespace perigee::cli {
namespace {

namespace json = boost::json;

constexpr std::string_view place = "enrolment";
constexpr std::string_view root = "/api/v1/enrolments";

std::vector<std::string> enrolment_row(const json::object& e) {
  return {text_of(e, "id"),         text_of(e, "name"),          text_of(e, "kind"),
          text_of(e, "state"),      or_dash(text_of(e, "from")), to_second(text_of(e, "asked")),
          or_dash(text_of(e, "by"))};
}

exit_code decide(const invocation& called, std::string_view word) {
  const auto node = node_api::find(called, place);
  if (!node) return node.error();
  json::object body;
  if (const auto why = called.text("--why")) body["why"] = *why;
  const auto done = node->ask("POST", std::format("{}/{}/{}", root, percent_encode(*called.text("id")), word), body);
  if (!done) return done.error();
  if (called.json()) return print_json(*done), exit_code::ok;
  print(std::format("the enrolment of {} is {}\n", printable(text_of(*done, "name")), text_of(*done, "state")));
  return exit_code::ok;
}

}  // namespace

exit_code run_enrolment(const invocation&) {
  complain("perigee enrolment: which? `perigee enrolment ls`, `approve` or `deny`\n");
  return exit_code::usage;
}

exit_code run_enrolment_ls(const invocation& called) {
  const auto most = limit_of(called, place);
  if (!most) return most.error();
  const auto node = node_api::find(called, place);
  if (!node) return node.error();
  const auto list = ask_list(*node, std::string(root), "enrolments", *most);
  if (!list) return list.error();
  if (called.json()) return print_json(*list), exit_code::ok;
  print(to_text(*list, "enrolments",
                text_table({{"id"}, {"name"}, {"kind"}, {"state"}, {"from"}, {"asked"}, {"decided by"}}), enrolment_row,
                "nobody waits"));
  return exit_code::ok;
}

exit_code run_enrolment_approve(const invocation& called) { return decide(called, "approve"); }

exit_code run_enrolment_deny(const invocation& called) { return decide(called, "deny"); }

}  // namespace perigee::cli
