#pragma once
// What fields payloads have: [fields] for a rule, from what was seen.

#include <cstdint>
#include <memory>
#include <string>

#include "base/bytes.hpp"

namespace perigee::rules {

/// Looks at payloads, of one topic filter most usefully, and keeps counts of their fields. Bounded by
/// limits::rule_survey_fields_max. Owned by whoever asks; pure.
class field_survey {
 public:
  field_survey();
  ~field_survey();
  field_survey(field_survey&&) noexcept;
  field_survey& operator=(field_survey&&) noexcept;

  /// False for what is no JSON.
  bool add(byte_view payload);

  [[nodiscard]] std::uint64_t messages() const;  // that were JSON
  [[nodiscard]] std::uint64_t unreadable() const;
  [[nodiscard]] std::uint64_t passed_over() const;  // values of fields for which there was no room
  [[nodiscard]] std::size_t fields() const;
  /// [fields] as a header of a rule takes it, in the order in which fields were seen first: with '?' where one is not
  /// in every message, `any` where it is now of one type and now of another, and behind # what numbers there were.
  [[nodiscard]] std::string header() const;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace perigee::rules
