#include "readers/delivery/email.hpp"

#include <gtest/gtest.h>

#include "crypto/base64.hpp"

namespace perigee::readers::delivery {
namespace {

const email_options operators{
    .url = "smtps://mail.example", .from = "perigee@plant.example", .to = {"a@plant.example", "b@plant.example"}};

result<std::string> message(std::string_view payload) {
  return message_of(
      {.id = "fog-1-5-7", .node = "fog-1", .at = {1'795'428'000'000'000'000}, .payload = to_buffer(as_bytes(payload))},
      operators);
}

/// The text behind the headers, decoded.
std::string text_of(const std::string& message) {
  std::string encoded;
  for (const char c : message.substr(message.find("\r\n\r\n") + 4)) {
    if (c != '\r' && c != '\n') encoded += c;
  }
  const auto bytes = crypto::from_base64(encoded, crypto::padding::with);
  return bytes ? std::string(as_text(*bytes)) : "";
}

TEST(Email, HasTheHeadersOfAMessage) {
  const auto made = message(R"({"subject":"Hot","text":"90 degrees"})");
  ASSERT_TRUE(made);
  EXPECT_TRUE(
      made->starts_with("Date: Mon, 23 Nov 2026 10:00:00 +0000\r\nFrom: perigee@plant.example\r\n"
                        "To: a@plant.example,\r\n b@plant.example\r\nSubject: =?utf-8?B?SG90?=\r\n"
                        "Message-ID: <fog-1-5-7@plant.example>\r\nAuto-Submitted: auto-generated\r\n"))
      << *made;
  EXPECT_EQ(text_of(*made), "90 degrees");
}

TEST(Email, NothingThatADeviceSendsEndsALine) {
  const auto made =
      message("{\"subject\":\"x\\r\\nBcc: thief@far.example\\r\\n\\r\\nhello\",\"text\":\"\\r\\n.\\r\\n\"}");
  ASSERT_TRUE(made);
  EXPECT_EQ(made->find("thief"), std::string::npos);
  EXPECT_EQ(text_of(*made), "\r\n.\r\n");
  for (std::size_t at = 0, end = 0; (end = made->find("\r\n", at)) != std::string::npos; at = end + 2)
    EXPECT_LE(end - at, 78U);
}

TEST(Email, ALongSubjectIsCutBetweenCharacters) {
  std::string long_one;
  for (int i = 0; i < 400; ++i) long_one += "ä";
  const auto made = message(R"({"subject":")" + long_one + R"(","text":""})");
  ASSERT_TRUE(made);
  const auto from = made->find("Subject: ");
  const auto subject = made->substr(from, made->find("\r\nMessage-ID") - from);
  std::string decoded;
  for (auto at = subject.find("?B?"); at != std::string::npos; at = subject.find("?B?", at + 1)) {
    const auto word =
        crypto::from_base64(subject.substr(at + 3, subject.find("?=", at) - at - 3), crypto::padding::with);
    ASSERT_TRUE(word);
    EXPECT_EQ(word->size() % 2, 0U) << "a character of two bytes is split";
    decoded += as_text(*word);
  }
  EXPECT_EQ(decoded, long_one.substr(0, 512));
}

TEST(Email, AnAlarmIsToldInWords) {
  const auto made = message(
      R"({"alarm":"overheat","key":"m7","severity":"critical","state":"raised","values":{"t":90.5,"line":"north"}})");
  ASSERT_TRUE(made);
  EXPECT_EQ(text_of(*made), "critical: overheat m7 is raised\n\nt: 90.5\nline: north\n");
}

TEST(Email, WhatIsNoMessageIsRefused) {
  for (const auto* payload : {"", "7", "[]", "{}", "{\"subject\":\"\"}", "{", "\xff"})
    EXPECT_FALSE(message(payload)) << payload;
}

TEST(Email, KnowsAnAddress) {
  for (const auto* good : {"a@b", "operator+hot@plant.example"}) EXPECT_TRUE(is_mail_address(good)) << good;
  for (const auto* bad :
       {"", "@", "a@", "@b", "a b@c", "a@b@c", "a@b\r\nBcc: c@d", "<a@b>", "ä@b", "a@b,c@d", "a@[10.0.0.1]"})
    EXPECT_FALSE(is_mail_address(bad)) << bad;
  EXPECT_FALSE(is_mail_address(std::string(250, 'a') + "@b.example"));
}

TEST(Email, TellsWhatIsFinal) {
  using enum verdict::kind;
  EXPECT_EQ(judge_smtp({.code = 250}).what, delivered);
  EXPECT_EQ(judge_smtp({.code = 550, .failure = "RCPT failed"}).what, never);
  EXPECT_EQ(judge_smtp({.code = 552, .failure = "too large"}).what, never);
  EXPECT_EQ(judge_smtp({.code = 535, .failure = "Login denied"}).what, later);
  EXPECT_EQ(judge_smtp({.code = 451, .failure = "RCPT failed"}).what, later);
  EXPECT_EQ(judge_smtp({.code = 0, .failure = "Could not connect"}).what, later);
}

}  // namespace
}  // namespace perigee::readers::delivery
