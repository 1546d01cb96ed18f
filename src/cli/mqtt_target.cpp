#include "cli/mqtt_target.hpp"

#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <format>
#include <iostream>

#include "base/limits.hpp"
#include "cli/console.hpp"
#include "cli/node_place.hpp"
#include "io/file.hpp"

namespace perigee::cli {
namespace {

constexpr auto wrong_url = "a broker's URL is mqtt://, mqtts://, ws:// or wss://, a host and perhaps a port";

struct scheme {
  std::string_view name;
  bool tls;
  bool websocket;
  std::uint16_t port;
};
constexpr scheme schemes[] = {
    {"mqtt", false, false, 1883}, {"mqtts", true, false, 8883}, {"ws", false, true, 80}, {"wss", true, true, 443}};

class finder {
 public:
  finder(const invocation& called, std::string_view command) : called_(called), command_(command) {}

  std::expected<client::mqtt_options, exit_code> find() {
    client::mqtt_options out;
    const auto at = endpoint();
    if (!at) return std::unexpected(at.error());
    out.to = *at;
    out.client_id = called_.text("--id").value_or(std::format("perigee-{}-{}", command_, ::getpid()));
    out.keep_alive_s = 60;
    const auto version = called_.text("--mqtt-version").value_or("5");
    if (version != "5" && version != "3.1.1") return refuse(exit_code::usage, "--mqtt-version takes 5 or 3.1.1");
    if (version == "3.1.1") out.version = wire::mqtt::protocol_version::v3_1_1;
    out.user_name = called_.text("--user");
    if (const auto said = read_password(out); !said) return std::unexpected(said.error());
    return out;
  }

 private:
  std::unexpected<exit_code> refuse(exit_code code, std::string_view sentence) const {
    complain(std::format("perigee {}: {}\n", command_, sentence));
    return std::unexpected(code);
  }

  std::expected<io::endpoint, exit_code> endpoint() {
    const bool by_node = called_.has("--node") || called_.has("--data");
    const bool by_url = called_.has("--url");
    const bool by_host = called_.has("--host") || called_.has("--port");
    if (by_node + by_url + by_host > 1) {
      return refuse(exit_code::usage, "one of --url, --host with --port, and --node or --data says which broker");
    }
    if (by_node) return of_node();
    if (by_url) {
      const auto url = parse_mqtt_url(*called_.text("--url"));
      if (!url) return refuse(exit_code::usage, url.error().what);
      return of_url(*url);
    }
    const bool tls = called_.has("--cafile") || called_.has("--cert");
    const auto port = called_.whole_number("--port", tls ? 8883 : 1883);
    if (!port || *port == 0 || *port > UINT16_MAX) return refuse(exit_code::usage, "--port takes 1 to 65535");
    return of_url({tls, false, called_.text("--host").value_or("127.0.0.1"), static_cast<std::uint16_t>(*port)});
  }

  /// The node's listener that takes least: plain before TLS, a socket before a WebSocket.
  std::expected<io::endpoint, exit_code> of_node() const {
    const auto place = find_node(called_, "--node");
    if (!place) return std::unexpected(place.error());
    const auto& listeners = place->running.mqtt;
    for (const std::string_view transport : {"tcp", "ws", "tls", "wss"}) {
      const bool secure = transport == "tls" || transport == "wss";
      if (secure && place->tls == nullptr) continue;
      const auto at = std::ranges::find(listeners, transport, &node::run_info::listener::transport);
      if (at == listeners.end()) continue;
      return io::endpoint{at->address, at->port, secure ? place->tls : nullptr, transport.starts_with("ws")};
    }
    return refuse(exit_code::unavailable, "the node has no [[mqtt]] listener to ask");
  }

