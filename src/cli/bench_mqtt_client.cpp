#include "cli/bench_mqtt_client.hpp"

#include <algorithm>
#include <cstring>
#include <format>

#include "base/limits.hpp"
#include "wire/mqtt/framer.hpp"

namespace perigee::cli {
namespace {

namespace mqtt = wire::mqtt;

constexpr std::string_view filler = R"(,"temperature":21.37,"pressure":1013.25,"state":"running","n":1)";

byte_buffer payload_of(std::size_t bytes, std::uint32_t publisher) {
  byte_buffer out(bytes);
  for (std::size_t i = 0; i < bytes; ++i) out[i] = static_cast<std::uint8_t>(filler[i % filler.size()]);
  std::memcpy(out.data() + sizeof(std::int64_t), &publisher, sizeof publisher);
  return out;
}

mqtt::packet_id id_at(byte_view body) { return static_cast<mqtt::packet_id>(body[0] << 8 | body[1]); }

}  // namespace

bench_client::bench_client(bench_handler& to, options chosen, byte_span shared_input)
    : to_(to), options_(std::move(chosen)), input_(shared_input) {
  if (!options_.publish_to.empty()) make_template();
}

void bench_client::make_template() {
  const auto payload = payload_of(options_.payload_bytes, options_.number);
  mqtt::publish message;
  message.topic = options_.publish_to;
  message.payload = payload;
  message.qos = options_.qos;
  message.packet_id = 1;
  encode(message, mqtt::protocol_version::v5, template_);
  payload_place_ = template_.size() - payload.size();
  id_place_ = payload_place_ - 3;  // the length of the properties, 0, stands between
}

void bench_client::open(std::unique_ptr<io::stream> from, io::shard& on, io::scope& within) {
  channel_ = io::open_channel(std::move(from), *this, on, within);
  mqtt::connect hello;
  hello.client_id = options_.client_id;
  encode(hello, output_);
  flush();
}

void bench_client::publish(clock::time_point due) {
  const auto at = output_.size();
  output_.insert(output_.end(), template_.begin(), template_.end());
  const auto stamp = static_cast<std::int64_t>(due.time_since_epoch().count());
  std::memcpy(output_.data() + at + payload_place_, &stamp, sizeof stamp);
  if (options_.qos != mqtt::qos::at_most_once) {
    if (++last_id_ == 0) last_id_ = 1;
    output_[at + id_place_] = static_cast<std::uint8_t>(last_id_ >> 8);
    output_[at + id_place_ + 1] = static_cast<std::uint8_t>(last_id_);
  }
  ++sent_;
}

void bench_client::flush() {
  if (output_.empty() || !channel_) return;
  const auto written = channel_->try_write(output_);
  if (!written) return lose(written.error().text());
  output_.erase(output_.begin(), output_.begin() + static_cast<std::ptrdiff_t>(*written));
}

void bench_client::close() { channel_.reset(); }

void bench_client::lose(const std::string& why) {
  close();
  to_.on_lost(*this, why);
}

void bench_client::on_writable() {
  flush();
  if (channel_ && output_.empty()) to_.on_progress(*this);
}

void bench_client::on_readable() {
  std::ranges::copy(rest_, input_.begin());
  const auto n = channel_->try_read(input_.subspan(rest_.size()));
  if (!n) return lose(n.error().text());
  auto pending = byte_view(input_).first(rest_.size() + *n);
  while (channel_) {
    const auto next = mqtt::next_frame(pending, input_.size());
    if (!next) return lose("the broker sent a packet that cannot be");
    if (!next->complete) break;
    on_frame(next->first_byte, next->body);
    pending = pending.subspan(next->bytes);
  }
  rest_.assign(pending.begin(), pending.end());
  flush();
}

void bench_client::on_frame(std::uint8_t first_byte, byte_view body) {
  const auto type = static_cast<mqtt::packet_type>(first_byte >> 4);
  if (type == mqtt::packet_type::publish) return on_publish(first_byte, body);
  if (body.size() < 2) return;
  switch (type) {
    case mqtt::packet_type::connack:
      if (body[1] != 0) return lose(std::format("the broker refuses: {}", name_of(static_cast<mqtt::reason>(body[1]))));
      if (options_.subscribe_to.empty()) return to_.on_ready(*this);
      {
        byte_buffer filters;
        mqtt::append_filter(filters, {.filter = options_.subscribe_to, .qos = options_.qos});
        return encode(mqtt::subscribe{.packet_id = 1, .properties = {}, .filters = filters}, mqtt::protocol_version::v5,
                      output_);
      }
    case mqtt::packet_type::suback:
      if (body.back() >= 0x80) {
        return lose(
            std::format("the broker refuses the subscription: {}", name_of(static_cast<mqtt::reason>(body.back()))));
      }
      return to_.on_ready(*this);
    case mqtt::packet_type::disconnect:
      return lose(std::format("the broker disconnects: {}", name_of(static_cast<mqtt::reason>(body[0]))));
    default: return on_publisher_answer(type, body);
  }
}

void bench_client::on_publisher_answer(mqtt::packet_type type, byte_view body) {
  if (type == mqtt::packet_type::pubrel) return answer(mqtt::packet_type::pubcomp, id_at(body));
  if (body.size() > 2 && body[2] >= 0x80) {
    return lose(std::format("the broker refuses a message: {}", name_of(static_cast<mqtt::reason>(body[2]))));
  }
  if (type == mqtt::packet_type::pubrec) return answer(mqtt::packet_type::pubrel, id_at(body));
  ++done_;
  to_.on_progress(*this);
}

/// Only what a load needs: where the payload starts, and the packet's number.
void bench_client::on_publish(std::uint8_t first_byte, byte_view body) {
  const auto message = mqtt::decode_publish(first_byte, body, mqtt::protocol_version::v5);
  if (!message) return lose("the broker sent a message that cannot be");
  if (message->qos == mqtt::qos::at_least_once) answer(mqtt::packet_type::puback, message->packet_id);
  if (message->qos == mqtt::qos::exactly_once) answer(mqtt::packet_type::pubrec, message->packet_id);
  if (message->payload.size() < payload_bytes_min) return;  // somebody else's
  std::int64_t due = 0;
  std::uint32_t publisher = 0;
  std::memcpy(&due, message->payload.data(), sizeof due);
  std::memcpy(&publisher, message->payload.data() + sizeof due, sizeof publisher);
  to_.on_message(*this, clock::time_point(nanoseconds(due)), publisher);
}

void bench_client::answer(mqtt::packet_type with, mqtt::packet_id id) {
  encode(mqtt::acknowledgement{.type = with, .packet_id = id}, mqtt::protocol_version::v5, output_);
}

}  // namespace perigee::cli
