#include "api/doorkeeper.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <vector>

namespace perigee::api {
namespace {

constexpr timestamp now{1'700'000'000'000'000'000};

/// Users whose roles the test changes, and one token.
class some_people final : public people_port {
 public:
  role role_of(std::string_view user) const override {
    const auto found = roles.find(user);
    return found == roles.end() ? role::none : found->second;
  }
  std::optional<shown_token> find_token(std::string_view token, timestamp) const override {
    if (token != "ci-token") return std::nullopt;
    return shown_token{"ann", "ci", {"read", "things"}};
  }
  void note_use(std::string_view, timestamp) override { ++uses; }
  bool must_wait(std::string_view) const override { return failures >= 5; }
  void failed(std::string_view) override { ++failures; }
  void succeeded(std::string_view) override { failures = 0; }
  void check(const std::string&, const std::string&, const std::string&,
             std::function<void(password_verdict)>) override {}
  std::string unfit_password(std::string_view, std::string_view) const override { return {}; }
  void set_password(const std::string&, const std::string&, std::function<void(result<>)>) override {}

  std::map<std::string, role, std::less<>> roles{{"ann", role::operates}, {"eve", role::views}};
  int failures = 0;
  int uses = 0;
};

class a_doorkeeper : public testing::Test {
 protected:
  /// "let in", or the status and the problem's type.
  std::string outcome(const question& asked, access to, std::string_view pattern = "/api/v1/things") const {
    const route wanted{.method = asked.method, .pattern = std::string(pattern), .answer_with = {}, .to = to};
    const auto who = keeper_.identify(asked, now);
    const auto refused = keeper_.refuse(wanted, asked, who, now);
    keeper_.note(asked.authorization, who, !refused, now);
    return refused ? std::to_string(refused->status) + " " + std::string(refused->reason) : "let in";
  }
  static question from_afar(std::string method = "GET") {
    question out{.method = std::move(method), .host = "gw-1"};
    out.peer.address = "192.0.2.7:4711";
    return out;
  }
  question as(std::string_view user, std::string method = "GET") {
    auto out = from_afar(std::move(method));
    const auto opened = sessions_.open(user, now);
    out.cookie = sessions_.cookie() + "=" + opened.key;
    out.csrf = opened.what.csrf;
    return out;
  }
  static question with_token(std::string token, std::string method = "GET") {
    auto out = from_afar(std::move(method));
    out.authorization = "Bearer " + token;
    return out;
  }
  question with_certificate(std::string name, std::string method = "GET") {
    auto out = from_afar(std::move(method));
    out.peer.identity = std::move(name);
    return out;
  }

