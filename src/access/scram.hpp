#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "access/credential.hpp"
#include "base/bytes.hpp"
#include "base/function_ref.hpp"

namespace perigee::access {

inline constexpr std::string_view scram_method = "SCRAM-SHA-256";

/// The server's side of one SCRAM-SHA-256 exchange (RFC 5802, RFC 7677), without channel binding, which MQTT 5 has no
/// place for. No IO and no randomness of its own. An unknown user gets a salt like a known one's and is refused at the
/// end, so that nobody learns who is known. Owned by one connection; ends with its authentication.
class scram_server {
 public:
  enum class status : std::uint8_t {
    goes_on,  // send `data`, and come back with the client's answer
    proven,   // the client knows the password: `data` proves to it that this server does
    refused,  // it does not, or does not speak SCRAM
  };
  struct step {
    status is = status::refused;
    std::string data{};
    const char* why = "";  // where refused: for the log, never for the peer
  };
  /// The user's verifier; null where there is none. It is copied.
  using finder = function_ref<const scram_verifier*(std::string_view user)>;

  /// `nonce`: printable, without ',', new for each exchange, 18 random bytes or more in base64. `salt_secret`: the same
  /// for each exchange of this process, so that an unknown user's salt stays the same.
  scram_server(std::string nonce, byte_view salt_secret)
      : nonce_(std::move(nonce)), salt_secret_(to_buffer(salt_secret)) {}

  /// The client's next message. A message of nothing at the start asks the client to begin.
  [[nodiscard]] step on_message(std::string_view message, finder find);
  /// Who the client says it is; empty before its first message.
  [[nodiscard]] const std::string& user() const { return user_; }

 private:
  enum class state : std::uint8_t { awaiting_first, awaiting_final, over };

  step on_first(std::string_view message, finder find);
  step on_final(std::string_view message);
  step refuse(const char* why);
  [[nodiscard]] scram_verifier stand_in() const;

  state state_ = state::awaiting_first;
  std::string nonce_;
  byte_buffer salt_secret_;
  std::string user_;
  bool known_ = false;
  scram_verifier verifier_;
  std::string gs2_header_;
  std::string first_bare_;
  std::string server_first_;
};

}  // namespace perigee::access
