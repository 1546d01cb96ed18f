#include "control/enrolment/enroller.hpp"

#include <gtest/gtest.h>

#include <format>

#include "identity/verify.hpp"

namespace perigee::control::enrolment {
namespace {

using identity::authority;
using identity::certificate;
using identity::certificate_request;
using identity::private_key;
using identity::profile;

constexpr timestamp now{1'800'000'000'000'000'000};

private_key new_key() { return private_key::generate(identity::key_kind::p256).value(); }

/// One token, good for one name, and every certificate that was entered.
class small_book final : public book {
 public:
  std::expected<certificate, denial> admit(const applicant& who, std::string_view token, profile wanted,
                                           const identity::public_key&, certificate_maker make, timestamp) override {
    if (token != "pgt_good" || who.name != "press-4") return std::unexpected(denial{denial::kind::unknown, "no token"});
    ++admitted;
    return enter(who.name, make(wanted));
  }
  std::expected<certificate, denial> renew(const applicant& who, const shown_certificate& with, profile wanted,
                                           const identity::public_key&, certificate_maker make, timestamp) override {
    if (who.name == "retired") return std::unexpected(denial{denial::kind::forbidden, "retired"});
    renewed_with = with.serial;
    return enter(who.name + " again", make(wanted));
  }

  void note_refusal(const applicant& who, std::string_view why, timestamp) override {
    refused.push_back(std::format("{}: {}", who.name, why));
  }

  int admitted = 0;
  bool full = false;
  std::string renewed_with;
  std::vector<std::string> entered;
  std::vector<std::string> refused;

 private:
  std::expected<certificate, denial> enter(const std::string& who, std::expected<certificate, denial> made) {
    if (full) return std::unexpected(denial{denial::kind::failed, "the disk is full"});
    if (made) entered.push_back(who + " " + made->facts().common_name);
    return made;
  }
};

class enroller_test : public testing::Test {
 protected:
  enroller_test()
      : root_(authority::make_root("plant", new_key(), now).value()),
        under_(make_issuing()),
        enroller_(under_, book_) {}

  authority make_issuing() const {
    auto key = new_key();
    auto own = root_.issue(key.public_half(), {.as = profile::issuing, .name = "plant issuing"}, now).value();
    return authority::open({own, root_.own()}, key).value();
  }
  static certificate_request request_for(const identity::requested_identity& wish) {
    return certificate_request::parse(as_bytes(certificate_request::make(new_key(), wish).value())).value();
  }
  std::expected<chain, denial> enrol(const std::string& who, const identity::requested_identity& wish,
                                     std::string_view token = "pgt_good", profile as = profile::device) {
    return enroller_.enrol({who, "192.0.2.7"}, token, as, request_for(wish), now);
  }

  small_book book_;
  authority root_;
  authority under_;
  enroller enroller_;
};

TEST_F(enroller_test, gives_what_verifies_against_the_root) {
  const auto got = enrol("press-4", {.name = "press-4"});
  ASSERT_TRUE(got) << got.error().why;
  const auto root = root_.own();
  const auto verified = identity::verify_chain(*got, std::span(&root, 1), identity::purpose::client, now,
                                               [](auto, auto) { return false; });
  ASSERT_TRUE(verified) << verified.error().what;
  EXPECT_EQ(verified->name, "press-4");
  EXPECT_FALSE(got->front().facts().for_servers);
  EXPECT_EQ(book_.entered, std::vector<std::string>{"press-4 press-4"});
}

TEST_F(enroller_test, gives_a_node_what_a_server_needs) {
  const auto got = enrol("press-4", {.name = "press-4"}, "pgt_good", profile::node);
  ASSERT_TRUE(got) << got.error().why;
  EXPECT_TRUE(got->front().facts().for_servers);
  EXPECT_EQ(got->front().facts().dns_names, (std::vector<std::string>{"press-4", "localhost"}));
}

TEST_F(enroller_test, gives_nobody_the_name_of_another) {
  for (const auto& wish : {identity::requested_identity{.name = "cloud"},
                           identity::requested_identity{.name = "press-4", .dns_names = {"press-4", "cloud"}}}) {
    const auto got = enrol("press-4", wish);
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().is, denial::kind::forbidden);
  }
  const auto bound = enrol("press-4", {.name = "press-4", .challenge_password = "x"});
  ASSERT_FALSE(bound);
  EXPECT_EQ(bound.error().is, denial::kind::malformed);
  EXPECT_EQ(book_.admitted, 0) << "no token is used up by it";
  EXPECT_EQ(book_.refused.size(), 3U);
  EXPECT_EQ(book_.refused.at(1), "press-4: 'press-4' may not be called 'cloud'");
}

TEST_F(enroller_test, gives_nothing_without_a_token_or_a_place_in_the_book) {
  EXPECT_EQ(enrol("press-4", {.name = "press-4"}, "pgt_bad").error().is, denial::kind::unknown);
  book_.full = true;
  EXPECT_EQ(enrol("press-4", {.name = "press-4"}).error().is, denial::kind::failed);
  EXPECT_TRUE(book_.entered.empty());
}

TEST_F(enroller_test, names_the_reason_where_a_request_is_none) {
  const auto none = certificate_request::parse(as_bytes(std::string_view("no request")));
  ASSERT_FALSE(none);
  const auto told = enroller_.refuse({"press-4", "192.0.2.7"}, none.error(), now);
  EXPECT_EQ(told.is, denial::kind::malformed);
  EXPECT_EQ(book_.refused, std::vector<std::string>{"press-4: malformed: " + told.why});
}

TEST_F(enroller_test, renews_for_who_shows_a_certificate) {
  const auto again =
      enroller_.renew({"press-4", ""}, {"a1", "07"}, profile::device, request_for({.name = "press-4"}), now);
  ASSERT_TRUE(again) << again.error().why;
  EXPECT_EQ(book_.renewed_with, "07");
  EXPECT_EQ(book_.entered, std::vector<std::string>{"press-4 again press-4"});
  EXPECT_EQ(
      enroller_.renew({"retired", ""}, {"a1", "08"}, profile::device, request_for({.name = "retired"}), now).error().is,
      denial::kind::forbidden);
  EXPECT_EQ(
      enroller_.renew({"press-4", ""}, {"a1", "07"}, profile::device, request_for({.name = "press-5"}), now).error().is,
      denial::kind::forbidden);
}

}  // namespace
}  // namespace perigee::control::enrolment
