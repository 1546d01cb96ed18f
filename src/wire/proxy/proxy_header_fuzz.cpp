// Any bytes as a PROXY header: an answer, and the same from the first part as from the whole.

#include "base/check.hpp"
#include "wire/proxy/header.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace perigee;
  const byte_view bytes(data, size);
  const auto length = wire::proxy::length_of(bytes);
  const auto parsed = wire::proxy::parse(bytes);
  PG_CHECK(!parsed || (length && *length == size), "a header is as long as it says");
  if (length && *length < size) PG_CHECK(!parsed, "what follows a header is not of it");
  return 0;
}
