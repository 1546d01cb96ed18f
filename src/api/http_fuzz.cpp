// A connection's bytes, however they are split, up to the handler.

#include <algorithm>
#include <cstdlib>

#include "api/dispatcher.hpp"

namespace {

using namespace perigee;
using namespace perigee::api;

/// Ann's token may read, and clear alarms as far as a viewer may, which is not far.
class few final : public people_port {
 public:
  role role_of(std::string_view user) const override { return user == "ann" ? role::views : role::none; }
  std::optional<shown_token> find_token(std::string_view token, timestamp) const override {
    if (token != "ann") return std::nullopt;
    return shown_token{"ann", "ci", {"read", "b"}};
  }
  void note_use(std::string_view, timestamp) override {}
  bool must_wait(std::string_view) const override { return false; }
  void failed(std::string_view) override {}
  void succeeded(std::string_view) override {}
  void check(const std::string&, const std::string&, const std::string&,
             std::function<void(password_verdict)>) override {}
  std::string unfit_password(std::string_view, std::string_view) const override { return {}; }
  void set_password(const std::string&, const std::string&, std::function<void(result<>)>) override {}
};

constexpr std::uint32_t import_bytes_max = 100'000;

const dispatcher& all() {
  static sessions signed_in("secret");
  static few people;
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
       {"GET", "/v", nothing, access::viewers, {"Looks", {}}},
       {"POST",
        "/b",
        nothing,
        access::operators,
        {"Writes",
         {text_parameter("t", "", 9).within(body).needed(), map_parameter("m", "", 9, 9),
          whole_parameter("n", "", 0, 9).within(body).many()}}},
       {"POST", "/b:import", nothing, access::admins, {"Imports", {}, "", 201, "text/csv", import_bytes_max}},
       {"POST", "/est", nothing, access::anybody, {"Enrols", {}, "", 200, "application/pkcs10"}},
       {"POST", "/c", nothing, access::anybody}},
      doorkeeper({"t", &signed_in, &people, {}}), nullptr);
  return made;
}

/// What comes of the bytes, given `at_once` of them each time: it must not depend on that.
std::string told(byte_view bytes, std::size_t at_once) {
  const auto from_here = [](question head) {
    head.peer.address = "127.0.0.1:1";
    head.peer.loopback = true;
    return head;
  };
  request_reader reader([&](const question& head) { return all().body_bytes_max(from_here(head), timestamp{1}); });
  std::string out;
  for (;;) {
    switch (reader.next()) {
      case request_reader::step::whole: {
        const auto found = all().find(from_here(reader.take()), timestamp{1});
        out += found.chosen == nullptr ? std::to_string(found.refusal.status)
                                       : found.chosen->pattern + " " + std::to_string(found.asked.body.size());
        // Whoever shows nothing changes nothing, and a viewer no more.
        if (found.chosen != nullptr && role_for(found.chosen->to) > found.asked.who.as &&
            found.chosen->to != access::known_peer) {
          std::abort();
        }
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
