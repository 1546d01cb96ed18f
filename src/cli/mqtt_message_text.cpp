#include "cli/mqtt_message_text.hpp"

#include <boost/json.hpp>
#include <format>

#include "cli/payload_text.hpp"

namespace perigee::cli {
namespace {

namespace json = boost::json;
namespace mqtt = wire::mqtt;

std::string hexadecimal(byte_view bytes) {
  std::string out;
  for (const auto b : bytes) out += std::format("{:02x}", b);
  return out;
}

json::object properties_of(byte_view block) {
  json::object out;
  json::array users;
  mqtt::property_reader reader(block);
  for (mqtt::property p; reader.next(p);) {
    switch (p.id) {
      case mqtt::property_id::content_type: out["content_type"] = p.text; break;
      case mqtt::property_id::response_topic: out["response_topic"] = p.text; break;
      case mqtt::property_id::message_expiry_interval: out["expiry_s"] = p.number; break;
      case mqtt::property_id::payload_format_indicator: out["payload_is_text"] = p.number == 1; break;
      case mqtt::property_id::user_property: users.push_back(json::array{p.text, p.value}); break;
      case mqtt::property_id::correlation_data:
        out[is_text(as_bytes(p.text)) ? "correlation" : "correlation_hex"] =
            is_text(as_bytes(p.text)) ? std::string(p.text) : hexadecimal(as_bytes(p.text));
        break;
      default: break;  // of the connection rather than of the message
    }
  }
  if (!users.empty()) out["user"] = std::move(users);
  return out;
}

}  // namespace

std::string message_json(const mqtt::publish& message, timestamp at) {
  json::object out{{"topic", message.topic},
                   {"time", to_iso8601(at)},
                   {"qos", static_cast<unsigned>(message.qos)},
                   {"retain", message.retain}};
  if (is_text_of_lines(message.payload)) {
    out["payload"] = as_text(message.payload);
  } else {
    out["payload_hex"] = hexadecimal(message.payload);
  }
  if (auto properties = properties_of(message.properties); !properties.empty()) {
    out["properties"] = std::move(properties);
  }
  return json::serialize(out) + "\n";
}

std::string message_as(std::string_view format, const mqtt::publish& message, timestamp at) {
  std::string out;
  for (std::size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '%' || i + 1 == format.size()) {
      out += format[i];
      continue;
    }
    switch (format[++i]) {
      case 't': out += message.topic; break;
      case 'p': out += as_text(message.payload); break;
      case 'x': out += hexadecimal(message.payload); break;
      case 'l': out += std::to_string(message.payload.size()); break;
      case 'q': out += std::to_string(static_cast<int>(message.qos)); break;
      case 'r': out += message.retain ? '1' : '0'; break;
      case 'I': out += to_iso8601(at); break;
      default: out += format[i]; break;
    }
  }
  return out + "\n";
}

std::string_view unknown_in_format(std::string_view format) {
  constexpr std::string_view known = "tpxlqrI%";
  for (std::size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '%') continue;
    if (i + 1 == format.size() || !known.contains(format[i + 1])) return format.substr(i, 2);
    ++i;
  }
  return {};
}

}  // namespace perigee::cli
