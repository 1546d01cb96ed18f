// Who is let in, and what was allowed once and is no more.

#include <vector>

#include "base/log.hpp"
#include "doors/mqtt/broker.hpp"
#include "doors/mqtt/detail/newcomer.hpp"

namespace perigee::doors::mqtt {

namespace wire = perigee::wire::mqtt;

namespace {

constexpr std::string_view place_name = "doors.mqtt";
constexpr std::string_view uplink_prefix = "uplink:";  // of the client id that a child node connects with

credentials shown_by(const link& from, const wire::connect& hello) {
  return {.client_id = hello.client_id,
          .certificate = from.options().name,
          .address = from.options().address,
          .user_name = hello.user_name,
          .password = hello.password,
          .by = from.options().by,
          .anonymous = from.options().anonymous};
}

/// No node may take another's session.
bool is_anothers(std::string_view client_id, std::string_view name) {
  return client_id.starts_with(uplink_prefix) && !name.empty() && client_id.substr(uplink_prefix.size()) != name;
}

/// Where nobody is asked: a certificate is who it says, and who has none is let in where the listener says so.
admission by_certificate_alone(const link& from) {
  const auto& name = from.options().name;
  const bool in = !name.empty() || from.options().anonymous;
  return {in ? wire::reason::success : wire::reason::not_authorized, name, {}, {}, "it shows no certificate"};
}

}  // namespace

void broker::introduce(link& from, const wire::connect& hello) {
  count_.connects.add();
  if (const auto code = admits(from, hello); code != wire::reason::success) {
    return turn_away(from, hello, {.code = code, .name = {}, .why = "its CONNECT is not acceptable"});
  }
  const auto method = wire::find_property(hello.properties, wire::property_id::authentication_method);
  if (access_ == nullptr) {
    if (!method) return let_in(from, hello, by_certificate_alone(from));
    return turn_away(from, hello, {.code = wire::reason::bad_authentication_method, .name = {}, .why = {}});
  }
  if (method) return begin_exchange(from, hello, method->text);
  auto answer = access_->admit(shown_by(from, hello), from, context_.now);
  if (answer) return let_in(from, hello, std::move(*answer));
  from.arriving = std::make_unique<detail::newcomer>(hello);
}

void broker::begin_exchange(link& from, const wire::connect& hello, std::string_view method) {
  auto exchange = access_->begin(method, shown_by(from, hello));
  if (exchange == nullptr) {  // MQTT-4.12.0-1
    return turn_away(from, hello, {.code = wire::reason::bad_authentication_method, .name = {}, .why = {}});
  }
  const auto data = wire::find_property(hello.properties, wire::property_id::authentication_data);
  from.arriving = std::make_unique<detail::newcomer>(hello);
  from.arriving->exchange = std::move(exchange);
  go_on_with_exchange(from, data ? as_bytes(data->text) : byte_view());
}

void broker::go_on_with_exchange(link& from, byte_view data) {
  auto step = from.arriving->exchange->on_data(data, context_.now);
  if (!step.ended) return from.connection().challenge(step.data);
  const auto arrived = std::exchange(from.arriving, nullptr);
  let_in(from, arrived->hello(), std::move(*step.ended), step.data);
}

void broker::let_in_arrived(link& from, admission answer) {
  const auto arrived = std::exchange(from.arriving, nullptr);
  let_in(from, arrived->hello(), std::move(answer));
}

void broker::stop_waiting(link& from) {
  const auto arrived = std::exchange(from.arriving, nullptr);
  if (arrived && !arrived->exchange) access_->give_up(from);
}

void broker::let_in(link& from, const wire::connect& hello, admission answer, byte_view last_words) {
  if (answer.code != wire::reason::success) return turn_away(from, hello, answer);
  if (const auto stands = standing_of(from); stands.code != wire::reason::success) {
    standing_->refused(from.options().name, from.options().address, stands.why, context_.now);
    return turn_away(from, hello, {.code = stands.code, .name = {}, .why = stands.why});
  }
  if (standing_ != nullptr && from.options().certificate) {
    if (auto only = standing_->only_rights_of(*from.options().certificate)) answer.may = std::move(only);
  }
  if (answer.name.size() + 1 + hello.client_id.size() > limits::source_bytes_max) {
    return turn_away(from, hello,
                     {.code = wire::reason::client_identifier_not_valid,
                      .name = {},
                      .why = "its name and client identifier are too long together"});
  }
  from.know_as(std::move(answer.name), std::move(answer.may));
  if (is_anothers(hello.client_id, from.name())) {
    return turn_away(from, hello,
                     {.code = wire::reason::client_identifier_not_valid, .name = {}, .why = "it is another node's"});
  }
  auto* may = from.may();
  if (may != nullptr && hello.will && !may->may_publish(hello.will->topic)) {
    return turn_away(from, hello, {.name = {}, .why = "its will is on a topic that it may not publish on"});
  }
  if (standing_ != nullptr && from.options().certificate) {
    standing_->connected(from.options().name, *from.options().certificate, from.options().address, context_.now);
  }
  connect(from, hello, last_words);
}

standing_port::answer broker::standing_of(const link& from) const {
  if (standing_ == nullptr || !from.options().certificate) return {};
  return standing_->of(from.options().name, *from.options().certificate, context_.now);
}

/// A client that authenticates itself again (MQTT5 4.12.1) stays who it is, or goes.
void broker::authenticate_again(link& from, const wire::authentication& step) {
  if (step.code == wire::reason::re_authenticate) {
    credentials shown{.client_id = from.identity().client_id, .certificate = from.options().name};
    shown.address = from.options().address;
    shown.by = from.options().by;
    from.exchange = access_ == nullptr ? nullptr : access_->begin(step.method, shown);
  }
  if (from.exchange == nullptr)
    return send_away(from, wire::reason::bad_authentication_method, "it authenticates itself by no known method");
  auto next = from.exchange->on_data(step.data, context_.now);
  if (!next.ended) return from.connection().challenge(next.data);
  from.exchange = nullptr;
  if (next.ended->code != wire::reason::success)
    return send_away(from, next.ended->code, "it did not authenticate itself again");
  if (next.ended->name != from.name())
    return send_away(from, wire::reason::not_authorized, "it is another than before");
  from.connection().confirm(next.data);
}

void broker::turn_away(link& from, const wire::connect& hello, const admission& why) {
  count_.not_admitted.add();
  log::warn(place_name, "{} is not let in as '{}'{}{}: {}{}{}", from.options().address, hello.client_id,
            hello.user_name ? ", user " : "", hello.user_name.value_or(""), name_of(why.code),
            why.why.empty() ? "" : "; ", why.why);
  from.connection().refuse(why.code, {.server_reference = why.server_reference});
}

void broker::send_away(link& from, wire::reason code, const char* why) {
  from.connection().disconnect(code);
  disconnected(from, {.code = code, .what = why});
  from.touch();
}

/// What a policy forbade since it was subscribed to.
void broker::drop_forbidden(detail::session& s, rights& may) {
  std::vector<std::string> gone;
  for (const auto& [filter, entry] : s.all()) {
    if (!may.may_subscribe(wire::covered_part(filter))) gone.push_back(filter);
  }
  for (const auto& filter : gone) {
    log::info(place_name, "'{}' is no longer subscribed to {}, which it may not any more", s.client_id(), filter);
    remove_subscription(s, filter);
  }
}

void broker::review_access(moment now) {
  set_now(now);
  std::vector<link*> attached;
  for (const auto& [client_id, s] : sessions_) {
    if (auto* at = s->attached(); at != nullptr && at->may() != nullptr) attached.push_back(at);
  }
  for (auto* one : attached) {
    const auto code = one->may()->standing();
    if (code != wire::reason::success) {
      send_away(*one, code, "it is not let in any more");
    } else {
      drop_forbidden(*one->session, *one->may());
    }
  }
}

void broker::review_standing(moment now) {
  set_now(now);
  std::vector<std::pair<link*, standing_port::answer>> fallen;
  for (const auto& [client_id, s] : sessions_) {
    auto* at = s->attached();
    if (at == nullptr) continue;
    const auto stands = standing_of(*at);
    if (stands.code != wire::reason::success) fallen.emplace_back(at, stands);
  }
  for (const auto& [one, stands] : fallen) {
    // MQTT5 3.14.2.1: a DISCONNECT does not say Banned.
    const bool banned = stands.code == wire::reason::banned;
    send_away(*one, banned ? wire::reason::administrative_action : stands.code, stands.why);
  }
}

}  // namespace perigee::doors::mqtt
