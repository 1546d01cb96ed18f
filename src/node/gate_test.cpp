#include "node/gate.hpp"

#include <gtest/gtest.h>

#include <format>

#include "base/limits.hpp"
#include "io/memory_disk.hpp"

namespace perigee::node {
namespace {

using namespace std::chrono_literals;
using doors::mqtt::admission;
using doors::mqtt::credentials;
using doors::mqtt::identified_by;
using doors::mqtt::moment;
using wire::mqtt::reason;

constexpr std::string_view policy_text = R"(
[[rule]]
user = "*"
publish = ["site/${thing}/#", "group/${group}"]
subscribe = "cmd/${user}/#"
[[rule]]
client = "needs-id*"
publish = "own/${clientid}"
[[redirect]]
client = "old-*"
to = "b2:8883"
)";

struct waiter final : doors::mqtt::admission_waiter {
  void on_admission(admission answer, moment) override { got = std::move(answer); }
  std::optional<admission> got;
};

class gate_of : public testing::Test {
 protected:
  void SetUp() override {
    clock::install(time_);
    ASSERT_TRUE(disk_.make_folder("access"));
    put_user("alice", "secret");
    write("access/policy.toml", policy_text);
    make();
  }
  void put_user(std::string_view name, std::string_view password, std::string_view more = {}) {
    access::user one{.name = std::string(name), .thing = "press-1", .groups = {"g"}};
    one.password = *access::password_hash::make(as_bytes(password), as_bytes("0123456789abcdef"), {8, 1, 1});
    one.scram = *access::scram_verifier::make(password, as_bytes("0123456789abcdef"), 4096);
    one.tokens.push_back({"ci", access::digest_of_token(token), timestamp{1'700'000'100'000'000'000}});
    write("access/users.toml", access::to_toml(one) + std::string(more));
  }
  void write(const std::string& path, std::string_view text) {
    ASSERT_TRUE(io::write_whole(disk_, path, as_bytes(text)));
  }
  void make() {
    const access_config files{"access/users.toml", "access/policy.toml", false};
    auto lists = read_access(files, disk_);
    ASSERT_TRUE(lists) << render_all(lists.error());
    gate_ = std::make_unique<gate>(shard_, disk_, files, *lists, "process secret", registry_);
  }
  void pass(nanoseconds time) {
    const auto until = clock::now() + time;
    time_.run(shard_, time);
    if (clock::now() < until) time_.advance_to(until);
  }
  [[nodiscard]] moment now() const { return {clock::now(), clock::wall()}; }
  /// The answer, however long it takes.
  admission ask(const credentials& shown) {
    waiter waits;
    auto answer = gate_->admit(shown, waits, now());
    if (answer) return std::move(*answer);
    for (int i = 0; i < 1000 && !waits.got; ++i) pass(1ms);
    EXPECT_TRUE(waits.got);
    return waits.got ? std::move(*waits.got) : admission{};
  }
  admission login(std::string_view user, std::string_view password, std::string_view address = "10.0.0.1:5000") {
    return ask({.client_id = "c1", .address = address, .user_name = user, .password = as_bytes(password)});
  }

