#pragma once
// The common part of the ingest generators: connections to one server that each keep a window of unacknowledged
// messages, on plain epoll so that the generator costs less than what it measures.

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace perigee::bench {

struct load_options {
  std::uint16_t port = 0;
  std::size_t connections = 4;
  std::size_t window = 1000;
  std::size_t payload_bytes = 64;
  double warmup_seconds = 0.5;
  double seconds = 2;
  std::uint64_t messages = 0;  // stop after so many acknowledgements instead of after a time
  int server_pid = 0;          // whose CPU time is measured
};

/// What a protocol makes of one connection's bytes.
struct progress {
  std::size_t consumed = 0;
  std::size_t acked = 0;
  std::size_t refused = 0;
};

/// One protocol's side of the load. The generator owns it and calls it on its one thread.
class protocol {
 public:
  virtual ~protocol() = default;
  /// Brings a blocking, connected socket to where it may publish. Gives the window that the server allows.
  virtual std::size_t greet(int socket, std::size_t connection) = 0;
  /// Appends message number `number` of a connection.
  virtual void publish(std::size_t connection, std::uint64_t number, std::string& out) = 0;
  /// Takes what is whole off the front of `in`; answers to the server go to `out`.
  virtual progress receive(std::string_view in, std::string& out) = 0;
};

/// A realistic 64-byte reading, cut or padded to `bytes`.
[[nodiscard]] std::string payload_of(std::size_t bytes);
/// Sends or receives on a blocking socket, and leaves the program with a message where that fails.
void send_all(int socket, std::string_view bytes);
[[nodiscard]] std::string receive_some(int socket);
[[noreturn]] void give_up(std::string_view why);

/// Reads the options of the command line, runs the load, and prints one line of JSON. The program's whole main.
int run_load(int argc, char** argv, protocol& speaks, load_options& options);

}  // namespace perigee::bench
