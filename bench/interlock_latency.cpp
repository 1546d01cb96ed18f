// From a sensor to the command at the device: messages at a steady rate, each tenth over a limit, and the time until
// the subscriber of the command has it. Prints {"messages":..,"commands":..,"p50_us":..,"p99_us":..,"max_us":..}.
//
//   interlock_latency --port P [--rate N] [--seconds S]
//
// One thread, which spins: what is measured is the server, not when this program is woken. The node has a rule that
// answers `plant/m` over 8 on `cmd/m` with the message's number.

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <format>
#include <string>
#include <string_view>
#include <vector>

#include "ingest_load.hpp"

namespace {

using clock_type = std::chrono::steady_clock;
using perigee::bench::give_up;
using perigee::bench::receive_some;
using perigee::bench::send_all;

constexpr std::uint64_t every = 10;

struct options {
  std::uint16_t port = 0;
  double rate = 10'000;
  double seconds = 10;
};

int connect_to(std::uint16_t port, std::string_view client) {
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  at.sin_port = htons(port);
  const int made = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (::connect(made, reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0) give_up("no connection");
  const int on = 1;
  ::setsockopt(made, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  // MQTT 3.1.1, 3.1: clean session, no keep-alive.
  std::string packet{"\x10\0\0\4MQTT\4\2\0\0\0\0", 14};
  packet[1] = static_cast<char>(12 + client.size());
  packet[13] = static_cast<char>(client.size());
  send_all(made, packet + std::string(client));
  (void)receive_some(made);
  return made;
}

void subscribe(int socket, std::string_view filter) {
  std::string packet{"\x82\0\0\1\0\0", 6};
  packet[1] = static_cast<char>(5 + filter.size());
  packet[5] = static_cast<char>(filter.size());
  send_all(socket, packet + std::string(filter) + '\0');
  (void)receive_some(socket);
}

std::string publish_packet(std::string_view topic, std::string_view payload) {
  std::string packet{"\x30\0\0\0", 4};
  packet[1] = static_cast<char>(2 + topic.size() + payload.size());
  packet[3] = static_cast<char>(topic.size());
  return packet + std::string(topic) + std::string(payload);
}

/// The numbers in the commands that have come: {"n":17}.
class answers {
 public:
  explicit answers(int socket) : socket_(socket) {}

  template <class Take>
  void read(Take take) {
    char piece[4096];
    const auto got = ::recv(socket_, piece, sizeof piece, MSG_DONTWAIT);
    if (got == 0) give_up("the server has closed");
    if (got < 0) return;
    unread_.append(piece, static_cast<std::size_t>(got));
    for (;;) {
      const auto begin = unread_.find("{\"n\":");
      const auto end = unread_.find('}', begin == std::string::npos ? 0 : begin);
      if (begin == std::string::npos || end == std::string::npos) return;
      take(std::strtoull(unread_.c_str() + begin + 5, nullptr, 10));
      unread_.erase(0, end + 1);
    }
  }

 private:
  int socket_;
  std::string unread_;
};

double at_share(const std::vector<double>& sorted, double share) {
  return sorted.empty() ? 0 : sorted[static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1))];
}

void run(const options& chosen) {
  const int sensor = connect_to(chosen.port, "sensor");
  const int device = connect_to(chosen.port, "device");
  subscribe(device, "cmd/m");
  answers come(device);
  std::vector<clock_type::time_point> sent;
  std::vector<double> taken_us;
  const auto began = clock_type::now();
  const auto messages = static_cast<std::uint64_t>(chosen.rate * chosen.seconds);
  const auto end =
      began + std::chrono::duration_cast<clock_type::duration>(std::chrono::duration<double>(chosen.seconds + 2));
  while (clock_type::now() < end && taken_us.size() < messages / every) {
    const auto now = clock_type::now();
    const auto due = static_cast<std::uint64_t>(std::chrono::duration<double>(now - began).count() * chosen.rate);
    while (sent.size() < std::min(due, messages)) {
      const auto number = sent.size();
      const auto payload = std::format(R"({{"pressure":{},"n":{}}})", number % every == 0 ? "9.5" : "7.5", number);
      sent.push_back(clock_type::now());
      send_all(sensor, publish_packet("plant/m", payload));
    }
    come.read([&](std::uint64_t number) {
      if (number >= sent.size()) give_up("an answer to nothing");
      taken_us.push_back(std::chrono::duration<double, std::micro>(clock_type::now() - sent[number]).count());
    });
  }
  std::ranges::sort(taken_us);
  std::printf("{\"messages\":%zu,\"commands\":%zu,\"p50_us\":%.1f,\"p99_us\":%.1f,\"max_us\":%.1f}\n", sent.size(),
              taken_us.size(), at_share(taken_us, 0.5), at_share(taken_us, 0.99), at_share(taken_us, 1));
}

}  // namespace

int main(int argc, char** argv) {
  options chosen;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view name = argv[i];
    if (name == "--port") chosen.port = static_cast<std::uint16_t>(std::strtoul(argv[i + 1], nullptr, 10));
    if (name == "--rate") chosen.rate = std::strtod(argv[i + 1], nullptr);
    if (name == "--seconds") chosen.seconds = std::strtod(argv[i + 1], nullptr);
  }
  if (chosen.port == 0) give_up("interlock_latency --port P [--rate N] [--seconds S]");
  run(chosen);
}
