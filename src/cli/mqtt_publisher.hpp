#pragma once

#include <functional>
#include <optional>
#include <string>

#include "cli/command.hpp"
#include "client/mqtt_client.hpp"
#include "io/signals.hpp"

namespace perigee::cli {

/// What every message of a `perigee pub` has in common.
struct message_terms {
  std::string topic;
  wire::mqtt::qos qos = wire::mqtt::qos::at_most_once;
  bool retain = false;
  byte_buffer properties{};  // in wire form
};

/// How to wait for one answer (MQTT5 4.10).
struct reply_options {
  std::string topic;  // where it comes
  nanoseconds patience{};
};

/// Publishes messages as they come, each until the broker has acknowledged it, then says goodbye. What goes wrong is
/// said on stderr. Owned by the command, on its shard.
class mqtt_publisher final : public wire::mqtt::client_handler {
 public:
  /// The next payload; nothing at the end.
  using source = std::function<io::task<std::optional<std::string>>()>;
  using reply_taker = std::function<void(const wire::mqtt::publish&)>;
  mqtt_publisher(io::shard& on, io::network& network, client::mqtt_options to, message_terms terms, source next);

  /// Before `run`: it goes on until one message came on the topic.
  void await_reply(reply_options options, reply_taker take);
  /// When it has ended, `outcome` says how.
  io::task<> run();
  /// ok where all is acknowledged; failed where the broker refused one, or no reply came; else unavailable.
  [[nodiscard]] exit_code outcome() const { return outcome_; }

  void on_connected(const wire::mqtt::connack& answer) override;
  void on_subscribed(wire::mqtt::packet_id id, byte_view codes) override;
  void on_message(const wire::mqtt::publish& message) override;
  void on_acknowledged(std::uint64_t tag, wire::mqtt::reason code) override;
  void on_closed(wire::mqtt::reason code, const char* what) override;

 private:
  io::task<> feed();
  io::task<> send_all();
  io::task<> send(std::string payload);
  io::task<> wait_for_reply();
  io::task<> wait_for_signal();
  void finish(exit_code how);
  void refuse(exit_code how, std::string_view sentence);

  message_terms terms_;
  source next_;
  std::optional<reply_options> reply_;
  reply_taker take_;
  exit_code outcome_ = exit_code::unavailable;
  bool done_ = false;
  bool refused_ = false;  // one message
  bool replied_ = false;
  bool was_connected_ = false;
  io::event progress_;  // an acknowledgement or the reply came
  io::signals signals_;
  client::mqtt_client client_;
  io::scope working_;
};

}  // namespace perigee::cli