  const std::string token = access::make_token(byte_buffer(access::token_random_bytes, 7));
  io::virtual_time time_;
  io::shard shard_;
  io::memory_disk disk_;
  metrics::registry registry_;
  std::unique_ptr<gate> gate_;
};

TEST_F(gate_of, passwords) {
  const auto in = login("alice", "secret");
  EXPECT_EQ(in.code, reason::success);
  EXPECT_EQ(in.name, "user:alice");
  EXPECT_EQ(login("alice", "Secret").code, reason::bad_user_name_or_password);
  EXPECT_EQ(login("nobody", "secret").code, reason::bad_user_name_or_password);
  EXPECT_EQ(login("", "secret").code, reason::bad_user_name_or_password);
  EXPECT_EQ(ask({.client_id = "c1", .address = "a:1", .user_name = "alice"}).code, reason::bad_user_name_or_password);
  EXPECT_EQ(login("alice", std::string(limits::access_password_bytes_max + 1, 'x')).code,
            reason::bad_user_name_or_password);
}

TEST_F(gate_of, tokens) {
  EXPECT_EQ(login("alice", token).name, "user:alice");
  EXPECT_EQ(login("ci", token).name, "user:alice");
  EXPECT_EQ(login("", token).name, "user:alice");
  EXPECT_EQ(login("bob", token).code, reason::bad_user_name_or_password);
  auto another = token;
  another.back() = 'f';
  EXPECT_EQ(login("alice", another).code, reason::bad_user_name_or_password);
  const auto in = login("alice", token);
  EXPECT_EQ(in.may->standing(), reason::success);
  pass(200s);
  EXPECT_EQ(in.may->standing(), reason::not_authorized);
  EXPECT_EQ(login("alice", token, "10.0.0.9:1").code, reason::bad_user_name_or_password) << "it has expired";
}

TEST_F(gate_of, who_counts_is_the_listeners_choice) {
  const auto with = [&](identified_by by, std::string_view certificate, bool user, bool anonymous = false) {
    credentials shown{.client_id = "c1", .certificate = certificate, .address = "a:1"};
    shown.by = by;
    shown.anonymous = anonymous;
    if (user) {
      shown.user_name = "alice";
      shown.password = as_bytes("secret");
    }
    const auto answer = ask(shown);
    return answer.code == reason::success ? answer.name : std::string(name_of(answer.code));
  };
  using enum identified_by;
  EXPECT_EQ(with(either, "press-1", true), "user:alice");
  EXPECT_EQ(with(either, "press-1", false), "press-1");
  EXPECT_EQ(with(either, "", false), "not authorized");
  EXPECT_EQ(with(either, "", false, true), "");
  EXPECT_EQ(with(certificate, "press-1", true), "press-1");
  EXPECT_EQ(with(certificate, "", true), "not authorized");
  EXPECT_EQ(with(user, "press-1", false), "not authorized");
  EXPECT_EQ(with(user, "press-1", true), "user:alice");
  EXPECT_EQ(with(both, "press-1", true), "user:alice");
  EXPECT_EQ(with(both, "", true), "not authorized");
  EXPECT_EQ(with(both, "press-1", false), "not authorized");
}

TEST_F(gate_of, whoever_guesses_is_slowed_down) {
  for (int i = 0; i < 5; ++i) (void)login("alice", "wrong", "10.0.0.1:" + std::to_string(i));
  EXPECT_EQ(login("alice", "secret").code, reason::connection_rate_exceeded) << "whatever port it comes from";
  EXPECT_EQ(login("alice", "secret", "10.0.0.2:1").code, reason::success);
  pass(2s);
  EXPECT_EQ(login("alice", "secret").code, reason::success);
}

TEST_F(gate_of, no_more_than_so_many_passwords_wait) {
  std::vector<waiter> many(limits::access_checks_waiting_max + 1);
  const credentials shown{.client_id = "c", .address = "a:1", .user_name = "alice", .password = as_bytes("secret")};
  for (std::size_t i = 0; i + 1 < many.size(); ++i) EXPECT_FALSE(gate_->admit(shown, many[i], now())) << i;
  const auto refused = gate_->admit(shown, many.back(), now());
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->code, reason::quota_exceeded);
  gate_->give_up(many[0]);
  for (int i = 0; i < 1000 && !many[many.size() - 2].got; ++i) pass(10ms);
  EXPECT_FALSE(many[0].got) << "it gave up";
  EXPECT_EQ(many[1].got->code, reason::success);
  EXPECT_EQ(login("alice", "secret").code, reason::success) << "there is room again";
}

