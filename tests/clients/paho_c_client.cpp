// Eclipse Paho's C client: MQTT 5 over mutual TLS, automatic reconnection, QoS 2.

#include <MQTTAsync.h>
#include <unistd.h>

#include "conversation.hpp"

namespace {

void on_acked(void*, MQTTAsync_successData5*) { say("acked"); }
void on_refused(void*, MQTTAsync_failureData5* why) { say("refused " + std::to_string(why->reasonCode)); }

void on_subscribed(void* context, MQTTAsync_successData5*) {
  say("subscribed");
  MQTTAsync_responseOptions options = MQTTAsync_responseOptions_initializer;
  options.onSuccess5 = on_acked;
  options.onFailure5 = on_refused;
  static constexpr char hello[] = "hello";
  MQTTAsync_send(context, "site/paho-c", sizeof hello - 1, hello, 2, 0, &options);
}

void on_connected(void* context, char*) {
  MQTTAsync_responseOptions options = MQTTAsync_responseOptions_initializer;
  options.onSuccess5 = on_subscribed;
  options.onFailure5 = on_refused;
  options.context = context;
  MQTTAsync_subscribe(context, "site/#", 2, &options);
}

int on_message(void*, char* topic, int, MQTTAsync_message* message) {
  say(std::string(topic) + " " +
      std::string(static_cast<const char*>(message->payload), static_cast<std::size_t>(message->payloadlen)));
  MQTTAsync_freeMessage(&message);
  MQTTAsync_free(topic);
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  invitation to;
  if (!take(argc, argv, to)) return 64;
  MQTTAsync client = nullptr;
  MQTTAsync_createOptions made = MQTTAsync_createOptions_initializer5;
  const auto uri = "ssl://localhost:" + std::to_string(to.port);
  MQTTAsync_createWithOptions(&client, uri.c_str(), "paho-c", MQTTCLIENT_PERSISTENCE_NONE, nullptr, &made);
  MQTTAsync_setCallbacks(client, client, nullptr, on_message, nullptr);
  MQTTAsync_setConnected(client, client, on_connected);

  MQTTAsync_SSLOptions tls = MQTTAsync_SSLOptions_initializer;
  tls.trustStore = to.authority.c_str();
  tls.keyStore = to.certificate.c_str();
  tls.privateKey = to.key.c_str();
  tls.verify = 1;
  MQTTAsync_connectOptions options = MQTTAsync_connectOptions_initializer5;
  options.keepAliveInterval = 5;
  options.cleanstart = 1;
  options.automaticReconnect = 1;
  options.minRetryInterval = 1;
  options.maxRetryInterval = 1;
  options.ssl = &tls;
  if (MQTTAsync_connect(client, &options) != MQTTASYNC_SUCCESS) return 1;
  for (;;) pause();
}
