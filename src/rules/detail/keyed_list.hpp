#pragma once

#include <algorithm>
#include <cstdint>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/rules_limits.hpp"

namespace perigee::rules::detail {

/// What the rules of a set remember together, in bytes. Owned by the engine, outlives what uses it.
struct state_budget {
  std::size_t used = 0;
};

/// What an entry of a keyed_list has at least.
struct keyed_entry {
  std::string key;
  std::size_t bytes = 0;
};

/// What one rule remembers for each key: machine, topic, ... The one that was not asked for longest goes first where
/// there are too many, or they take too much room.
template <class Entry>
class keyed_list {
 public:
  using list = std::list<Entry>;

  explicit keyed_list(state_budget& budget) : budget_(budget) {}
  ~keyed_list() { budget_.used -= bytes_; }
  keyed_list(const keyed_list&) = delete;
  keyed_list& operator=(const keyed_list&) = delete;

  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  [[nodiscard]] bool empty() const { return entries_.empty(); }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  [[nodiscard]] std::uint64_t evicted() const { return evicted_; }
  /// Counts what else had to be forgotten.
  void count_evicted(std::uint64_t more = 1) { evicted_ += more; }

  /// Null where there is none.
  Entry* find(std::string_view key) {
    const auto found = by_key_.find(key);
    if (found == by_key_.end()) return nullptr;
    entries_.splice(entries_.end(), entries_, found->second);
    return &*found->second;
  }
  /// There is none of that key yet.
  Entry& add(std::string_view key) {
    if (entries_.size() == limits::rule_groups_max) evict();
    auto& made = entries_.emplace_back();
    made.key = key;
    by_key_.emplace(made.key, std::prev(entries_.end()));
    charge(made, 0);
    return made;
  }
  void erase(const Entry& e) { erase(by_key_.find(e.key)->second); }

  /// The entry takes so many bytes beside itself and its key.
  void charge(Entry& e, std::size_t bytes) {
    bytes += sizeof(Entry) + e.key.size() + node_bytes;
    bytes_ += bytes - e.bytes;
    budget_.used += bytes - e.bytes;
    e.bytes = bytes;
  }
  /// The newest stays in any case.
  void make_room() {
    while (entries_.size() > 1 &&
           (bytes_ > limits::rule_window_bytes_max || budget_.used > limits::rules_windows_bytes_max)) {
      evict();
    }
  }

  /// The one that was not asked for longest first.
  [[nodiscard]] auto begin() const { return entries_.begin(); }
  [[nodiscard]] auto end() const { return entries_.end(); }
  [[nodiscard]] const Entry& oldest() const { return entries_.front(); }
  [[nodiscard]] std::vector<Entry*> sorted_by_key() {
    std::vector<Entry*> out;
    out.reserve(entries_.size());
    for (auto& one : entries_) out.push_back(&one);
    std::ranges::sort(out, {}, [](const auto* e) { return std::string_view(e->key); });
    return out;
  }

 private:
  static constexpr std::size_t node_bytes = 96;  // of the list and of the index

  void erase(list::iterator at) {
    budget_.used -= at->bytes;
    bytes_ -= at->bytes;
    by_key_.erase(at->key);
    entries_.erase(at);
  }
  void evict() {
    erase(entries_.begin());
    ++evicted_;
  }

  state_budget& budget_;
  list entries_;
  std::unordered_map<std::string_view, typename list::iterator> by_key_;  // views the entries' own keys
  std::size_t bytes_ = 0;
  std::uint64_t evicted_ = 0;
};

}  // namespace perigee::rules::detail
