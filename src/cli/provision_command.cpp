#include "cli/provision_command.hpp"

#include <boost/json.hpp>
#include <format>

#include "base/identity_limits.hpp"
#include "base/percent.hpp"
#include "cli/api_list.hpp"
#include "cli/console.hpp"
#include "cli/node_api.hpp"
#include "io/file.hpp"

namespace perigee::cli {
namespace {

namespace json = boost::json;

constexpr std::string_view place = "provision";
constexpr std::string_view root = "/api/v1/provisioning-templates";

exit_code refuse(exit_code code, std::string_view sentence) {
  complain(std::format("perigee provision: {}\n", sentence));
  return code;
}

std::string path_of(const invocation& called, std::string_view below = "") {
  return std::format("{}/{}{}", root, percent_encode(*called.text("name")), below);
}

std::vector<std::string> template_row(const json::object& t) {
  return {text_of(t, "name"), text_of(t, "replace") == "true" ? "replace" : "refuse", to_second(text_of(t, "created")),
          text_of(t, "by")};
}

}  // namespace

exit_code run_provision(const invocation&) {
  return refuse(exit_code::usage, "which? `perigee provision template` or `claim`");
}

exit_code run_provision_template(const invocation&) {
  return refuse(exit_code::usage, "which? `perigee provision template add`, `ls`, `show` or `rm`");
}

exit_code run_provision_template_add(const invocation& called) {
  const auto file = *called.text("file");
  const auto body = io::read_whole(io::real_disk(), file, limits::provisioning_template_bytes_max);
  if (!body) return refuse(exit_code::failed, std::format("{}: {}", file, body.error().text()));
  json::object asked{{"name", *called.text("name")}, {"body", as_text(*body)}};
  if (called.has("--keys")) asked["keys"] = "node";
  if (called.has("--replace")) asked["serial_number_again"] = "replace";
  if (const auto why = called.text("--why")) asked["why"] = *why;
  const auto node = node_api::find(called, place);
  if (!node) return node.error();
  const auto made = node->ask("POST", std::string(root), asked);
  if (!made) return made.error();
  if (called.json()) return print_json(*made), exit_code::ok;
  print(std::format("the template {} is there; make claims for it by `perigee provision claim {}`\n",
                    text_of(*made, "name"), text_of(*made, "name")));
  return exit_code::ok;
}

exit_code run_provision_template_ls(const invocation& called) {
  const auto most = limit_of(called, place);
  if (!most) return most.error();
  const auto node = node_api::find(called, place);
  if (!node) return node.error();
  const auto list = ask_list(*node, std::string(root), "templates", *most);
  if (!list) return list.error();
  if (called.json()) return print_json(*list), exit_code::ok;
  print(to_text(*list, "templates", text_table({{"name"}, {"a serial number again"}, {"created"}, {"by"}}),
                template_row, "there is no template"));
  return exit_code::ok;
}

exit_code run_provision_template_show(const invocation& called) {
  const auto node = node_api::find(called, place);
  if (!node) return node.error();
  const auto one = node->ask("GET", path_of(called));
  if (!one) return one.error();
  if (called.json()) return print_json(*one), exit_code::ok;
  print(text_of(*one, "body"));
  return exit_code::ok;
}

exit_code run_provision_template_rm(const invocation& called) {
  const auto node = node_api::find(called, place);
  if (!node) return node.error();
  const auto why = called.text("--why");
  const auto done = node->ask("DELETE", path_of(called) + (why ? "?why=" + percent_encode(*why) : ""));
  if (!done) return done.error();
  print(std::format("the template {} is gone; its claims are good for nothing\n", printable(*called.text("name"))));
  return exit_code::ok;
}

exit_code run_provision_claim(const invocation& called) {
  json::object asked;
  for (const auto* name : {"expires", "why"}) {
    if (const auto given = called.text(std::format("--{}", name))) asked[name] = *given;
  }
  const auto node = node_api::find(called, place);
  if (!node) return node.error();
  const auto made = node->ask("POST", path_of(called, "/claims"), asked);
  if (!made) return made.error();
  if (called.json()) return print_json(*made), exit_code::ok;
  const auto file = std::format("{}/{}", called.text("--out").value_or("."), text_of(*made, "name"));
  auto kept = io::write_whole(io::real_disk(), file + ".key", as_bytes(text_of(*made, "privateKey")));
  if (kept) kept = io::write_whole(io::real_disk(), file + ".crt", as_bytes(text_of(*made, "certificatePem")));
  if (!kept) return refuse(exit_code::failed, std::format("{}: {}", file, kept.error().text()));
  print(
      std::format("{0}.crt and {0}.key let devices provision until {1}\n", file, to_second(text_of(*made, "expires"))));
  return exit_code::ok;
}

}  // namespace perigee::cli
