#pragma once
// The kinds of value that both files of this folder have.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "settings/kind.hpp"

namespace perigee::access::detail {

/// Cuts the excerpt of the error that was just added before the value: it may be a secret in the open, and errors are
/// logged.
inline void hide_value(settings::reading& in) {
  if (in.errors.empty()) return;
  auto& shown = in.errors.back();
  if (shown.column != 0 && shown.column <= shown.excerpt.size()) shown.excerpt.resize(shown.column - 1);
  shown.excerpt += "...";
  shown.length = 3;
}

/// A secret's stand-in, which its own parser reads.
template <class Secret>
std::optional<Secret> read_secret(settings::reading& in, const settings::value& from, std::string_view otherwise) {
  const auto* found = settings::kind::expect<std::string>(in, from, "a text");
  if (found == nullptr) return std::nullopt;
  auto parsed = Secret::parse(*found);
  if (parsed) return std::move(*parsed);
  in.refuse(from.at, "P0117", std::string(otherwise), std::string(parsed.error().what));
  hide_value(in);
  return std::nullopt;
}

}  // namespace perigee::access::detail
