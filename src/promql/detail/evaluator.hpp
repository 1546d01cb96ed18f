#pragma once

#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "promql/detail/ast.hpp"
#include "promql/detail/instant_vector.hpp"
#include "promql/detail/label_pool.hpp"
#include "promql/source.hpp"

namespace perigee::promql::detail {

/// A series as a selector or a subquery holds it for the whole evaluation.
struct selected_series {
  label_set labels;
  std::vector<sample> samples;
};

/// Evaluates one query over one range of instants (an instant query is a range of one): first everything that its
/// selectors ask for is read, then the tree is evaluated instant by instant. Lives for that one evaluation.
class evaluator {
 public:
  evaluator(source& from, const evaluation_range& when) : from_(from), when_(when) {}

  /// Reads what `root` selects for all instants. Before anything else.
  [[nodiscard]] outcome<> load(const expression& root) { return load(root, when_); }

  /// Of an expression of that type, which was part of what was loaded.
  [[nodiscard]] outcome<instant_vector> vector_at(const expression& of, std::int64_t instant_ms);
  [[nodiscard]] outcome<double> scalar_at(const expression& of, std::int64_t instant_ms);
  [[nodiscard]] std::vector<series> matrix_at(const expression& of, std::int64_t instant_ms);
  [[nodiscard]] static const std::string& text_of(const expression& of) { return std::get<text_node>(of.node).value; }

  /// The newest sample of each series of a selector, with the sample's own time in seconds in place of its value.
  [[nodiscard]] instant_vector sample_times_at(const expression& selector, std::int64_t instant_ms);
  /// Whether any series of a range vector has a sample in its range.
  [[nodiscard]] bool any_sample_at(const expression& matrix, std::int64_t instant_ms);

  [[nodiscard]] label_pool& pool() { return pool_; }
  /// Kept for a place of the query, named by the address of what stands there.
  [[nodiscard]] label_memo& memo(const void* place) { return memos_[place]; }
  [[nodiscard]] label_set without_name(label_set of);

  /// A fault where two elements have the same labels, as when a name that told them apart was dropped.
  [[nodiscard]] outcome<instant_vector> unique(instant_vector of);
  /// Counts towards limits::promql_samples_max.
  [[nodiscard]] outcome<> count_samples(std::size_t more);

 private:
  struct matrix_window {
    std::int64_t after_ms;
    std::int64_t until_ms;
  };

  outcome<> load(const expression& root, const evaluation_range& when);
  outcome<> load_selector(const expression& at, const selector_node& node, const evaluation_range& when);
  outcome<> load_subquery(const expression& at, const subquery_node& node, const evaluation_range& when);
  [[nodiscard]] std::int64_t reference(const time_shift& shift, std::int64_t instant_ms) const;
  [[nodiscard]] matrix_window window_of(const expression& matrix, std::int64_t instant_ms) const;

  outcome<instant_vector> call_at(const call_node& node, std::int64_t instant_ms);
  outcome<instant_vector> windows_at(const call_node& node, std::int64_t instant_ms);
  outcome<instant_vector> numbers_at(const call_node& node, std::int64_t instant_ms);
  template <class Value>  // double(const sample&)
  instant_vector newest_at(const expression& selector, std::int64_t instant_ms, Value value);

  source& from_;
  evaluation_range when_;
  label_pool pool_;
  label_memo without_name_;
  std::unordered_map<const expression*, std::vector<selected_series>> selected_;
  std::unordered_map<const void*, label_memo> memos_;
  std::vector<std::uint64_t> seen_in_;  // by label_set: the number of the `unique` that met it last
  std::uint64_t uniques_ = 0;
  std::uint64_t evaluations_ = 0;
  std::size_t samples_ = 0;
};

}  // namespace perigee::promql::detail
