#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "access/scram.hpp"
#include "access/slow_down.hpp"
#include "base/metrics.hpp"
#include "doors/mqtt/broker.hpp"
#include "io/shard.hpp"
#include "io/task.hpp"
#include "io/worker.hpp"
#include "node/access_files.hpp"
#include "node/token_uses.hpp"

namespace perigee::node {

/// Who comes in at the MQTT door and what they may do there, by the user file and the policy file. Passwords are
/// checked on a worker of their own, one after another; everything else on the shard. Owned by the node, on its shard;
/// outlives the broker.
class gate final : public doors::mqtt::access_port {
 public:
  /// `secret`: random bytes of this process, for nonces.
  gate(io::shard& on, io::disk& disk, access_config files, std::shared_ptr<const access_lists> lists,
       std::string secret, metrics::registry& registry);
  ~gate() override;

  /// Once, before the first connection: who is told when the files have changed.
  void serve(doors::mqtt::broker& broker) { broker_ = &broker; }
  /// Reads the files again soon; what is wrong with them is logged, and then those before stay. `then` is told on the
  /// shard whether they are in force as they are now.
  void reload(std::function<void(bool in_force)> then = {});
  /// Follows the files, and tokens that expire. Until cancelled.
  [[nodiscard]] io::task<> watch();

  [[nodiscard]] std::optional<doors::mqtt::admission> admit(const doors::mqtt::credentials& shown,
                                                            doors::mqtt::admission_waiter& waits,
                                                            doors::mqtt::moment now) override;
  void give_up(doors::mqtt::admission_waiter& waits) override;
  [[nodiscard]] std::unique_ptr<doors::mqtt::authentication_exchange> begin(
      std::string_view method, const doors::mqtt::credentials& shown) override;

  [[nodiscard]] const access_config& files() const { return files_; }
  [[nodiscard]] token_uses& uses() { return uses_; }

  // For what it gives out.

  [[nodiscard]] const std::shared_ptr<const access_lists>& lists() const { return lists_; }
  /// Goes up with each reload.
  [[nodiscard]] std::uint64_t generation() const { return generation_; }
  [[nodiscard]] std::string next_nonce();
  [[nodiscard]] const std::string& secret() const { return secret_; }
  /// The client is who it says: by the policy it is let in, sent elsewhere, or refused.
  [[nodiscard]] doors::mqtt::admission let_in(const access::principal& who, bool is_user,
                                              const std::optional<crypto::digest>& token);
  [[nodiscard]] doors::mqtt::admission refuse(wire::mqtt::reason code, std::string why);
  [[nodiscard]] bool must_wait(std::string_view address, clock::time_point now) const;
  void failed(std::string_view address, clock::time_point now);
  void succeeded(std::string_view address);

 private:
  struct check;

  [[nodiscard]] std::optional<doors::mqtt::admission> admit_user(const doors::mqtt::credentials& shown,
                                                                 doors::mqtt::admission_waiter& waits,
                                                                 doors::mqtt::moment now);
  [[nodiscard]] doors::mqtt::admission admit_token(const doors::mqtt::credentials& shown, std::string_view token,
                                                   doors::mqtt::moment now);
  [[nodiscard]] doors::mqtt::admission admit_without_user(const doors::mqtt::credentials& shown);
  void start_check(const doors::mqtt::credentials& shown, doors::mqtt::admission_waiter& waits);
  void end_check(check& done);
  [[nodiscard]] doors::mqtt::admission judge(const check& done, clock::time_point now);
  void apply(const std::expected<std::shared_ptr<const access_lists>, diagnostics>& read);
  [[nodiscard]] bool a_token_expired(timestamp since, timestamp until) const;

  io::shard& on_;
  io::disk& disk_;
  access_config files_;
  std::shared_ptr<const access_lists> lists_;
  std::string secret_;
  doors::mqtt::broker* broker_ = nullptr;
  access::slow_down slow_down_;
  std::map<doors::mqtt::admission_waiter*, std::shared_ptr<check>> waiting_;
  std::size_t checks_ = 0;  // handed to the worker, given up ones too
  std::uint64_t generation_ = 1;
  std::uint64_t nonces_ = 0;
  bool reading_ = false;
  bool read_again_ = false;
  std::vector<std::function<void(bool in_force)>> told_;  // once they are read
  token_uses uses_;
  std::string stamp_;
  metrics::counter& let_in_;
  metrics::counter& refused_;
  metrics::counter& slowed_down_;
  metrics::counter& reloads_;
  metrics::gauge& checks_waiting_;
  metrics::gauge& users_;
  std::unique_ptr<io::worker> worker_;  // the last, so that nothing comes back from it to a gate that is half gone
};

}  // namespace perigee::node