  sessions sessions_{"secret"};
  some_people people_;
  certificate_of whose_ = certificate_of::person;
  doorkeeper keeper_{{"root", &sessions_, &people_, [this](const io::peer_info&) { return whose_; }}};
};

TEST_F(a_doorkeeper, lets_each_role_do_what_those_below_it_may) {
  const std::map<std::string, std::vector<access>> refused{
      {"eve", {access::operators, access::admins}}, {"ann", {access::admins}}, {"", {}}};
  for (const auto& [user, those] : refused) {
    for (const auto to : {access::anybody, access::known_peer, access::viewers, access::operators, access::admins}) {
      EXPECT_EQ(outcome(as(user), to), std::ranges::contains(those, to) ? "403 /problems/role" : "let in")
          << user << " " << static_cast<int>(to);
    }
  }
}

TEST_F(a_doorkeeper, looks_at_the_role_anew) {
  const auto ann = as("ann", "POST");
  EXPECT_EQ(outcome(ann, access::operators), "let in");
  people_.roles["ann"] = role::views;
  EXPECT_EQ(outcome(ann, access::operators), "403 /problems/role");
  people_.roles.erase("ann");
  EXPECT_EQ(outcome(ann, access::known_peer), "401 /problems/no-session");
}

TEST_F(a_doorkeeper, wants_the_csrf_of_the_session_that_changes_something) {
  auto ann = as("ann", "POST");
  EXPECT_EQ(outcome(ann, access::operators), "let in");
  ann.csrf = as("ann", "POST").csrf;
  EXPECT_EQ(outcome(ann, access::operators), "403 /problems/csrf");
  ann.method = "GET";
  EXPECT_EQ(outcome(ann, access::operators), "let in");
}

TEST_F(a_doorkeeper, lets_a_token_do_what_its_scopes_and_its_user_may) {
  EXPECT_EQ(outcome(with_token("ci-token"), access::viewers), "let in");
  EXPECT_EQ(outcome(with_token("ci-token", "POST"), access::operators, "/api/v1/things/{name}/suspend"), "let in");
  EXPECT_EQ(outcome(with_token("ci-token", "POST"), access::operators, "/api/v1/things:import"), "let in");
  EXPECT_EQ(outcome(with_token("ci-token", "POST"), access::operators, "/api/v1/alarms/{id}/clear"),
            "403 /problems/scope");
  EXPECT_EQ(outcome(with_token("ci-token", "POST"), access::admins), "403 /problems/role");
  EXPECT_EQ(people_.uses, 3);
  EXPECT_EQ(outcome(with_token("root", "DELETE"), access::admins), "let in");
}

TEST_F(a_doorkeeper, counts_wrong_tokens_wherever_they_are_shown_and_hears_no_more_of_them) {
  auto here = with_token("a guess");
  here.peer.loopback = true;
  here.host = "localhost";
  for (int i = 0; i < 5; ++i) EXPECT_EQ(outcome(here, access::known_peer), "401 /problems/wrong-token");
  EXPECT_EQ(outcome(with_token("ci-token"), access::viewers), "429 /problems/too-often");
  EXPECT_EQ(outcome(with_token("root"), access::admins), "let in") << "who owns the node";
  EXPECT_EQ(outcome(here, access::anybody), "let in") << "where nobody is asked, a token may be somebody else's";
  EXPECT_EQ(people_.failures, 5);
}

TEST_F(a_doorkeeper, knows_people_by_their_certificates_and_believes_no_page_of_elsewhere) {
  auto ann = with_certificate("ann", "POST");
  EXPECT_EQ(outcome(ann, access::operators), "let in");
  EXPECT_EQ(outcome(ann, access::admins), "403 /problems/role");
  for (const auto* elsewhere : {"https://evil.example", "null", "https://gw-1.evil.example", "gw-1"}) {
    ann.origin = elsewhere;
    EXPECT_EQ(outcome(ann, access::operators), "403 /problems/csrf") << elsewhere;
  }
  ann.origin = "https://gw-1";
  EXPECT_EQ(outcome(ann, access::operators), "let in");
  EXPECT_EQ(outcome(with_certificate("stranger"), access::known_peer), "401 /problems/no-session");
  whose_ = certificate_of::thing;
  EXPECT_EQ(outcome(with_certificate("ann"), access::known_peer), "let in");
  EXPECT_EQ(outcome(with_certificate("ann"), access::viewers), "401 /problems/no-session");
  whose_ = certificate_of::nobody;
  EXPECT_EQ(outcome(with_certificate("ann"), access::known_peer), "401 /problems/no-session");
}

TEST(a_host, is_this_machine_by_an_address_alone) {
  for (const auto* own : {"127.0.0.1", "127.0.0.1:8080", "[::1]", "[::1]:8080", "LocalHost:1", ""}) {
    EXPECT_TRUE(is_own_name(own)) << own;
  }
  for (const auto* other : {"evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "[::1]evil.example",
                            "[::1", "[]", "2130706433", "evil@127.0.0.1"}) {
    EXPECT_FALSE(is_own_name(other)) << other;
  }
}

}  // namespace
}  // namespace perigee::api
