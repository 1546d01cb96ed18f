// Streams over WebSocket: binary messages, whose borders mean nothing to MQTT (MQTT5 6.0).

#include <boost/asio.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>

#include "base/limits.hpp"
#include "io/detail/asio_error.hpp"
#include "io/detail/layer.hpp"

namespace perigee::io {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;

constexpr std::string_view subprotocol = "mqtt";

/// True where the comma-separated list of offered subprotocols has "mqtt".
bool offers_mqtt(std::string_view list) {
  for (const auto& token : http::token_list(list)) {
    if (token == subprotocol) return true;
  }
  return false;
}

/// Where MQTT is served. A query behind it is not looked at.
bool is_served_path(std::string_view target) {
  target = target.substr(0, target.find('?'));
  return target == "/mqtt" || target == "/";
}

class websocket_stream final : public stream {
 public:
  explicit websocket_stream(layer over) : socket_(std::move(over)) {
    socket_.binary(true);
    socket_.read_message_max(limits::websocket_message_bytes_max);
  }

  task<> handshake() override {
    const greeting listed(socket_.next_layer());
    PG_CO_TRY_VOID(co_await socket_.next_layer().greet());
    if (socket_.next_layer().as() == side::server) co_return co_await accept_upgrade();
    co_return co_await ask_upgrade();
  }

  task<std::size_t> read_some(byte_span into) override {
    if (is_cancelled(co_await asio::this_coro::cancellation_state)) co_return cancelled_before();
    auto r = co_await socket_.async_read_some(asio::buffer(into.data(), into.size()), asio::as_tuple);
    auto& [ec, n] = r;
    if (ec == websocket::error::closed) co_return fail(errc::closed, "the peer closed the WebSocket");
    if (ec) co_return ended(ec, co_await asio::this_coro::cancellation_state, "the WebSocket ended");
    if (!socket_.got_binary()) co_return fail(errc::malformed, "MQTT comes in binary messages");  // MQTT5 6.0-1
    co_return n;
  }

  task<> write(byte_view bytes) override {
    auto r = co_await socket_.async_write(asio::buffer(bytes.data(), bytes.size()), asio::as_tuple);
    auto& [ec, n] = r;
    if (ec) co_return ended(ec, co_await asio::this_coro::cancellation_state, "the WebSocket ended");
    co_return result<>();
  }

  void close() noexcept override { socket_.next_layer().close(); }
  const peer_info& peer() const override { return socket_.next_layer().peer(); }

 private:
  task<> accept_upgrade() {
    http::request_parser<http::empty_body> parser;
    parser.header_limit(limits::http_header_bytes_max);
    beast::flat_buffer buffer(limits::http_header_bytes_max);
    auto r = co_await http::async_read(socket_.next_layer(), buffer, parser, asio::as_tuple);
    auto& [ec, n] = r;
    if (ec) co_return failed(ec, "no WebSocket request came");
    const auto& request = parser.get();
    if (!is_served_path(request.target())) {
      co_return co_await refuse(http::status::not_found, "MQTT over WebSocket is at /mqtt and at /");
    }
    if (!websocket::is_upgrade(request) || !offers_mqtt(request[http::field::sec_websocket_protocol])) {
      co_return co_await refuse(http::status::bad_request, "this is not a WebSocket request for the subprotocol mqtt");
    }
    socket_.set_option(websocket::stream_base::decorator(
        [](websocket::response_type& response) { response.set(http::field::sec_websocket_protocol, subprotocol); }));
    auto accepted = co_await socket_.async_accept(request, asio::as_tuple);
    auto& [accept_ec] = accepted;
    if (accept_ec) co_return failed(accept_ec, "the WebSocket handshake failed");
    co_return result<>();
  }

  /// Says why in HTTP, to the developer at the other end.
  task<> refuse(http::status code, const char* why) {
    http::response<http::string_body> answer(code, 11, std::string(why) + "\n");
    answer.set(http::field::content_type, "text/plain");
    answer.keep_alive(false);
    answer.prepare_payload();
    (void)co_await http::async_write(socket_.next_layer(), answer, asio::as_tuple);
    co_return fail(errc::malformed, why);
  }

  task<> ask_upgrade() {
    socket_.set_option(websocket::stream_base::decorator(
        [](websocket::request_type& request) { request.set(http::field::sec_websocket_protocol, subprotocol); }));
    auto r = co_await socket_.async_handshake(socket_.next_layer().at().host, "/mqtt", asio::as_tuple);
    auto& [ec] = r;
    if (ec) co_return failed(ec, "the WebSocket handshake failed");
    co_return result<>();
  }

  websocket::stream<layer, false> socket_;  // false: no compression, which would cost 300 KiB a connection
};

}  // namespace

std::unique_ptr<stream> make_websocket_stream(layer over) {
  return std::make_unique<websocket_stream>(std::move(over));
}

}  // namespace perigee::io
