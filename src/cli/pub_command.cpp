// `perigee pub`: publishes a payload, a file, or what comes on standard input.

#include <algorithm>
#include <array>
#include <format>

#include "base/limits.hpp"
#include "cli/command.hpp"
#include "cli/console.hpp"
#include "cli/mqtt_message_text.hpp"
#include "cli/mqtt_publisher.hpp"
#include "cli/mqtt_target.hpp"
#include "cli/run_to_end.hpp"
#include "cli/stdin_reader.hpp"
#include "io/file.hpp"
#include "node/quantity.hpp"
#include "wire/mqtt/text.hpp"
#include "wire/mqtt/topic.hpp"

namespace perigee::cli {
namespace {

namespace mqtt = wire::mqtt;

std::unexpected<exit_code> refuse(std::string_view sentence, exit_code code = exit_code::usage) {
  complain(std::format("perigee pub: {}\n", sentence));
  return std::unexpected(code);
}

/// Text of an option as a property.
std::expected<void, exit_code> put_text(const invocation& called, std::string_view option, mqtt::property_id id,
                                        byte_buffer& into) {
  const auto given = called.text(option);
  if (!given) return {};
  if (given->size() > limits::properties_bytes_max) return refuse(std::format("{} is too long", option));
  mqtt::property_writer(into).text(id, *given);
  return {};
}

std::expected<void, exit_code> put_user_properties(const invocation& called, byte_buffer& into) {
  for (const auto& each : called.all("--user-property")) {
    const auto sign = each.find('=');
    if (sign == std::string::npos) return refuse("--user-property takes NAME=VALUE");
    mqtt::property_writer(into).user(each.substr(0, sign), each.substr(sign + 1));
  }
  return {};
}

std::expected<byte_buffer, exit_code> properties_of(const invocation& called) {
  byte_buffer out;
  if (const auto expiry = called.text("--expiry")) {
    const auto time = node::parse_duration(*expiry);
    const auto seconds = time ? *time / std::chrono::seconds(1) : 0;
    if (seconds < 1 || seconds > UINT32_MAX) return refuse("--expiry takes a number and a unit, at least 1s: 30s, 2h");
    mqtt::property_writer(out).number(mqtt::property_id::message_expiry_interval, static_cast<std::uint32_t>(seconds));
  }
  using enum mqtt::property_id;
  for (const auto& [option, id] :
       {std::pair("--content-type", content_type), std::pair("--response-topic", response_topic),
        std::pair("--correlation", correlation_data)}) {
    if (auto put = put_text(called, option, id, out); !put) return std::unexpected(put.error());
  }
  if (auto put = put_user_properties(called, out); !put) return std::unexpected(put.error());
  if (out.size() > limits::properties_bytes_max) {
    return refuse(std::format("the properties have {} bytes, over {}", out.size(), limits::properties_bytes_max));
  }
  if (!out.empty() && called.text("--mqtt-version") == "3.1.1") return refuse("MQTT 3.1.1 has no properties");
  return out;
}

std::expected<message_terms, exit_code> terms_of(const invocation& called) {
  message_terms out;
  out.topic = *called.text("topic");
  if (!mqtt::is_valid_text(out.topic) || !mqtt::is_topic_name(out.topic)) {
    return refuse(
        std::format("'{}' is not a topic: 1 to {} bytes without + and #", out.topic, limits::topic_bytes_max));
  }
  const auto qos = called.whole_number("--qos", 0);
  if (!qos || *qos > 2) return refuse("--qos takes 0, 1 or 2");
  out.qos = static_cast<mqtt::qos>(*qos);
  out.retain = called.has("--retain");
  auto properties = properties_of(called);
  if (!properties) return std::unexpected(properties.error());
  out.properties = *std::move(properties);
  return out;
}

io::task<std::optional<std::string>> once(std::optional<std::string>& payload) {
  co_return std::exchange(payload, std::nullopt);
}

io::task<std::optional<std::string>> whole_input(stdin_reader& input, bool& taken) {
  if (std::exchange(taken, true)) co_return std::nullopt;
  PG_CO_TRY(auto all, co_await input.rest());
  co_return std::optional(std::move(all));
}

/// Where payloads come from, until the command ends.
struct payloads {
  std::optional<std::string> one;
  std::optional<stdin_reader> input;
  bool taken = false;  // of the input as a whole
  bool by_lines = false;

  [[nodiscard]] mqtt_publisher::source source() {
    if (!input) return [this] { return once(one); };
    if (by_lines) return [this] { return input->next_line(); };
    return [this] { return whole_input(*input, taken); };
  }
};

std::expected<void, exit_code> choose_payloads(const invocation& called, io::shard& on, payloads& into) {
  const std::array given = {called.has("payload"), called.has("--file"), called.has("--stdin"), called.has("--lines"),
                            called.has("--empty")};
  if (std::ranges::count(given, true) != 1) {
    return refuse("one of PAYLOAD, --file, --stdin, --lines and --empty says what is published");
  }
  if (called.has("--stdin") || called.has("--lines")) {
    into.by_lines = called.has("--lines");
    into.input.emplace(on);
    return {};
  }
  into.one = called.text("payload").value_or("");
  if (const auto file = called.text("--file")) {
    const auto bytes = io::read_whole(io::real_disk(), *file, limits::payload_bytes_max);
    if (!bytes) return refuse(std::format("{}: {}", *file, bytes.error().text()), exit_code::failed);
    into.one = std::string(as_text(*bytes));
  }
  return {};
}

/// Where a reply is to come: what the user says, else a topic of this process's own, which the message then names.
std::expected<std::optional<reply_options>, exit_code> reply_of(const invocation& called, const std::string& client_id,
                                                                message_terms& terms) {
  const auto patience = called.text("--wait-reply");
  if (!patience) return std::nullopt;
  const auto time = node::parse_duration(*patience);
  if (!time) return refuse("--wait-reply takes a number and a unit: 5s");
  if (called.text("--mqtt-version") == "3.1.1") return refuse("MQTT 3.1.1 has no response topic to wait on");
  reply_options out{called.text("--response-topic").value_or("reply/" + client_id), *time};
  if (!mqtt::is_topic_name(out.topic)) return refuse("--response-topic is not a topic");
  if (!called.has("--response-topic")) {
    mqtt::property_writer(terms.properties).text(mqtt::property_id::response_topic, out.topic);
  }
  return out;
}

}  // namespace

exit_code run_pub(const invocation& called) {
  auto terms = terms_of(called);
  if (!terms) return terms.error();
  io::shard shard;
  payloads what;
  if (auto chosen = choose_payloads(called, shard, what); !chosen) return chosen.error();
  auto to = find_broker(called, "pub");
  if (!to) return to.error();
  auto reply = reply_of(called, to->client_id, *terms);
  if (!reply) return reply.error();
  const auto network = io::real_network(shard);
  mqtt_publisher sender(shard, *network, *std::move(to), *std::move(terms), what.source());
  if (*reply) {
    sender.await_reply(**std::move(reply), [json = called.json()](const mqtt::publish& message) {
      print(json ? message_json(message, clock::wall()) : message_as("%p", message, clock::wall()));
    });
  }
  (void)run_to_end(shard, sender.run());
  return sender.outcome();
}

}  // namespace perigee::cli
