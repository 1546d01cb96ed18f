#pragma once

#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "base/metrics.hpp"
#include "io/shard.hpp"
#include "io/stream.hpp"
#include "io/timer.hpp"
#include "io/worker.hpp"
#include "node/chain_rules.hpp"
#include "node/config.hpp"

namespace perigee::node {

/// The TLS of a node: what its listeners and its uplink show and whom they let in, kept in step with the files. They
/// are looked at every few seconds, and at once when asked to: what is new is loaded whole, or not at all, and
/// connections stay. Owned by the node, as its configuration is, on its shard; empty without a [tls] section.
class certificates {
 public:
  /// errc::malformed where a file does not load; secret::read's errors.
  [[nodiscard]] static result<std::unique_ptr<certificates>> open(const config& chosen, chain_rules& rules,
                                                                  io::shard& on, io::worker& by,
                                                                  metrics::registry& registry);

  /// Where a listener listens, and how: null TLS where its transport has none.
  [[nodiscard]] io::endpoint endpoint_of(const mqtt_config& listener) const;
  /// For the API: a certificate is asked for, and the route decides. Null without [tls].
  [[nodiscard]] std::shared_ptr<io::tls_context> api() const { return api_; }
  /// For connections of this node's own. Null without [tls].
  [[nodiscard]] std::shared_ptr<io::tls_context> client() const { return client_; }

  /// Of every certificate in use.
  [[nodiscard]] std::vector<io::tls_certificate_state> states() const;
  /// Looks at the files for as long as it is not cancelled.
  [[nodiscard]] io::task<> watch();
  /// What listeners staple for the node's own certificate, until its file changes.
  void staple(const std::shared_ptr<const byte_buffer>& answer);
  /// Looks at them now.
  void reload() { asked_.notify(); }

 private:
  certificates(const config& chosen, chain_rules& rules, io::shard& on, io::worker& by, metrics::registry& registry);

  /// Listeners that want the same share one.
  using key = std::tuple<bool, io::client_certificate, io::identity_source>;
  [[nodiscard]] key key_of(const mqtt_config& listener) const;
  [[nodiscard]] result<> make();
  [[nodiscard]] io::task<> look();
  void told(std::vector<std::expected<bool, std::string>> outcomes);
  void measure();

  const config& chosen_;
  chain_rules& rules_;
  io::shard& on_;
  io::worker& worker_;
  metrics::registry& registry_;
  metrics::counter& reloads_;
  metrics::gauge& refused_;
  std::map<key, std::shared_ptr<io::tls_context>> listeners_;
  std::shared_ptr<io::tls_context> api_;
  std::shared_ptr<io::tls_context> client_;
  std::vector<std::shared_ptr<io::tls_context>> all_;
  std::string last_refusal_;
  io::event asked_;
};

}  // namespace perigee::node
