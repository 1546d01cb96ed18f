// What the options of a listener's transport ask of each other.

#include "base/limits.hpp"
#include "node/detail/sections.hpp"

namespace perigee::node::detail {
namespace {

/// One [[mqtt]] section, with where its keys stand.
struct listener {
  reading& in;
  const value& root;
  const config& of;
  std::size_t index;

  [[nodiscard]] const mqtt_config& chosen() const { return of.mqtt[index]; }
  void refuse(std::string_view key, std::string code, std::string message, std::string help = {}) const {
    in.refuse(place_of(root, "mqtt", index, key), std::move(code), std::move(message), std::move(help));
  }
};

void check_unix(const listener& l) {
  const auto& chosen = l.chosen();
  const bool is_unix = chosen.transport == transport::unix_socket;
  if (is_unix && chosen.path.empty()) {
    l.refuse("transport", "P0104", "a Unix socket needs a path", "path = \"/run/perigee/mqtt.sock\"");
  }
  if (!is_unix && !chosen.path.empty()) {
    l.refuse("path", "P0114", "a path is for transport = \"unix\"", "TCP has address and port");
  }
  if (!is_unix && chosen.name_by_uid) {
    l.refuse("name_by_uid", "P0114", "only a Unix socket knows the user behind it", "set transport = \"unix\"");
  }
  if (chosen.path.size() > limits::unix_path_bytes_max) {
    l.refuse("path", "P0105",
             std::format("the path of a Unix socket is at most {} bytes", limits::unix_path_bytes_max));
  }
}

void check_certificates(const listener& l) {
  const auto& chosen = l.chosen();
  if (!chosen.client_certificate) return;
  if (!is_tls(chosen.transport)) {
    l.refuse("client_certificate", "P0114", "clients show certificates in TLS only",
             "set transport = \"tls\" or \"wss\"");
  } else if (*chosen.client_certificate != io::client_certificate::none && l.of.tls && !l.of.tls->authority) {
    l.refuse("client_certificate", "P0111", "nobody has signed the clients' certificates", "add authority to [tls]");
  }
}

void check_proxies(const listener& l) {
  const auto& chosen = l.chosen();
  const bool is_unix = chosen.transport == transport::unix_socket;
  if (chosen.proxy_protocol && chosen.proxy_from.empty() && !is_unix) {
    l.refuse("proxy_protocol", "P0114", "proxies may say who a client is, so it is said which do",
             "proxy_from = [\"10.0.0.5\"]");
  }
  if (!chosen.proxy_protocol && !chosen.proxy_from.empty()) {
    l.refuse("proxy_from", "P0114", "no PROXY header is read here", "set proxy_protocol = true");
  }
  if (chosen.proxy_names && (!chosen.proxy_protocol || is_tls(chosen.transport))) {
    l.refuse("proxy_names", "P0114", "a proxy names clients where it ends their TLS",
             "set proxy_protocol = true and transport = \"tcp\", \"ws\" or \"unix\"");
  }
}

}  // namespace

void check_listening(reading& in, const value& root, config& of) {
  for (std::size_t i = 0; i < of.mqtt.size(); ++i) {
    if (of.mqtt[i].transport == transport::unix_socket) of.mqtt[i].port = 0;
    const listener each{in, root, of, i};
    check_unix(each);
    check_certificates(each);
    check_proxies(each);
  }
}

}  // namespace perigee::node::detail
