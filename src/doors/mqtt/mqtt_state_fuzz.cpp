// Any bytes as the broker's state: refused, or taken over whole and saved again as the same.

#include <cstdint>

#include "base/check.hpp"
#include "base/crc32c.hpp"
#include "doors/mqtt/detail/state.hpp"

namespace {

using namespace perigee;
using namespace perigee::doors::mqtt::detail;

void round_trip(byte_view bytes) {
  const auto state = decode_state(bytes);
  if (!state) return;
  byte_buffer first;
  encode(*state, first);
  const auto again = decode_state(first);
  PG_CHECK(again.has_value(), "an encoded state does not decode");
  byte_buffer second;
  encode(*again, second);
  PG_CHECK(first == second, "encoding is not canonical");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  round_trip({data, size});
  if (size < 4) return 0;
  // With a checksum that holds, so that more than the checksum is tried.
  byte_buffer mended(data, data + size - 4);
  byte_writer(mended).u32(crc32c(mended));
  round_trip(mended);
  return 0;
}
