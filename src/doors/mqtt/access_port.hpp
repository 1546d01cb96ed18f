#pragma once
// Who may come in, and what they may do: what the broker asks of the node (src/access decides).

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "io/peer_certificate.hpp"
#include "wire/mqtt/reason.hpp"

namespace perigee::doors::mqtt {

struct moment;

/// By what a listener's clients are known.
enum class identified_by : std::uint8_t {
  either,       // by the user where the client names one, else by its certificate
  certificate,  // by its certificate; a user name is passed over
  user,         // by the user; a certificate is only part of the encryption
  both,         // by the user, who also needs a certificate
};

/// What a client shows at CONNECT. Views last for the call.
struct credentials {
  std::string_view client_id{};    // empty: the server is to name it
  std::string_view certificate{};  // the name in its certificate; empty without one
  std::string_view address{};      // "127.0.0.1:53124"
  std::optional<std::string_view> user_name{};
  std::optional<byte_view> password{};
  identified_by by = identified_by::either;
  bool anonymous = false;  // the listener lets in who shows nothing
};

/// What one client may do. Owned by its link, on its shard; ends before the port that made it.
class rights {
 public:
  virtual ~rights() = default;
  /// Asked for each message: must be cheap.
  [[nodiscard]] virtual bool may_publish(std::string_view topic) = 0;
  /// A filter as it came, with `$share/{name}/` in front where it has that.
  [[nodiscard]] virtual bool may_subscribe(std::string_view filter) = 0;
  /// Asked for each message to it: must be cheap.
  [[nodiscard]] virtual bool may_receive(std::string_view topic) = 0;
  /// Whether the client would still be let in: success, or why not.
  [[nodiscard]] virtual wire::mqtt::reason standing() const = 0;
};

/// The answer to a client that wants in.
struct admission {
  wire::mqtt::reason code = wire::mqtt::reason::not_authorized;
  std::string name{};              // who it is, and whose its session is; empty: anonymous
  std::unique_ptr<rights> may{};   // null: everything
  std::string server_reference{};  // with use_another_server or server_moved (MQTT5 4.11)
  std::string why{};               // for the log, where it is refused
};

/// A user, as opposed to a certificate, has a name with this in front: so neither has the other's session.
inline constexpr std::string_view user_prefix = "user:";

/// Who waits for an admission.
class admission_waiter {
 public:
  virtual ~admission_waiter() = default;
  virtual void on_admission(admission answer, moment now) = 0;
};

/// The server's side of an enhanced authentication (MQTT5 4.12). Owned by the link; ends with the connection.
class authentication_exchange {
 public:
  struct step {
    std::optional<admission> ended{};  // nothing: it goes on, with `data` for the client
    byte_buffer data{};
  };

  virtual ~authentication_exchange() = default;
  [[nodiscard]] virtual step on_data(byte_view data, moment now) = 0;
};

/// Implemented by the node; on the broker's shard; outlives the broker.
class access_port {
 public:
  virtual ~access_port() = default;
  /// At once, or nothing: then `waits` is told later, unless it gives up. It may wait for one answer at a time.
  [[nodiscard]] virtual std::optional<admission> admit(const credentials& shown, admission_waiter& waits,
                                                       moment now) = 0;
  virtual void give_up(admission_waiter& waits) = 0;
  /// Null: the method is not known here.
  [[nodiscard]] virtual std::unique_ptr<authentication_exchange> begin(std::string_view method,
                                                                       const credentials& shown) = 0;
};

/// Whether those who show a certificate may be connected: what the site knows of the thing and of the certificate.
/// Implemented by the node; on the broker's shard; outlives the broker.
class standing_port {
 public:
  struct answer {
    wire::mqtt::reason code = wire::mqtt::reason::success;
    const char* why = "";  // for the log, where it may not
  };

  virtual ~standing_port() = default;
  /// Who shows this certificate, which says `name`: the site may know it by another.
  [[nodiscard]] virtual std::string name_of(std::string name, const io::peer_certificate& shown) const {
    (void)shown;
    return name;
  }
  /// What a certificate is good for that is not a thing's, whatever access_port says; null: a thing's.
  [[nodiscard]] virtual std::unique_ptr<rights> only_rights_of(const io::peer_certificate& shown) const {
    (void)shown;
    return nullptr;
  }
  /// Asked before anything else of a CONNECT, and again of whoever is connected when something has changed.
  [[nodiscard]] virtual answer of(std::string_view name, const io::peer_certificate& shown, moment now) const = 0;
  /// One that may not was turned away.
  virtual void refused(std::string_view name, std::string_view address, const char* why, moment now) = 0;
  /// One that may was let in.
  virtual void connected(std::string_view name, const io::peer_certificate& shown, std::string_view address,
                         moment now) = 0;
};

}  // namespace perigee::doors::mqtt
