#include "doors/mqtt/link.hpp"

#include "base/check.hpp"
#include "base/limits.hpp"
#include "doors/mqtt/broker.hpp"
#include "wire/mqtt/node_property.hpp"

namespace perigee::doors::mqtt {

namespace wire = perigee::wire::mqtt;

namespace {

constexpr std::size_t share_bytes_max = 64U << 10;  // uncommitted, of one client while the log is filling

}  // namespace

link::link(broker& of, transport& by, link_options options, moment now)
    : broker_(of), transport_(by), options_(std::move(options)), connection_(*this, of.options_.protocol, now.mono) {}

link::~link() {
  connection_.on_end();
  broker_.stop_waiting(*this);
  broker_.forget(*this);
}

std::size_t link::on_bytes(byte_view in, moment now) {
  broker_.set_now(now);
  if (hold_back()) return 0;
  const detail::traces::reading whole(broker_.traces_);
  const auto taken = connection_.on_bytes(in, now.mono);
  broker_.passed(*this, detail::direction::received, in.first(taken));
  if (session != nullptr) broker_.pump(*session);
  hold_back();
  was_paused_ = paused();
  touch();
  return taken;
}

/// A publisher waits like any other reader of a file that is written too slowly: its socket fills.
bool link::must_wait() const {
  const auto level = broker_.log_.staging();
  if (level == journal::staging_level::crowded) return true;
  return level == journal::staging_level::filling && share_.bytes > share_bytes_max && !is_committed(share_.since);
}

bool link::is_committed(const answer::commit_point& at) const { return broker_.log_.committed(at.lane) > at.offset; }

void link::count_share(std::size_t bytes, const answer::commit_point& at) {
  const bool is_past = share_.bytes > share_bytes_max && is_committed(share_.since);  // below, it does not matter
  if (share_.bytes == 0 || is_past) share_ = {0, at};
  share_.bytes += bytes;
}

bool link::hold_back() {
  if (!must_wait()) return false;
  held_back_ = was_paused_ = true;
  broker_.wait_for_commit(*this);
  return true;
}

void link::on_end(moment now) {
  broker_.set_now(now);
  connection_.on_end();
}

void link::on_tick(moment now) {
  broker_.set_now(now);
  connection_.on_tick(now.mono);
  touch();
}

byte_view link::output() {
  const byte_view all = connection_.output();
  broker_.passed(*this, detail::direction::sent, all.subspan(shown_));
  shown_ = all.size();
  woken_ = false;
  talked_ = true;
  return all.subspan(gone_);
}

void link::wrote(std::size_t n, moment now) {
  gone_ += n;
  if (gone_ == connection_.output_bytes()) return on_written(now);
  if (gone_ > connection_.output_bytes() / 2) drop_gone();
}

void link::take_output(byte_buffer& into) {
  PG_CHECK(into.empty(), "output would be lost");
  const auto all = output();
  into.assign(all.begin(), all.end());
  gone_ = shown_;
}

void link::on_written(moment now) {
  drop_gone();
  broker_.set_now(now);
  if (session != nullptr) broker_.pump(*session);
  touch();
}

byte_buffer link::take_codes() {
  auto out = std::move(codes_.front());
  codes_.erase(codes_.begin());
  return out;
}

void link::drop_gone() {
  auto& all = connection_.output();
  all.erase(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(gone_));
  shown_ -= gone_;
  gone_ = 0;
}

void link::settle() {
  if (!std::exchange(talked_, false) && connection_.output().empty()) connection_.output() = byte_buffer();
}

bool link::output_has_room() const { return connection_.output_bytes() < limits::mqtt_output_bytes_max; }

bool link::paused() const { return connection_.paused() || !output_has_room() || held_back_; }

void link::touch() {
  const bool may_read_again = was_paused_ && !paused();
  if (woken_ || (connection_.output_bytes() == gone_ && !may_read_again && !closed())) return;
  woken_ = true;
  was_paused_ = was_paused_ && !may_read_again;
  transport_.wake();
}

void link::admit(detail::session& as) {
  session = &as;
  client_id_ = as.client_id();
}

void link::welcome(const wire::acceptance& granted, byte_view last_words, const answer& what) {
  welcome_ = std::make_unique<greeting>(granted, to_buffer(last_words));
  welcome_->granted.authentication_data = welcome_->last_words;
  acknowledge(wire::packet_type::connack, 0, what);
}

void link::know_as(std::string as, std::unique_ptr<rights> may) {
  if (may == nullptr && as == options_.name) return;
  known_ = std::make_unique<detail::admitted>(std::move(as), std::move(may));
}

void link::on_admission(admission answer, moment now) {
  if (connection_.closed()) return;
  broker_.set_now(now);
  broker_.let_in_arrived(*this, std::move(answer));
  if (session != nullptr) broker_.pump(*session);
  touch();
}

void link::acknowledge(wire::packet_type with, wire::packet_id id, const answer& what, byte_buffer codes) {
  pending_.push_back({with, id, what});
  if (with == wire::packet_type::suback || with == wire::packet_type::unsuback) codes_.push_back(std::move(codes));
  release();
}

bool link::release() {
  while (first_pending_ < pending_.size() && broker_.is_reached(pending_[first_pending_].what)) {
    send(pending_[first_pending_++]);
  }
  if (first_pending_ == pending_.size()) {
    pending_.clear();
    first_pending_ = 0;
  } else if (first_pending_ > pending_.size() / 2) {
    pending_.erase(pending_.begin(), pending_.begin() + static_cast<std::ptrdiff_t>(first_pending_));
    first_pending_ = 0;
  }
  held_back_ = held_back_ && must_wait();
  return waits();
}

void link::send(const pending_ack& due) {
  if (closed()) return;
  switch (due.with) {
    case wire::packet_type::connack: return greet();
    case wire::packet_type::suback: return connection_.suback(due.id, take_codes());
    case wire::packet_type::unsuback: return connection_.unsuback(due.id, take_codes());
    case wire::packet_type::pubrec: return connection_.receive(due.id, due.what.code);
    case wire::packet_type::pubcomp:
      if (session != nullptr && due.what.after) broker_.completed(*session, due.id, due.what.after->lane);
      return connection_.complete(due.id, due.what.code);
    default: return connection_.ack(due.id, due.what.code);
  }
}

void link::greet() {
  const auto said = std::exchange(welcome_, nullptr);
  const auto responses = broker_.response_information(client_id_);
  said->granted.response_information = responses;
  const auto own_name = asked_for_node_ ? broker_.own_name() : byte_buffer();
  said->granted.user_properties = own_name;
  if (connection_.accept(said->granted)) return broker_.pump(*session);
  broker_.disconnected(*this, {.code = wire::reason::packet_too_large,
                               .what = "the client takes no packet as large as its CONNACK",
                               .send_will = false});
}

void link::on_connect(const wire::connect& hello) {
  if (broker_.traces_.covers(hello.client_id)) {
    client_id_ = hello.client_id;
    traced_ = true;
  }
  asked_for_node_ = wire::find_user_property(hello.properties, wire::node_property).has_value();
  broker_.introduce(*this, hello);
}
void link::on_auth(const wire::authentication& step) {
  if (arriving) return broker_.go_on_with_exchange(*this, step.data);
  broker_.authenticate_again(*this, step);
}
void link::on_publish(const wire::publish& message) { broker_.publish(*this, message); }
void link::on_release(wire::packet_id id) { broker_.release(*this, id); }
void link::on_subscribe(const wire::subscribe& request) { broker_.subscribe(*this, request); }
void link::on_unsubscribe(const wire::unsubscribe& request) { broker_.unsubscribe(*this, request); }
void link::on_acknowledged(wire::packet_id id, wire::reason) {
  if (fits(wire::packet_type::puback, id)) session->on_acknowledged(broker_.context_, id);
}
void link::on_received(wire::packet_id id, wire::reason code) {
  if (fits(wire::packet_type::pubrec, id)) session->on_received(broker_.context_, id, code);
}
void link::on_completed(wire::packet_id id, wire::reason) {
  if (fits(wire::packet_type::pubcomp, id)) session->on_completed(broker_.context_, id);
}
/// False too where it does not fit: then that was the end.
bool link::fits(wire::packet_type answer, wire::packet_id id) {
  if (session == nullptr) return false;
  if (!session->contradicts(answer, id)) return true;
  constexpr auto what = "an acknowledgement that is not the message's next";
  connection_.disconnect(wire::reason::protocol_error, {.reason_string = what});
  broker_.disconnected(*this, {.code = wire::reason::protocol_error, .what = what});
  return false;
}
void link::on_closed(const wire::closing& why) {
  broker_.stop_waiting(*this);
  broker_.disconnected(*this, why);
}

}  // namespace perigee::doors::mqtt
