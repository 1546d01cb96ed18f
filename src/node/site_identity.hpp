#pragma once

#include <memory>
#include <string_view>

#include "api/doorkeeper.hpp"
#include "api/route.hpp"
#include "io/scope.hpp"
#include "node/certificates.hpp"
#include "node/chain_rules.hpp"
#include "node/children.hpp"
#include "node/registrar.hpp"
#include "node/revocations.hpp"

namespace perigee::node {

/// Who is known and believed at this node: how certificates are judged, what is revoked, and with [identity] the
/// registrar. Owned by the node, on its shard; outlives the broker, the API and every connection.
class site_identity {
 public:
  struct ground {
    io::shard& shard;
    io::disk& disk;
    io::worker& worker;
    const config& chosen;
    metrics::registry& metrics;
  };
  explicit site_identity(ground on);

  /// For the certificates, which are opened before all else.
  [[nodiscard]] chain_rules& rules() { return rules_; }

  /// What is around it, and outlives it.
  struct surroundings {
    doors::mqtt::broker& broker;
    node::children& children;
    internal_topics& topics;
    journal::journal& log;
    io::scope& services;
  };
  /// Once, before the first connection.
  [[nodiscard]] result<> open(const surroundings& in);

  /// Null without [identity].
  [[nodiscard]] const things* known() const { return registrar_ ? &registrar_->things() : nullptr; }
  /// What it issues with; null where it issues nothing.
  [[nodiscard]] std::shared_ptr<issuing_site> authority() const {
    return registrar_ ? registrar_->authority() : nullptr;
  }

  /// What the parent sent down on `$perigee/downlink/NODE/SUBJECT`.
  void hear(std::string_view topic, byte_view payload);
  /// Whose the certificate of a peer of the API is now.
  [[nodiscard]] api::certificate_of whose(const io::peer_info& peer) const;
  [[nodiscard]] api::routes routes();
  /// Until the scope closes.
  void start(io::scope& services, certificates& shown);
  /// Gauges that are asked for rather than kept.
  void measure();

 private:
  [[nodiscard]] result<> open_revocations(const surroundings& in);

  ground on_;
  chain_rules rules_;
  std::unique_ptr<revocations> revocations_;  // null where nobody shows a certificate
  std::unique_ptr<registrar> registrar_;      // null without [identity]
};

}  // namespace perigee::node
