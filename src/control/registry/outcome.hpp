#pragma once
// What the registry answers, and who asked.

#include <expected>
#include <string>
#include <utility>

#include "base/error.hpp"
#include "base/time.hpp"

namespace perigee::control::registry {

/// Why something was refused, as the operator's interfaces tell it.
struct refusal {
  std::error_code code;
  const char* what = "";  // one sentence, the same each time
  std::string field{};    // the field that is wrong, where it is one
  std::string detail{};   // what is wrong this time
  std::string right{};    // what it would take

  refusal(errc is, const char* sentence, std::string of = {}, std::string why = {}, std::string would_do = {})
      : code(is), what(sentence), field(std::move(of)), detail(std::move(why)), right(std::move(would_do)) {}
  // NOLINTNEXTLINE(google-explicit-constructor): PG_TRY passes on what the database says
  refusal(const error& e) : code(e.code), what(e.what) {}
};
[[nodiscard]] inline bool is(const refusal& r, errc code) { return r.code == make_error_code(code); }

template <class T = void>
using outcome = std::expected<T, refusal>;

/// Who changes something, when, from where and why: each change leaves a row of it in the audit.
struct actor {
  std::string who;   // a user, a thing, or the part of the node that did it
  std::string from;  // the address, without the port; empty: the node itself
  std::string why;   // what the operator said, at most limits::registry_why_bytes_max
  timestamp at;
};

}  // namespace perigee::control::registry
