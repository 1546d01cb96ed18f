// Any bytes as an entry of the broker's state: refused, or read and written again as the same.

#include <cstdint>

#include "base/check.hpp"
#include "base/crc32c.hpp"
#include "doors/mqtt/detail/state.hpp"

namespace {

using namespace perigee;
using namespace perigee::doors::mqtt;
using namespace perigee::doors::mqtt::detail;

/// `decode` and `encode` undo each other from the first encoding on: a varint may have come in more bytes than it
/// takes.
template <class Decode, class Encode>
void round_trip(byte_view key, byte_view body, Decode decode, Encode encode) {
  const auto first = decode(key, body);
  if (!first) return;
  const state_entry once = encode(*first);
  const auto second = decode(once.key, once.body);
  PG_CHECK(second.has_value(), "an encoded entry does not decode");
  const state_entry twice = encode(*second);
  PG_CHECK(once.key == twice.key && once.body == twice.body, "encoding is not canonical");
}

void try_all(byte_view key, byte_view body) {
  round_trip(key, body, decode_broker, [](const saved_broker& s) { return encode(s); });
  round_trip(key, body, decode_session, [&](const saved_session& s) { return encode(as_text(key), s); });
  round_trip(key, body, decode_subscription,
             [](const auto& s) { return encode(s.first.client_id, s.first.filter, s.second); });
  round_trip(key, body, decode_share, [&](const saved_share& s) { return encode(as_text(key), s); });
  round_trip(key, body, decode_retained, [&](const retained_message& m) { return encode(as_text(key), m); });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const byte_view in(data + 1, size - 1);
  const auto key = in.first(std::min<std::size_t>(data[0], in.size()));
  const auto body = in.subspan(key.size());
  try_all(key, body);
  // With a checksum that holds, so that more than the checksum is tried.
  byte_buffer sealed = to_buffer(body);
  byte_writer(sealed).u32(crc32c(body, crc32c(key)));
  try_all(key, sealed);
  return 0;
}
