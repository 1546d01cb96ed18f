// The API over a network in memory, on virtual time.

#include "api/server.hpp"

#include <gtest/gtest.h>

#include <format>
#include <map>

#include "base/limits.hpp"
#include "io/memory_network.hpp"
#include "io/timer.hpp"

namespace perigee::api {
namespace {

using namespace std::chrono_literals;

io::task<> exchange(io::network& net, std::uint16_t port, std::string bytes, std::string& into) {
  PG_CO_TRY(auto stream, co_await net.connect({.host = "node", .port = port, .tls = {}}, clock::now() + 1s));
  PG_CO_TRY_VOID(co_await stream->write(as_bytes(bytes)));
  byte_buffer buffer(512);
  for (;;) {
    const auto n = co_await stream->read_some(buffer);
    if (!n) break;
    into += as_text(byte_view(buffer).first(*n));
  }
  co_return result<>();
}

/// Says what it was given, then signs of life until it is let go.
class told_later final : public body_source {
 public:
  told_later(io::shard& on, std::vector<std::string> pieces, bool ends, int& alive)
      : on_(on), pieces_(std::move(pieces)), ends_(ends), alive_(alive) {
    ++alive_;
  }
  ~told_later() override { --alive_; }
  io::task<std::string> next() override {
    if (said_ < pieces_.size()) co_return pieces_[said_++];
    PG_CO_TRY_VOID(co_await io::sleep_for(on_, silence_max));
    co_return std::string(ends_ ? "" : "\n");
  }

