#include "ingest_load.hpp"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <format>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>

namespace perigee::bench {
namespace {

using seconds = std::chrono::duration<double>;
using instant = std::chrono::steady_clock::time_point;

constexpr auto patience = std::chrono::seconds(60);  // past the end, for the next acknowledgement
constexpr double longest_fill_seconds = 600;

struct connection {
  int socket = -1;
  std::size_t window = 0;
  std::uint64_t sent = 0;
  std::uint64_t acked = 0;
  std::string out;
  std::string in;
};

/// utime + stime of a process (proc(5), fields 14 and 15); 0 without a process.
double cpu_seconds(int pid) {
  if (pid == 0) return 0;
  std::ifstream stat(std::format("/proc/{}/stat", pid));
  std::string text{std::istreambuf_iterator<char>(stat), {}};
  const auto after_name = text.rfind(')');
  if (after_name == std::string::npos) give_up("the measured process is gone");
  std::istringstream fields(text.substr(after_name + 1));
  std::string skipped;
  for (int i = 3; i < 14; ++i) fields >> skipped;
  double user = 0;
  double system = 0;
  fields >> user >> system;
  return (user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

int connect_to(std::uint16_t port) {
  const int made = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (made < 0 || connect(made, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) give_up("no connection");
  const int on = 1;
  setsockopt(made, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return made;
}

/// Keeps every connection's window full until told to stop. One thread.
class generator {
 public:
  generator(protocol& speaks, const load_options& options) : speaks_(speaks), epoll_(epoll_create1(0)) {
    for (std::size_t i = 0; i < options.connections; ++i) {
      auto& c = connections_.emplace_back();
      c.socket = connect_to(options.port);
      c.window = std::min(options.window, speaks_.greet(c.socket, i));
      watch(i, EPOLL_CTL_ADD, EPOLLIN);
    }
  }
  generator(const generator&) = delete;
  generator& operator=(const generator&) = delete;
  ~generator() {
    for (const auto& c : connections_) close(c.socket);
    close(epoll_);
  }

  void start() {
    for (std::size_t i = 0; i < connections_.size(); ++i) fill(i);
  }
  /// Runs until `until` and at least one acknowledgement, or until `target` messages were acknowledged (0 = no target).
  void run(instant until, std::uint64_t target) {
    std::array<epoll_event, 64> events{};
    const auto acked_before = acked_;
    const auto wanted = [&] { return target == 0 ? acked_ == acked_before : acked_ < target; };
    while (wanted() || (target == 0 && std::chrono::steady_clock::now() < until)) {
      if (std::chrono::steady_clock::now() > until + patience) give_up("the server acknowledges nothing");
      const int ready = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), 10);
      for (int e = 0; e < ready; ++e) serve(events.at(static_cast<std::size_t>(e)));
    }
  }
  [[nodiscard]] std::uint64_t acked() const { return acked_; }
  [[nodiscard]] std::uint64_t refused() const { return refused_; }
  /// When the newest acknowledgement came. Acknowledgements come in bursts, so a rate is taken from burst to burst.
  [[nodiscard]] instant acked_at() const { return acked_at_; }

 private:
  void watch(std::size_t index, int operation, std::uint32_t interest) {
    epoll_event event{};
    event.events = interest;
    event.data.u64 = index;
    epoll_ctl(epoll_, operation, connections_[index].socket, &event);
  }

  void serve(const epoll_event& event) {
    if ((event.events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) read(event.data.u64);
    fill(event.data.u64);
  }

  void read(std::size_t index) {
    auto& c = connections_[index];
    std::array<char, 65'536> chunk;
    const auto got = recv(c.socket, chunk.data(), chunk.size(), MSG_DONTWAIT);
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) give_up("the server closed a connection");
    c.in.append(chunk.data(), static_cast<std::size_t>(got));
    const auto made = speaks_.receive(c.in, c.out);
    c.in.erase(0, made.consumed);
    c.acked += made.acked + made.refused;
    acked_ += made.acked;
    if (made.acked != 0) acked_at_ = std::chrono::steady_clock::now();
    refused_ += made.refused;
  }

  void fill(std::size_t index) {
    auto& c = connections_[index];
    while (c.sent - c.acked < c.window) speaks_.publish(index, c.sent++, c.out);
    if (c.out.empty()) return;
    const auto sent = send(c.socket, c.out.data(), c.out.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN) give_up("the server closed a connection");
    if (sent > 0) c.out.erase(0, static_cast<std::size_t>(sent));
    watch(index, EPOLL_CTL_MOD, c.out.empty() ? EPOLLIN : EPOLLIN | EPOLLOUT);
  }

  protocol& speaks_;
  int epoll_;
  std::vector<connection> connections_;
  std::uint64_t acked_ = 0;
  std::uint64_t refused_ = 0;
  instant acked_at_ = std::chrono::steady_clock::now();
};

template <class T>
void take(std::map<std::string, std::string>& named, const char* name, T& into) {
  const auto found = named.find(name);
  if (found == named.end()) return;
  const auto& text = found->second;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), into);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size()) give_up("an option is not a number");
  named.erase(found);
}

void read_options(int argc, char** argv, load_options& options) {
  std::map<std::string, std::string> named;
  for (int i = 1; i + 1 < argc; i += 2) named[argv[i]] = argv[i + 1];
  take(named, "--port", options.port);
  take(named, "--connections", options.connections);
  take(named, "--window", options.window);
  take(named, "--bytes", options.payload_bytes);
  take(named, "--warmup", options.warmup_seconds);
  take(named, "--seconds", options.seconds);
  take(named, "--messages", options.messages);
  take(named, "--pid", options.server_pid);
  if (!named.empty() || argc % 2 == 0 || options.port == 0) {
    give_up("options: --port P [--connections N --window W --bytes B --warmup S --seconds S --messages N --pid PID]");
  }
}

}  // namespace

