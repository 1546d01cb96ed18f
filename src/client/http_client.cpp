#include "client/http_client.hpp"

#include <algorithm>
#include <charconv>
#include <format>
#include <optional>
#include <utility>

#include "base/limits.hpp"
#include "io/scope.hpp"
#include "io/timer.hpp"

namespace perigee::client {
namespace {

io::task<> close_at(io::timer& timer, io::stream& stream, clock::time_point deadline) {
  PG_CO_TRY_VOID(co_await timer.wait_until(deadline));
  stream.close();
  co_return result<>();
}

std::string head_of(const http_question& asked, std::string_view host) {
  const auto shown = asked.token.empty() ? asked.authorization : "Bearer " + asked.token;
  const auto token = shown.empty() ? "" : std::format("Authorization: {}\r\n", shown);
  const auto body = asked.type.empty()
                        ? ""
                        : std::format("Content-Type: {}\r\nContent-Length: {}\r\n", asked.type, asked.body.size());
  return std::format("{} {} HTTP/1.1\r\nHost: {}\r\n{}{}Connection: close\r\n\r\n", asked.method, asked.path, host,
                     token, body);
}

/// A server that refuses the body answers and closes before it has all of it: so an error here may not be the last
/// word.
io::task<> send_body(io::stream& stream, const http_question& asked) {
  constexpr std::size_t piece_bytes = 32U << 10;
  for (std::size_t sent = 0; sent < asked.body.size();) {
    const auto piece = std::string_view(asked.body).substr(sent, piece_bytes);
    PG_CO_TRY_VOID(co_await stream.write(as_bytes(piece)));
    sent += piece.size();
    if (asked.on_sent) asked.on_sent(sent);
  }
  co_return result<>();
}

io::task<http_answer> converse(io::stream& stream, const std::string& host, const http_question& asked) {
  PG_CO_TRY_VOID(co_await stream.write(as_bytes(head_of(asked, host))));
  (void)co_await send_body(stream, asked);
  std::string all;
  byte_buffer block(16U << 10);
  for (;;) {
    const auto got = co_await stream.read_some(block);
    if (!got) break;  // the server closes behind its answer
    all += as_text(byte_view(block).first(*got));
    if (all.size() > limits::http_body_bytes_max) co_return fail(errc::too_large, "the node's answer is too long");
  }
  co_return parse_http_answer(all);
}

}  // namespace

io::task<http_answer> http_get(io::shard& on, io::network& network, io::endpoint at, std::string path,
                               clock::time_point deadline) {
  co_return co_await http_ask(on, network, std::move(at), {"GET", std::move(path), ""}, deadline);
}

io::task<http_answer> http_ask(io::shard& on, io::network& network, io::endpoint at, http_question question,
                               clock::time_point deadline) {
  PG_CO_TRY(const auto stream, co_await network.connect(at, deadline));
  io::scope watch(on);
  io::timer timer(on);
  watch.spawn("client.http", close_at(timer, *stream, deadline));
  auto answer = co_await converse(*stream, at.host, question);
  (void)co_await watch.close();
  if (!answer && clock::now() >= deadline) co_return fail(errc::timed_out, "the node does not answer");
  co_return answer;
}

io::task<http_answer> http_follow(io::stream& stream, std::string_view host, const http_question& question,
                                  piece_taker take) {
  PG_CO_TRY_VOID(co_await stream.write(as_bytes(head_of(question, host))));
  byte_buffer block(16U << 10);
  std::string come;
  std::optional<http_answer> head;
  chunk_reader chunks;
  while (!chunks.done()) {
    const auto n = co_await stream.read_some(block);
    if (!n) break;
    come += as_text(byte_view(block).first(*n));
    if (!head && come.contains("\r\n\r\n")) {
      PG_CO_TRY(head, parse_http_answer(come));
      come = std::exchange(head->body, {});
    }
    if (come.size() > limits::http_body_bytes_max) co_return fail(errc::too_large, "the node's answer is too long");
    if (!head || head->status != 200) continue;
    std::string body;
    PG_CO_TRY_VOID(chunks.take(std::exchange(come, {}), body));
    if (!body.empty() && !take(body)) break;
  }
  if (!head) co_return fail(errc::closed, "the node does not answer");
  head->body = std::move(come);
  co_return *std::move(head);
}

result<> chunk_reader::take(std::string_view in, std::string& body) {
  constexpr std::size_t head_bytes_max = 64;
  constexpr std::size_t chunk_bytes_max = 1U << 30;
  while (!in.empty() && !done_) {
    if (left_ > 0) {
      const auto piece = in.substr(0, left_);
      const auto of_body = left_ > 2 ? std::min(piece.size(), left_ - 2) : 0;  // the last two end the line
      body += piece.substr(0, of_body);
      left_ -= piece.size();
      in.remove_prefix(piece.size());
      continue;
    }
    head_ += in.front();
    in.remove_prefix(1);
    if (head_.size() > head_bytes_max) return fail(errc::too_large, "the head of a chunk has no end");
    if (!head_.ends_with("\r\n")) continue;
    std::size_t bytes = 0;
    const auto [rest, failed] = std::from_chars(head_.data(), head_.data() + head_.size(), bytes, 16);
    const bool is_number = failed == std::errc() && (*rest == '\r' || *rest == ';');
    if (!is_number || bytes > chunk_bytes_max) return fail(errc::malformed, "not the head of a chunk");
    head_.clear();
    done_ = bytes == 0;
    left_ = bytes + 2;
  }
  return {};
}

result<http_answer> parse_http_answer(std::string_view bytes) {
  // RFC 9112 4: "HTTP/1.1 200 OK"
  constexpr std::string_view version = "HTTP/1.";
  const auto head_end = bytes.find("\r\n\r\n");
  if (!bytes.starts_with(version) || head_end == std::string_view::npos || bytes.size() < 12) {
    return fail(errc::malformed, "not an HTTP answer");
  }
  http_answer out;
  const auto [rest, failed] = std::from_chars(bytes.data() + 9, bytes.data() + 12, out.status);
  if (failed != std::errc() || rest != bytes.data() + 12) return fail(errc::malformed, "not an HTTP answer");
  out.head = bytes.substr(0, head_end + 2);
  out.body = bytes.substr(head_end + 4);
  return out;
}

std::string_view field_of(const http_answer& answer, std::string_view name) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  std::string_view left = answer.head;
  while (!left.empty()) {
    auto line = left.substr(0, left.find("\r\n"));
    left.remove_prefix(std::min(line.size() + 2, left.size()));
    const auto colon = std::min(line.find(':'), line.size());
    if (!std::ranges::equal(line.substr(0, colon), name, {}, lower, lower)) continue;
    line.remove_prefix(std::min(colon + 1, line.size()));
    line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
    return line.substr(0, line.find_last_not_of(" \t") + 1);
  }
  return {};
}

}  // namespace perigee::client
