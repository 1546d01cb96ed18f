#include "alarm/handed_down.hpp"

#include <string>

namespace perigee::alarm {
namespace {

constexpr std::uint8_t version = 1;
constexpr std::size_t length_bytes_max = 5;  // of a varint in front of a telling

byte_buffer message_of(std::span<const std::string> payloads) {
  byte_buffer out;
  byte_writer w(out);
  w.u8(version);
  w.varint(payloads.size());
  for (const auto& each : payloads) w.sized(std::string_view(each));
  return out;
}

}  // namespace

std::vector<byte_buffer> hand_down(std::span<const telling> deeds) {
  std::vector<byte_buffer> out;
  std::vector<std::string> payloads;
  std::size_t bytes = 0;
  const auto finish = [&] {
    if (!payloads.empty()) out.push_back(message_of(payloads));
    payloads.clear();
    bytes = 1 + length_bytes_max;
  };
  finish();
  for (const auto& each : deeds) {
    auto payload = to_payload(each);
    const auto size = payload.size() + length_bytes_max;
    if (bytes + size > limits::alarm_downlink_bytes_max) finish();
    bytes += size;
    payloads.push_back(std::move(payload));
  }
  finish();
  return out;
}

result<std::vector<telling>> take_handed_down(byte_view message) {
  if (message.size() > limits::alarm_downlink_bytes_max)
    return fail(errc::too_large, "more deeds than one message has");
  byte_reader in(message);
  if (in.u8() != version) return fail(errc::unsupported, "a newer version wrote what was done about alarms");
  std::vector<telling> out;
  for (auto left = in.varint(); left > 0 && in.ok(); --left) {
    auto one = parse_telling(in.sized());
    if (!one || !is_deed(one->what) || one->node.empty() || one->by.empty()) continue;
    out.push_back(*std::move(one));
  }
  if (!in.ok() || !in.done()) return fail(errc::malformed, "what was done about alarms ends too soon, or too late");
  return out;
}

}  // namespace perigee::alarm
