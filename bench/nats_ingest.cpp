// The peer's ingest: JetStream publishes with a reply subject, a window on several connections, acknowledgements
// counted. Speaks the NATS text protocol by hand, so that both generators cost the same.

#include <charconv>
#include <format>
#include <optional>

#include "ingest_load.hpp"

namespace perigee::bench {
namespace {

constexpr std::string_view line_end = "\r\n";

std::string published(std::string_view subject, std::string_view reply, std::string_view payload) {
  return std::format("PUB {} {} {}\r\n{}\r\n", subject, reply, payload.size(), payload);
}

/// Bytes of the payload that a `MSG subject sid size` line announces.
std::size_t announced(std::string_view line) {
  std::size_t size = 0;
  const auto digits = line.substr(line.rfind(' ') + 1);
  std::from_chars(digits.data(), digits.data() + digits.size(), size);
  return size;
}

struct message {
  std::string_view line;
  std::string_view payload;
  std::size_t size = 0;
};

std::optional<message> front_of(std::string_view in) {
  const auto end = in.find(line_end);
  if (end == std::string_view::npos) return std::nullopt;
  const auto line = in.substr(0, end);
  const auto header = end + line_end.size();
  if (!line.starts_with("MSG ")) return message{line, {}, header};
  const auto payload = announced(line);
  const auto whole = header + payload + line_end.size();
  if (in.size() < whole) return std::nullopt;
  return message{line, in.substr(header, payload), whole};
}

class nats final : public protocol {
 public:
  explicit nats(const load_options& options) : options_(options) {}

  std::size_t greet(int socket, std::size_t connection) override {
    static_cast<void>(await(socket, "INFO "));
    send_all(socket,
             std::format("CONNECT {{\"verbose\":false,\"pedantic\":false}}\r\nSUB _INBOX.{}.* 1\r\n", connection));
    if (connection == 0) make_stream(socket);
    const auto subject = std::format("bench.device-{}", connection);
    const auto reply = std::format("_INBOX.{}.a", connection);
    templates_.push_back(published(subject, reply, payload_of(options_.payload_bytes)));
    return SIZE_MAX;
  }

  void publish(std::size_t connection, std::uint64_t, std::string& out) override { out += templates_[connection]; }

  progress receive(std::string_view in, std::string& out) override {
    progress made;
    while (const auto next = front_of(in.substr(made.consumed))) {
      made.consumed += next->size;
      if (next->line == "PING") out += "PONG\r\n";
      if (next->line.starts_with("-ERR")) give_up(next->line);
      if (!next->line.starts_with("MSG ")) continue;
      const bool refused = next->payload.contains("\"error\"");
      ++(refused ? made.refused : made.acked);
    }
    return made;
  }

 private:
  static std::string await(int socket, std::string_view start) {
    for (std::string in;;) {
      in += receive_some(socket);
      std::size_t at = 0;
      while (const auto next = front_of(std::string_view(in).substr(at))) {
        if (next->line.starts_with(start)) return std::string(next->payload);
        at += next->size;
      }
    }
  }

  static void make_stream(int socket) {
    send_all(socket, published("$JS.API.STREAM.CREATE.BENCH", "_INBOX.0.s",
                               R"({"name":"BENCH","subjects":["bench.>"],"storage":"file","num_replicas":1})"));
    if (await(socket, "MSG ").contains("\"error\"")) give_up("the stream was not made");
  }

  const load_options& options_;
  std::vector<std::string> templates_;
};

}  // namespace
}  // namespace perigee::bench

int main(int argc, char** argv) {
  perigee::bench::load_options options;
  perigee::bench::nats speaks(options);
  return perigee::bench::run_load(argc, argv, speaks, options);
}
