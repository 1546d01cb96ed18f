// `perigee quarantine`: what readers of a running node set aside, over its API.

#include <boost/json.hpp>
#include <format>

#include "cli/command.hpp"
#include "cli/console.hpp"
#include "cli/node_api.hpp"
#include "cli/payload_text.hpp"

namespace perigee::cli {
namespace {

namespace json = boost::json;

exit_code refuse(exit_code code, std::string_view sentence) {
  complain(std::format("perigee quarantine: {}\n", sentence));
  return code;
}

/// The answer as a JSON object; what the node refuses is said on stderr.
std::expected<json::object, exit_code> ask_node(const invocation& called, std::string method, const std::string& path) {
  const auto node = node_api::find(called, "quarantine");
  if (!node) return std::unexpected(node.error());
  return node->ask(std::move(method), "/api/v1/quarantine" + path);
}

/// "/17"; every character of NUMBER is a digit.
std::expected<std::string, exit_code> path_of(const invocation& called) {
  if (const auto number = called.whole_number("number", 0); number) return std::format("/{}", *number);
  return std::unexpected(refuse(exit_code::usage, "NUMBER is a whole number: `perigee quarantine ls` shows them"));
}

std::string to_row(const json::object& r) {
  return std::format("{:>6}  {}  {:<8} {:>3} retries  {}: {}\n", text_of(r, "number"), text_of(r, "set_aside"),
                     text_of(r, "reader"), text_of(r, "retries"),
                     text_of(r, "topic").empty() ? "(" + text_of(r, "kind") + ")" : text_of(r, "topic"),
                     text_of(r, "reason")) +
         std::format("        from {}, lane {} of {}, offset {}\n", text_of(r, "source"), text_of(r, "lane"),
                     text_of(r, "node"), text_of(r, "offset"));
}

byte_buffer from_hexadecimal(std::string_view digits) {
  byte_buffer out;
  const auto value = [](char c) { return static_cast<unsigned>(c <= '9' ? c - '0' : c - 'a' + 10) & 0xFU; };
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2)
    out.push_back(static_cast<std::uint8_t>(value(digits[i]) << 4 | value(digits[i + 1])));
  return out;
}

exit_code change(const invocation& called, std::string method, std::string_view below, std::string_view done) {
  const auto path = path_of(called);
  if (!path) return path.error();
  const auto answer = ask_node(called, std::move(method), *path + std::string(below));
  if (!answer) return answer.error();
  print(called.json() ? json::serialize(*answer) + "\n" : std::format("number {} {}\n", path->substr(1), done));
  return exit_code::ok;
}

}  // namespace

exit_code run_quarantine(const invocation&) {
  return refuse(exit_code::usage, "which? `perigee quarantine ls`, `show`, `retry` or `drop`");
}

exit_code run_quarantine_ls(const invocation& called) {
  const auto answer = ask_node(called, "GET", "");
  if (!answer) return answer.error();
  if (called.json()) {
    print(json::serialize(*answer) + "\n");
    return exit_code::ok;
  }
  const auto* records = answer->if_contains("records");
  if (records == nullptr || !records->is_array() || records->get_array().empty()) {
    print("nothing is set aside\n");
    return exit_code::ok;
  }
  std::string out;
  for (const auto& each : records->get_array()) {
    if (each.is_object()) out += to_row(each.get_object());
  }
  if (const auto more = text_of(*answer, "left_out"); more != "0") out += std::format("and {} newer ones\n", more);
  print(out);
  return exit_code::ok;
}

exit_code run_quarantine_show(const invocation& called) {
  const auto path = path_of(called);
  if (!path) return path.error();
  const auto answer = ask_node(called, "GET", *path);
  if (!answer) return answer.error();
  if (called.json()) {
    print(json::serialize(*answer) + "\n");
    return exit_code::ok;
  }
  std::string out;
  for (const auto& [key, value] : *answer) {
    if (key != "payload_hex") out += std::format("{:<14} {}\n", std::string_view(key), text_of(*answer, key));
  }
  const auto payload = from_hexadecimal(text_of(*answer, "payload_hex"));
  const bool whole = std::to_string(payload.size()) == text_of(*answer, "payload_bytes");
  out += std::format("{:<14} {}{}\n", "payload", payload_text(payload), whole ? "" : " ... (its beginning)");
  print(out);
  return exit_code::ok;
}

exit_code run_quarantine_retry(const invocation& called) {
  return change(called, "POST", "/retry", "was tried again, and it worked");
}

exit_code run_quarantine_drop(const invocation& called) {
  return change(called, "DELETE", "", "is dropped; a gap record says so");
}

}  // namespace perigee::cli
