// Any bytes are a telling or none; what is one can be told again and means the same, and two boards that hear it in
// other places agree. Any bytes are a board at rest, what a parent hands down, or refused.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "alarm/board.hpp"
#include "alarm/handed_down.hpp"

namespace {

using namespace perigee;
using namespace perigee::alarm;

void check(bool holds) {
  if (!holds) std::abort();
}

void tell_again(byte_view bytes) {
  const auto t = parse_telling(bytes);
  if (!t) return;
  const auto said = to_payload(*t);
  const auto again = parse_telling(as_bytes(said));
  check(again && to_payload(*again) == said);
}

void hear(byte_view bytes) {
  constexpr std::string_view raised =
      R"({"alarm":"a","state":"raised","ts":5,"since":5,"group":"g","latch":true,"confirm":true})";
  board one;
  one.apply({.node = "n"}, as_bytes(raised));
  one.apply({.node = "n", .speaks_for_people = true}, bytes);
  one.advance({1});
  byte_buffer kept;
  one.encode(kept);
  board other;
  check(other.restore(kept).has_value());
  byte_buffer again;
  other.encode(again);
  check(again == kept);
}

void read_what_is_kept(byte_view bytes) {
  board any;
  if (!any.restore(bytes)) return;
  byte_buffer kept;
  any.encode(kept);
  board back;
  check(back.restore(kept).has_value());
  for (const auto* each : any.in_order()) check(any.find(each->id) == each);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const byte_view bytes(data, size);
  tell_again(bytes);
  hear(bytes);
  read_what_is_kept(bytes);
  (void)take_handed_down(bytes);
  return 0;
}
