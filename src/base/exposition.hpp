#pragma once
// Metrics as text: Prometheus's text format 0.0.4, or OpenMetrics 1.0 for who asks for it.

#include <cstdint>
#include <string>
#include <string_view>

namespace perigee::metrics {

enum class text_format : std::uint8_t { prometheus, openmetrics };

/// The media type of a text in that format.
[[nodiscard]] std::string_view media_type_of(text_format f);
/// What a client's Accept header asks for: OpenMetrics where it names that no less willingly than the plain text.
[[nodiscard]] text_format preferred_format(std::string_view accept);

enum class family_type : std::uint8_t { counter, gauge, histogram };

/// Writes one text: each family once, then its samples.
class exposition {
 public:
  explicit exposition(text_format f) : format_(f) {}

  /// `name` as of a sample: of a counter with `_total`. Bytes and seconds at its end are its unit.
  void family(std::string_view name, std::string_view help, family_type type);
  /// `labels` is the text between the braces, or empty.
  void sample(std::string_view name, std::string_view labels, double value);
  /// The whole text, and nothing after it.
  [[nodiscard]] std::string take();

 private:
  text_format format_;
  std::string out_;
};

}  // namespace perigee::metrics
