#pragma once

#include <memory>
#include <string>

#include "base/metrics.hpp"
#include "client/back_off.hpp"
#include "control/enrolment/est_client.hpp"
#include "control/enrolment/renewal_times.hpp"
#include "io/worker.hpp"
#include "node/certificates.hpp"
#include "node/config.hpp"
#include "node/enrolment_routes.hpp"

namespace perigee::node {

/// What a rotation renews.
enum class renewed : std::uint8_t {
  identity,   // the node's own: `certificate` of [tls]
  authority,  // a gateway's: issuing.pem in the folder of [identity]. Its key stays: certificates and revocation lists
              // that were issued by it go on being good
};
[[nodiscard]] std::string_view name_of(renewed what);

/// Renews a certificate of this node by itself: at 2/3 of its life the steps of control::enrolment::renewal_step, then
/// again with longer and longer pauses until one attempt succeeds, also when the certificate has expired meanwhile. Its
/// connections stay; who connects from then on sees the new certificate. Where `renew` names a parent, that of the
/// identity also keeps the authorities as the parent says they are. Owned by the node, on its shard; the journal's
/// worker writes its files.
class rotation {
 public:
  struct means {
    io::shard& on;
    io::network& through;
    io::disk& disk;
    io::worker& by;
    certificates& in_use;
    metrics::registry& metrics;
    std::shared_ptr<issuing_site> own;  // issues for renew = "self"; else may be null
    std::uint64_t seed;
  };
  /// What is known of the certificate in use, for people and alarms.
  struct state {
    std::string name;
    control::enrolment::validity of{};  // both 0 where it cannot be read
    timestamp due{};
    std::string failing{};  // why the last attempt failed; empty: it did not
  };

  /// With `renew` in [identity], which also asks for [tls].
  rotation(const config& chosen, renewed what, means by);

  /// Until cancelled.
  [[nodiscard]] io::task<> run();
  /// An attempt now.
  void renew_now();
  [[nodiscard]] const state& now() const { return state_; }

 private:
  using est_client = control::enrolment::est_client;
  using est_answer = control::enrolment::est_answer;
  using renewal_files = control::enrolment::renewal_files;
  using chain = std::vector<identity::certificate>;

  [[nodiscard]] bool is_due() const;
  [[nodiscard]] io::task<> read_current();
  [[nodiscard]] io::task<> attempt();
  [[nodiscard]] io::task<> advance();
  [[nodiscard]] io::task<> ask();
  [[nodiscard]] io::task<chain> certificate_for(const identity::private_key& key);
  [[nodiscard]] io::task<> prove();
  [[nodiscard]] io::task<> take();
  [[nodiscard]] io::task<> refresh_roots();
  [[nodiscard]] io::task<chain> roots();
  /// errc::refused with the parent's sentence as the reason that is told.
  [[nodiscard]] std::unexpected<error> refuse(std::string why);
  template <class T, class Work>
  [[nodiscard]] io::task<T> off_the_shard(Work what);

  [[nodiscard]] result<> check(const identity::private_key& key, const chain& came, const chain& trusted) const;
  [[nodiscard]] std::string called() const;

  const config& chosen_;
  renewed what_;
  means means_;
  renewal_files files_;
  std::unique_ptr<est_client> parent_;  // null: this node's own authority issues
  state state_;
  client::back_off pauses_;
  clock::time_point retry_at_{};  // not before, after an attempt that failed
  clock::time_point roots_at_{};  // the next look at the parent's authorities
  bool under_way_ = false;        // something is pending on the disk
  bool wanted_now_ = false;
  std::string why_;  // of the attempt under way
  metrics::counter& renewed_;
  metrics::gauge& failing_;
  io::event asked_;
};

}  // namespace perigee::node
