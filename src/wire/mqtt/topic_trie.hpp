#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "wire/mqtt/topic.hpp"

namespace perigee::wire::mqtt {

/// The index of subscriptions: filters with a value each, looked up by topic. A match visits only the levels that the
/// topic has, allocates nothing, and recurses at most as deep as the deepest filter (limits::mqtt_topic_levels_max).
/// Owned by whoever holds the subscriptions; one thread. `T` is compared with == to find what to replace or erase.
template <class T>
class topic_trie {
 public:
  /// Adds the value under the filter, or replaces the equal one that is there. The filter must be valid.
  void insert(std::string_view filter, T value) {
    node* at = &root_;
    topic_levels levels(filter);
    for (std::string_view level; levels.next(level);) {
      auto found = at->children.find(level);
      if (found == at->children.end()) found = at->children.emplace(level, std::make_unique<node>()).first;
      at = found->second.get();
    }
    const auto same = std::ranges::find(at->values, value);
    if (same != at->values.end()) {
      *same = std::move(value);
    } else {
      at->values.push_back(std::move(value));
      ++size_;
    }
  }

  /// False where nothing equal stands under the filter. Levels left empty go.
  bool erase(std::string_view filter, const T& value) {
    const bool erased = erase_below(root_, topic_levels(filter), value);
    if (erased) --size_;
    return erased;
  }

  /// Calls `visit(const T&)` for every value whose filter covers the topic. `visit` must not change the trie.
  template <class Visit>
  void match(std::string_view topic, Visit&& visit) const {
    match_below(root_, topic_levels(topic), topic.starts_with('$'), visit);
  }

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }

 private:
  struct node {
    std::map<std::string, std::unique_ptr<node>, std::less<>> children;
    std::vector<T> values;
  };

  static bool erase_below(node& at, topic_levels rest, const T& value) {
    std::string_view level;
    if (!rest.next(level)) {
      const auto same = std::ranges::find(at.values, value);
      if (same == at.values.end()) return false;
      at.values.erase(same);
      return true;
    }
    const auto child = at.children.find(level);
    if (child == at.children.end() || !erase_below(*child->second, rest, value)) return false;
    if (child->second->children.empty() && child->second->values.empty()) at.children.erase(child);
    return true;
  }

  template <class Visit>
  static void visit_all(const node& at, Visit& visit) {
    for (const auto& value : at.values) visit(value);
  }

  template <class Visit>
  static void match_below(const node& at, topic_levels rest, bool hidden, Visit& visit) {
    // `#` covers what is below and the level above it; neither wildcard opens a name with `$` (MQTT-4.7.2-1).
    if (!hidden) {
      if (const auto all = at.children.find(std::string_view("#")); all != at.children.end()) {
        visit_all(*all->second, visit);
      }
    }
    std::string_view level;
    if (!rest.next(level)) return visit_all(at, visit);
    if (const auto same = at.children.find(level); same != at.children.end()) {
      match_below(*same->second, rest, false, visit);
    }
    if (hidden) return;
    if (const auto any = at.children.find(std::string_view("+")); any != at.children.end()) {
      match_below(*any->second, rest, false, visit);
    }
  }

  node root_;
  std::size_t size_ = 0;
};

}  // namespace perigee::wire::mqtt
