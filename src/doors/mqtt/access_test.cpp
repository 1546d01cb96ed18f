#include <map>

#include "doors/mqtt/detail/testing.hpp"

namespace perigee::doors::mqtt {
namespace {

using testing::client;
using testing::client_terms;
using testing::site;
using wire::mqtt::qos;
using wire::mqtt::reason;
using words = std::vector<std::string>;

/// What a test allows: a topic that starts with "no" is forbidden.
class simple_rights final : public rights {
 public:
  explicit simple_rights(const reason& standing) : standing_(standing) {}
  bool may_publish(std::string_view topic) override { return !topic.starts_with("no/"); }
  bool may_subscribe(std::string_view filter) override {
    return !filter.starts_with("no/") && !filter.contains("/no/");
  }
  bool may_receive(std::string_view topic) override { return !topic.starts_with("hidden/"); }
  reason standing() const override { return standing_; }

 private:
  const reason& standing_;
};

/// Two steps: "hello" is answered with "who?", and "me" gets in.
class two_steps final : public authentication_exchange {
 public:
  explicit two_steps(admission lets_in) : lets_in_(std::move(lets_in)) {}
  step on_data(byte_view data, moment) override {
    if (as_text(data) == "hello") return {std::nullopt, to_buffer(as_bytes("who?"))};
    if (as_text(data) == "me") return {std::move(lets_in_), to_buffer(as_bytes("welcome"))};
    return {admission{.name = {}, .why = "wrong"}, {}};
  }

 private:
  admission lets_in_;
};

class simple_access final : public access_port {
 public:
  std::optional<admission> admit(const credentials& shown, admission_waiter& waits, moment) override {
    asked.emplace_back(shown.user_name.value_or("-"));
    if (!later) return answer();
    waiting = &waits;
    return std::nullopt;
  }
  void give_up(admission_waiter& waits) override {
    EXPECT_EQ(waiting, &waits);
    waiting = nullptr;
  }
  std::unique_ptr<authentication_exchange> begin(std::string_view method, const credentials&) override {
    return method == "two-steps" ? std::make_unique<two_steps>(answer()) : nullptr;
  }
  [[nodiscard]] admission answer() const {
    return {code, name, std::make_unique<simple_rights>(standing), server_reference, "the test says so"};
  }

  bool later = false;
  reason code = reason::success;
  reason standing = reason::success;
  std::string name = "user:alice";
  std::string server_reference;
  words asked;
  admission_waiter* waiting = nullptr;
};

class access : public ::testing::Test {
 protected:
  access() { at.core.set_access(port); }

