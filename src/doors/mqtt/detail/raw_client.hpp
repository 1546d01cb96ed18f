#pragma once
// A client that sees and says every byte, for tests of what MQTT itself demands.

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "doors/mqtt/detail/testing.hpp"
#include "wire/mqtt/testing.hpp"

namespace perigee::doors::mqtt::testing {

namespace wire = perigee::wire::mqtt;
using wire::testing::bytes_of;
using lines = std::vector<std::string>;

struct raw_terms {
  bool clean_start = true;
  std::string_view properties{};  // hexadecimal, as bytes_of takes it
  std::optional<wire::will_message> will{};
  std::string_view certificate{};  // the name in it
};

/// A client of MQTT 5 that sees and says every byte.
class raw_client final : private transport {
 public:
  raw_client(site& at, std::string_view id, const raw_terms& with = {})
      : site_(at),
        link_(at.core.attach(*this, {.name = std::string(with.certificate), .address = "test", .anonymous = true},
                             at.now)) {
    wire::connect hello;
    hello.client_id = id;
    hello.clean_start = with.clean_start;
    hello.will = with.will;
    const auto block = bytes_of(with.properties);
    hello.properties = block;
    byte_buffer out;
    encode(hello, out);
    bring(out);
  }

  /// Sends it and gives what the broker had to say by then, everything committed.
  lines feed(std::string_view written) {
    bring(bytes_of(written));
    return said();
  }
  lines publish(std::string_view topic, std::string_view payload, wire::publish with = {}) {
    with.topic = topic;
    with.payload = as_bytes(payload);
    if (with.qos != wire::qos::at_most_once && with.packet_id == 0) with.packet_id = ++last_id_;
    byte_buffer out;
    encode(with, wire::protocol_version::v5, out);
    bring(out);
    return said();
  }
  /// What it was sent since it was last asked, a line a packet. PUBLISH: "topic payload q1 dup retained".
  lines said() {
    site_.commit();
    collect();
    return std::exchange(lines_, {});
  }
  /// The properties of the last PUBLISH or CONNACK, as in hex_of.
  [[nodiscard]] std::string properties() const { return wire::testing::hex_of(properties_); }
  [[nodiscard]] wire::packet_id last_packet_id() const { return received_id_; }
  [[nodiscard]] bool closed() const { return link_->closed(); }
  void lose() { link_->on_end(site_.now); }

 private:
  void bring(byte_view in) {
    (void)link_->on_bytes(in, site_.now);
    site_.settle();
    collect();
  }
  void collect() {
    for (;;) {
      byte_buffer all;
      link_->take_output(all);
      link_->on_written(site_.now);
      site_.settle();
      if (all.empty()) return;
      for (byte_view rest = all; !rest.empty();) {
        const auto f = wire::next_frame(rest, rest.size());
        ASSERT_TRUE(f && f->complete);
        const auto p = wire::decode(f->first_byte, f->body, wire::protocol_version::v5);
        ASSERT_TRUE(p) << p.error().what;
        note(*p);
        rest = rest.subspan(f->bytes);
      }
    }
  }
  void note(const wire::packet& p) {
    if (const auto* answer = std::get_if<wire::connack>(&p)) properties_ = to_buffer(answer->properties);
    const auto* m = std::get_if<wire::publish>(&p);
    if (m == nullptr) return lines_.push_back(wire::testing::line_of(p));
    properties_ = to_buffer(m->properties);
    received_id_ = m->packet_id;
    lines_.push_back(std::string(m->topic) + " " + std::string(as_text(m->payload)) + " q" +
                     std::to_string(static_cast<int>(m->qos)) + (m->duplicate ? " dup" : "") +
                     (m->retain ? " retained" : ""));
  }
  void wake() override {}

  site& site_;
  std::unique_ptr<link> link_;
  lines lines_;
  byte_buffer properties_;
  wire::packet_id last_id_ = 0;
  wire::packet_id received_id_ = 0;
};

inline constexpr auto lasting = "11 00000064";  // a session expiry interval of 100 s
/// SUBSCRIBE 1 to one filter of up to 100 characters.
inline std::string subscribe_packet(std::string_view filter, std::string_view options,
                                    std::string_view properties = "") {
  const auto block = bytes_of(properties);
  const byte_buffer sizes{static_cast<std::uint8_t>(6 + filter.size() + block.size()),
                          static_cast<std::uint8_t>(block.size()), static_cast<std::uint8_t>(filter.size())};
  const auto size = [&](std::size_t i) { return wire::testing::hex_of(byte_view(sizes).subspan(i, 1)); };
  return "82" + size(0) + "0001" + size(1) + std::string(properties) + "00" + size(2) + "'" + std::string(filter) +
         "'" + std::string(options);
}

}  // namespace perigee::doors::mqtt::testing
