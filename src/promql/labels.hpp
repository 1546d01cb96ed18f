#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace perigee::promql {

/// The label that holds a series' name.
inline constexpr std::string_view metric_name_label = "__name__";

struct label {
  std::string name;
  std::string value;

  auto operator<=>(const label&) const = default;
};

/// What tells one series from another: labels ordered by name, each name once. A label without a value is the same as
/// none, so none is kept.
class labels {
 public:
  labels() = default;
  labels(std::initializer_list<label> all);

  /// Empty where there is none.
  [[nodiscard]] std::string_view get(std::string_view name) const;
  /// An empty value removes the label.
  void set(std::string_view name, std::string_view value);
  void remove(std::string_view name) { set(name, {}); }

  [[nodiscard]] auto begin() const { return all_.begin(); }
  [[nodiscard]] auto end() const { return all_.end(); }
  [[nodiscard]] std::size_t size() const { return all_.size(); }
  [[nodiscard]] bool empty() const { return all_.empty(); }
  auto operator<=>(const labels&) const = default;

  /// For a person: `name{label="value", ...}`.
  [[nodiscard]] std::string text() const;

 private:
  std::vector<label> all_;
};

}  // namespace perigee::promql
