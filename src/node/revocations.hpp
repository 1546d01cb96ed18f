#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/metrics.hpp"
#include "control/revocation/lists.hpp"
#include "doors/mqtt/access_port.hpp"
#include "doors/mqtt/ports.hpp"
#include "io/file.hpp"
#include "io/shard.hpp"
#include "io/stream.hpp"
#include "io/timer.hpp"
#include "io/worker.hpp"
#include "node/chain_rules.hpp"
#include "node/enrolment_routes.hpp"

namespace perigee::doors::mqtt {
class broker;
}

namespace perigee::node {

/// How long ago a list was made.
[[nodiscard]] double age_seconds(const control::revocation::list_state& of, timestamp now);

/// What is revoked, as lists: this node's own authority's, made anew whenever the registry changes, and those that came
/// down from the parent. They go on to the children, and to outsiders. Owned by the node, on its shard; outlives the
/// broker.
class revocations final : public doors::mqtt::standing_port {
 public:
  struct ground {
    io::shard& shard;
    io::disk& disk;
    io::worker& worker;  // writes the lists
    chain_rules& rules;
    metrics::registry& metrics;
    std::string folder;  // of the lists
  };
  /// With the lists that were kept. What is kept and is not good any more is passed over, and the log says so.
  [[nodiscard]] static result<std::unique_ptr<revocations>> open(ground on);

  /// Once: what is revoked in this registry goes into the list of this authority. Both outlive this.
  void publish(things& of, std::shared_ptr<const issuing_site> by);
  /// Once, before the first connection: whose clients are disconnected.
  void serve(doors::mqtt::broker& broker) { broker_ = &broker; }
  /// How a payload reaches a child, or all that are connected where the name is empty.
  using sender = std::function<void(std::string_view child, byte_view payload)>;
  void send_by(sender how) { send_ = std::move(how); }

  /// What the parent handed down.
  void hear(byte_view payload);
  /// A child has said hello.
  void tell(std::string_view child) const;
  /// Makes the own list anew after changes, and before it is old. Until cancelled.
  [[nodiscard]] io::task<> run();

  [[nodiscard]] std::vector<control::revocation::list_state> states() const { return lists_.states(); }
  [[nodiscard]] byte_view list_of(std::string_view issuer) const { return lists_.list_of(issuer); }
  /// How old what is known is: since the list of this issuer was made.
  void measure();

  /// Whether the certificate of a peer of the API counts now.
  [[nodiscard]] bool counts(const io::peer_info& peer) const {
    return !peer.certificate || !lists_.is_revoked(peer.certificate->issuer, peer.certificate->serial);
  }

  // Of clients, where there is no registry of things.
  [[nodiscard]] answer of(std::string_view name, const io::peer_certificate& shown,
                          doors::mqtt::moment now) const override;
  void refused(std::string_view name, std::string_view address, const char* why, doors::mqtt::moment now) override;
  void connected(std::string_view, const io::peer_certificate&, std::string_view, doors::mqtt::moment) override {}

 private:
  explicit revocations(ground on);
  void trust();
  [[nodiscard]] io::task<> make_list();
  [[nodiscard]] bool keep(control::revocation::handed_list given);
  [[nodiscard]] std::string file_of(std::string_view issuer) const;

  ground on_;
  control::revocation::lists lists_;
  doors::mqtt::broker* broker_ = nullptr;
  things* things_ = nullptr;
  std::shared_ptr<const issuing_site> authority_;
  sender send_;
  io::event changed_;
};

}  // namespace perigee::node
