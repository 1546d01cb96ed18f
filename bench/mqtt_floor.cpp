// The least that a broker can do: one recv for what comes and one send for each subscriber, looking at nothing but the
// topic. It speaks as much MQTT 5 as `perigee bench mqtt p2p` and `fan-out` with QoS 0 need, trusts it blindly, and is
// the floor that brokers are measured against. mqtt_floor --port N
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace {

constexpr std::size_t input_bytes = 64U << 10;

struct text_hash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
};

int set = -1;
std::unordered_map<std::string, std::vector<int>, text_hash, std::equal_to<>> subscribers;
std::vector<char> input(input_bytes);

void give_up(const char* what) {
  std::perror(what);
  std::exit(1);
}

int listen_at(int port) {
  const int at = ::socket(AF_INET, SOCK_STREAM, 0);
  const int on = 1;
  ::setsockopt(at, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in where{};
  where.sin_family = AF_INET;
  where.sin_port = htons(static_cast<std::uint16_t>(port));
  where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::bind(at, reinterpret_cast<const sockaddr*>(&where), sizeof where) != 0 || ::listen(at, 1024) != 0)
    give_up("listen");
  return at;
}

void watch(int socket) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = socket;
  ::epoll_ctl(set, EPOLL_CTL_ADD, socket, &event);
}

void send_all(int to, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto n = ::send(to, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n <= 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
}

std::string_view text_at(std::string_view packet, std::size_t at) {
  const auto size = static_cast<std::size_t>(static_cast<unsigned char>(packet[at]) << 8 |
                                             static_cast<unsigned char>(packet[at + 1]));
  return packet.substr(at + 2, size);
}

/// Packets of up to 127 bytes behind their two-byte header, in one piece.
void serve(int from, std::string_view packets) {
  while (packets.size() >= 2) {
    const auto whole = packets.substr(0, 2U + static_cast<unsigned char>(packets[1]));
    packets.remove_prefix(whole.size());
    switch (static_cast<unsigned char>(whole[0]) >> 4) {
      case 1: send_all(from, std::string_view("\x20\x03\x00\x00\x00", 5)); break;
      case 8:
        subscribers[std::string(text_at(whole, 5))].push_back(from);
        send_all(from, std::string_view("\x90\x04\x00\x01\x00\x00", 6));
        break;
      case 3:
        if (const auto found = subscribers.find(text_at(whole, 2)); found != subscribers.end()) {
          for (const int to : found->second) send_all(to, whole);
        }
        break;
      default: break;
    }
  }
}

void ready(int socket, int listener) {
  if (socket == listener) {
    const int one = ::accept(listener, nullptr, nullptr);
    const int on = 1;
    ::setsockopt(one, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return watch(one);
  }
  const auto n = ::recv(socket, input.data(), input.size(), 0);
  if (n > 0) return serve(socket, {input.data(), static_cast<std::size_t>(n)});
  ::close(socket);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3 || std::strcmp(argv[1], "--port") != 0) {
    std::fputs("mqtt_floor --port N\n", stderr);
    return 64;
  }
  set = ::epoll_create1(0);
  const int listener = listen_at(std::atoi(argv[2]));
  watch(listener);
  std::vector<epoll_event> events(256);
  for (;;) {
    const int n = ::epoll_wait(set, events.data(), static_cast<int>(events.size()), -1);
    for (int i = 0; i < n; ++i) ready(events[static_cast<std::size_t>(i)].data.fd, listener);
  }
}
