#include "doors/machine/machine_source.hpp"

#include <algorithm>
#include <cmath>

#include "base/decimal.hpp"
#include "base/limits.hpp"

namespace perigee::doors::machine {
namespace {

constexpr double rate_hz_min = 0.001;
constexpr double rate_hz_max = 100'000;
constexpr std::int64_t ns_per_us = 1000;

nanoseconds period_of(double rate_hz) {
  const double rate = std::isfinite(rate_hz) ? std::clamp(rate_hz, rate_hz_min, rate_hz_max) : 1;
  return nanoseconds(std::llround(1e9 / rate));
}

void field(std::string& out, std::string_view key, double x, unsigned decimals) {
  out += ",\"";
  out += key;
  out += "\":";
  append_decimal(out, x, decimals);
}

/// What a command's fields ask for: all of them are understood before any is acted on.
class orders {
 public:
  machine_command told;
  std::optional<fault> breaks;
  std::optional<fault> heals;

  void take(const model::reading_view& field) {
    if (field.metric == "speed" && model::is_number(field.value)) {
      told.speed = model::number_of(field.value);
    } else if (field.metric == "stop" && std::holds_alternative<bool>(field.value)) {
      if (std::get<bool>(field.value)) told.speed = 0;
    } else if (field.metric == "fault") {
      take_fault(breaks, field);
    } else if (field.metric == "heal") {
      take_fault(heals, field);
    }
    told.decided_on = field.time;
  }
  [[nodiscard]] bool any() const { return told.speed || breaks || heals; }

 private:
  static void take_fault(std::optional<fault>& to, const model::reading_view& field) {
    const auto* name = std::get_if<std::string_view>(&field.value);
    const auto known = name != nullptr ? fault_from(*name) : result<fault>(fail(errc::malformed, ""));
    if (known) to = *known;
  }
};

}  // namespace

machine_source::machine_source(machine_options options, epoch life, timestamp start)
    : options_(std::move(options)),
      motor_(options_.seed),
      life_(life),
      period_(period_of(options_.rate_hz)),
      due_(start) {
  for (const auto f : options_.faults) motor_.set_fault(f, true);
}

std::size_t machine_source::produce(timestamp now, sink take) {
  std::size_t taken = 0;
  while (due_ <= now && taken < limits::machine_catch_up_max) {
    if (!pending_) step();
    pending_ = true;
    model::record_view record;
    record.topic = options_.topic;
    record.payload = as_bytes(payload_);
    record.source = options_.name;
    record.epoch = life_;
    record.sequence = sequence_.next();
    record.arrival = now;
    if (!take(record)) break;
    sequence_ = sequence_.next();
    pending_ = false;
    due_ = due_ + period_;
    ++taken;
  }
  return taken;
}

void machine_source::resume(timestamp now) {
  due_ = now;
  pending_ = false;
}

result<machine_command> machine_source::on_command(byte_view payload, timestamp now) {
  orders asked;
  PG_TRY_VOID(decoder_.decode(model::payload_format::flat_json, options_.topic, payload, now,
                              [&asked](const model::reading_view& field) { asked.take(field); }));
  if (!asked.any()) return fail(errc::malformed, "a command has one of speed, stop, fault, heal");
  if (asked.told.speed) motor_.set_speed(*asked.told.speed);
  if (asked.breaks) motor_.set_fault(*asked.breaks, true);
  if (asked.heals) motor_.set_fault(*asked.heals, false);
  return asked.told;
}

void machine_source::step() {
  motor_.advance(period_);
  render(motor_.read());
}

void machine_source::render(const motor_reading& reading) {
  payload_ = "{\"ts\":";
  append_decimal(payload_, static_cast<double>(due_.ns / ns_per_us), 0);
  field(payload_, "speed", reading.speed_rpm, 1);
  field(payload_, "load", reading.load, 3);
  field(payload_, "temperature", reading.temperature_c, 2);
  field(payload_, "current", reading.current_a, 2);
  field(payload_, "vibration", reading.vibration_mm_s, 3);
  payload_ += reading.running ? ",\"running\":true}" : ",\"running\":false}";
}

}  // namespace perigee::doors::machine
