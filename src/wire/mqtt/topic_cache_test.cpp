#include "wire/mqtt/topic_cache.hpp"

#include <gtest/gtest.h>

#include <format>
#include <set>

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

}  // namespace
}  // namespace perigee::wire::mqtt
