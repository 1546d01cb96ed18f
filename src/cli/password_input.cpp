#include "cli/password_input.hpp"

#include <termios.h>
#include <unistd.h>

#include <format>
#include <iostream>

#include "base/limits.hpp"
#include "cli/console.hpp"

namespace perigee::cli {
namespace {

/// The terminal shows nothing of what is typed as long as this lives.
class hidden_input {
 public:
  hidden_input() {
    if (::tcgetattr(STDIN_FILENO, &before_) != 0) return;
    auto hidden = before_;
    hidden.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    changed_ = ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden) == 0;
  }
  ~hidden_input() {
    if (changed_) ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
  }
  hidden_input(const hidden_input&) = delete;
  hidden_input& operator=(const hidden_input&) = delete;

 private:
  termios before_{};
  bool changed_ = false;
};

result<std::string> read_line() {
  std::string line;
  if (!std::getline(std::cin, line)) return fail(errc::closed, "there is no password on stdin");
  if (line.ends_with('\r')) line.pop_back();
  if (line.empty()) return fail(errc::malformed, "the password is empty");
  if (line.size() > limits::access_password_bytes_max) return fail(errc::malformed, "the password is too long");
  return line;
}

result<std::string> ask(const std::string& prompt) {
  complain(prompt);
  const hidden_input hidden;
  auto line = read_line();
  complain("\n");
  return line;
}

}  // namespace

result<std::string> read_password(std::string_view of) {
  if (::isatty(STDIN_FILENO) == 0) return read_line();
  PG_TRY(auto first, ask(std::format("password of {}: ", of)));
  PG_TRY(const auto second, ask("once more: "));
  if (first != second) return fail(errc::malformed, "the two are not the same");
  return first;
}

}  // namespace perigee::cli
