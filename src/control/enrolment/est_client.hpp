#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "client/http_client.hpp"
#include "control/enrolment/renewal_files.hpp"
#include "io/stream.hpp"

namespace perigee::control::enrolment {

/// What a parent answered.
struct est_answer {
  unsigned status = 0;                         // of HTTP: 200, 202 (ask again), 401, 403, ...
  std::vector<identity::certificate> chain{};  // of 200
  std::string why{};                           // of the others: a sentence
  std::string date{};                          // when, as the parent's `Date` field has it (RFC 9110 5.6.7)

  std::optional<std::uint16_t> mqtts_port{};  // of `prove`: where the parent takes MQTT over TLS

  [[nodiscard]] bool is_good() const { return status == 200; }
};

/// What for a node asks its parent: the label of EST (RFC 7030 3.2.2).
enum class est_label : std::uint8_t {
  node,     // its own identity
  gateway,  // an authority that is constrained to its name
};

/// Asks a parent by EST (RFC 7030). Each question has a connection of its own, whose TLS the caller chooses: without an
/// authority for the first cacerts, with the old certificate or the new one at a renewal. Errors are those of the
/// connection; what the parent says no to is an answer. On one shard; outlives its questions.
class est_client {
 public:
  est_client(io::shard& on, io::network& through, client::https_address to)
      : on_(on), network_(through), to_(std::move(to)) {}

  using tls = std::shared_ptr<io::tls_context>;
  /// The authorities of the site (RFC 7030 4.1): nothing is verified but what `over` verifies.
  [[nodiscard]] io::task<est_answer> authorities(tls over);
  /// A first certificate (4.2.1). `request` in PEM.
  [[nodiscard]] io::task<est_answer> enrol(tls over, est_label as, std::string name, std::string token,
                                           std::string request);
  /// The next one (4.2.2). `over` shows the node's own certificate, an authority's too: that one is for no connection.
  [[nodiscard]] io::task<est_answer> renew(tls over, est_label as, std::string request);
  /// Whether the parent takes the certificate that `over` shows: 200.
  [[nodiscard]] io::task<est_answer> prove(tls over);
  /// What time it is, from a parent below these authorities (a file), for who does not know: it is believed where its
  /// certificates are valid at the time that it tells. errc::malformed where it tells none.
  [[nodiscard]] io::task<timestamp> time(std::string authority);

 private:
  [[nodiscard]] io::task<client::http_answer> ask(client::http_question asked, tls over);
  [[nodiscard]] io::task<est_answer> post(std::string path, std::string request, std::string authorization, tls over);

  io::shard& on_;
  io::network& network_;
  client::https_address to_;
};

}  // namespace perigee::control::enrolment
