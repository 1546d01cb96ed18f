#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "io/stream.hpp"

namespace perigee::io {

/// A network in memory for tests and simulations, with the faults of a real one. Streams are TCP-like: in order, whole
/// or broken. Owned by the test; on one shard; TLS and WebSocket are not spoken, `identify` stands in for certificates.
class memory_network final : public network {
 public:
  struct faults {
    nanoseconds delay_min{0};
    nanoseconds delay_max{0};
    double break_per_write = 0;              // chance that a write breaks the connection instead
    std::size_t write_bytes_max = SIZE_MAX;  // larger writes arrive in pieces
  };

  memory_network(shard& on, prng& random);
  ~memory_network() override;

  result<std::unique_ptr<acceptor>> listen(const endpoint& at) override;
  task<std::unique_ptr<stream>> connect(const endpoint& to, clock::time_point deadline) override;

  void set_faults(faults f) { faults_ = f; }
  /// True: nothing arrives and nothing connects, silently, until false. What was under way is lost.
  void set_partitioned(bool is);
  /// The identity that connections made from now on show to the side that accepts.
  void identify(std::string identity) { identity_ = std::move(identity); }
  /// Breaks every open connection.
  void break_all();

 private:
  struct pipe;
  struct listener;
  class end;
  class port_acceptor;

  [[nodiscard]] nanoseconds draw_delay();

  shard& on_;
  prng& random_;
  faults faults_;
  bool partitioned_ = false;
  std::string identity_;
  std::uint16_t next_port_ = 40000;
  std::map<std::uint16_t, std::shared_ptr<listener>> listeners_;
  std::vector<std::weak_ptr<pipe>> pipes_;
};

}  // namespace perigee::io
