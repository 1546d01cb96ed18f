#include "cli/node_api.hpp"

#include <signal.h>

#include <boost/json.hpp>
#include <format>

#include "cli/console.hpp"
#include "cli/run_to_end.hpp"
#include "io/scope.hpp"
#include "io/signals.hpp"

namespace perigee::cli {
namespace {

using namespace std::chrono_literals;
namespace json = boost::json;

constexpr auto patience = 10s;  // some answers wait for a reader and the disk
constexpr auto upload_patience = 2min;

io::task<> ask_once(io::shard& on, io::network& network, io::endpoint at, client::http_question question,
                    nanoseconds most, result<client::http_answer>& into) {
  into = co_await client::http_ask(on, network, std::move(at), std::move(question), clock::now() + most);
  co_return result<>();
}

/// A problem (RFC 9457) for a person.
std::string sentence_of(const json::object& problem) {
  auto out = text_of(problem, "title");
  if (const auto detail = text_of(problem, "detail"); !detail.empty()) out += " " + detail;
  if (const auto right = text_of(problem, "right"); !right.empty()) out += std::format(" ({})", right);
  return out;
}

/// Lines as they come, over one connection.
class following {
 public:
  following(io::shard& on, io::network& network, const node_api::line_taker& take)
      : on_(on), network_(network), take_(take), signals_(on, {SIGINT, SIGTERM}), watching_(on) {}

  io::task<> run(io::endpoint at, client::http_question question) {
    PG_CO_TRY(stream_, co_await network_.connect(at, clock::now() + patience));
    watching_.spawn("cli.http", wait_for_signal());
    const auto answered =
        co_await client::http_follow(*stream_, at.host, question, [this](auto piece) { return on_piece(piece); });
    (void)co_await watching_.close();
    if (answered) refused = *answered;
    if (done_) co_return result<>();
    co_return answered ? result<>() : std::unexpected(answered.error());
  }
  [[nodiscard]] bool done() const { return done_; }

  client::http_answer refused;  // where its status is not 200

 private:
  io::task<> wait_for_signal() {
    PG_CO_TRY_VOID(co_await signals_.next());
    done_ = true;
    stream_->close();
    co_return result<>();
  }
  bool on_piece(std::string_view piece) {
    rest_ += piece;
    std::size_t begin = 0;
    for (auto end = rest_.find('\n'); end != std::string::npos && !done_; end = rest_.find('\n', begin)) {
      const auto line = std::string_view(rest_).substr(begin, end - begin);
      if (!line.empty()) done_ = !take_(line);  // an empty one is a sign of life
      begin = end + 1;
    }
    rest_.erase(0, begin);
    return !done_;
  }

  io::shard& on_;
  io::network& network_;
  const node_api::line_taker& take_;
  io::signals signals_;
  io::scope watching_;
  std::unique_ptr<io::stream> stream_;
  std::string rest_;
  bool done_ = false;
};

}  // namespace

std::string text_of(const json::object& in, std::string_view key) {
  const auto* found = in.if_contains(key);
  if (found == nullptr || found->is_null()) return "";
  return found->is_string() ? std::string(found->get_string()) : json::serialize(*found);
}

std::expected<node_api, exit_code> node_api::find(const invocation& called, std::string_view command,
                                                  std::string_view file_argument) {
  auto place = find_node(called, file_argument);
  if (!place) return std::unexpected(place.error());
  node_api out(*std::move(place), command);
  if (!out.at_.running.api) return std::unexpected(out.refuse(exit_code::unavailable, "the node has no [api] to ask"));
  return out;
}

exit_code node_api::refuse(exit_code code, std::string_view sentence) const {
  complain(std::format("perigee {}: {}\n", command_, sentence));
  return code;
}

io::endpoint node_api::endpoint() const {
  const auto& api = *at_.running.api;
  return {api.address, api.port, api.transport == "tls" ? at_.tls : nullptr};
}

exit_code node_api::tell_problem(const json::object& problem) const {
  return refuse(exit_code::failed, sentence_of(problem));
}

std::expected<node_api::reply, exit_code> node_api::parse(const client::http_answer& answer) const {
  const bool good = answer.status >= 200 && answer.status <= 299;
  if (answer.status == 204) return reply{good, {}};
  boost::system::error_code ec;
  auto parsed = json::parse(answer.body, ec);
  if (ec || !parsed.is_object()) return std::unexpected(refuse(exit_code::unavailable, "the node's answer is no JSON"));
  return reply{good, std::move(parsed.get_object())};
}

std::expected<json::object, exit_code> node_api::read(const client::http_answer& answer) const {
  auto got = parse(answer);
  if (!got) return std::unexpected(got.error());
  if (!got->good) return std::unexpected(tell_problem(got->said));
  return std::move(got->said);
}

std::expected<client::http_answer, exit_code> node_api::exchange(client::http_question question,
                                                                 nanoseconds most) const {
  io::shard shard;
  const auto network = io::real_network(shard);
  result<client::http_answer> answer = fail(errc::cancelled, "not asked");
  question.token = at_.running.token;
  (void)run_to_end(shard, ask_once(shard, *network, endpoint(), std::move(question), most, answer));
  if (!answer) return std::unexpected(refuse(exit_code::unavailable, answer.error().text()));
  return *std::move(answer);
}

std::expected<json::object, exit_code> node_api::ask(std::string method, std::string path) const {
  const auto answer = exchange({.method = std::move(method), .path = std::move(path), .token = {}}, patience);
  if (!answer) return std::unexpected(answer.error());
  return read(*answer);
}

std::expected<json::object, exit_code> node_api::ask(std::string method, std::string path,
                                                     const json::object& body) const {
  const auto answer = exchange({.method = std::move(method),
                                .path = std::move(path),
                                .token = {},
                                .type = "application/json",
                                .body = json::serialize(body)},
                               patience);
  if (!answer) return std::unexpected(answer.error());
  return read(*answer);
}

std::expected<node_api::reply, exit_code> node_api::upload(std::string path, std::string type, std::string body,
                                                           std::function<void(std::size_t sent)> on_sent) const {
  const auto answer = exchange({.method = "POST",
                                .path = std::move(path),
                                .token = {},
                                .type = std::move(type),
                                .body = std::move(body),
                                .on_sent = std::move(on_sent)},
                               upload_patience);
  if (!answer) return std::unexpected(answer.error());
  return parse(*answer);
}

exit_code node_api::follow(std::string path, const line_taker& take) const {
  io::shard shard;
  const auto network = io::real_network(shard);
  following lines(shard, *network, take);
  const auto ended = run_to_end(shard, lines.run(endpoint(), {"GET", std::move(path), at_.running.token}));
  if (lines.done()) return exit_code::ok;
  if (!ended) return refuse(exit_code::unavailable, ended.error().text());
  if (lines.refused.status != 200) return read(lines.refused).error_or(exit_code::failed);
  return refuse(exit_code::unavailable, "the node ended");
}

}  // namespace perigee::cli
