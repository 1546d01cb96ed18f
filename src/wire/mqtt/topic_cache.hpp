#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/limits.hpp"
#include "wire/mqtt/topic_trie.hpp"

namespace perigee::wire::mqtt {

/// A topic_trie that remembers what covered the topics it was asked for last, until a filter comes or goes: publishers
/// repeat their topics, and a match is then a hash and a comparison. Bounded by limits::mqtt_matched_topics_max topics
/// with up to limits::mqtt_matched_values_max values each; the table is made with the first match. Same owner and
/// thread as the trie; `match` is not const.
template <class T>
class topic_cache {
 public:
  void insert(std::string_view filter, T value) {
    ++generation_;
    trie_.insert(filter, std::move(value));
  }
  bool erase(std::string_view filter, const T& value) {
    ++generation_;
    return trie_.erase(filter, value);
  }

  /// As topic_trie::match.
  template <class Visit>
  void match(std::string_view topic, Visit&& visit) {
    if (!entries_) entries_ = std::make_unique<table>();
    auto& known = (*entries_)[std::hash<std::string_view>()(topic) % entries_->size()];
    if (known.generation != generation_ || known.topic != topic) look_up(topic, known);
    if (known.too_many) return trie_.match(topic, visit);
    for (const auto& value : known.values) visit(value);
  }

  [[nodiscard]] const topic_trie<T>& trie() const { return trie_; }
  [[nodiscard]] std::size_t size() const { return trie_.size(); }
  [[nodiscard]] bool empty() const { return trie_.empty(); }

 private:
  struct entry {
    std::uint64_t generation = 0;  // 0: never filled
    std::string topic;
    std::vector<T> values;
    bool too_many = false;
  };
  using table = std::array<entry, limits::mqtt_matched_topics_max>;

  void look_up(std::string_view topic, entry& into) {
    into.generation = generation_;
    into.topic = topic;
    into.values.clear();
    into.too_many = false;
    trie_.match(topic, [&into](const T& value) {
      into.too_many = into.too_many || into.values.size() == limits::mqtt_matched_values_max;
      if (!into.too_many) into.values.push_back(value);
    });
  }

  topic_trie<T> trie_;
  std::unique_ptr<table> entries_;
  std::uint64_t generation_ = 1;
};

}  // namespace perigee::wire::mqtt
