#include "cli/node_place.hpp"

#include <format>

#include "cli/console.hpp"

namespace perigee::cli {
namespace {

/// The configuration's identity; beside a data folder alone, what `perigee demo` leaves there.
result<std::shared_ptr<io::tls_context>> tls_for(const std::optional<node::config>& chosen, const std::string& data) {
  if (chosen && chosen->tls && chosen->tls->authority) {
    return io::tls_context::client({chosen->tls->certificate, chosen->tls->key.name, *chosen->tls->authority});
  }
  const auto demo = data + "/../..";
  return io::tls_context::client({demo + "/operator.crt", demo + "/operator.key", demo + "/ca.crt"});
}

std::unexpected<exit_code> refuse(exit_code code, const std::string& sentence) {
  complain("perigee: " + sentence + "\n");
  return std::unexpected(code);
}

}  // namespace

std::expected<node_place, exit_code> find_node(const invocation& called, std::string_view file_argument) {
  std::optional<node::config> chosen;
  node_place place;
  if (const auto data = called.text("--data")) {
    place.data = *data;
  } else if (const auto file = called.text(file_argument)) {
    auto loaded = node::load_config(*file);
    if (!loaded) {
      complain(render_all(loaded.error()));
      return std::unexpected(exit_code::config);
    }
    place.data = loaded->data;
    chosen = std::move(*loaded);
  } else {
    return refuse(exit_code::usage, "which node? its configuration FILE, or --data DIR");
  }
  auto running = node::read_run_file(io::real_disk(), place.data);
  if (!running) {
    return refuse(exit_code::unavailable, std::format("no node runs in {} ({})", place.data, running.error().text()));
  }
  place.running = std::move(*running);
  if (place.running.api && place.running.api->transport == "tls") {
    auto tls = tls_for(chosen, place.data);
    if (!tls)
      return refuse(exit_code::unavailable, "the node speaks TLS; give its configuration: " + tls.error().text());
    place.tls = std::move(*tls);
  }
  return place;
}

}  // namespace perigee::cli
