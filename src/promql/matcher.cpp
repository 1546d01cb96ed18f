#include "promql/matcher.hpp"

#include "promql/detail/pattern.hpp"

namespace perigee::promql {

outcome<matcher> matcher::make(std::string name, match_kind kind, std::string value) {
  matcher out;
  if (kind == match_kind::matches || kind == match_kind::not_matches) {
    auto compiled = detail::pattern::compile(value);
    if (!compiled) return bad_data(std::move(compiled).error());
    out.pattern_ = *std::move(compiled);
  }
  out.name_ = std::move(name);
  out.value_ = std::move(value);
  out.kind_ = kind;
  return out;
}

bool matcher::matches(std::string_view value) const {
  switch (kind_) {
    case match_kind::equal: return value == value_;
    case match_kind::not_equal: return value != value_;
    case match_kind::matches: return pattern_->matches(value);
    case match_kind::not_matches: break;
  }
  return !pattern_->matches(value);
}

}  // namespace perigee::promql
