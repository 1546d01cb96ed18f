// MQTT 5 QoS 1 ingest: publishes with a window on several connections and counts PUBACKs. Speaks the wire by hand, so
// that it measures Perigee and Mosquitto alike and shares no code with either.

#include <cstdint>
#include <cstring>
#include <optional>

#include "ingest_load.hpp"

namespace perigee::bench {
namespace {

constexpr std::size_t packet_ids = 65'535;
constexpr char receive_maximum = 0x21;  // MQTT5 3.2.2.3.3

struct packet {
  std::uint8_t type = 0;
  std::string_view body;
  std::size_t size = 0;  // with its header
};

/// The first packet of `in` if it is whole (MQTT5 2.1.4).
std::optional<packet> front_of(std::string_view in) {
  std::size_t length = 0;
  for (std::size_t i = 1, shift = 0; i < in.size() && i <= 4; ++i, shift += 7) {
    const auto byte = static_cast<std::uint8_t>(in[i]);
    length |= static_cast<std::size_t>(byte & 0x7f) << shift;
    if (byte >= 0x80) continue;
    if (in.size() < i + 1 + length) return std::nullopt;
    return packet{static_cast<std::uint8_t>(static_cast<std::uint8_t>(in[0]) >> 4), in.substr(i + 1, length),
                  i + 1 + length};
  }
  return std::nullopt;
}

std::uint16_t u16_at(std::string_view text, std::size_t at) {
  return static_cast<std::uint16_t>((static_cast<std::uint8_t>(text[at]) << 8) |
                                    static_cast<std::uint8_t>(text[at + 1]));
}

void put_u16(std::string& out, std::size_t x) {
  out += static_cast<char>(x >> 8);
  out += static_cast<char>(x & 0xff);
}

void put_text(std::string& out, std::string_view text) {
  put_u16(out, text.size());
  out += text;
}

std::string framed(char header, std::string_view body) {
  std::string out(1, header);
  auto left = body.size();
  do {
    out += static_cast<char>((left & 0x7f) | (left > 0x7f ? 0x80 : 0));
    left >>= 7;
  } while (left != 0);
  return out.append(body);
}

/// Size of a property's value, where its identifier has a fixed one (MQTT5 2.2.2.2).
std::size_t property_size(char identifier) {
  switch (identifier) {
    case 0x11:
    case 0x27: return 4;
    case 0x13:
    case 0x21:
    case 0x22: return 2;
    default: return 1;
  }
}

std::size_t window_of(std::string_view connack) {
  if (connack.size() < 3 || connack[1] != 0) give_up("the server refused the connection");
  for (std::size_t at = 3; at + 2 < connack.size();) {
    const char identifier = connack[at];
    if (identifier == receive_maximum) return u16_at(connack, at + 1);
    const bool text = identifier == 0x12 || identifier == 0x15 || identifier == 0x1a || identifier == 0x1f;
    at += 1 + (text ? 2U + u16_at(connack, at + 1) : property_size(identifier));
  }
  return packet_ids;
}

class mqtt final : public protocol {
 public:
  explicit mqtt(const load_options& options) : options_(options) {}

  std::size_t greet(int socket, std::size_t connection) override {
    std::string connect;
    put_text(connect, "MQTT");
    connect += '\x05';
    connect += '\x02';  // clean start
    put_u16(connect, 0);
    connect += '\0';
    put_text(connect, "bench-" + std::to_string(connection));
    send_all(socket, framed('\x10', connect));
    std::string in;
    auto answer = front_of(in);
    for (; !answer; answer = front_of(in)) in += receive_some(socket);
    prepare(connection);
    return window_of(answer->body);
  }

  void publish(std::size_t connection, std::uint64_t number, std::string& out) override {
    const auto id = number % packet_ids + 1;
    auto& bytes = templates_[connection];
    bytes[id_at_] = static_cast<char>(id >> 8);
    bytes[id_at_ + 1] = static_cast<char>(id & 0xff);
    out += bytes;
  }

  progress receive(std::string_view in, std::string&) override {
    progress made;
    while (const auto next = front_of(in.substr(made.consumed))) {
      made.consumed += next->size;
      if (next->type == 14) give_up("the server sent DISCONNECT");
      if (next->type != 4) continue;
      const bool refused = next->body.size() > 2 && static_cast<std::uint8_t>(next->body[2]) >= 0x80;
      ++(refused ? made.refused : made.acked);
    }
    return made;
  }

 private:
  void prepare(std::size_t connection) {
    const auto topic = "bench/device-" + std::to_string(connection);
    std::string body;
    put_text(body, topic);
    put_u16(body, 0);
    body += '\0';
    const auto after_id = payload_of(options_.payload_bytes);
    templates_.push_back(framed('\x32', body + after_id));
    id_at_ = templates_.back().size() - after_id.size() - 3;
  }

  const load_options& options_;
  std::vector<std::string> templates_;
  std::size_t id_at_ = 0;
};

}  // namespace
}  // namespace perigee::bench

int main(int argc, char** argv) {
  perigee::bench::load_options options;
  perigee::bench::mqtt speaks(options);
  return perigee::bench::run_load(argc, argv, speaks, options);
}