TEST_F(gate_of, the_policy_applies_to_who_is_in) {
  const auto in = login("alice", "secret");
  EXPECT_TRUE(in.may->may_publish("site/press-1/x"));
  EXPECT_TRUE(in.may->may_publish("site/press-1/x")) << "remembered";
  EXPECT_TRUE(in.may->may_publish("group/g"));
  EXPECT_FALSE(in.may->may_publish("site/press-2/x"));
  EXPECT_FALSE(in.may->may_publish("site/press-2/x"));
  EXPECT_TRUE(in.may->may_subscribe("cmd/alice/+"));
  EXPECT_TRUE(in.may->may_subscribe("$share/g/cmd/alice/#"));
  EXPECT_FALSE(in.may->may_subscribe("$share/g/#"));
  EXPECT_FALSE(in.may->may_subscribe("$share/g"));
  EXPECT_FALSE(in.may->may_subscribe("#"));
  EXPECT_FALSE(in.may->may_subscribe("$SYS/#"));
  EXPECT_TRUE(in.may->may_subscribe("$perigee/downlink/x/#")) << "the node's own to judge";
  for (int i = 0; i < 1000; ++i) {
    EXPECT_TRUE(in.may->may_publish(std::format("site/press-1/{}", i)));
    EXPECT_FALSE(in.may->may_publish(std::format("site/press-9/{}", i)));
  }
  EXPECT_FALSE(in.may->may_publish("site/press-2/" + std::string(500, 'x')));
  EXPECT_TRUE(in.may->may_publish("site/press-1/" + std::string(500, 'x')));
}

TEST_F(gate_of, a_client_identifier_is_no_wildcard) {
  credentials shown{.client_id = "needs-id/+", .address = "a:1", .user_name = "alice", .password = as_bytes("secret")};
  EXPECT_EQ(ask(shown).code, reason::client_identifier_not_valid);
  shown.client_id = "needs-id-1";
  EXPECT_TRUE(ask(shown).may->may_publish("own/needs-id-1"));
}

TEST_F(gate_of, clients_are_sent_to_another_server) {
  const auto answer =
      ask({.client_id = "old-1", .address = "a:1", .user_name = "alice", .password = as_bytes("secret")});
  EXPECT_EQ(answer.code, reason::use_another_server);
  EXPECT_EQ(answer.server_reference, "b2:8883");
}

TEST_F(gate_of, reloads_whole_or_not_at_all) {
  const auto in = login("alice", "secret");
  write("access/policy.toml", "[[rule]]\npublish = \"other/#\"\n[[rule]]\npublsh = 1\n");
  gate_->reload();
  pass(1s);
  EXPECT_TRUE(in.may->may_publish("site/press-1/x"));
  write("access/policy.toml", "[[rule]]\npublish = \"other/#\"\n");
  gate_->reload();
  pass(1s);
  EXPECT_FALSE(in.may->may_publish("site/press-1/x"));
  EXPECT_TRUE(in.may->may_publish("other/x"));
  EXPECT_EQ(in.may->standing(), reason::success);
  write("access/users.toml", "[[user]]\nname = \"bob\"\n");
  gate_->reload();
  pass(1s);
  EXPECT_EQ(in.may->standing(), reason::not_authorized);
  EXPECT_EQ(login("alice", "secret").code, reason::bad_user_name_or_password);
}

TEST_F(gate_of, a_user_that_goes_while_its_password_is_checked_is_not_let_in) {
  waiter waits;
  const credentials shown{.client_id = "c", .address = "a:1", .user_name = "alice", .password = as_bytes("secret")};
  gate_->reload();  // in front of it on the worker
  ASSERT_FALSE(gate_->admit(shown, waits, now()));
  write("access/users.toml", "");
  for (int i = 0; i < 1000 && !waits.got; ++i) pass(1ms);
  ASSERT_TRUE(waits.got);
  EXPECT_EQ(waits.got->code, reason::bad_user_name_or_password);
}

TEST_F(gate_of, scram) {
  const credentials shown{.client_id = "c1", .address = "a:1"};
  EXPECT_EQ(gate_->begin("SCRAM-SHA-1", shown), nullptr);
  credentials by_certificate = shown;
  by_certificate.by = identified_by::certificate;
  EXPECT_EQ(gate_->begin("SCRAM-SHA-256", by_certificate), nullptr);
  auto exchange = gate_->begin("SCRAM-SHA-256", shown);
  ASSERT_NE(exchange, nullptr);
  auto first = exchange->on_data(as_bytes("n,,n=alice,r=abc"), now());
  EXPECT_FALSE(first.ended);
  EXPECT_TRUE(as_text(first.data).starts_with("r=abc"));
  auto last = exchange->on_data(as_bytes("c=biws,r=abc,p=AAAA"), now());
  ASSERT_TRUE(last.ended);
  EXPECT_EQ(last.ended->code, reason::not_authorized);
  EXPECT_TRUE(last.data.empty());
}

}  // namespace
}  // namespace perigee::node
