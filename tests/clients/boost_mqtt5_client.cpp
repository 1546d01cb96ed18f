// Boost.MQTT5: MQTT 5 over mutual TLS; it reconnects by itself and resumes its session.

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/mqtt5/mqtt_client.hpp>
#include <boost/mqtt5/ssl.hpp>
#include <boost/mqtt5/types.hpp>

#include "conversation.hpp"

namespace asio = boost::asio;
namespace mqtt5 = boost::mqtt5;
using tls_stream = asio::ssl::stream<asio::ip::tcp::socket>;

namespace boost::mqtt5 {

/// The library leaves to its users how TLS is greeted and told the host's name.
template <class Stream>
struct tls_handshake_type<asio::ssl::stream<Stream>> {
  static constexpr auto client = asio::ssl::stream_base::client;
  static constexpr auto server = asio::ssl::stream_base::server;
};

template <class Stream>
void assign_tls_sni(const authority_path& to, asio::ssl::context&, asio::ssl::stream<Stream>& stream) {
  SSL_set_tlsext_host_name(stream.native_handle(), to.host.c_str());
}

}  // namespace boost::mqtt5

namespace {

using client_type = mqtt5::mqtt_client<tls_stream, asio::ssl::context>;

void subscribe(client_type& client);

void listen(client_type& client) {
  client.async_receive([&client](mqtt5::error_code ec, std::string topic, std::string payload, mqtt5::publish_props) {
    if (ec == mqtt5::client::error::session_expired) {
      subscribe(client);
    } else if (ec) {
      return;
    } else {
      say(topic + " " + payload);
    }
    listen(client);
  });
}

void say_hello(client_type& client) {
  client.async_publish<mqtt5::qos_e::exactly_once>("site/boost-mqtt5", "hello", mqtt5::retain_e::no, {},
                                                   [](mqtt5::error_code ec, mqtt5::reason_code code,
                                                      mqtt5::pubcomp_props) { say(ec || code ? "refused" : "acked"); });
}

void subscribe(client_type& client) {
  client.async_subscribe({"site/#", {mqtt5::qos_e::exactly_once, mqtt5::no_local_e::no}}, {},
                         [&client](mqtt5::error_code ec, std::vector<mqtt5::reason_code> codes, mqtt5::suback_props) {
                           say(ec || codes.at(0) ? "refused" : "subscribed");
                           say_hello(client);
                         });
}

}  // namespace

int main(int argc, char** argv) {
  invitation to;
  if (!take(argc, argv, to)) return 64;
  asio::io_context loop;
  asio::ssl::context tls(asio::ssl::context::tls_client);
  tls.load_verify_file(to.authority);
  tls.use_certificate_chain_file(to.certificate);
  tls.use_private_key_file(to.key, asio::ssl::context::pem);
  tls.set_verify_mode(asio::ssl::verify_peer);
  client_type client(loop, std::move(tls));
  client.brokers("localhost", static_cast<std::uint16_t>(to.port))
      .credentials("boost-mqtt5")
      .keep_alive(5)
      .connect_property(mqtt5::prop::session_expiry_interval, 3600)
      .async_run([](mqtt5::error_code) {});
  listen(client);
  subscribe(client);
  loop.run();
}
