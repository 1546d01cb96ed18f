#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "client/back_off.hpp"
#include "client/mqtt_client.hpp"
#include "io/file.hpp"
#include "io/worker.hpp"
#include "readers/uplink/sender.hpp"

namespace perigee::readers::uplink {

/// Keeps a node connected to its parent and its journal going up. Nothing of the node waits for it (promise P4). Owned
/// by the node, on the journal's shard; ends when `run` is cancelled.
class uplink final : private wire::mqtt::client_handler {
 public:
  /// A message that came down on `$perigee/downlink/NODE/...`, other than the welcome.
  using downlink = std::move_only_function<void(std::string_view topic, byte_view payload)>;

  uplink(io::shard& on, io::network& net, journal::journal& log, std::unique_ptr<sender> core, io::endpoint parent,
         std::string node, std::uint64_t seed);

  /// From now on what is left of the budget is kept in this file, saved on the worker every ten seconds. What it holds
  /// already counts.
  void keep_budget(io::disk& disk, io::worker& worker, std::string path);
  [[nodiscard]] io::task<> run();
  [[nodiscard]] link_state state() { return core_->state(clock::now(), clock::wall()); }
  void on_downlink(downlink what) { downlink_ = std::move(what); }

 private:
  void on_connected(const wire::mqtt::connack& answer) override;
  void on_message(const wire::mqtt::publish& message) override;
  void on_acknowledged(std::uint64_t tag, wire::mqtt::reason code) override;
  void on_subscribed(wire::mqtt::packet_id id, byte_view codes) override;
  void on_closed(wire::mqtt::reason code, const char* what) override;

  struct budget_file {
    io::disk& disk;
    io::worker& worker;
    std::string path;
    clock::time_point due;
  };

  io::task<> feed();
  void pump();
  void save_budget();

  io::shard& on_;
  std::unique_ptr<sender> core_;
  std::string node_;
  client::mqtt_client client_;
  client::back_off back_off_;
  io::event work_;
  io::scope feeding_;
  downlink downlink_;
  std::optional<budget_file> budget_file_;
  bool was_up_ = false;
};

}  // namespace perigee::readers::uplink
