#include "readers/history/detail/own_labels.hpp"

namespace perigee::readers::history::detail {
namespace {

/// The value whose opening quote is behind; `text` goes on behind the closing one.
std::string take_value(std::string_view& text) {
  std::string out;
  while (!text.empty() && text.front() != '"') {
    const bool escaped = text.front() == '\\' && text.size() > 1;
    if (escaped) text.remove_prefix(1);
    out += escaped && text.front() == 'n' ? '\n' : text.front();
    text.remove_prefix(1);
  }
  if (!text.empty()) text.remove_prefix(1);
  return out;
}

}  // namespace

promql::labels own_labels(std::string_view text) {
  promql::labels out;
  for (;;) {
    const auto equals = text.find("=\"");
    if (equals == std::string_view::npos) return out;
    const auto name = text.substr(0, equals);
    text.remove_prefix(equals + 2);
    out.set(name, take_value(text));
    if (!text.starts_with(',')) return out;
    text.remove_prefix(1);
  }
}

}  // namespace perigee::readers::history::detail
