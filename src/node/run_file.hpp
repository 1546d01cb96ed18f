#pragma once
// `run.json` in a node's data folder: how to reach the running node. Written when it listens, removed when it stops;
// for the node's own user alone, as every file of it.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "io/file.hpp"

namespace perigee::node {

struct run_info {
  struct listener {
    std::string address;
    std::uint16_t port = 0;
    std::string transport;  // tcp, tls, ws, wss
  };

  std::int64_t pid = 0;
  std::string id;
  std::string tier;
  std::string started;                  // RFC 3339
  double start_ms = 0;                  // from the process's start to listening
  std::optional<listener> api;          // transport tcp or tls
  std::optional<listener> enrolment{};  // of [identity] port
  std::vector<listener> mqtt;
  std::string token;  // lets the API change something; a new one at each start
};

[[nodiscard]] std::string run_file_of(const std::string& data_folder);
[[nodiscard]] result<> write_run_file(io::disk& on, const std::string& data_folder, const run_info& info);
/// errc::not_found where no node runs, errc::malformed.
[[nodiscard]] result<run_info> read_run_file(io::disk& on, const std::string& data_folder);

}  // namespace perigee::node
