#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/bytes.hpp"
#include "base/time.hpp"
#include "io/channel.hpp"
#include "io/scope.hpp"
#include "io/shard.hpp"
#include "io/stream.hpp"
#include "wire/mqtt/packet.hpp"

namespace perigee::cli {

class bench_client;

/// What the clients of a benchmark tell whoever runs it. From the shard's loop.
class bench_handler {
 public:
  virtual ~bench_handler() = default;
  /// CONNACK, and SUBACK where it subscribes.
  virtual void on_ready(bench_client& who) = 0;
  /// A message came to a subscriber: when it was due to be sent, and by which publisher.
  virtual void on_message(bench_client& who, clock::time_point due, std::uint32_t publisher) = 0;
  /// A publisher's message of QoS 1 or 2 is done with, or its output has room again.
  virtual void on_progress(bench_client& who) = 0;
  /// The broker refuses or the connection is gone.
  virtual void on_lost(bench_client& who, const std::string& why) = 0;
};

/// One MQTT 5 connection of a load generator: no session, no checks that are not needed, messages from a template.
/// Owned by the load, on its shard.
class bench_client final : private io::channel_user {
 public:
  struct options {
    std::string client_id;
    std::string subscribe_to;  // empty: it does not
    std::string publish_to;    // empty: it does not
    std::uint32_t number = 0;  // of the publisher, in its messages
    wire::mqtt::qos qos = wire::mqtt::qos::at_most_once;
    std::size_t payload_bytes = payload_bytes_min;
  };
  /// A payload begins with when it was due and who sent it.
  static constexpr std::size_t payload_bytes_min = 12;

  bench_client(bench_handler& to, options chosen, byte_span shared_input);

  /// The stream has been greeted. Its coroutines, where it needs some, run in `within`.
  void open(std::unique_ptr<io::stream> from, io::shard& on, io::scope& within);
  /// Appends a message, which goes out with `flush`.
  void publish(clock::time_point due);
  void flush();
  void close();

  [[nodiscard]] std::uint64_t sent() const { return sent_; }
  [[nodiscard]] std::uint64_t unacknowledged() const { return sent_ - (template_qos() == 0 ? sent_ : done_); }
  /// What was published before has not all gone out.
  [[nodiscard]] bool blocked() const { return !output_.empty(); }
  [[nodiscard]] const options& chosen() const { return options_; }

  std::uint64_t received_of = 0;  // the load's: messages of this publisher that came to subscribers

 private:
  void on_readable() override;
  void on_writable() override;
  void on_frame(std::uint8_t first_byte, byte_view body);
  void on_publish(std::uint8_t first_byte, byte_view body);
  void on_publisher_answer(wire::mqtt::packet_type type, byte_view body);
  void answer(wire::mqtt::packet_type with, wire::mqtt::packet_id id);
  void make_template();
  void lose(const std::string& why);
  [[nodiscard]] int template_qos() const { return static_cast<int>(options_.qos); }

  bench_handler& to_;
  options options_;
  byte_span input_;   // of all clients, used during a call
  byte_buffer rest_;  // of an incomplete packet
  byte_buffer output_;
  byte_buffer template_;
  std::size_t id_place_ = 0;
  std::size_t payload_place_ = 0;
  std::uint64_t sent_ = 0;
  std::uint64_t done_ = 0;
  wire::mqtt::packet_id last_id_ = 0;
  std::unique_ptr<io::channel> channel_;
};

}  // namespace perigee::cli
