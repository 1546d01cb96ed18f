#pragma once

#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "promql/detail/instant_vector.hpp"
#include "promql/labels.hpp"

namespace perigee::promql::detail {

/// Every set of labels that one evaluation meets, once. Owned by the evaluator.
class label_pool {
 public:
  [[nodiscard]] label_set intern(labels of) {
    const auto [at, fresh] = numbers_.try_emplace(std::move(of), label_set(static_cast<std::uint32_t>(sets_.size())));
    if (fresh) sets_.push_back(&at->first);
    return at->second;
  }
  [[nodiscard]] const labels& operator[](label_set of) const { return *sets_[of.value()]; }
  [[nodiscard]] std::size_t size() const { return sets_.size(); }

 private:
  std::map<labels, label_set> numbers_;
  std::vector<const labels*> sets_;  // in the map, whose nodes stay where they are
};

/// What one place of the query makes of each set of labels, worked out once per set and not once per instant.
class label_memo {
 public:
  template <class Make>  // labels(const labels&)
  [[nodiscard]] label_set of(label_pool& pool, label_set from, Make&& make) {
    if (known_.size() <= from.value()) known_.resize(pool.size());
    auto& kept = known_[from.value()];
    if (!kept) kept = pool.intern(make(pool[from]));
    return *kept;
  }

 private:
  std::vector<std::optional<label_set>> known_;
};

}  // namespace perigee::promql::detail
