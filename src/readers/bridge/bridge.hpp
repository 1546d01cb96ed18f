#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "client/back_off.hpp"
#include "client/mqtt_client.hpp"
#include "io/file.hpp"
#include "io/worker.hpp"
#include "readers/bridge/core.hpp"

namespace perigee::readers::bridge {

struct bridge_options {
  core_options core;
  client::mqtt_options connect;  // `session` and `drained` are the bridge's to fill in
  /// Read before each connection: one that expires is replaced in its place. None: no password.
  std::function<result<std::string>()> password{};
  std::string state_file;  // docs/formats/bridge-state.md; its folder is there
  nanoseconds pause_first = std::chrono::milliseconds(500);
  nanoseconds pause_max = std::chrono::seconds(30);
  std::uint64_t seed = 0;
};

/// Keeps a node connected to another broker and messages going both ways. Nothing of the node waits for it (promise
/// P4). Owned by the node, on the journal's shard; ends when `run` is cancelled.
class bridge final : private link_port {
 public:
  static result<std::unique_ptr<bridge>> open(io::shard& on, io::network& net, io::disk& disk, io::worker& worker,
                                              journal::journal& log, bridge_options options);

  [[nodiscard]] io::task<> run();
  /// Writes what has changed to the state file, on the worker.
  void save() { write_state(true); }
  [[nodiscard]] client::link_state state() { return core_->state(); }

 private:
  bridge(io::shard& on, io::disk& disk, io::worker& worker, bridge_options options);

  wire::mqtt::client_connection* connection() override { return client_ ? client_->connection() : nullptr; }
  void flush() override { client_->flush(); }
  void wake() override { work_.notify(); }
  void hang_up() override { client_->hang_up(); }

  io::task<> recall();
  [[nodiscard]] result<> prepare();
  io::task<> feed();
  void write_state(bool at_once);
  void tell(const error& why);

  io::shard& on_;
  io::disk& disk_;
  io::worker& worker_;
  bridge_options options_;
  io::event work_;
  io::event committed_;  // while something is to be recalled
  std::unique_ptr<core> core_;
  std::unique_ptr<client::mqtt_client> client_;
  client::back_off back_off_;
  io::scope feeding_;
  std::string told_;                                            // why it is not connected, as the log last said
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // for what the worker and the journal say later
};

}  // namespace perigee::readers::bridge
