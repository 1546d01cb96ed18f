// Any bytes as a client's two messages, with a line break between them: refused, or answered; never proven.

#include <cstdint>

#include "access/scram.hpp"
#include "base/check.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace perigee;
  using namespace perigee::access;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  static const auto verifier =
      *scram_verifier::make("a long password that nobody guesses", as_bytes("0123456789abcdef"), 4096);
  const auto find = [](std::string_view user) { return user == "user" ? &verifier : nullptr; };
  scram_server server("server-nonce", as_bytes("secret"));
  const auto middle = text.find('\n');
  const auto first = server.on_message(text.substr(0, middle), find);
  PG_CHECK(first.is != scram_server::status::proven, "nothing is proven by the first message");
  if (middle == std::string_view::npos || first.is != scram_server::status::goes_on) return 0;
  // With this exchange's nonce in place, so that more than the nonce is tried.
  auto final = std::string(text.substr(middle + 1));
  if (const auto at = final.find("@"); at != std::string::npos && first.data.starts_with("r=")) {
    final.replace(at, 1, first.data.substr(2, first.data.find(',') - 2));
  }
  PG_CHECK(server.on_message(final, find).is != scram_server::status::proven, "nobody knows the password");
  return 0;
}
