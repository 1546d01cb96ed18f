#pragma once
// Errors are values: result<T> carries a T or an error. Nothing on the data path throws (DESIGN 4).

#include <expected>
#include <source_location>
#include <string>
#include <system_error>
#include <utility>

namespace perigee {

/// What went wrong: a code to act on, a static sentence for a person, and where it was noticed. Allocates nothing.
struct error {
  std::error_code code;
  const char* what = "";
  std::source_location at = std::source_location::current();

  /// "what (code message)", for a log line or a command's stderr.
  [[nodiscard]] std::string text() const;
};

template <class T = void>
using result = std::expected<T, error>;

/// `return fail(errc::full, "the lane is at its bound");`
[[nodiscard]] inline std::unexpected<error> fail(std::error_code code, const char* what,
                                                 std::source_location at = std::source_location::current()) {
  return std::unexpected(error{code, what, at});
}

/// The failures that every folder shares. A folder with more to say has its own enum and category.
enum class errc {
  ok = 0,
  malformed,     // bytes or text from outside do not parse
  too_large,     // over a limit in limits.hpp
  full,          // a bounded place is full; later may work
  duplicate,     // already stored; success for the sender
  out_of_order,  // a stamped record that does not follow the one before
  not_found,
  exists,
  unsupported,  // a known feature or newer version that is not served here
  refused,      // the peer or the policy says no
  corrupt,      // a CRC or an invariant of stored bytes fails
  cancelled,
  timed_out,
  closed,  // the peer or the service is gone
  io,      // the operating system said no; see the code in the log
  no_space,
};

const std::error_category& perigee_category() noexcept;
inline std::error_code make_error_code(errc e) noexcept { return {static_cast<int>(e), perigee_category()}; }
[[nodiscard]] inline std::unexpected<error> fail(errc code, const char* what,
                                                 std::source_location at = std::source_location::current()) {
  return std::unexpected(error{make_error_code(code), what, at});
}
[[nodiscard]] inline bool is(const error& e, errc code) noexcept { return e.code == make_error_code(code); }

}  // namespace perigee

template <>
struct std::is_error_code_enum<perigee::errc> : std::true_type {};

#define PG_CONCAT_(a, b) a##b
#define PG_CONCAT(a, b) PG_CONCAT_(a, b)
#define PG_TRY_(tmp, declaration, expression, leave)       \
  auto tmp = (expression);                                 \
  if (!tmp) leave std::unexpected(std::move(tmp).error()); \
  declaration = *std::move(tmp)
#define PG_CHECKED_(tmp, expression, leave) \
  if (auto tmp = (expression); !tmp) leave std::unexpected(std::move(tmp).error())

/// `PG_TRY(auto x, f());` unwraps or returns the error. `PG_TRY_VOID(f());` for result<>.
#define PG_TRY(declaration, expression) PG_TRY_(PG_CONCAT(pg_try_, __LINE__), declaration, expression, return)
#define PG_TRY_VOID(expression) PG_CHECKED_(PG_CONCAT(pg_try_, __LINE__), expression, return)
/// The same inside a coroutine: `PG_CO_TRY(auto x, co_await f());`
#define PG_CO_TRY(declaration, expression) PG_TRY_(PG_CONCAT(pg_try_, __LINE__), declaration, expression, co_return)
#define PG_CO_TRY_VOID(expression) PG_CHECKED_(PG_CONCAT(pg_try_, __LINE__), expression, co_return)
