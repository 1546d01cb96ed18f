#include "access/credential.hpp"

#include <gtest/gtest.h>

namespace perigee::access {
namespace {

constexpr crypto::argon2_cost cheap{.memory_kib = 8, .passes = 1, .lanes = 1};
constexpr std::string_view salt = "0123456789abcdef";

TEST(password_hash, fits_its_password_alone) {
  const auto made = password_hash::make(as_bytes("secret"), as_bytes(salt), cheap);
  ASSERT_TRUE(made);
  const auto read = password_hash::parse(made->text());
  ASSERT_TRUE(read) << made->text();
  EXPECT_TRUE(made->text().starts_with("$argon2id$v=19$m=8,t=1,p=1$"));
  EXPECT_TRUE(*read->fits(as_bytes("secret")));
  EXPECT_FALSE(*read->fits(as_bytes("Secret")));
  EXPECT_FALSE(*read->fits({}));
}

TEST(password_hash, is_what_other_programs_write) {
  // argon2 0~20171227: echo -n password | argon2 somesalt -id -t 2 -k 65536 -p 1 -l 32 -e, from its own README.
  const auto read =
      password_hash::parse("$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc");
  ASSERT_TRUE(read);
  EXPECT_TRUE(*read->fits(as_bytes("password")));
}

TEST(password_hash, refuses_what_is_none_and_what_costs_too_much) {
  const std::string tail = "$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
  const auto with = [&](std::string_view head) { return password_hash::parse(std::string(head) + tail); };
  EXPECT_TRUE(with("$argon2id$v=19$m=8,t=1,p=1"));
  for (const auto* bad :
       {"secret", "$argon2i$v=19$m=8,t=1,p=1", "$argon2id$v=16$m=8,t=1,p=1", "$argon2id$v=19$m=8,t=0,p=1",
        "$argon2id$v=19$m=8,t=1,p=0", "$argon2id$v=19$m=15,t=1,p=2", "$argon2id$v=19$t=1,m=8,p=1",
        "$argon2id$v=19$m=-8,t=1,p=1", "$argon2id$v=19$m=08,t=1,p=1", "$argon2id$v=19$m=8,t=1,p=1,q=2"}) {
    EXPECT_FALSE(with(bad)) << bad;
  }
  EXPECT_TRUE(is(with("$argon2id$v=19$m=4000000,t=1,p=1").error(), errc::too_large));
  EXPECT_TRUE(is(with("$argon2id$v=19$m=8,t=1000000,p=1").error(), errc::too_large));
  EXPECT_FALSE(password_hash::parse("$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$CTFh"));
  EXPECT_FALSE(password_hash::parse("$argon2id$v=19$m=8,t=1,p=1$c29t" + tail.substr(12)));
}

TEST(scram_verifier, is_read_as_it_was_written) {
  const auto made = scram_verifier::make("pencil", as_bytes(salt), 4096);
  ASSERT_TRUE(made);
  const auto read = scram_verifier::parse(made->text());
  ASSERT_TRUE(read) << made->text();
  EXPECT_EQ(read->text(), made->text());
  EXPECT_FALSE(scram_verifier::make("pass\xc3\xbc", as_bytes(salt), 4096)) << "SASLprep is not served";
  EXPECT_FALSE(scram_verifier::make("tab\t", as_bytes(salt), 4096));
}

TEST(scram_verifier, refuses_what_is_none) {
  const auto good = scram_verifier::make("pencil", as_bytes(salt), 4096)->text();
  EXPECT_FALSE(scram_verifier::parse(""));
  for (std::size_t cut = 0; cut < good.size(); ++cut) EXPECT_FALSE(scram_verifier::parse(good.substr(0, cut))) << cut;
  auto few = good;
  few.replace(few.find("4096"), 4, "4095");
  EXPECT_FALSE(scram_verifier::parse(few));
  few.replace(few.find("4095"), 4, "9999999");
  EXPECT_FALSE(scram_verifier::parse(few));
}

TEST(token, is_kept_as_its_digest) {
  const byte_buffer random(token_random_bytes, 0xab);
  const auto made = make_token(random);
  EXPECT_TRUE(is_token(made));
  EXPECT_FALSE(is_token("secret"));
  EXPECT_EQ(digest_of_token(made), crypto::sha256(as_bytes(made)));
}

}  // namespace
}  // namespace perigee::access
