#include "cli/demo_control.hpp"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <utility>

namespace perigee::cli {
namespace {

constexpr int waiting_max = 8;
constexpr timeval patience = {.tv_sec = 0, .tv_usec = 200'000};
constexpr timeval long_patience = {.tv_sec = 5, .tv_usec = 0};

std::string path_in(const std::string& folder) { return folder + "/control.sock"; }

std::unexpected<error> system_failure(const char* what) {
  return fail(std::error_code(errno, std::system_category()), what);
}

result<sockaddr_un> address_of(const std::string& path) {
  sockaddr_un at{};
  at.sun_family = AF_UNIX;
  if (path.size() >= sizeof(at.sun_path)) {
    return fail(errc::too_large, "the folder's name is too long for a socket in it: choose a shorter --data");
  }
  std::memcpy(at.sun_path, path.data(), path.size());
  return at;
}

void be_patient(int socket, const timeval& how_long) {
  ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &how_long, sizeof(how_long));
  ::setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &how_long, sizeof(how_long));
}

/// Up to the line's end or the peer's.
std::string receive_line(int socket) {
  std::array<char, 512> block{};
  std::string line;
  while (line.size() < block.size() && !line.contains('\n')) {
    const auto got = ::recv(socket, block.data(), block.size(), 0);
    if (got <= 0) break;
    line.append(block.data(), static_cast<std::size_t>(got));
  }
  line.resize(std::min(line.find('\n'), line.size()));
  return line;
}

void send_line(int socket, std::string line) {
  line += '\n';
  (void)::send(socket, line.data(), line.size(), MSG_NOSIGNAL);
}

}  // namespace

result<demo_control> demo_control::listen(const std::string& folder) {
  const auto path = path_in(folder);
  PG_TRY(const auto at, address_of(path));
  if (ask_demo(folder, "ping")) return fail(errc::exists, "a demo runs in this folder already");
  ::unlink(path.c_str());
  const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (socket < 0) return system_failure("no socket");
  demo_control made(socket, path);
  if (::bind(socket, reinterpret_cast<const sockaddr*>(&at), sizeof(at)) != 0 || ::listen(socket, waiting_max) != 0)
    return system_failure("the demo's folder does not take a socket");
  return made;
}

demo_control::demo_control(demo_control&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)), path_(std::move(other.path_)) {}

demo_control::~demo_control() {
  if (socket_ < 0) return;
  ::close(socket_);
  ::unlink(path_.c_str());
}

void demo_control::poll(const std::function<demo_answer(const std::string& line)>& answer) {
  for (;;) {
    const int peer = ::accept4(socket_, nullptr, nullptr, SOCK_CLOEXEC);
    if (peer < 0) return;
    be_patient(peer, patience);
    send_line(peer, answer(receive_line(peer)));
    ::close(peer);
  }
}

result<demo_answer> ask_demo(const std::string& folder, const std::string& line) {
  PG_TRY(const auto at, address_of(path_in(folder)));
  const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket < 0) return system_failure("no socket");
  be_patient(socket, long_patience);
  demo_answer answer;
  if (::connect(socket, reinterpret_cast<const sockaddr*>(&at), sizeof(at)) == 0) {
    send_line(socket, line);
    answer = receive_line(socket);
  }
  ::close(socket);
  if (answer.empty()) return fail(errc::not_found, "no demo runs in this folder");
  return answer;
}

}  // namespace perigee::cli