  std::expected<io::endpoint, exit_code> of_url(const mqtt_url& url) const {
    io::endpoint out{url.host, url.port, nullptr, url.websocket};
    if (!url.tls) {
      for (const auto* option : {"--cafile", "--cert", "--key"}) {
        if (called_.has(option)) return refuse(exit_code::usage, "certificates are for mqtts:// and wss://");
      }
      return out;
    }
    auto tls = io::tls_context::client({called_.text("--cert").value_or(""), called_.text("--key").value_or(""),
                                        called_.text("--cafile").value_or("")});
    if (!tls) return refuse(exit_code::config, tls.error().what);
    out.tls = *std::move(tls);
    return out;
  }

  /// Never from the command line, where every user of the machine could read it.
  std::expected<void, exit_code> read_password(client::mqtt_options& into) const {
    const char* kept = std::getenv("PERIGEE_MQTT_PASSWORD");
    if (const auto file = called_.text("--password-file")) {
      const auto bytes = io::read_whole(io::real_disk(), *file, limits::access_password_bytes_max + 2);
      if (!bytes) return refuse(exit_code::config, std::format("{}: {}", *file, bytes.error().text()));
      into.password = std::string(as_text(*bytes));
      while (into.password->ends_with('\n') || into.password->ends_with('\r')) into.password->pop_back();
    } else if (kept != nullptr && into.user_name) {
      into.password = kept;
    } else if (into.user_name && ::isatty(STDIN_FILENO) == 1) {
      into.password = ask_password(*into.user_name);
    }
    if (into.password && !into.user_name && into.version != wire::mqtt::protocol_version::v5) {
      return refuse(exit_code::usage, "MQTT 3.1.1 has no password without --user");  // MQTT3 3.1.2.9
    }
    return {};
  }

  static std::string ask_password(const std::string& user) {
    complain(std::format("password of {}: ", user));
    termios before{};
    const bool hidden = ::tcgetattr(STDIN_FILENO, &before) == 0;
    auto silent = before;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    if (hidden) (void)::tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
    std::string out;
    std::getline(std::cin, out);
    if (hidden) (void)::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
    complain("\n");
    return out;
  }

  const invocation& called_;
  std::string_view command_;
};

}  // namespace

result<mqtt_url> parse_mqtt_url(std::string_view text) {
  const auto mark = text.find("://");
  const auto* known = std::ranges::find(schemes, text.substr(0, mark), &scheme::name);
  if (mark == std::string_view::npos || known == std::end(schemes)) return fail(errc::malformed, wrong_url);
  auto rest = text.substr(mark + 3);
  // MQTT over WebSocket is at /mqtt wherever this program dials.
  const auto path = rest.substr(std::min(rest.find('/'), rest.size()));
  rest.remove_suffix(path.size());
  if (!path.empty() && path != "/" && !(known->websocket && path == "/mqtt")) {
    return fail(errc::malformed, "a broker's URL has no path behind its port but /mqtt of ws:// and wss://");
  }
  if (rest.contains('@')) return fail(errc::malformed, "a user stands in --user, not in the URL");
  const bool bracketed = rest.starts_with('[');
  const auto host_end = bracketed ? rest.find(']') : rest.find(':');
  if (bracketed && host_end == std::string_view::npos) return fail(errc::malformed, wrong_url);
  mqtt_url out{known->tls, known->websocket, std::string(rest.substr(bracketed, host_end - bracketed)), known->port};
  auto behind = host_end == std::string_view::npos ? std::string_view() : rest.substr(host_end + bracketed);
  if (out.host.empty()) return fail(errc::malformed, wrong_url);
  if (behind.empty()) return out;
  if (!behind.starts_with(':')) return fail(errc::malformed, wrong_url);
  behind.remove_prefix(1);
  const auto [end, failed] = std::from_chars(behind.data(), behind.data() + behind.size(), out.port);
  if (failed != std::errc() || end != behind.data() + behind.size() || out.port == 0) {
    return fail(errc::malformed, wrong_url);
  }
  return out;
}

std::expected<client::mqtt_options, exit_code> find_broker(const invocation& called, std::string_view command) {
  return finder(called, command).find();
}

}  // namespace perigee::cli
