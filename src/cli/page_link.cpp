#include "cli/page_link.hpp"

#include <format>

namespace perigee::cli {

std::string page_link(const node::run_info& running, std::string_view token) {
  const auto& api = *running.api;
  const bool anywhere = api.address == "0.0.0.0" || api.address == "::";
  const auto host = anywhere                    ? std::string("127.0.0.1")
                    : api.address.contains(':') ? std::format("[{}]", api.address)
                                                : api.address;
  return std::format("{}://{}:{}/#token={}", api.transport == "tls" ? "https" : "http", host, api.port, token);
}

}  // namespace perigee::cli
