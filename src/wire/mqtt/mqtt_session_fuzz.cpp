// A stream of bytes gives the same events and the same answers however it is cut into pieces.

#include <cstdint>
#include <utility>

#include "base/check.hpp"
#include "base/random.hpp"
#include "wire/mqtt/testing.hpp"

namespace {

using namespace perigee;
using namespace perigee::wire::mqtt;

struct outcome {
  std::vector<std::string> events;
  byte_buffer output;
  bool operator==(const outcome&) const = default;
};

/// Brings the stream in pieces whose sizes `next_piece` draws, keeping what is not taken, as a driver does.
template <class NextPiece>
outcome run(byte_view stream, NextPiece next_piece) {
  testing::recording_server server;
  server.echoes = true;
  byte_buffer kept;
  while (!stream.empty() && !server.connection.closed()) {
    const auto piece = stream.first(std::min<std::size_t>(stream.size(), next_piece()));
    stream = stream.subspan(piece.size());
    kept.insert(kept.end(), piece.begin(), piece.end());
    const auto taken = server.connection.on_bytes(kept, {});
    kept.erase(kept.begin(), kept.begin() + static_cast<std::ptrdiff_t>(taken));
  }
  return {server.events(), std::move(server.connection.output())};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const byte_view stream(data, size);
  const auto whole = run(stream, [&] { return stream.size(); });
  prng random(size);
  PG_CHECK(whole == run(stream, [] { return 1U; }), "byte by byte it is another session");
  PG_CHECK(whole == run(stream, [&] { return 1 + random.below(16); }), "in pieces it is another session");
  return 0;
}
