// `perigee quarantine`: what readers of a running node set aside, over its API.

#include <boost/json.hpp>
#include <format>

#include "cli/command.hpp"
#include "cli/console.hpp"
#include "cli/http_get.hpp"
#include "cli/node_place.hpp"
#include "cli/payload_text.hpp"
#include "cli/run_to_end.hpp"

namespace perigee::cli {
namespace {

using namespace std::chrono_literals;
namespace json = boost::json;

constexpr auto patience = 10s;  // a retry waits for the reader and the disk

exit_code refuse(exit_code code, std::string_view sentence) {
  complain(std::format("perigee quarantine: {}\n", sentence));
  return code;
}

std::string text_of(const json::object& in, std::string_view key) {
  const auto* found = in.if_contains(key);
  if (found == nullptr) return "";
  return found->is_string() ? std::string(found->get_string()) : json::serialize(*found);
}

io::task<> ask(io::shard& on, io::network& network, const node_place& place, http_question question,
               result<http_answer>& into) {
  const auto& api = *place.running.api;
  io::endpoint at{api.address, api.port, api.transport == "tls" ? place.tls : nullptr};
  into = co_await http_ask(on, network, std::move(at), std::move(question), clock::now() + patience);
  co_return result<>();
}

/// The answer as a JSON object; what the node refuses is said on stderr.
std::expected<json::object, exit_code> ask_node(const invocation& called, std::string method, const std::string& path) {
  const auto place = find_node(called, "--node");
  if (!place) return std::unexpected(place.error());
  if (!place->running.api) return std::unexpected(refuse(exit_code::unavailable, "the node has no [api] to ask"));
  io::shard shard;
  const auto network = io::real_network(shard);
  result<http_answer> answer = fail(errc::cancelled, "not asked");
  http_question question{std::move(method), "/api/v1/quarantine" + path, place->running.token};
  (void)run_to_end(shard, ask(shard, *network, *place, std::move(question), answer));
  if (!answer) return std::unexpected(refuse(exit_code::unavailable, answer.error().text()));
  boost::system::error_code ec;
  const auto parsed = json::parse(answer->body, ec);
  if (ec || !parsed.is_object()) return std::unexpected(refuse(exit_code::unavailable, "the node's answer is no JSON"));
  if (answer->status != 200) return std::unexpected(refuse(exit_code::failed, text_of(parsed.get_object(), "title")));
  return parsed.get_object();
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
