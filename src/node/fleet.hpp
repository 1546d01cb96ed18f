#pragma once

#include <memory>
#include <string>

#include "control/enrolment/fleet.hpp"
#include "doors/mqtt/broker.hpp"
#include "io/scope.hpp"
#include "node/enrolment_routes.hpp"
#include "node/things.hpp"

namespace perigee::node {

/// AWS IoT fleet provisioning on the node's broker: `$aws/certificates/...` and `$aws/provisioning-templates/...`. Who
/// shows a claim may speak these topics and nothing else; what is answered goes to who asked alone.
/// docs/provisioning.md. Owned by the node, on its shard; outlives the broker.
class fleet final : public doors::mqtt::internal_port {
 public:
  /// What is under way runs in `services`.
  fleet(things& of, std::shared_ptr<const issuing_site> by, doors::mqtt::broker& broker, io::scope& services)
      : of_(of), by_(std::move(by)), broker_(broker), services_(services) {}

  [[nodiscard]] bool wants(std::string_view topic) const override;
  [[nodiscard]] doors::mqtt::answer on_message(const doors::mqtt::client_identity& from,
                                               const wire::mqtt::publish& message, timestamp now) override;
  [[nodiscard]] bool may_subscribe(const doors::mqtt::client_identity& who, std::string_view filter) const override;

 private:
  /// One request, with what the views in it spoke of.
  struct question {
    std::string client_id;
    std::string name;
    std::string address;
    std::string topic;
    byte_buffer payload;
  };
  io::task<> serve(question asked);
  void answer(const question& asked, std::string_view end, const std::string& payload);

  things& of_;
  std::shared_ptr<const issuing_site> by_;
  doors::mqtt::broker& broker_;
  io::scope& services_;
};

/// What who shows a claim for this template may do.
[[nodiscard]] std::unique_ptr<doors::mqtt::rights> rights_of_claim(std::string template_name);

}  // namespace perigee::node
