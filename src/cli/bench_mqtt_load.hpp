#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cli/bench_mqtt.hpp"
#include "cli/bench_mqtt_client.hpp"
#include "io/scope.hpp"
#include "io/timer.hpp"

namespace perigee::cli {

/// One run of a plan: opens the connections, then lets messages flow for the time that is measured. A publisher keeps
/// `window` messages on their way and sends the next when one has come to its subscribers, so that nothing queues in
/// the broker for longer and nothing is lost; with a rate it sends when a message is due. Owned by run_bench.
class bench_load final : private bench_handler {
 public:
  bench_load(io::shard& on, io::network& net, const bench_plan& plan);

  [[nodiscard]] io::task<> run();
  [[nodiscard]] const bench_outcome& outcome() const { return outcome_; }
  /// What the broker said, where it refused or hung up.
  [[nodiscard]] const std::string& complaint() const { return complaint_; }

 private:
  void on_ready(bench_client& who) override;
  void on_message(bench_client& who, clock::time_point due, std::uint32_t publisher) override;
  void on_progress(bench_client& who) override;
  void on_lost(bench_client& who, const std::string& why) override;

  void add(std::string role, std::size_t number, std::string subscribe_to, std::string publish_to);
  io::task<> open_all();
  io::task<> open_some(nanoseconds between);
  io::task<> open_one(bench_client& who);
  io::task<> measure_messages();
  io::task<> measure_connections();
  io::task<> pace();
  io::task<> watch_for_losses();
  void refill(bench_client& publisher);
  [[nodiscard]] bool has_room(const bench_client& publisher) const;

  io::shard& on_;
  io::network& net_;
  const bench_plan& plan_;
  byte_buffer input_;
  std::vector<std::unique_ptr<bench_client>> clients_;
  std::vector<bench_client*> publishers_;
  std::size_t receivers_each_ = 1;  // subscribers that get a message
  std::size_t next_to_open_ = 0;
  std::size_t ready_ = 0;
  std::vector<clock::time_point> dialled_;  // of `connect`, by client
  std::uint64_t received_ = 0;
  bool flowing_ = false;
  bool measuring_ = false;
  std::string complaint_;
  bench_outcome outcome_;
  io::event changed_;
  io::scope work_;      // ends with the run
  io::scope channels_;  // coroutines of the connections
};

}  // namespace perigee::cli
