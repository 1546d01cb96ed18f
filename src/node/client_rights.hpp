#pragma once

#include <optional>
#include <string>
#include <vector>

#include "access/policy.hpp"
#include "crypto/password.hpp"
#include "doors/mqtt/access_port.hpp"

namespace perigee::node {

class gate;

/// What one client may do, by the policy that is in force. Verdicts are remembered, a bounded number of them, for a
/// client publishes on few topics again and again. Owned by the client's link; ends before the gate.
class client_rights final : public doors::mqtt::rights {
 public:
  client_rights(gate& of, access::principal who, bool is_user, const std::optional<crypto::digest>& token);

  [[nodiscard]] bool may_publish(std::string_view topic) override;
  [[nodiscard]] bool may_subscribe(std::string_view filter) override;
  [[nodiscard]] bool may_receive(std::string_view topic) override;
  [[nodiscard]] wire::mqtt::reason standing() const override;

 private:
  struct verdict {
    std::string topic;
    access::action what{};
    bool allowed = false;
  };

  void follow_reloads();
  [[nodiscard]] bool decide(access::action what, std::string_view topic);

  gate& gate_;
  access::principal who_;
  std::optional<crypto::digest> token_;
  std::uint64_t generation_ = 0;
  bool is_user_;
  bool restricted_ = false;
  bool receiving_is_limited_ = false;
  std::vector<verdict> verdicts_;  // by the hash of the topic; a power of two of them, or none yet
};

}  // namespace perigee::node
