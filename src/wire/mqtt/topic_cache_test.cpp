#include "wire/mqtt/topic_cache.hpp"

#include <gtest/gtest.h>

#include <format>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/random.hpp"

namespace perigee::wire::mqtt {
namespace {

std::multiset<int> found(topic_cache<int>& in, std::string_view topic) {
  std::multiset<int> out;
  in.match(topic, [&](int value) { out.insert(value); });
  return out;
}

TEST(a_topic_cache, sees_each_change_of_the_filters) {
  topic_cache<int> cache;
  EXPECT_TRUE(found(cache, "a/b").empty());
  cache.insert("a/+", 1);
  EXPECT_EQ(found(cache, "a/b"), (std::multiset{1}));
  cache.insert("a/b", 2);
  EXPECT_EQ(found(cache, "a/b"), (std::multiset{1, 2}));
  EXPECT_TRUE(cache.erase("a/+", 1));
  EXPECT_EQ(found(cache, "a/b"), (std::multiset{2}));
  EXPECT_FALSE(cache.erase("a/+", 1));
  EXPECT_EQ(cache.size(), 1U);
}

TEST(a_topic_cache, gives_all_where_they_are_too_many_to_keep) {
  topic_cache<int> cache;
  std::multiset<int> all;
  for (int i = 0; i < static_cast<int>(limits::mqtt_matched_values_max) + 5; ++i) {
    cache.insert("t", i);
    all.insert(i);
  }
  EXPECT_EQ(found(cache, "t"), all);
  EXPECT_EQ(found(cache, "t"), all);
}

/// Many more topics than it keeps, with filters that come and go, against the trie itself.
TEST(a_topic_cache, answers_as_the_trie_does) {
  prng random(3);
  topic_cache<int> cache;
  topic_trie<int> trie;
  for (int i = 0; i < 20'000; ++i) {
    const auto name = std::format("t/{}", random.next() % 3000);
    if (random.next() % 50 == 0) {
      const auto filter = random.next() % 2 == 0 ? name : "t/+";
      const auto value = static_cast<int>(random.next() % 4);
      if (random.next() % 2 == 0) {
        cache.insert(filter, value);
        trie.insert(filter, value);
      } else {
        EXPECT_EQ(cache.erase(filter, value), trie.erase(filter, value));
      }
    }
    std::multiset<int> wanted;
    trie.match(name, [&](int value) { wanted.insert(value); });
    ASSERT_EQ(found(cache, name), wanted) << name;
  }
}

struct held {
  std::string filter;
  int value;
};

std::string random_levels(prng& random, std::size_t levels_max, std::span<const std::string_view> words) {
  std::string out;
  for (auto levels = 1 + random.below(levels_max); levels-- > 0;) {
    out += words[random.below(words.size())];
    if (levels != 0) out += '/';
  }
  return out;
}

std::string random_filter(prng& random, std::size_t levels_max) {
  constexpr std::string_view words[] = {"a", "b", "", "+", "$s"};
  if (random.below(4) != 0) return random_levels(random, levels_max, words);
  return random.below(8) == 0 ? "#" : random_levels(random, levels_max - 1, words) + "/#";
}

/// One that the filter covers, unless a wildcard is in front of a level that starts with '$'.
std::string random_topic_of(prng& random, std::string_view filter) {
  constexpr std::string_view words[] = {"a", "b", "", "$s"};
  std::string out;
  for (const char c : filter) {
    if (c == '+' || c == '#') {
      out += words[random.below(std::size(words))];
    } else {
      out += c;
    }
  }
  return out;
}

/// Filters that come and go, with `$` and as deep as there may be, and topics of theirs and of those that went, against
/// a list of filters that wire::mqtt::matches goes through.
TEST(a_topic_cache, agrees_with_a_list_of_filters) {
  prng random(11);
  topic_cache<int> cache;
  std::vector<held> all;
  std::string last = "a";
  std::size_t matched = 0;
  for (int i = 0; i < 10'000; ++i) {
    const std::size_t levels_max = random.below(10) == 0 ? limits::mqtt_topic_levels_max : 4;
    if (const auto filter = random_filter(random, levels_max); i % 3 == 0 && is_topic_filter(filter)) {
      all.push_back({filter, i});
      cache.insert(filter, i);
    }
    if (all.size() > 60) {
      const auto gone = all.begin() + static_cast<std::ptrdiff_t>(random.below(all.size()));
      ASSERT_TRUE(cache.erase(gone->filter, gone->value)) << gone->filter;
      last = gone->filter;
      all.erase(gone);
    }
    const auto topic = random_topic_of(random, all.empty() || i % 2 == 0 ? last : all[random.below(all.size())].filter);
    if (!is_topic_name(topic)) continue;
    std::multiset<int> wanted;
    for (const auto& each : all) {
      if (matches(each.filter, topic)) wanted.insert(each.value);
    }
    ASSERT_EQ(found(cache, topic), wanted) << topic << " at step " << i;
    ASSERT_EQ(found(cache, topic), wanted) << topic << ", remembered, at step " << i;
    ASSERT_EQ(cache.size(), all.size());
    matched += wanted.size();
  }
  EXPECT_GT(matched, 10'000U) << "or it asked for what nobody wants";
}

}  // namespace
}  // namespace perigee::wire::mqtt
