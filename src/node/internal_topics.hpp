#pragma once

#include <vector>

#include "doors/mqtt/ports.hpp"

namespace perigee::node {

/// Several who serve topics that start with `$`: the first that wants a message gets it. Owned by the node; those that
/// are added outlive it.
class internal_topics final : public doors::mqtt::internal_port {
 public:
  void add(doors::mqtt::internal_port& one) { all_.push_back(&one); }

  [[nodiscard]] bool wants(std::string_view topic) const override { return server_of(topic) != nullptr; }
  [[nodiscard]] doors::mqtt::answer on_message(const doors::mqtt::client_identity& from,
                                               const wire::mqtt::publish& message, timestamp now) override {
    auto* one = server_of(message.topic);
    if (one == nullptr) return {wire::mqtt::reason::not_authorized};
    return one->on_message(from, message, now);
  }
  [[nodiscard]] bool may_subscribe(const doors::mqtt::client_identity& who, std::string_view filter) const override {
    for (const auto* one : all_) {
      if (one->may_subscribe(who, filter)) return true;
    }
    return false;
  }

 private:
  [[nodiscard]] doors::mqtt::internal_port* server_of(std::string_view topic) const {
    for (auto* one : all_) {
      if (one->wants(topic)) return one;
    }
    return nullptr;
  }

  std::vector<doors::mqtt::internal_port*> all_;
};

}  // namespace perigee::node
