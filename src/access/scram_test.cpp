#include "access/scram.hpp"

#include <gtest/gtest.h>

#include <format>

#include "crypto/base64.hpp"

namespace perigee::access {
namespace {

using enum scram_server::status;

// RFC 7677 3.
constexpr std::string_view client_nonce = "rOprNGfwEbeRWgbNEkqO";
constexpr std::string_view server_nonce = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
constexpr std::string_view first = "n,,n=user,r=rOprNGfwEbeRWgbNEkqO";
constexpr std::string_view final =
    "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";

class scram : public testing::Test {
 protected:
  scram() {
    const auto salt = crypto::from_base64("W22ZaJ0SNY7soEsUEjb6gQ==", crypto::padding::with);
    verifier_ = *scram_verifier::make("pencil", *salt, 4096);
  }
  scram_server::step say(std::string_view message) {
    return server_.on_message(
        message, [this](std::string_view user) { return user == "user" || user == "a,b=c" ? &verifier_ : nullptr; });
  }
  std::string refused_final(std::string_view message) {
    scram_server other(std::string(server_nonce), as_bytes("process"));
    server_ = other;
    EXPECT_EQ(say(first).is, goes_on);
    const auto answer = say(message);
    EXPECT_EQ(answer.is, refused) << message;
    EXPECT_TRUE(answer.data.empty());
    return answer.why;
  }

  scram_verifier verifier_;
  scram_server server_{std::string(server_nonce), as_bytes("process")};
};

TEST_F(scram, says_what_rfc_7677_3_says) {
  const auto challenge = say(first);
  EXPECT_EQ(challenge.is, goes_on);
  EXPECT_EQ(challenge.data, "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096");
  const auto done = say(final);
  EXPECT_EQ(done.is, proven) << done.why;
  EXPECT_EQ(done.data, "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
  EXPECT_EQ(server_.user(), "user");
  EXPECT_EQ(say(final).is, refused) << "an exchange is over once";
}

TEST_F(scram, lets_the_client_begin_after_an_empty_message) {
  const auto begin = say("");
  EXPECT_EQ(begin.is, goes_on);
  EXPECT_TRUE(begin.data.empty());
  EXPECT_EQ(say(first).is, goes_on);
}

TEST_F(scram, reads_names_with_commas) {
  EXPECT_EQ(say("n,,n=a=2Cb=3Dc,r=abc").is, goes_on);
  EXPECT_EQ(server_.user(), "a,b=c");
}

TEST_F(scram, refuses_a_first_message_that_is_none) {
  for (const auto* bad : {"n", "n,", "n,,", "n,,n=user", "n,,r=abc,n=user", "n,,n=,r=abc", "n,,n=us=er,r=abc",
                          "n,,n=user,r=", "n,,m=x,n=user,r=abc", "p=tls-unique,,n=user,r=abc", "x,,n=user,r=abc",
                          "n,a=other,n=user,r=abc", "n,,n=user,r=a\x01", "n=user,r=abc"}) {
    scram_server fresh(std::string(server_nonce), as_bytes("process"));
    server_ = fresh;
    EXPECT_EQ(say(bad).is, refused) << bad;
  }
}

TEST_F(scram, refuses_another_proof_nonce_or_binding) {
  EXPECT_EQ(refused_final("c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
                          "p=AAzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="),
            "the password is another");
  EXPECT_EQ(refused_final("c=biws,r=rOprNGfwEbeRWgbNEkqO,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="),
            "another nonce than this exchange's");
  EXPECT_EQ(refused_final("c=eSws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
                          "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="),
            "another channel binding than at first");
  refused_final("");
  refused_final("c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=");
  refused_final("c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0");
  refused_final(first);
}

TEST_F(scram, treats_an_unknown_user_like_a_known_one_until_the_end) {
  const auto challenge = say("n,,n=nobody,r=abc");
  EXPECT_EQ(challenge.is, goes_on);
  EXPECT_TRUE(challenge.data.contains(std::format(",i={}", scram_iterations)));
  scram_server again(std::string(server_nonce), as_bytes("process"));
  server_ = again;
  EXPECT_EQ(say("n,,n=nobody,r=abc").data, challenge.data) << "its salt stays";
  scram_server elsewhere(std::string(server_nonce), as_bytes("another process"));
  server_ = elsewhere;
  EXPECT_NE(say("n,,n=nobody,r=abc").data, challenge.data);
  // The stand-in's keys are zeros: a proof against them must not pass either.
  EXPECT_EQ(say(std::format("c=biws,r=abc{},p={}", server_nonce, std::string(43, 'A') + "=")).is, refused);
}

}  // namespace
}  // namespace perigee::access
