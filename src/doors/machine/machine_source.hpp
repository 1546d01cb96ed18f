#pragma once
// A simulated machine as a door: what its gateway would see of it, and what it does when told.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/function_ref.hpp"
#include "base/id.hpp"
#include "doors/machine/motor.hpp"
#include "model/payload.hpp"
#include "model/record.hpp"

namespace perigee::doors::machine {

struct machine_options {
  std::string name{};   // the record's source
  std::string topic{};  // where its readings go
  double rate_hz = 10;
  std::uint64_t seed = 1;
  std::vector<fault> faults{};  // switched on from the start
};

/// What a command asks for: {"speed":0.5}, {"stop":true}, {"fault":"bearing"}, {"heal":"bearing"}.
struct machine_command {
  std::optional<double> speed;
  timestamp decided_on{};  // the command's `ts`, the reading that it answers; without one, when the command came
};

/// Makes records as time goes by; IO-free. Owned by the node's driver, which calls `produce` when `next_due` has come,
/// appends what it gets and, where that fails, calls `produce` again later: readings wait in the sensor, none is
/// skipped. A record:
/// `{"ts":µs,"speed":1480.1,"load":0.801,"temperature":61.25,"current":17.31,"vibration":0.912,"running":true}`,
/// stamped with the machine's epoch and its own count.
class machine_source {
 public:
  using sink = function_ref<bool(const model::record_view&)>;

  /// `life` is drawn anew for every start of the process: the simulation starts anew with it.
  machine_source(machine_options options, epoch life, timestamp start);

  [[nodiscard]] timestamp next_due() const { return due_; }
  /// Hands over what is due, at most limits::machine_catch_up_max records; stops where `take` says false, and hands the
  /// same record over again next time. Gives how many were taken.
  std::size_t produce(timestamp now, sink take);
  /// Goes on from `now` as if no time had passed: after a pause, or when the wall clock was set.
  void resume(timestamp now);

  /// Acts on a command's payload. errc::malformed for what is no command; the machine then stays as it is.
  result<machine_command> on_command(byte_view payload, timestamp now);

  [[nodiscard]] motor& machine() { return motor_; }
  [[nodiscard]] const machine_options& options() const { return options_; }
  [[nodiscard]] sequence produced() const { return sequence_; }

 private:
  void step();
  void render(const motor_reading& reading);

  machine_options options_;
  motor motor_;
  epoch life_;
  sequence sequence_{};  // of the last record taken
  nanoseconds period_;
  timestamp due_;
  bool pending_ = false;  // `payload_` holds a record that was refused
  std::string payload_;
  model::payload_decoder decoder_;
};

}  // namespace perigee::doors::machine
