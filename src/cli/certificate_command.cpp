// `perigee certificate`: the certificates that a node knows, over its API.

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

constexpr std::string_view place = "certificate";
constexpr std::string_view root = "/api/v1/certificates";
constexpr std::string_view lists = "/api/v1/revocations";

std::vector<std::string> certificate_row(const json::object& c) {
  return {text_of(c, "serial"),          text_of(c, "name"),
          text_of(c, "state"),           to_second(text_of(c, "not_after")),
          or_dash(text_of(c, "reason")), text_of(c, "issued_by")};
}

std::vector<std::string> list_row(const json::object& l) {
  return {text_of(l, "subject"), text_of(l, "revoked"), to_second(text_of(l, "made")), text_of(l, "issuer")};
}

}  // namespace

exit_code run_certificate(const invocation&) {
  complain("perigee certificate: which? `perigee certificate ls`, `revoke` or `lists`\n");
  return exit_code::usage;
}

exit_code run_certificate_ls(const invocation& called) {
  const auto most = limit_of(called, place);
  if (!most) return most.error();
  const auto node = node_api::find(called, place);
  if (!node) return node.error();
  const auto thing = called.text("--thing");
  const auto path = std::format("{}{}", root, thing ? "?thing=" + percent_encode(*thing) : "");
  const auto list = ask_list(*node, path, "certificates", *most);
  if (!list) return list.error();
  if (called.json()) return print_json(*list), exit_code::ok;
  print(to_text(*list, "certificates",
                text_table({{"serial"}, {"name"}, {"state"}, {"until"}, {"reason"}, {"issued by"}}), certificate_row,
                "no certificate is known"));
  return exit_code::ok;
}

exit_code run_certificate_revoke(const invocation& called) {
  const auto node = node_api::find(called, place);
  if (!node) return node.error();
  json::object body;
  for (const auto* name : {"reason", "issuer", "why"}) {
    if (const auto given = called.text(std::format("--{}", name))) body[name] = *given;
  }
  const auto path = std::format("{}/{}/revoke", root, percent_encode(*called.text("serial")));
  const auto done = node->ask("POST", path, body);
  if (!done) return done.error();
  if (called.json()) return print_json(*done), exit_code::ok;
  print(std::format("the certificate {} of {} is revoked\n", text_of(*done, "serial"),
                    printable(text_of(*done, "name"))));
  return exit_code::ok;
}

exit_code run_certificate_lists(const invocation& called) {
  const auto node = node_api::find(called, place);
  if (!node) return node.error();
  auto known = node->ask("GET", std::string(lists));
  if (!known) return known.error();
  if (called.json()) return print_json(*known), exit_code::ok;
  (*known)["next"] = nullptr;  // it has one page
  print(to_text(*known, "revocations", text_table({{"authority"}, {"revoked"}, {"as of"}, {"its key"}}), list_row,
                "no authority's revocations are known"));
  return exit_code::ok;
}

}  // namespace perigee::cli
