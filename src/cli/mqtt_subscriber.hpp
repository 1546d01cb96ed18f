#pragma once

#include <functional>
#include <string>
#include <vector>

#include "cli/command.hpp"
#include "client/mqtt_client.hpp"
#include "io/signals.hpp"

namespace perigee::cli {

struct subscriber_options {
  std::vector<std::string> filters;
  wire::mqtt::qos qos = wire::mqtt::qos::at_most_once;
  wire::mqtt::retain_handling retained = wire::mqtt::retain_handling::send;
  bool retain_as_published = false;
  std::uint64_t count = 0;               // 0: without end
  std::optional<nanoseconds> timeout{};  // from the start
};

/// Gives the messages of some filters to whoever shows them, until it has as many as wanted, the time is over, a signal
/// comes or the broker ends. What goes wrong is said on stderr in the command's name. Owned by the command, on its
/// shard.
class mqtt_subscriber final : public wire::mqtt::client_handler {
 public:
  using taker = std::function<void(const wire::mqtt::publish&)>;
  mqtt_subscriber(io::shard& on, io::network& network, client::mqtt_options to, subscriber_options options,
                  std::string_view command, taker take);

  /// When it has ended, `outcome` says how.
  io::task<> run();
  /// ok, or failed where a count was wanted and the time was over first, or the broker refused; else unavailable.
  [[nodiscard]] exit_code outcome() const { return outcome_; }

  void on_connected(const wire::mqtt::connack& answer) override;
  void on_subscribed(wire::mqtt::packet_id id, byte_view codes) override;
  void on_message(const wire::mqtt::publish& message) override;
  void on_acknowledged(std::uint64_t, wire::mqtt::reason) override {}
  void on_closed(wire::mqtt::reason code, const char* what) override;

 private:
  io::task<> wait_for_signal();
  io::task<> wait_for_timeout();
  void finish(exit_code how);
  void refuse(exit_code how, std::string_view sentence);

  io::shard& on_;
  subscriber_options options_;
  std::string_view command_;
  taker take_;
  std::uint64_t taken_ = 0;
  exit_code outcome_ = exit_code::unavailable;
  bool done_ = false;
  io::signals signals_;
  client::mqtt_client client_;
  io::scope watching_;
};

}  // namespace perigee::cli
