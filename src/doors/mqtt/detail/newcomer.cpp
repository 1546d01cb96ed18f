#include "doors/mqtt/detail/newcomer.hpp"

#include "base/check.hpp"
#include "wire/mqtt/framer.hpp"

namespace perigee::doors::mqtt::detail {

namespace wire = perigee::wire::mqtt;

newcomer::newcomer(const wire::connect& hello) {
  auto kept = hello;
  kept.password.reset();
  wire::encode(kept, packet_);
  const auto frame = wire::next_frame(packet_, packet_.size());
  PG_CHECK(frame && frame->complete, "an encoded packet is whole");
  const auto decoded = wire::decode(frame->first_byte, frame->body, kept.version);
  PG_CHECK(decoded.has_value(), "what was decoded once decodes again");
  hello_ = std::get<wire::connect>(*decoded);
}

}  // namespace perigee::doors::mqtt::detail
