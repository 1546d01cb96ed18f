#pragma once
// What a command asks of a running node's API.

#include <boost/json/object.hpp>
#include <expected>
#include <functional>
#include <string>
#include <string_view>

#include "cli/command.hpp"
#include "cli/node_place.hpp"
#include "client/http_client.hpp"

namespace perigee::cli {

/// The API of the node that a command's `--data`, or its argument `file_argument`, names, with its token. It says on
/// stderr what goes wrong, in the command's name: "perigee quarantine: ...".
class node_api {
 public:
  [[nodiscard]] static std::expected<node_api, exit_code> find(const invocation& called, std::string_view command,
                                                               std::string_view file_argument = "--node");

  [[nodiscard]] const node::run_info& running() const { return at_.running; }
  /// The answer as an object. exit_code::failed where the node refuses, unavailable where it does not answer.
  [[nodiscard]] std::expected<boost::json::object, exit_code> ask(std::string method, std::string path) const;
  /// The same with a JSON object as the body.
  [[nodiscard]] std::expected<boost::json::object, exit_code> ask(std::string method, std::string path,
                                                                  const boost::json::object& body) const;
  /// A body of another type, which may be large. A refusal comes back too.
  struct reply {
    bool good = false;
    boost::json::object said;  // the answer, or the problem
  };
  [[nodiscard]] std::expected<reply, exit_code> upload(std::string path, std::string type, std::string body,
                                                       std::function<void(std::size_t sent)> on_sent) const;
  /// Says on stderr why the node refused.
  [[nodiscard]] exit_code tell_problem(const boost::json::object& problem) const;
  /// Each line of an answer that goes on, until `take` says false, a signal comes (both are exit_code::ok) or the node
  /// ends.
  using line_taker = std::function<bool(std::string_view line)>;
  [[nodiscard]] exit_code follow(std::string path, const line_taker& take) const;

 private:
  node_api(node_place at, std::string_view command) : at_(std::move(at)), command_(command) {}
  [[nodiscard]] exit_code refuse(exit_code code, std::string_view sentence) const;
  [[nodiscard]] std::expected<client::http_answer, exit_code> exchange(client::http_question question,
                                                                       nanoseconds patience) const;
  [[nodiscard]] std::expected<reply, exit_code> parse(const client::http_answer& answer) const;
  [[nodiscard]] std::expected<boost::json::object, exit_code> read(const client::http_answer& answer) const;
  [[nodiscard]] io::endpoint endpoint() const;

  node_place at_;
  std::string_view command_;
};

/// A member as text: a string as it is, anything else as JSON; empty where it is not there or null.
[[nodiscard]] std::string text_of(const boost::json::object& in, std::string_view key);

}  // namespace perigee::cli