  simple_access port;
  site at;
};

TEST_F(access, lets_in_who_the_port_knows) {
  client one(at, "c1");
  EXPECT_TRUE(one.end().connection().connected());
  EXPECT_EQ(one.end().identity().name, "user:alice");
  EXPECT_EQ(one.end().session->source(), "user:alice/c1");
  EXPECT_EQ(port.asked, words{"-"});
}

TEST_F(access, refuses_with_the_reason_of_the_port) {
  port.code = reason::bad_user_name_or_password;
  client one(at, "c1");
  EXPECT_EQ(one.heard(), words{"closed bad user name or password"});
  EXPECT_TRUE(at.registry.text().contains("perigee_mqtt_not_admitted_total 1"));
}

TEST_F(access, waits_for_an_answer_and_reads_nothing_meanwhile) {
  port.later = true;
  client one(at, "c1");
  EXPECT_FALSE(one.end().connection().connected());
  EXPECT_TRUE(one.end().paused());
  ASSERT_NE(port.waiting, nullptr);
  port.waiting->on_admission(port.answer(), at.now);
  one.exchange();
  EXPECT_TRUE(one.end().connection().connected());
  EXPECT_FALSE(one.end().paused());
}

TEST_F(access, gives_up_where_the_client_goes_first) {
  port.later = true;
  {
    client one(at, "c1");
    EXPECT_NE(port.waiting, nullptr);
    one.lose();
    EXPECT_EQ(port.waiting, nullptr);
  }
  client another(at, "c2");
  EXPECT_NE(port.waiting, nullptr);
}

TEST_F(access, gives_up_with_the_link) {
  port.later = true;
  {
    client one(at, "c1");
  }
  EXPECT_EQ(port.waiting, nullptr);
}

TEST_F(access, keeps_a_session_for_whose_it_is) {
  client alices(at, "c1", {.clean_start = false, .session_expiry_s = 100});
  port.name = "user:bob";
  client bobs(at, "c1");
  EXPECT_EQ(bobs.heard(), words{"closed not authorized"});
  EXPECT_TRUE(alices.end().connection().connected());
  alices.disconnect();
  client again(at, "c1");
  EXPECT_EQ(again.heard(), words{"closed not authorized"});
}

TEST_F(access, forbids_messages_at_every_qos) {
  client one(at, "c1");
  one.publish("no/a", "0", qos::at_most_once);
  one.publish("no/a", "1", qos::at_least_once);
  one.publish("no/a", "2", qos::exactly_once);
  one.publish("yes", "3", qos::at_least_once);
  at.commit();
  one.exchange();
  EXPECT_EQ(one.heard(), (words{"ack 2 not authorized", "ack 3 not authorized", "ack 4"}));
  EXPECT_EQ(at.log.records().size(), 1U);
  EXPECT_TRUE(at.registry.text().contains("perigee_mqtt_forbidden_total 3"));
}

TEST_F(access, looks_behind_a_topic_alias) {
  client one(at, "c1");
  byte_buffer with_alias;
  wire::mqtt::property_writer(with_alias).number(wire::mqtt::property_id::topic_alias, 1);
  one.publish("no/a", "1", qos::at_least_once, false, with_alias);
  EXPECT_EQ(one.heard(), words{"ack 1 not authorized"});
  one.publish("", "2", qos::at_least_once, false, with_alias);  // the alias is set, and still to a forbidden topic
  EXPECT_EQ(one.heard(), words{"ack 2 not authorized"});
  EXPECT_TRUE(at.log.records().empty());
}

TEST_F(access, forbids_subscriptions_shared_ones_too) {
  client one(at, "c1");
  one.subscribe("no/a");
  one.subscribe("$share/g/no/a");
  EXPECT_TRUE(one.end().session->all().empty());
  EXPECT_EQ(one.heard(), (words{"refused not authorized", "refused not authorized"}));
  one.subscribe("$share/no/a");
  EXPECT_TRUE(one.end().session->all().contains("$share/no/a")) << "the name of the share is no topic";
}

TEST_F(access, passes_what_may_not_be_received_over_to_no_member_of_a_share) {
  client one(at, "c1");
  one.subscribe("$share/g/#");
  client device(at, "device");
  for (const auto* topic : {"hidden/a", "seen/a"}) device.publish(topic, "x");
  at.commit();
  one.exchange();
  EXPECT_EQ(one.heard(), words{"seen/a x"}) << "and it holds up nothing";
}

TEST_F(access, delivers_nothing_that_may_not_be_received) {
  client one(at, "c1");
  one.subscribe("#");
  at.core.publish_local({"hidden/a", as_bytes("x"), "node", {}, false}, at.now);
  at.core.publish_local({"seen/a", as_bytes("y"), "node", {}, false}, at.now);
  one.exchange();
  EXPECT_EQ(one.heard(), words{"seen/a y"});
}

TEST_F(access, refuses_a_will_on_a_forbidden_topic) {
  client one(at, "c1", {.will = wire::mqtt::will_message{.topic = "no/will"}});
  EXPECT_EQ(one.heard(), words{"closed not authorized"});
  client two(at, "c2", {.will = wire::mqtt::will_message{.topic = "will"}});
  EXPECT_TRUE(two.end().connection().connected());
}

TEST_F(access, sends_away_who_is_not_let_in_any_more) {
  client one(at, "c1");
  at.core.review_access(at.now);
  EXPECT_TRUE(one.end().connection().connected());
  port.standing = reason::not_authorized;
  at.core.review_access(at.now);
  one.exchange();
  EXPECT_EQ(one.heard(), words{"closed not authorized"});
}

TEST_F(access, tells_a_client_of_another_server) {
  port.code = reason::use_another_server;
  port.server_reference = "b2:8883";
  client one(at, "c1");
  EXPECT_EQ(one.heard(), words{"closed use another server"});
}

TEST_F(access, takes_no_name_that_looks_like_a_users) {
  client one(at, "user:alice/c1");
  EXPECT_EQ(one.heard(), words{"closed client identifier not valid"});
  EXPECT_TRUE(port.asked.empty());
}

/// A client that authenticates itself in steps, packet by packet.
class stepwise final : private transport {
 public:
  explicit stepwise(site& at, std::string_view method = "two-steps", std::string_view first = "hello")
      : method_(method), site_(at), link_(at.core.attach(*this, {.name = {}, .address = "test"}, at.now)) {
    byte_buffer properties;
    put(properties, first);
    wire::mqtt::connect hello;
    hello.client_id = "c1";
    hello.properties = properties;
    byte_buffer out;
    wire::mqtt::encode(hello, out);
    (void)link_->on_bytes(out, site_.now);
  }
  void say(reason code, std::string_view data) {
    byte_buffer properties;
    put(properties, data);
    byte_buffer out;
    wire::mqtt::encode(wire::mqtt::auth{.code = code, .properties = properties}, out);
    (void)link_->on_bytes(out, site_.now);
  }
  /// The type and code of each packet since, and the authentication data.
  words heard() {
    byte_buffer in;
    link_->take_output(in);
    words out;
    for (byte_view rest = in; !rest.empty();) {
      const auto frame = wire::mqtt::next_frame(rest, rest.size());
      const auto p = wire::mqtt::decode(frame->first_byte, frame->body, wire::mqtt::protocol_version::v5);
      out.push_back(describe(*p));
      rest = rest.subspan(frame->bytes);
    }
    link_->on_written(site_.now);
    return out;
  }

