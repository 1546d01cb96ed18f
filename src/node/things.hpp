#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "api/awaited.hpp"
#include "api/doorkeeper.hpp"
#include "base/identity_limits.hpp"
#include "base/metrics.hpp"
#include "control/registry/registry.hpp"
#include "doors/mqtt/access_port.hpp"
#include "io/file.hpp"
#include "io/shard.hpp"
#include "io/stream.hpp"
#include "io/worker.hpp"
#include "node/chain_rules.hpp"

namespace perigee::doors::mqtt {
class broker;
}

namespace perigee::node {

/// The things that the node knows: their registry on a worker of its own, and in memory who may connect. What a change
/// makes of that is in force here before the change is answered. Owned by the node, on its shard; outlives the broker
/// and the API.
class things final : public doors::mqtt::standing_port {
 public:
  [[nodiscard]] static result<std::unique_ptr<things>> open(io::shard& on, io::disk& disk, const std::string& folder,
                                                            metrics::registry& metrics);
  ~things() override;

  /// Once, before the first connection: whose clients are asked about, and disconnected when they may not stay.
  void serve(doors::mqtt::broker& broker);
  /// Writes when things were last seen, and ends the grace of superseded certificates. Until cancelled.
  [[nodiscard]] io::task<> run();

  /// Runs `work` with the registry, on its worker, and waits for the answer. errc::full where limits::
  /// registry_changes_waiting_max wait already.
  template <class T>
  using work = std::move_only_function<control::registry::outcome<T>(control::registry::registry&)>;
  template <class T>
  [[nodiscard]] io::task<control::registry::outcome<T>> ask(work<T> what) {
    if (waiting_ >= limits::registry_changes_waiting_max) co_return fail(errc::full, "the registry has too much to do");
    co_return co_await api::ask<control::registry::outcome<T>>(
        on_, [this, &what](auto done) { submit<T>(std::move(what), std::move(done)); });
  }

  /// Once, before the first request: each change is also a report for the parent.
  void report_changes() { registry_->report_changes(); }
  /// Goes up whenever the registry has changed.
  [[nodiscard]] std::uint64_t changes() const { return changes_; }

  /// Whose the certificate of a peer of the API is: a thing's that may connect now, or, where there is no thing of that
  /// name, a person's.
  [[nodiscard]] api::certificate_of whose(const io::peer_info& peer) const;
  /// Once: handshakes ask what is revoked here, connections what is revoked elsewhere, and the audit has what
  /// handshakes refuse. The rules outlive this.
  void judge_by(chain_rules& rules);
  /// Called when a certificate was revoked, or a thing suspended or resumed.
  void on_revocation(std::function<void()> told) { told_ = std::move(told); }

  [[nodiscard]] answer of(std::string_view name, const io::peer_certificate& shown,
                          doors::mqtt::moment now) const override;
  [[nodiscard]] std::string name_of(std::string name, const io::peer_certificate& shown) const override;
  [[nodiscard]] std::unique_ptr<doors::mqtt::rights> only_rights_of(const io::peer_certificate& shown) const override;
  void refused(std::string_view name, std::string_view address, const char* why, doors::mqtt::moment now) override;
  void connected(std::string_view name, const io::peer_certificate& shown, std::string_view address,
                 doors::mqtt::moment now) override;

 private:
  things(io::shard& on, std::unique_ptr<control::registry::registry> held, control::registry::changes all,
         metrics::registry& metrics);

  template <class T>
  void submit(work<T> what, std::function<void(result<control::registry::outcome<T>>)> done) {
    struct job {
      work<T> what;
      control::registry::outcome<T> answer = std::unexpected(control::registry::refusal(errc::cancelled, "not asked"));
      control::registry::changes made{};
    };
    auto one = std::make_shared<job>(std::move(what));
    ++waiting_;
    worker_->submit(
        [this, one] {
          one->answer = one->what(*registry_);
          one->made = registry_->take_changes();
        },
        [this, one, done = std::move(done)] {
          --waiting_;
          apply(one->made);
          done(std::move(one->answer));
        });
  }
  void apply(const control::registry::changes& made);
  void note_refusal(std::string name, std::string address, std::string why, timestamp at);
  void write_seen();
  void end_provisioning();

  io::shard& on_;
  std::unique_ptr<control::registry::registry> registry_;  // of the worker
  control::registry::standing standing_;
  doors::mqtt::broker* broker_ = nullptr;
  const chain_rules* rules_ = nullptr;
  std::function<void()> told_;
  std::size_t waiting_ = 0;
  std::uint64_t changes_ = 0;
  std::map<std::string, timestamp, std::less<>> seen_;           // not written yet
  std::map<std::string, clock::time_point, std::less<>> noted_;  // refusals that the audit has of late
  metrics::counter& refused_;
  metrics::gauge& known_;
  std::unique_ptr<io::worker> worker_;  // the last, so that nothing comes back from it to one that is half gone
};

}  // namespace perigee::node