std::string payload_of(std::size_t bytes) {
  std::string text = R"({"ts":1795341723120,"temperature":71.25,"vibration":0.0313})";
  text.resize(bytes, ' ');
  return text;
}

void give_up(std::string_view why) {
  std::fprintf(stderr, "%.*s\n", static_cast<int>(why.size()), why.data());
  std::exit(1);
}

void send_all(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) give_up("the server closed a connection");
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

std::string receive_some(int socket) {
  std::array<char, 4096> chunk;
  const auto got = recv(socket, chunk.data(), chunk.size(), 0);
  if (got <= 0) give_up("the server closed a connection before it was ready");
  return {chunk.data(), static_cast<std::size_t>(got)};
}

int run_load(int argc, char** argv, protocol& speaks, load_options& options) {
  read_options(argc, argv, options);
  generator load(speaks, options);
  const auto until = [&](double s) {
    return load.acked_at() + std::chrono::duration_cast<instant::duration>(seconds(s));
  };
  load.start();
  if (options.messages == 0) load.run(until(options.warmup_seconds), 0);
  const auto acked_before = load.acked();
  const auto began = load.acked_at();
  const auto cpu_before = cpu_seconds(options.server_pid);
  load.run(until(options.messages == 0 ? options.seconds : longest_fill_seconds), options.messages);

  const auto cpu = cpu_seconds(options.server_pid) - cpu_before;
  const auto acked = load.acked() - acked_before;
  const auto elapsed = seconds(load.acked_at() - began).count();
  const auto text = std::format(
      R"({{"messages": {}, "refused": {}, "seconds": {:.3f}, "per_second": {:.0f}, "cpu_seconds": {:.2f}}})", acked,
      load.refused(), elapsed, static_cast<double>(acked) / elapsed, cpu);
  std::puts(text.c_str());
  return 0;
}

}  // namespace perigee::bench
