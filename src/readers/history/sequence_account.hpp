#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.hpp"
#include "base/error.hpp"

namespace perigee::readers::history {

/// Which numbers of one sequence have been seen, in whatever order they come (after an outage the newest come first),
/// and so which are missing and which came twice. Kept as the runs seen, at most limits::history_runs_max of them: past
/// that the lowest hole is closed, its numbers stay counted as missing, and numbers below are no longer judged.
class sequence_account {
 public:
  enum class verdict { fresh, doubled, unjudged };

  /// `first_expected` is the number a sequence starts with: 1 for a device.
  explicit sequence_account(std::uint64_t first_expected = 1) : first_expected_(first_expected) {}

  verdict add(std::uint64_t number);

  [[nodiscard]] std::uint64_t seen() const { return seen_; }
  [[nodiscard]] std::uint64_t doubled() const { return doubled_; }
  /// Between the first expected and the highest seen.
  [[nodiscard]] std::uint64_t missing() const;
  [[nodiscard]] std::uint64_t highest() const { return runs_.empty() ? 0 : runs_.back().last; }

  /// For keeping it: docs/formats/history.md.
  void encode(byte_buffer& out) const;
  [[nodiscard]] static result<sequence_account> decode(byte_view in);

 private:
  struct run {
    std::uint64_t first;
    std::uint64_t last;
  };

  std::uint64_t first_expected_;
  std::uint64_t seen_ = 0;
  std::uint64_t doubled_ = 0;
  std::uint64_t unjudged_below_ = 0;
  std::vector<run> runs_;  // ascending, with a hole between each two
};

}  // namespace perigee::readers::history
