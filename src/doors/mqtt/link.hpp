#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "doors/mqtt/detail/newcomer.hpp"
#include "doors/mqtt/ports.hpp"
#include "wire/mqtt/server_connection.hpp"

namespace perigee::doors::mqtt {

class broker;
namespace detail {
class session;
}

struct link_options {
  std::string name;  // of the client's certificate; empty without one
  std::string address;
  bool anonymous = false;  // a client that shows nothing is let in
  identified_by by = identified_by::either;
  std::string_view transport{};  // "tcp", "tls", "ws", "wss" or "unix", of its listener; static
  std::shared_ptr<const io::peer_certificate> certificate{};  // that `name` stands in; null without one
};

/// A stamped message that could not be stored when it came.
struct refused_stamp {
  epoch of{};
  sequence number{};
};

/// One connection as the broker sees it: the protocol's end, and the acknowledgements that wait for a commit. Made by
/// broker::attach; owned by the driver, on the broker's shard; ends before the broker.
class link final : private wire::mqtt::server_handler, public admission_waiter {
 public:
  link(broker& of, transport& by, link_options options, moment now);
  ~link() override;
  link(const link&) = delete;
  link& operator=(const link&) = delete;

  /// As wire::mqtt::server_connection::on_bytes.
  [[nodiscard]] std::size_t on_bytes(byte_view in, moment now);
  void on_end(moment now);
  void on_tick(moment now);
  /// What is to be written, from where `wrote` came to. Valid until the next call of anything.
  [[nodiscard]] byte_view output();
  /// So many bytes of `output` have gone out.
  void wrote(std::size_t n, moment now);
  /// The same for a driver that takes what there is and says later that it is written.
  void take_output(byte_buffer& into);
  void on_written(moment now);
  /// About twice a second: a connection that had nothing to say since the last call gives its memory back.
  void settle();

  [[nodiscard]] bool closed() const { return connection_.closed(); }
  /// Do not read: there are acknowledgements due, or the client does not take what it is sent.
  [[nodiscard]] bool paused() const;
  [[nodiscard]] clock::time_point deadline() const { return connection_.deadline(); }
  [[nodiscard]] std::size_t packet_bytes_wanted() const { return connection_.packet_bytes_wanted(); }

  // For the broker.

  [[nodiscard]] wire::mqtt::server_connection& connection() { return connection_; }
  [[nodiscard]] const link_options& options() const { return options_; }
  [[nodiscard]] client_identity identity() const { return {client_id_, name(), options_.address}; }
  /// Who it is known as; before it is let in, its certificate's name.
  [[nodiscard]] const std::string& name() const { return known_ ? known_->name : options_.name; }
  /// What it may do; null: everything.
  [[nodiscard]] rights* may() const { return known_ ? known_->may.get() : nullptr; }
  void know_as(std::string name, std::unique_ptr<rights> may);
  void on_admission(admission answer, moment now) override;
  /// Messages may be sent: it is connected, and takes what it is sent.
  [[nodiscard]] bool has_room() const { return connection_.connected() && output_has_room(); }
  void admit(detail::session& as);
  /// CONNACK when `what` is reached, with the last step of an enhanced authentication.
  void welcome(const wire::mqtt::acceptance& granted, byte_view last_words, const answer& what);
  /// PUBACK, PUBREC, PUBCOMP, SUBACK or UNSUBACK when everything before it is answered and `what` is reached. `codes`
  /// go into the last two.
  void acknowledge(wire::mqtt::packet_type with, wire::mqtt::packet_id id, const answer& what, byte_buffer codes = {});
  /// Sends the answers that are due. True while some wait.
  bool release();
  /// So many bytes that came from here are in the log.
  void count_share(std::size_t bytes, const answer::commit_point& at);
  [[nodiscard]] bool waits() const { return !pending_.empty() || held_back_; }
  /// Wakes the driver where there is something for it to do.
  void touch();
  /// The broker is told of every packet, for whoever traces the client.
  void set_traced(bool on) { traced_ = on; }
  [[nodiscard]] bool traced() const { return traced_; }

  detail::session* session = nullptr;
  std::unique_ptr<detail::newcomer> arriving;         // between CONNECT and CONNACK
  std::unique_ptr<authentication_exchange> exchange;  // of a client that authenticates itself again
  bool waits_for_commit = false;                      // it is in the broker's list
  /// The first of each lane that was refused on this connection and has not come again.
  std::array<std::optional<refused_stamp>, model::lane_count> refused{};

 private:
  struct pending_ack {
    wire::mqtt::packet_type with = wire::mqtt::packet_type::puback;
    wire::mqtt::packet_id id = 0;
    answer what;
  };

  /// What came since the first message that is not committed yet.
  struct uncommitted {
    std::size_t bytes = 0;
    answer::commit_point since;
  };

  void greet();
  [[nodiscard]] bool fits(wire::mqtt::packet_type answer, wire::mqtt::packet_id id);
  void on_connect(const wire::mqtt::connect& hello) override;
  void on_auth(const wire::mqtt::authentication& step) override;
  void on_publish(const wire::mqtt::publish& message) override;
  void on_release(wire::mqtt::packet_id id) override;
  void send(const pending_ack& due);
  byte_buffer take_codes();
  [[nodiscard]] bool output_has_room() const;
  [[nodiscard]] bool must_wait() const;
  [[nodiscard]] bool is_committed(const answer::commit_point& at) const;
  bool hold_back();
  void drop_gone();
  void on_subscribe(const wire::mqtt::subscribe& request) override;
  void on_unsubscribe(const wire::mqtt::unsubscribe& request) override;
  void on_acknowledged(wire::mqtt::packet_id id, wire::mqtt::reason code) override;
  void on_received(wire::mqtt::packet_id id, wire::mqtt::reason code) override;
  void on_completed(wire::mqtt::packet_id id, wire::mqtt::reason code) override;
  void on_closed(const wire::mqtt::closing& why) override;

  broker& broker_;
  transport& transport_;
  link_options options_;
  std::string client_id_;
  std::unique_ptr<detail::admitted> known_;  // null: as its certificate says, and it may do everything
  wire::mqtt::server_connection connection_;
  std::vector<pending_ack> pending_;  // from `first_pending_` on, in the order of arrival
  std::size_t first_pending_ = 0;
  std::vector<byte_buffer> codes_;  // of the SUBACKs and UNSUBACKs in pending_, in order
  struct greeting {
    wire::mqtt::acceptance granted;
    byte_buffer last_words;
  };
  std::unique_ptr<greeting> welcome_;  // the CONNACK in pending_
  std::size_t gone_ = 0;               // of the output, handed to the driver
  std::size_t shown_ = 0;              // of the output, counted and traced
  bool talked_ = false;                // since `settle`
  bool woken_ = false;
  bool was_paused_ = false;
  bool held_back_ = false;  // by a log that is crowded, or filling with what came from here
  bool traced_ = false;
  bool asked_for_node_ = false;
  uncommitted share_;
};

}  // namespace perigee::doors::mqtt
