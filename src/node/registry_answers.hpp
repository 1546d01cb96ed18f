#pragma once
// What the routes of the registry share: who asks, answers from its worker, pages.

#include <boost/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/json_answer.hpp"
#include "base/limits.hpp"
#include "node/registry_json.hpp"
#include "node/things.hpp"

namespace perigee::node {

/// As the audit has it.
[[nodiscard]] inline control::registry::actor actor_of(const api::request& asked) {
  return {.who = asked.who.title(),
          .from = asked.who.address,
          .why = std::string(asked.given.text("why").value_or("")),
          .at = clock::wall()};
}

/// Runs `work` on the registry's worker; `make` turns a good answer into the API's, `status` says how good it is.
template <class T, class Make>
[[nodiscard]] io::task<api::answer> tell(things& of, things::work<T> work, Make make, unsigned status = 200) {
  PG_CO_TRY(const auto done, co_await of.ask<T>(std::move(work)));
  if (!done) co_return refusal_of(done.error());
  co_return api::json_answer(make(*done), status);
}

/// A page: one row more is asked for than is shown, to know whether there is more. It ends early where it would be
/// longer than the command line reads.
template <class T, class Make, class Cursor>
[[nodiscard]] boost::json::object page_of(std::string_view name, const std::vector<T>& rows, std::size_t most,
                                          Make make, Cursor cursor) {
  constexpr std::size_t room = limits::http_body_bytes_max - 4096;  // for the head, and the cursor
  boost::json::array shown;
  std::size_t bytes = 0;
  for (const auto& each : rows) {
    boost::json::object row = make(each);
    bytes += boost::json::serialize(row).size() + 1;
    if (shown.size() == most || (!shown.empty() && bytes > room)) break;
    shown.push_back(std::move(row));
  }
  const auto n = shown.size();
  return {{name, std::move(shown)},
          {"next", n < rows.size() ? boost::json::value(cursor(rows[n - 1])) : boost::json::value()}};
}

[[nodiscard]] inline std::string text_of(const api::request& asked, std::string_view name) {
  return std::string(asked.given.text(name).value_or(""));
}
[[nodiscard]] inline std::size_t limit_of(const api::request& asked) {
  return static_cast<std::size_t>(*asked.given.whole("limit"));
}

}  // namespace perigee::node