 private:
  void put(byte_buffer& properties, std::string_view data) const {
    wire::mqtt::property_writer out(properties);
    out.text(wire::mqtt::property_id::authentication_method, method_);
    out.text(wire::mqtt::property_id::authentication_data, data);
  }
  static std::string describe(const wire::mqtt::packet& p) {
    const auto data_of = [](byte_view properties) {
      const auto data = wire::mqtt::find_property(properties, wire::mqtt::property_id::authentication_data);
      return data ? " " + std::string(data->text) : std::string();
    };
    if (const auto* a = std::get_if<wire::mqtt::auth>(&p))
      return std::format("auth {}{}", name_of(a->code), data_of(a->properties));
    if (const auto* a = std::get_if<wire::mqtt::connack>(&p))
      return std::format("connack {}{}", name_of(a->code), data_of(a->properties));
    if (const auto* a = std::get_if<wire::mqtt::disconnect>(&p)) return std::format("disconnect {}", name_of(a->code));
    return "another packet";
  }
  void wake() override {}

  std::string method_;
  site& site_;
  std::unique_ptr<link> link_;
};

TEST_F(access, authenticates_in_steps) {
  stepwise one(at);
  EXPECT_EQ(one.heard(), words{"auth continue authentication who?"});
  one.say(reason::continue_authentication, "me");
  EXPECT_EQ(one.heard(), words{"connack success welcome"});
  one.say(reason::re_authenticate, "hello");
  EXPECT_EQ(one.heard(), words{"auth continue authentication who?"});
  one.say(reason::continue_authentication, "me");
  EXPECT_EQ(one.heard(), words{"auth success welcome"});
}

TEST_F(access, refuses_steps_that_fail) {
  stepwise one(at);
  (void)one.heard();
  one.say(reason::continue_authentication, "not me");
  EXPECT_EQ(one.heard(), words{"connack not authorized"});
  stepwise two(at, "no-such-method");
  EXPECT_EQ(two.heard(), words{"connack bad authentication method"});
}

TEST_F(access, sends_away_who_becomes_another) {
  stepwise one(at);
  one.say(reason::continue_authentication, "me");
  (void)one.heard();
  port.name = "user:bob";
  one.say(reason::re_authenticate, "hello");
  one.say(reason::continue_authentication, "me");
  EXPECT_EQ(one.heard(), (words{"auth continue authentication who?", "disconnect not authorized"}));
}

TEST(no_access_port, takes_a_certificate_at_its_word) {
  site at;
  client named(at, "c1", {.link = {.name = "press-1", .address = "test"}});
  EXPECT_EQ(named.end().identity().name, "press-1");
  client nobody(at, "c2", {.link = {.name = {}, .address = "test"}});
  EXPECT_EQ(nobody.heard(), words{"closed not authorized"});
  stepwise steps(at);
  EXPECT_EQ(steps.heard(), words{"connack bad authentication method"});
}

}  // namespace
}  // namespace perigee::doors::mqtt
