#pragma once
// Looks into the text of an object or array that is known only while a rule runs.

#include <memory>
#include <string_view>

#include "base/function_ref.hpp"
#include "rules/detail/value.hpp"

namespace perigee::rules::detail {

/// Owned by the engine. Keeps its buffers. What it gives views the text it was asked about, or `texts`; NULL stands for
/// what is not there and for a text that is no JSON.
class json_text {
 public:
  json_text();
  ~json_text();

  /// The element of an array, from 0.
  [[nodiscard]] value element(std::string_view array, std::size_t at, scratch& texts);
  [[nodiscard]] value member(std::string_view object, std::string_view name, scratch& texts);
  /// The whole text as a value: what a payload that was decoded is.
  [[nodiscard]] value parse(std::string_view text, scratch& texts);
  /// Every element until `visit` says no more; false where the text is no array.
  bool for_each(std::string_view array, scratch& texts, function_ref<bool(const value&)> visit);

 private:
  struct parser;

  std::unique_ptr<parser> parser_;
};

}  // namespace perigee::rules::detail
