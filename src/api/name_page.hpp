#pragma once

#include <boost/json.hpp>

#include "api/json_answer.hpp"

namespace perigee::api {

/// One page of a list whose rows are in the order of their names: `limit` rows from behind `after` on, as with_page has
/// them. Lives for one answer.
class name_page {
 public:
  name_page(std::string_view list, const request& asked)
      : list_(list),
        most_(static_cast<std::size_t>(*asked.given.whole("limit"))),
        after_(asked.given.text("after").value_or("")) {}

  /// False where the page is full. `make` gives the row as an object; it is called for rows of this page alone.
  template <class Make>
  bool add(const std::vector<std::string_view>& names, Make make) {
    const auto cursor = cursor_of(names);
    if (!after_.empty() && !passed_) {
      passed_ = cursor == after_;
      return true;
    }
    if (rows_.size() == most_) {
      more_ = true;
      return false;
    }
    rows_.push_back(make());
    last_ = cursor;
    return true;
  }
  [[nodiscard]] boost::json::object take();
  [[nodiscard]] answer finish() { return json_answer(take()); }

 private:
  static std::string cursor_of(const std::vector<std::string_view>& names);

  std::string_view list_;
  std::size_t most_;
  std::string after_;
  std::string last_;
  boost::json::array rows_;
  bool passed_ = false;
  bool more_ = false;
};

}  // namespace perigee::api
