#include "client/http_client.hpp"

#include <boost/asio.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <format>

#include "base/limits.hpp"

namespace perigee::client {

namespace http = boost::beast::http;

io::task<http_answer> http_get(io::network& net, io::endpoint to, std::string path, std::string token,
                               clock::time_point deadline) {
  PG_CO_TRY(auto stream, co_await net.connect(to, deadline));
  const auto authorization = token.empty() ? std::string() : std::format("Authorization: Bearer {}\r\n", token);
  const auto request =
      std::format("GET {} HTTP/1.1\r\nHost: {}\r\n{}Connection: close\r\n\r\n", path, to.host, authorization);
  PG_CO_TRY_VOID(co_await stream->write(as_bytes(request)));
  http::response_parser<http::string_body> parser;
  parser.header_limit(limits::http_header_bytes_max);
  parser.body_limit(limits::http_body_bytes_max);
  parser.eager(true);
  boost::beast::flat_buffer buffer;
  while (!parser.is_done()) {
    if (clock::now() > deadline) co_return fail(errc::timed_out, "the server did not answer in time");
    const auto room = buffer.prepare(16U << 10);
    const auto n = co_await stream->read_some({static_cast<std::uint8_t*>(room.data()), room.size()});
    boost::system::error_code ec;
    if (!n && is(n.error(), errc::closed)) {
      parser.put_eof(ec);
      if (ec || !parser.is_done()) co_return fail(errc::closed, "the server left in the middle of its answer");
      break;
    }
    PG_CO_TRY_VOID(n);
    buffer.commit(*n);
    buffer.consume(parser.put(buffer.data(), ec));
    if (ec && ec != http::error::need_more) co_return fail(errc::malformed, "the server's answer is not HTTP");
  }
  auto message = parser.release();
  co_return http_answer{message.result_int(), std::move(message.body())};
}

}  // namespace perigee::client
