#pragma once

#include <array>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/metrics.hpp"
#include "doors/mqtt/broker.hpp"
#include "model/record_batch.hpp"
#include "readers/uplink/receiver.hpp"

namespace perigee::node {

/// The children of a node: what comes in on `$perigee/uplink/...` goes to the uplink's receiving end. A child speaks
/// for itself alone: by its certificate's name or, on a node without any TLS listener, by its client id "uplink:NODE".
/// Owned by the node, on its shard; outlives the broker.
class children final : public doors::mqtt::internal_port {
 public:
  children(journal::journal& log, metrics::registry& registry, bool by_client_id);

  /// Once, before the first connection.
  void serve_through(doors::mqtt::broker& broker) { broker_ = &broker; }
  /// What a child said of itself at its last hello since this node started, for people.
  struct introduction {
    std::string version;
    std::string tier;
  };
  /// By name; bounded by limits::children_max.
  [[nodiscard]] const std::map<std::string, introduction, std::less<>>& introduced() const { return introduced_; }

  /// Each is told of each child that has said hello.
  void on_introduction(std::function<void(std::string_view child)> told) { told_.push_back(std::move(told)); }
  /// To a child on `$perigee/downlink/CHILD/SUBJECT`, or to all of them where the name is empty; nobody who is not
  /// connected gets it later.
  void send(std::string_view child, std::string_view subject, byte_view payload);

  /// After each commit: sends the welcomes whose marks are durable now.
  void on_commit();

  [[nodiscard]] bool wants(std::string_view topic) const override;
  [[nodiscard]] doors::mqtt::answer on_message(const doors::mqtt::client_identity& from,
                                               const wire::mqtt::publish& message, timestamp now) override;
  [[nodiscard]] bool may_subscribe(const doors::mqtt::client_identity& who, std::string_view filter) const override;

 private:
  using offsets = std::array<log_offset, model::lane_count>;
  struct pending_welcome {
    std::string child;
    offsets wait_for;  // the welcome vouches for what was staged when it was made
    byte_buffer payload;
  };

  doors::mqtt::answer on_hello(std::string_view child, byte_view payload, timestamp now);
  void tell_of_fork(std::string_view child, const readers::uplink::welcome& found, timestamp now);
  doors::mqtt::answer on_batch(std::string_view child, model::lane l, byte_view payload, timestamp now);
  doors::mqtt::answer on_newest(std::string_view child, byte_view payload);
  [[nodiscard]] bool is_durable(const offsets& all) const;

  [[nodiscard]] std::string_view child_of(const doors::mqtt::client_identity& who) const;

  journal::journal& log_;
  bool by_client_id_;  // nobody can show a certificate here
  doors::mqtt::broker* broker_ = nullptr;
  readers::uplink::receiver receiver_;
  model::batch_decoder decoder_;
  std::map<std::string, introduction, std::less<>> introduced_;
  std::vector<std::function<void(std::string_view child)>> told_;
  std::vector<pending_welcome> welcomes_;  // bounded by limits::children_max
  metrics::counter& batches_;
  metrics::counter& repeated_;
  metrics::counter& refused_;
  metrics::counter& forks_;
  metrics::counter& bytes_;
};

}  // namespace perigee::node
