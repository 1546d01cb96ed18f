#pragma once
// Collects what is wrong with one rule file while its parts are read.

#include <cstdint>
#include <iterator>
#include <string>
#include <utility>

#include "base/diagnostic.hpp"
#include "base/rules_limits.hpp"

namespace perigee::rules::detail {

/// A place in a rule file, in bytes.
struct range {
  std::uint32_t at = 0;
  std::uint32_t length = 1;

  [[nodiscard]] range until(range last) const { return {at, last.at + last.length - at}; }
};

/// Owned by the compilation of one file. Keeps the first `rule_errors_max`: more would not help anyone.
class problems {
 public:
  problems(source_text source, diagnostics& out) : source_(source), out_(out) {}

  void add(range where, const char* code, std::string message, std::string help = {}) {
    if (++count_ > limits::rule_errors_max) return;
    out_.push_back(source_.at(where.at, where.length, code, std::move(message), std::move(help)));
  }
  /// What another file says that belongs to this one.
  void add_all(diagnostics others) {
    count_ += others.size();
    out_.insert(out_.end(), std::make_move_iterator(others.begin()), std::make_move_iterator(others.end()));
  }
  [[nodiscard]] bool any() const { return count_ != 0; }
  [[nodiscard]] const source_text& source() const { return source_; }

 private:
  source_text source_;
  diagnostics& out_;
  std::size_t count_ = 0;
};

}  // namespace perigee::rules::detail
