#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace perigee::sim {

/// How often things happened, by name: faults that struck, judgements that checkers made.
class tally {
 public:
  void add(std::string_view name, std::uint64_t n = 1) {
    const auto found = counts_.find(name);
    (found == counts_.end() ? counts_.emplace(name, 0).first : found)->second += n;
  }
  void add(const tally& other) {
    for (const auto& [name, n] : other.counts_) add(name, n);
  }
  [[nodiscard]] std::uint64_t of(std::string_view name) const {
    const auto found = counts_.find(name);
    return found == counts_.end() ? 0 : found->second;
  }
  [[nodiscard]] const std::map<std::string, std::uint64_t, std::less<>>& all() const { return counts_; }

 private:
  std::map<std::string, std::uint64_t, std::less<>> counts_;
};

}  // namespace perigee::sim
