// Decodes anything; what decodes is encoded, and that decodes and encodes to the same bytes again.

#include <cstdint>

#include "base/check.hpp"
#include "wire/mqtt/framer.hpp"
#include "wire/mqtt/packet.hpp"

namespace {

using namespace perigee;
using namespace perigee::wire::mqtt;

void round_trip(const packet& p, protocol_version version) {
  byte_buffer first;
  encode(p, version, first);
  const auto f = next_frame(first, first.size());
  PG_CHECK(f && f->complete && f->bytes == first.size(), "an encoded packet is not one frame");
  const auto again = decode(f->first_byte, f->body, version);
  PG_CHECK(again.has_value(), "an encoded packet does not decode");
  byte_buffer second;
  encode(*again, version, second);
  PG_CHECK(first == second, "encoding is not canonical");
}

void walk_filters(const packet& p) {
  subscription s;
  if (const auto* request = std::get_if<subscribe>(&p)) {
    for (subscription_reader reader(*request); reader.next(s);) PG_CHECK(!s.filter.empty(), "an empty filter");
  }
  if (const auto* request = std::get_if<unsubscribe>(&p)) {
    for (subscription_reader reader(*request); reader.next(s);) PG_CHECK(!s.filter.empty(), "an empty filter");
  }
}

}  // namespace

/// The first byte is the version, the rest a stream of packets.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto version = static_cast<protocol_version>(3 + data[0] % 3);
  byte_view rest(data + 1, size - 1);
  for (;;) {
    const auto f = next_frame(rest, 1U << 20);
    if (!f || !f->complete) return 0;
    rest = rest.subspan(f->bytes);
    const auto p = decode(f->first_byte, f->body, version);
    if (!p) continue;
    walk_filters(*p);
    const auto* hello = std::get_if<connect>(&*p);
    round_trip(*p, hello != nullptr ? hello->version : version);
  }
}
