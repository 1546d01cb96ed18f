// A connection's bytes, however they are split, up to the handler.

#include <algorithm>
#include <cstdlib>

#include "api/dispatcher.hpp"

namespace {

using namespace perigee;
using namespace perigee::api;

const dispatcher& all() {
  static sessions signed_in("secret");
  constexpr auto body = parameter::place::body;
  const auto nothing = at_once([](const request&) { return answer{}; });
  static const dispatcher made(
      {{"GET",
        "/a/{one}/{two}",
        nothing,
        access::anybody,
        {"Reads",
         {text_parameter("one", "").within(parameter::place::path), whole_parameter("two", "", 0, 9),
          time_parameter("t", ""), duration_parameter("d", ""), choice_parameter("c", "", {"x", "y"}).many()}}},
       {"POST", "/b", nothing, access::operators, {"Writes", {text_parameter("t", "", 9).within(body).needed()}}},
       {"POST", "/c", nothing, access::anybody}},
      doorkeeper({"t", &signed_in, nullptr, {}}), nullptr);
  return made;
}

/// What comes of the bytes, given `at_once` of them each time: it must not depend on that.
std::string told(byte_view bytes, std::size_t at_once) {
  request_reader reader;
  std::string out;
  for (;;) {
    switch (reader.next()) {
      case request_reader::step::whole: {
        auto asked = reader.take();
        asked.peer.address = "127.0.0.1:1";
        asked.peer.loopback = true;
        const auto found = all().find(std::move(asked), timestamp{1});
        out += found.chosen == nullptr ? std::to_string(found.refusal.status) : found.chosen->pattern;
        out += '\n';
        continue;
      }
      case request_reader::step::refused: return out + "refused";
      case request_reader::step::expects_continue:
      case request_reader::step::wants_more: break;
    }
    if (bytes.empty()) return out + (reader.in_request() ? "cut" : "end");
    const auto room = reader.room();
    const auto n = std::min({room.size(), bytes.size(), at_once});
    std::ranges::copy(bytes.first(n), room.begin());
    reader.filled(n);
    bytes = bytes.subspan(n);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const byte_view bytes(data, size);
  if (told(bytes, SIZE_MAX) != told(bytes, 1)) std::abort();
  return 0;
}
