// Eclipse Paho's C++ client: MQTT 3.1.1 over mutual TLS, a persistent session, automatic reconnection.

#include <mqtt/async_client.h>
#include <unistd.h>

#include "conversation.hpp"

namespace {

/// Calls back from Paho's own thread.
class conversation final : public virtual mqtt::callback, public virtual mqtt::iaction_listener {
 public:
  explicit conversation(mqtt::async_client& on) : on_(on) {}

 private:
  void connected(const std::string&) override { on_.subscribe("site/#", 1, nullptr, *this); }
  void message_arrived(mqtt::const_message_ptr message) override {
    say(message->get_topic() + " " + message->to_string());
  }
  void on_success(const mqtt::token& done) override {
    if (done.get_type() == mqtt::token::Type::SUBSCRIBE) {
      say("subscribed");
      on_.publish("site/paho-cpp", "hello", 5, 1, false, nullptr, *this);
    } else {
      say("acked");
    }
  }
  void on_failure(const mqtt::token&) override { say("refused"); }

  mqtt::async_client& on_;
};

}  // namespace

int main(int argc, char** argv) {
  invitation to;
  if (!take(argc, argv, to)) return 64;
  mqtt::async_client client("ssl://localhost:" + std::to_string(to.port), "paho-cpp");
  conversation with(client);
  client.set_callback(with);
  auto tls = mqtt::ssl_options_builder()
                 .trust_store(to.authority)
                 .key_store(to.certificate)
                 .private_key(to.key)
                 .enable_server_cert_auth(true)
                 .finalize();
  client.connect(mqtt::connect_options_builder()
                     .clean_session(false)
                     .automatic_reconnect(std::chrono::seconds(1), std::chrono::seconds(1))
                     .ssl(std::move(tls))
                     .finalize());
  for (;;) pause();
}
