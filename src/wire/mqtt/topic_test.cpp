#include "wire/mqtt/topic.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "base/limits.hpp"
#include "base/random.hpp"
#include "wire/mqtt/text.hpp"
#include "wire/mqtt/topic_trie.hpp"

namespace perigee::wire::mqtt {
namespace {

TEST(text, takes_well_formed_utf8) {
  for (const std::string_view good :
       {"", "plant/7", "t\u00e4st/\u6e29\u5ea6", "\U0001f321 12345678", "exactly8", " ~ "}) {
    EXPECT_TRUE(is_valid_text(good)) << good;
  }
}

TEST(text, refuses_what_mqtt_refuses) {
  using namespace std::string_view_literals;
  for (const auto bad :
       {"\0"sv, "a\x01"sv, "12345678\x7f"sv, "1234567\x1f"sv, "\xc2\x85"sv, "\xc0\x80"sv, "\xed\xa0\x80"sv,
        "\xef\xbf\xbf"sv, "\xf4\x90\x80\x80"sv, "\xe2\x82"sv, "\xff"sv, "\xe0\x80\x80"sv, "\x80"sv}) {
    EXPECT_FALSE(is_valid_text(bad)) << bad.size();
    EXPECT_FALSE(is_valid_text("12345678" + std::string(bad)));
  }
}

TEST(text, every_single_byte_agrees_with_the_fast_path) {
  for (int c = 0; c < 256; ++c) {
    const std::string one(1, static_cast<char>(c));
    const bool plain = c >= 0x20 && c < 0x7f;
    EXPECT_EQ(is_valid_text(one), plain) << c;
    for (std::size_t place = 0; place < 8; ++place) {
      std::string eight = "abcdefgh";
      eight[place] = static_cast<char>(c);
      EXPECT_EQ(is_valid_text(eight), plain) << c << " at " << place;
    }
  }
}

TEST(topic, names_have_no_wildcard_and_are_bounded) {
  EXPECT_TRUE(is_topic_name("a/b/c"));
  EXPECT_TRUE(is_topic_name("/"));
  EXPECT_TRUE(is_topic_name(std::string(limits::topic_bytes_max, 'a')));
  EXPECT_FALSE(is_topic_name(""));
  EXPECT_FALSE(is_topic_name("a/+"));
  EXPECT_FALSE(is_topic_name("a#"));
  EXPECT_FALSE(is_topic_name(std::string(limits::topic_bytes_max + 1, 'a')));
  EXPECT_TRUE(is_topic_name(std::string(limits::mqtt_topic_levels_max - 1, '/')));
  EXPECT_FALSE(is_topic_name(std::string(limits::mqtt_topic_levels_max, '/')));
}

TEST(topic, filters_have_whole_wildcards_and_hash_last) {
  for (const auto* good : {"#", "+", "a/#", "+/b/#", "a/+/c", "/+", "$SYS/#", "a//b"}) {
    EXPECT_TRUE(is_topic_filter(good)) << good;
  }
  for (const auto* bad : {"", "a#", "#/a", "a/#/b", "a+/b", "+a", "a/b+"}) EXPECT_FALSE(is_topic_filter(bad)) << bad;
}

struct example {
  const char* filter;
  const char* topic;
  bool covers;
};

// MQTT5 4.7.1.2, 4.7.1.3, 4.7.2
constexpr example examples[] = {
    {"sport/tennis/player1/#", "sport/tennis/player1", true},
    {"sport/tennis/player1/#", "sport/tennis/player1/ranking", true},
    {"sport/tennis/player1/#", "sport/tennis/player1/score/wimbledon", true},
    {"sport/#", "sport", true},
    {"#", "sport/tennis", true},
    {"sport/tennis/+", "sport/tennis/player1", true},
    {"sport/tennis/+", "sport/tennis/player1/ranking", false},
    {"sport/+", "sport", false},
    {"sport/+", "sport/", true},
    {"+/+", "/finance", true},
    {"/+", "/finance", true},
    {"+", "/finance", false},
    {"#", "$SYS/uptime", false},
    {"+/uptime", "$SYS/uptime", false},
    {"$SYS/#", "$SYS/uptime", true},
    {"$SYS/+", "$SYS/uptime", true},
    {"a/b", "a/b/c", false},
    {"a/b/c", "a/b", false},
    {"a/b", "a/B", false},
};

TEST(topic, matches_as_the_specification_says) {
  for (const auto& e : examples) EXPECT_EQ(matches(e.filter, e.topic), e.covers) << e.filter << " " << e.topic;
}

TEST(topic_trie, agrees_with_the_examples) {
  for (const auto& e : examples) {
    topic_trie<int> trie;
    trie.insert(e.filter, 1);
    int hits = 0;
    trie.match(e.topic, [&](int) { ++hits; });
    EXPECT_EQ(hits, e.covers ? 1 : 0) << e.filter << " " << e.topic;
  }
}

struct named {
  int who;
  int detail;
  bool operator==(const named& other) const { return who == other.who; }
};

TEST(topic_trie, replaces_the_equal_value) {
  topic_trie<named> trie;
  trie.insert("a/+", {1, 10});
  trie.insert("a/+", {1, 20});
  trie.insert("a/+", {2, 30});
  EXPECT_EQ(trie.size(), 2U);
  std::vector<int> details;
  trie.match("a/b", [&](const named& n) { details.push_back(n.detail); });
  EXPECT_EQ(details, (std::vector{20, 30}));
}

TEST(topic_trie, erases_only_what_is_there) {
  topic_trie<int> trie;
  trie.insert("a/b", 1);
  EXPECT_FALSE(trie.erase("a/b", 2));
  EXPECT_FALSE(trie.erase("a", 1));
  EXPECT_FALSE(trie.erase("a/b/c", 1));
  EXPECT_TRUE(trie.erase("a/b", 1));
  EXPECT_TRUE(trie.empty());
}

std::string random_levels(prng& random, std::initializer_list<const char*> words) {
  std::string out;
  for (auto levels = 1 + random.below(4); levels-- > 0;) {
    if (!out.empty()) out += '/';
    out += words.begin()[random.below(words.size())];
  }
  return out;
}

TEST(topic_trie, agrees_with_matches_on_random_filters) {
  prng random(7);
  for (int round = 0; round < 200; ++round) {
    topic_trie<int> trie;
    std::vector<std::string> filters;
    for (int i = 0; i < 40; ++i) {
      const auto filter = random_levels(random, {"a", "b", "", "+", "#", "$s"});
      if (!is_topic_filter(filter)) continue;
      trie.insert(filter, static_cast<int>(filters.size()));
      filters.push_back(filter);
    }
    for (std::size_t i = 0; i < filters.size(); i += 3) {
      EXPECT_TRUE(trie.erase(filters[i], static_cast<int>(i)));
    }
    const auto topic = random_levels(random, {"a", "b", "", "$s"});
    std::multiset<int> expected;
    for (std::size_t i = 0; i < filters.size(); ++i) {
      if (i % 3 != 0 && matches(filters[i], topic)) expected.insert(static_cast<int>(i));
    }
    std::multiset<int> got;
    trie.match(topic, [&](int i) { got.insert(i); });
    EXPECT_EQ(got, expected) << topic;
  }
}

}  // namespace
}  // namespace perigee::wire::mqtt
