// One message in flight: publish to PUBACK of a server, beside what it is made of, in the same run: appending 4 KiB and
// fdatasync, and a ping-pong over TCP. Prints the medians in microseconds as one line of JSON.
//
//   puback_latency --port P --folder DIR [--rounds N]

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <format>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "ingest_load.hpp"

namespace {

using perigee::bench::give_up;
using perigee::bench::payload_of;
using perigee::bench::receive_some;
using perigee::bench::send_all;

constexpr std::size_t round_messages = 200;
constexpr std::string_view connect_packet{"\x10\x0f\0\4MQTT\5\2\0\0\0\0\2l0", 17};  // MQTT5 3.1: clean start

int listen_on_loopback(sockaddr_in& at) {
  const int made = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  at = {};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof at;
  auto* address = reinterpret_cast<sockaddr*>(&at);
  if (::bind(made, address, size) != 0 || ::listen(made, 1) != 0 || ::getsockname(made, address, &size) != 0)
    give_up("no port to listen on");
  return made;
}

int connect_to(const sockaddr_in& at) {
  const int made = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (::connect(made, reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0) give_up("no connection");
  const int on = 1;
  ::setsockopt(made, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return made;
}

/// Sends back what comes, on a thread of its own, until the peer closes.
class echo {
 public:
  echo() : listener_(listen_on_loopback(at_)), thread_([this] { serve(); }) {}
  ~echo() {
    thread_.join();
    ::close(listener_);
  }
  echo(const echo&) = delete;
  echo& operator=(const echo&) = delete;
  [[nodiscard]] const sockaddr_in& at() const { return at_; }

 private:
  void serve() const {
    const int peer = ::accept(listener_, nullptr, nullptr);
    const int on = 1;
    ::setsockopt(peer, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    std::array<char, 256> bytes;
    for (ssize_t got = 0; (got = ::recv(peer, bytes.data(), bytes.size(), 0)) > 0;)
      send_all(peer, {bytes.data(), static_cast<std::size_t>(got)});
    ::close(peer);
  }

  sockaddr_in at_{};
  int listener_;
  std::thread thread_;
};

template <class What>
void time_each(std::vector<double>& into, What what) {
  for (std::size_t i = 0; i < round_messages; ++i) {
    const auto began = std::chrono::steady_clock::now();
    what();
    into.push_back(std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - began).count());
  }
}

double median(std::vector<double>& of) {
  const auto middle = of.begin() + static_cast<std::ptrdiff_t>(of.size() / 2);
  std::ranges::nth_element(of, middle);
  return *middle;
}

std::string publish_packet() {
  constexpr std::string_view head{"\0\7bench/l\0\1\0", 12};  // topic, packet identifier 1, no properties
  const auto body = std::string(head) + payload_of(64);
  return std::string{'\x32', static_cast<char>(body.size())} + body;
}

}  // namespace

int main(int argc, char** argv) {
  std::string folder;
  std::size_t rounds = 10;
  sockaddr_in server{};
  server.sin_family = AF_INET;
  server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view name = argv[i];
    if (name == "--folder") folder = argv[i + 1];
    if (name == "--rounds") rounds = std::strtoul(argv[i + 1], nullptr, 10);
    if (name == "--port") server.sin_port = htons(static_cast<std::uint16_t>(std::strtoul(argv[i + 1], nullptr, 10)));
  }
  const int file = ::open((folder + "/latency.tmp").c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (server.sin_port == 0 || file < 0) give_up("puback_latency --port P --folder DIR [--rounds N]");
  std::vector<double> acks;
  std::vector<double> syncs;
  std::vector<double> pings;
  {
    const echo other;
    const int ping = connect_to(other.at());
    const int client = connect_to(server);
    send_all(client, connect_packet);
    if (receive_some(client).front() != '\x20') give_up("the server refused the connection");
    const auto packet = publish_packet();
    const std::string block(4096, 'x');
    off_t end = 0;
    for (std::size_t round = 0; round < rounds; ++round) {
      time_each(acks, [&] {
        send_all(client, packet);
        if (receive_some(client).front() != '\x40') give_up("the server sent something else than a PUBACK");
      });
      time_each(syncs, [&] {
        if (::pwrite(file, block.data(), block.size(), end) < 0 || ::fdatasync(file) != 0) give_up("the disk refused");
        end += static_cast<off_t>(block.size());
      });
      time_each(pings, [&] {
        send_all(ping, packet);
        (void)receive_some(ping);
      });
    }
    ::close(client);
    ::close(ping);
  }
  ::close(file);
  ::unlink((folder + "/latency.tmp").c_str());
  std::puts(std::format(R"({{"puback_us": {:.1f}, "sync_us": {:.1f}, "ping_us": {:.1f}}})", median(acks), median(syncs),
                        median(pings))
                .c_str());
  return 0;
}
