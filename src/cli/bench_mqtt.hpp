#pragma once
// `perigee bench mqtt`: messages or connections at a broker, any broker, and what came of them.

#include <cstdint>
#include <optional>
#include <string>

#include "base/error.hpp"
#include "base/time.hpp"
#include "cli/latency_histogram.hpp"
#include "io/stream.hpp"
#include "wire/mqtt/packet.hpp"

namespace perigee::cli {

enum class bench_pattern {
  fan_in,   // many publishers, one subscriber
  fan_out,  // one publisher, many subscribers
  p2p,      // as many subscribers as publishers, one each
  connect,  // connections that are opened and kept
};

struct bench_plan {
  bench_pattern pattern = bench_pattern::p2p;
  io::endpoint to;
  std::size_t connections = 8;  // publishers, or subscribers where there is one publisher
  wire::mqtt::qos qos = wire::mqtt::qos::at_most_once;
  std::size_t payload_bytes = 64;
  std::size_t batch = 1;   // messages per send
  std::size_t window = 1;  // of a publisher: messages on their way when it sends no more
  double rate = 0;         // messages or connections a second of all together; 0: as fast as they go
  nanoseconds lasts{};     // measured, behind `warm_up`; of `connect`: how long the connections are held
  nanoseconds warm_up{};
  std::uint64_t pid = 0;  // whose CPU time and memory are measured; 0: nobody's
};

/// What was measured. Messages in went to the broker, messages out came from it.
struct bench_outcome {
  double seconds = 0;
  std::uint64_t in = 0;
  std::uint64_t out = 0;
  std::uint64_t lost = 0;  // given up: nothing came for a second
  std::uint64_t connected = 0;
  latency_histogram latency;  // of a message, from when it was due; of a connection, to its CONNACK
  std::optional<double> cpu_seconds;
  std::optional<double> resident_bytes_each;  // of a connection
};

/// An error where it could not be carried out; what the broker said then is in `complaint`.
[[nodiscard]] result<bench_outcome> run_bench(const bench_plan& plan, std::string& complaint);

}  // namespace perigee::cli
