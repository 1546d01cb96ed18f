#include "access/users.hpp"

#include <gtest/gtest.h>

#include <format>

#include "base/limits.hpp"

namespace perigee::access {
namespace {

const std::string hash = "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";

std::string errors_of(std::string_view text) {
  const auto read = user_list::parse({"users.toml", text});
  return read ? std::string() : render_all(read.error());
}

TEST(users, are_read_with_all_they_have) {
  const auto digest = std::string(64, 'a');
  const auto text = std::format(R"(# who may connect
[[user]]
name = "press-1"
password = "{}"
thing = "press-1"
groups = ["presses", "hall-2"]
[[user.token]]
name = "ci"
sha256 = "{}"
expires = "2027-01-01T00:00:00Z"

[[user]]
name = "gone"
disabled = true
)",
                                hash, digest);
  const auto users = user_list::parse({"users.toml", text});
  ASSERT_TRUE(users) << errors_of(text);
  const auto* press = users->find("press-1");
  ASSERT_NE(press, nullptr);
  EXPECT_EQ(press->thing, "press-1");
  EXPECT_EQ(press->groups, (std::vector<std::string>{"presses", "hall-2"}));
  EXPECT_TRUE(press->password);
  EXPECT_FALSE(press->scram);
  EXPECT_TRUE(users->find("gone")->disabled);
  EXPECT_EQ(users->find("nobody"), nullptr);
  crypto::digest wanted;
  wanted.fill(0xaa);
  const auto found = users->find_token(wanted);
  EXPECT_EQ(found.of, press);
  EXPECT_EQ(found.with->name, "ci");
  EXPECT_EQ(to_iso8601(*found.with->expires), "2027-01-01T00:00:00Z");
  wanted[0] = 0;
  EXPECT_EQ(users->find_token(wanted).of, nullptr);
  EXPECT_EQ(users->dummy().cost.memory_kib, 8U) << "costs what a known user's password costs";
}

TEST(users, are_refused_with_the_place_and_what_would_be_right) {
  EXPECT_TRUE(errors_of("[[user]]\n").contains("users.toml:1:1: error P0104"));
  EXPECT_TRUE(errors_of("[[user]]\nname = \"a\"\npassword = \"secret\"\n").contains("users.toml:3:12: error P0117"));
  EXPECT_TRUE(errors_of("[[user]]\nname = \"a\"\npasword = \"x\"\n").contains("did you mean 'password'?"));
  EXPECT_TRUE(errors_of("[[user]]\nname = \"a\"\n[[user]]\nname = \"a\"\n").contains("users.toml:3:1: error P0116"));
  EXPECT_TRUE(errors_of("[[user]]\nname = \"a/b\"\n").contains("P0105"));
  EXPECT_TRUE(errors_of("[[user]]\nname = \"+\"\n").contains("P0105"));
  EXPECT_TRUE(errors_of("[[user]]\nname = \"\"\n").contains("P0105"));
  EXPECT_TRUE(errors_of("user = 1\n").contains("P0103"));
  EXPECT_TRUE(errors_of("[[user]\n").contains("P0101"));
  EXPECT_TRUE(errors_of("[[user]]\nname = \"a\"\nscram = \"x\"\n").contains("P0117"));
  EXPECT_TRUE(errors_of("[[user]]\nname = \"a\"\n[[user.token]]\nname = \"t\"\nsha256 = \"zz\"\n").contains("P0105"));
  const auto token = std::format("[[user.token]]\nname = \"t\"\nsha256 = \"{}\"\n", std::string(64, 'a'));
  EXPECT_TRUE(errors_of("[[user]]\nname = \"a\"\n" + token + "[[user]]\nname = \"b\"\n" + token).contains("P0116"));
  EXPECT_TRUE(errors_of(std::string(limits::access_file_bytes_max + 1, '\n')).contains("P0100"));
}

TEST(users, keep_no_secret_in_what_is_said_of_an_error) {
  const auto said = errors_of("[[user]]\nname = \"a\"\npassword = \"hunter2\"\n");
  EXPECT_FALSE(said.contains("hunter2")) << said;
}

TEST(user_file, is_edited_without_touching_the_rest) {
  const std::string text = "# ours\n\n[[user]]\nname = \"a\"  # the first\n\n# about b\n[[user]]\nname = \"b\"\n";
  user c{.name = "c", .groups = {"g"}};
  const auto added = with_user({"u", text}, c);
  ASSERT_TRUE(added);
  EXPECT_EQ(*added, text + "\n[[user]]\nname = \"c\"\ngroups = [\"g\"]\n");
  user b{.name = "b", .thing = "press"};
  const auto changed = with_user({"u", text}, b);
  ASSERT_TRUE(changed);
  EXPECT_EQ(*changed,
            "# ours\n\n[[user]]\nname = \"a\"  # the first\n\n# about b\n[[user]]\nname = \"b\"\nthing = \"press\"\n");
  const auto removed = without_user({"u", text}, "a");
  ASSERT_TRUE(removed);
  EXPECT_EQ(*removed, "# ours\n\n\n# about b\n[[user]]\nname = \"b\"\n");
  EXPECT_TRUE(is(without_user({"u", text}, "z").error(), errc::not_found));
  EXPECT_EQ(*with_user({"u", ""}, c), "[[user]]\nname = \"c\"\ngroups = [\"g\"]\n");
}

TEST(user_file, is_left_alone_where_its_form_is_another) {
  EXPECT_TRUE(is(with_user({"u", "user = [ { name = \"a\" } ]\n"}, {.name = "b"}).error(), errc::unsupported));
  EXPECT_TRUE(is(with_user({"u", "[[user]]\nnam = 1\n"}, {.name = "b"}).error(), errc::malformed));
}

TEST(user_file, is_read_as_it_was_written) {
  user one{.name = "press-1", .thing = "press-1", .groups = {"a", "b"}, .disabled = true};
  one.password = *password_hash::parse(hash);
  one.scram = *scram_verifier::make("pencil", as_bytes("0123456789abcdef"), 4096);
  one.tokens.push_back({"ci", crypto::sha256(as_bytes("x")), timestamp{1'800'000'000'000'000'000}});
  one.tokens.push_back({"other", crypto::sha256(as_bytes("y")), {}});
  const auto text = to_toml(one);
  const auto read = user_list::parse({"u", text});
  ASSERT_TRUE(read) << render_all(read.error());
  EXPECT_EQ(to_toml(read->all()[0]), text);
}

TEST(users, say_what_their_tokens_are_for) {
  const std::string digest(64, 'b');
  const auto file = [&](std::string_view scopes) {
    return std::format("[[user]]\nname = \"ann\"\n[[user.token]]\nname = \"ci\"\nsha256 = \"{}\"\n{}", digest, scopes);
  };
  const auto token_in = [](std::string_view text) {
    return user_list::parse({"users.toml", text})->all()[0].tokens[0];
  };
  EXPECT_TRUE(token_in(file("")).is_for_mqtt());
  EXPECT_TRUE(token_in(file("scopes = [\"read\", \"mqtt\"]\n")).is_for_mqtt());
  const auto read_only = token_in(file("scopes = [\"read\"]\n"));
  EXPECT_FALSE(read_only.is_for_mqtt());
  EXPECT_EQ(read_only.scopes, std::vector<std::string>{"read"});
  EXPECT_TRUE(errors_of(file("scopes = [\"everything\"]\n")).contains("'everything' is no scope"));
  const auto once = user_list::parse({"users.toml", file("scopes = [\"read\", \"alarms\"]\n")});
  EXPECT_TRUE(to_toml(once->all()[0]).contains("scopes = [\"read\", \"alarms\"]\n"));
}

}  // namespace
}  // namespace perigee::access