 private:
  io::shard& on_;
  std::vector<std::string> pieces_;
  bool ends_;
  int& alive_;
  std::size_t said_ = 0;
};

class an_api : public testing::Test {
 protected:
  an_api() {
    clock::install(time_);
    const auto echo = at_once([this](const request& asked) {
      ++handled_;
      return answer{200, "text/plain", asked.captured.empty() ? asked.path : asked.captured.front()};
    });
    routes served{
        {"GET", "/livez", echo, access::anybody},
        {"GET", "/things", echo},
        {"GET", "/things/{number}", echo},
        {"DELETE", "/things/{number}", echo, access::operators},
        {"POST", "/things/{number}/retry", echo, access::operators},
        {"GET", "/large", at_once([](const request&) { return answer{200, "text/plain", std::string(60'000, 'x')}; })},
        {"GET",
         "/counted",
         at_once([](const request& asked) {
           return answer{200, "text/plain", std::format("{}", *asked.given.whole("limit"))};
         }),
         access::known_peer,
         {"Counts", {whole_parameter("limit", "how many", 1, 10, "7")}, ""}},
        {"POST",
         "/notes",
         at_once([](const request& asked) { return answer{200, "text/plain", std::string(*asked.parameter("text"))}; }),
         access::operators,
         {"Notes",
          {text_parameter("text", "what").within(parameter::place::body).needed(),
           whole_parameter("n", "number", 0, 9).within(parameter::place::body)},
          ""}},
        {"GET", "/query", at_once([](const request& asked) {
           return answer{200, "text/plain", std::string(asked.parameter("q").value_or("none"))};
         })},
        {"GET", "/told/{how}", at_once([this](const request& asked) {
           std::vector<std::string> pieces{"one,", "a second piece"};
           return answer{.status = 200,
                         .type = "text/plain",
                         .goes_on = std::make_unique<told_later>(shard_, std::move(pieces),
                                                                 asked.captured.front() == "whole", told_)};
         })}};
    auto at = net_.listen({.host = "node", .port = 80, .tls = {}});
    server_ = std::make_unique<server>(shard_, std::move(*at), std::move(served), server_options{.token = "s3cret"},
                                       metrics_);
    services_.spawn("api", server_->run());
  }
  ~an_api() override {
    services_.cancel();
    time_.run(shard_, 1s);
  }

  /// The answer to one request; empty where the connection was closed over it, as memory_network then drops it.
  std::string ask(std::string_view line, std::string_view headers = "", std::string_view body = "") {
    std::string got;
    services_.spawn("client",
                    exchange(net_, server_->port(),
                             std::format("{} HTTP/1.1\r\nHost: 127.0.0.1\r\n{}\r\n{}", line, headers, body), got));
    time_.run(shard_, 60s);
    return got;
  }
  static bool is_status(const std::string& answer, int code) {
    return answer.starts_with(std::format("HTTP/1.1 {} ", code));
  }

  io::virtual_time time_;
  io::shard shard_;
  prng random_{1};
  io::memory_network net_{shard_, random_};
  metrics::registry metrics_;
  std::unique_ptr<server> server_;
  int handled_ = 0;
  int told_ = 0;  // bodies that are under way
  io::scope services_{shard_};
};

constexpr std::string_view right_token = "Authorization: Bearer s3cret\r\n";

TEST_F(an_api, finds_a_route_by_its_pattern) {
  EXPECT_TRUE(ask("GET /things").ends_with("\r\n\r\n/things"));
  EXPECT_TRUE(ask("GET /things/17?x=1").ends_with("\r\n\r\n17"));
  EXPECT_TRUE(ask("HEAD /things/17").ends_with("\r\n\r\n"));
  for (const auto* elsewhere : {"/", "/thing", "/things/", "/things/1/2", "/things/1/retry/x", "//things"})
    EXPECT_TRUE(is_status(ask(std::format("GET {}", elsewhere)), 404)) << elsewhere;
}

TEST_F(an_api, says_which_methods_a_path_has) {
  const auto wrong = ask("POST /things/17", right_token);
  EXPECT_TRUE(is_status(wrong, 405)) << wrong;
  EXPECT_TRUE(wrong.contains("\r\nAllow: GET, HEAD, DELETE\r\n")) << wrong;
  EXPECT_TRUE(wrong.contains("application/problem+json"));
  EXPECT_TRUE(ask("GET /things/17/retry").contains("\r\nAllow: POST\r\n"));
}

TEST_F(an_api, changes_something_for_a_bearer_of_the_token_alone) {
  EXPECT_TRUE(ask("DELETE /things/17", right_token).ends_with("\r\n\r\n17"));
  EXPECT_TRUE(ask("POST /things/17/retry", "authorization: bearer s3cret\r\n").ends_with("\r\n\r\n17"));
  for (const auto* wrong :
       {"", "Authorization: s3cret\r\n", "Authorization: Bearer s3creT\r\n", "Authorization: Bearer s3cret2\r\n",
        "Authorization: Bearer \r\n", "Authorization: Basic s3cret\r\n", "Cookie: token=s3cret\r\n"}) {
    const auto refused = ask("DELETE /things/17", wrong);
    EXPECT_TRUE(is_status(refused, 401)) << wrong;
    EXPECT_TRUE(refused.contains("\r\nWWW-Authenticate: Bearer")) << wrong;
  }
}

TEST_F(an_api, says_why_it_refuses_what_is_no_request) {
  constexpr std::string_view retry = "POST /things/17/retry";
  EXPECT_TRUE(is_status(ask(retry, std::format("{}Content-Length: 0\r\n", right_token)), 200));
  EXPECT_EQ(handled_, 1);
  const auto& refused = metrics_.make_counter("perigee_http_refused_total", "HTTP connections and requests refused");
  const auto before = refused.value();
  EXPECT_TRUE(is_status(ask("GET"), 400));
  EXPECT_TRUE(is_status(ask("SSH-2.0-x"), 400));
  EXPECT_TRUE(is_status(ask("GET /things", std::format("X: {}\r\n", std::string(9000, 'x'))), 431));
  const auto large = std::format("{}Content-Length: 65537\r\n", right_token);
  EXPECT_TRUE(is_status(ask(retry, large), 413));
  const auto chunked = std::format("{}Transfer-Encoding: chunked\r\n", right_token);
  EXPECT_TRUE(is_status(ask(retry, chunked, std::format("10001\r\n{}\r\n0\r\n\r\n", std::string(65'537, 'x'))), 413));
  EXPECT_EQ(handled_, 1);
  EXPECT_EQ(refused.value(), before + 5);
}

TEST_F(an_api, reads_a_body_by_the_table_of_its_route) {
  constexpr std::string_view note = "POST /notes";
  const auto post = [&](std::string_view type, std::string_view body) {
    return ask(note, std::format("{}Content-Type: {}\r\nContent-Length: {}\r\n", right_token, type, body.size()), body);
  };
  EXPECT_TRUE(post("application/json", R"({"text":"a b"})").ends_with("\r\n\r\na b"));
  EXPECT_TRUE(post("application/json; charset=utf-8", R"({"text":"a","n":null})").ends_with("\r\n\r\na"));
  EXPECT_TRUE(is_status(post("text/plain", R"({"text":"a"})"), 415));
  for (const auto* wrong : {"", "{", "[]", R"({"text":["a"]})", R"({"text":{"a":1}})", R"({"txet":"a"})", "{}"}) {
    EXPECT_TRUE(is_status(post("application/json", wrong), 400)) << wrong;
  }
  EXPECT_TRUE(post("application/json", R"({"texd":"a"})").contains(R"("field":"texd","right":"did you mean)"));
}

TEST_F(an_api, says_what_is_wrong_with_a_parameter) {
  EXPECT_TRUE(ask("GET /counted").ends_with("\r\n\r\n7"));
  EXPECT_TRUE(ask("GET /counted?limit=9").ends_with("\r\n\r\n9"));
  for (const auto* wrong : {"limit=0", "limit=11", "limit=x", "limit=1&limit=2", "other=1"}) {
    EXPECT_TRUE(is_status(ask(std::format("GET /counted?{}", wrong)), 400)) << wrong;
  }
  const auto body = ask("GET /counted?limit=11");
  EXPECT_TRUE(body.contains(R"("type":"/problems/parameter")")) << body;
  EXPECT_TRUE(body.contains(R"("field":"limit","right":"a whole number, 1 to 10")")) << body;
}

TEST_F(an_api, closes_over_a_slow_request_and_says_so) {
  std::string got;
  io::scope client(shard_);
  client.spawn("client", exchange(net_, server_->port(), "GET /things HTTP/1.1\r\nHo", got));
  time_.run(shard_, 9s);
  EXPECT_EQ(got, "");
  time_.run(shard_, 60s);
  EXPECT_TRUE(is_status(got, 408)) << got;
  client.cancel();
  time_.run(shard_, 1s);
}

TEST_F(an_api, slows_down_an_address_that_asks_too_often) {
  std::string many;
  for (std::uint32_t i = 0; i <= limits::http_requests_burst_max; ++i) {
    many += "GET /things HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
  }
  std::string got;
  services_.spawn("client", exchange(net_, server_->port(), many, got));
  time_.run(shard_, 60s);
  EXPECT_EQ(handled_, static_cast<int>(limits::http_requests_burst_max));
  EXPECT_TRUE(got.contains("HTTP/1.1 429 ")) << got.substr(got.size() - 400);
  EXPECT_TRUE(got.contains("\r\nRetry-After: 1\r\n"));
  EXPECT_TRUE(is_status(ask("GET /things"), 200));
}

TEST_F(an_api, sends_what_the_client_has_not_got_yet) {
  const auto first = ask("GET /things");
  const auto at = first.find("ETag: ") + 6;
  const auto tag = first.substr(at, first.find("\r\n", at) - at);
  const auto again = ask("GET /things", std::format("If-None-Match: {}\r\n", tag));
  EXPECT_TRUE(is_status(again, 304)) << again;
  EXPECT_TRUE(again.ends_with("\r\n\r\n")) << again;
  EXPECT_TRUE(is_status(ask("GET /things/17", std::format("If-None-Match: {}\r\n", tag)), 200));
  EXPECT_TRUE(is_status(ask("GET /nothing", std::format("If-None-Match: {}\r\n", tag)), 404));
}

TEST_F(an_api, compresses_as_the_client_likes) {
  for (const auto& [accepted, coding] : std::map<std::string, std::string>{
           {"gzip", "gzip"}, {"gzip, deflate, br, zstd", "zstd"}, {"*", "zstd"}, {"zstd;q=0, *;q=0.1", "gzip"}}) {
    const auto got = ask("GET /large", std::format("Accept-Encoding: {}\r\n", accepted));
    EXPECT_TRUE(got.contains(std::format("\r\nContent-Encoding: {}\r\n", coding))) << accepted;
    EXPECT_LT(got.size(), 4000U);
  }
  for (const auto* accepted : {"br", "gzip;q=0", "identity"}) {
    EXPECT_GT(ask("GET /large", std::format("Accept-Encoding: {}\r\n", accepted)).size(), 50'000U) << accepted;
  }
  EXPECT_FALSE(ask("GET /things", "Accept-Encoding: gzip\r\n").contains("Content-Encoding"));
}

TEST_F(an_api, is_not_read_by_a_name_that_somebody_else_has_pointed_here) {
  const auto by = [&](std::string_view host) {
    std::string got;
    services_.spawn(
        "client", exchange(net_, server_->port(), std::format("GET /things HTTP/1.1\r\nHost: {}\r\n\r\n", host), got));
    time_.run(shard_, 60s);
    return got;
  };
  for (const auto* own : {"localhost", "LOCALHOST:80", "127.0.0.1:80", "[::1]:80", "192.168.1.4:80"})
    EXPECT_TRUE(is_status(by(own), 200)) << own;
  for (const auto* other : {"evil.example", "evil.example:80", "localhost.evil.example"})
    EXPECT_TRUE(is_status(by(other), 401)) << other;
}

TEST_F(an_api, decodes_what_stands_in_a_path_and_behind_it) {
  EXPECT_TRUE(ask("GET /things/a%2Fb%20c").ends_with("\r\n\r\na/b c"));
  EXPECT_TRUE(ask("GET /query?q=plant%2F%2B%2F%23+1&x").ends_with("\r\n\r\nplant/+/# 1"));
  EXPECT_TRUE(ask("GET /query?q=1&q=").ends_with("\r\n\r\n1"));
  EXPECT_TRUE(ask("GET /query?&&x=1&=2").ends_with("\r\n\r\nnone"));
  for (const auto* wrong : {"/things/%", "/things/%4", "/things/%zz", "/query?q=%", "/query?%4=1"})
    EXPECT_TRUE(is_status(ask(std::format("GET {}", wrong)), 400)) << wrong;
}

TEST_F(an_api, sends_a_body_in_pieces_to_its_end) {
  const auto got = ask("GET /told/whole");
  EXPECT_TRUE(got.contains("\r\nTransfer-Encoding: chunked\r\n")) << got;
  EXPECT_TRUE(got.contains("\r\nConnection: close\r\n")) << got;
  EXPECT_FALSE(got.contains("Content-Length")) << got;
  // The end itself is closed over, see `ask`.
  EXPECT_TRUE(got.ends_with("\r\n\r\n4\r\none,\r\ne\r\na second piece\r\n")) << got;
  EXPECT_TRUE(ask("GET /told/whole").contains("one,"));  // the server goes on
  EXPECT_EQ(told_, 0);
}

TEST_F(an_api, keeps_sending_to_a_client_that_listens_and_stops_for_one_that_left) {
  std::string got;
  io::scope client(shard_);
  client.spawn("client", exchange(net_, server_->port(), "GET /told/forever HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", got));
  time_.run(shard_, 300s);
  EXPECT_EQ(told_, 1);
  EXPECT_TRUE(got.ends_with("1\r\n\n\r\n1\r\n\n\r\n")) << got;
  client.cancel();
  time_.run(shard_, 1s);
  EXPECT_EQ(told_, 0);
}

TEST(api_problem, is_json_whatever_the_title) {
  EXPECT_EQ(problem(404, "no \"17\"").body, "{\"type\":\"about:blank\",\"title\":\"no \\\"17\\\"\",\"status\":404}\n");
}

}  // namespace
}  // namespace perigee::api
