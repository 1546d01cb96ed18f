#pragma once

#include <cstdint>
#include <vector>

#include "rules/detail/aggregate.hpp"

namespace perigee::rules::detail {

/// The parts of a window in the order of time, of which the oldest leave and the newest come, and all of them put
/// together at any time: two stacks, so that each part is merged twice however many windows it belongs to.
class pane_queue {
 public:
  [[nodiscard]] bool empty() const { return old_.empty() && new_.empty(); }
  [[nodiscard]] std::size_t size() const { return old_.size() + new_.size(); }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

  /// `at` is not before the newest.
  void push(std::int64_t at, partial part);
  void drop_before(std::int64_t at);
  void drop_oldest();
  /// All of it. Not for an empty queue.
  [[nodiscard]] partial folded() const;

  void encode(byte_writer& to) const;
  [[nodiscard]] static pane_queue decode(std::span<const aggregate_kind> kinds, byte_reader& from);

 private:
  struct pane {
    std::int64_t at = 0;
    partial parts;
  };

  [[nodiscard]] std::int64_t oldest() const { return old_.empty() ? new_.front().at : old_.back().at; }
  void flip();

  std::vector<pane> old_;  // the oldest last; each holds itself and what came after it here
  std::vector<pane> new_;  // the newest last, each for itself
  partial new_total_;      // of new_
  std::size_t bytes_ = 0;
};

[[nodiscard]] std::size_t bytes_of(const partial& p);
void merge(partial& into, const partial& later);
void encode_partial(byte_writer& to, const partial& p);
[[nodiscard]] partial decode_partial(std::span<const aggregate_kind> kinds, byte_reader& from);

}  // namespace perigee::rules::detail
