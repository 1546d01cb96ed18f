// `perigee sub` and `perigee tail`: messages as they come.

#include <format>

#include "cli/command.hpp"
#include "cli/console.hpp"
#include "cli/mqtt_message_text.hpp"
#include "cli/mqtt_subscriber.hpp"
#include "cli/mqtt_target.hpp"
#include "cli/payload_text.hpp"
#include "cli/run_to_end.hpp"
#include "node/quantity.hpp"
#include "wire/mqtt/topic.hpp"

namespace perigee::cli {
namespace {

namespace mqtt = wire::mqtt;

exit_code refuse(std::string_view command, std::string_view sentence) {
  complain(std::format("perigee {}: {}\n", command, sentence));
  return exit_code::usage;
}

std::expected<subscriber_options, exit_code> options_of(const invocation& called, std::string_view command,
                                                        std::string_view filters) {
  subscriber_options out;
  for (const auto& filter : called.all(filters)) {
    if (!mqtt::is_topic_filter(filter)) {
      return std::unexpected(
          refuse(command, std::format("'{}' is not a topic filter: 'site/#', 'site/+/motor'", filter)));
    }
    out.filters.push_back(filter);
  }
  const auto qos = called.whole_number("--qos", 0);
  if (!qos || *qos > 2) return std::unexpected(refuse(command, "--qos takes 0, 1 or 2"));
  out.qos = static_cast<mqtt::qos>(*qos);
  const auto count = called.whole_number("--count", 0);
  if (!count) return std::unexpected(refuse(command, "--count takes a whole number"));
  out.count = *count;
  if (const auto time = called.text("--timeout")) {
    out.timeout = node::parse_duration(*time);
    if (!out.timeout) return std::unexpected(refuse(command, "--timeout takes a number and a unit: 10s, 5m"));
  }
  if (called.has("--no-retained")) out.retained = mqtt::retain_handling::never;
  out.retain_as_published = called.has("--retain-as-published");
  return out;
}

exit_code subscribe(const invocation& called, std::string_view command, subscriber_options options,
                    mqtt_subscriber::taker take) {
  auto to = find_broker(called, command);
  if (!to) return to.error();
  io::shard shard;
  const auto network = io::real_network(shard);
  mqtt_subscriber reader(shard, *network, *std::move(to), std::move(options), command, std::move(take));
  (void)run_to_end(shard, reader.run());
  return reader.outcome();
}

}  // namespace

exit_code run_sub(const invocation& called) {
  auto options = options_of(called, "sub", "filter");
  if (!options) return options.error();
  const auto format = called.text("--format").value_or(called.has("--verbose") ? "%t %p" : "%p");
  if (const auto unknown = unknown_in_format(format); !unknown.empty()) {
    return refuse("sub", std::format("'{}' stands for nothing: %t %p %x %l %q %r %I and %% do", unknown));
  }
  const bool json = called.json();
  return subscribe(called, "sub", *std::move(options), [format, json](const mqtt::publish& message) {
    const auto now = clock::wall();
    print(json ? message_json(message, now) : message_as(format, message, now));
  });
}

exit_code run_tail(const invocation& called) {
  auto options = options_of(called, "tail", "topic");
  if (!options) return options.error();
  options->qos = mqtt::qos::at_least_once;
  const bool json = called.json();
  return subscribe(called, "tail", *std::move(options), [json](const mqtt::publish& message) {
    const auto now = clock::wall();
    print(json ? message_json(message, now)
               : std::format("{}  {}  {}\n", to_iso8601(now), message.topic, payload_text(message.payload)));
  });
}

}  // namespace perigee::cli
